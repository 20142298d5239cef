// The one place that signs tokens: for `npm run token`, `npm run dev` and the tests.
import { SignJWT } from 'jose';

/** An HS256 token with exactly these claims. */
export function sign(claims, secret) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret));
}

/** The claims of a token for `sub` that lives `ttl` seconds from now. Empty optional claims are left out. */
export function claims({ sub, scope, ttl, iss, aud }) {
  const now = Math.floor(Date.now() / 1000);
  const optional = Object.entries({ scope, iss, aud }).filter(([, value]) => value);
  return { sub, ...Object.fromEntries(optional), iat: now, exp: now + ttl };
}
