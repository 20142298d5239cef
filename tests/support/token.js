// Tokens for tests.
import { sign } from '../../scripts/jwt.mjs';

/**
 * A token signed with `secret`: for `sub` "alice", valid for an hour, unless the claims say otherwise. A claim that is
 * `undefined` is left out.
 */
export function token(claims = {}, secret) {
  const now = Math.floor(Date.now() / 1000);
  return sign({ sub: 'alice', iat: now, exp: now + 3600, ...claims }, secret);
}
