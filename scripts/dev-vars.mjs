// `.dev.vars` holds the settings and secrets of this clone; wrangler reads it, git does not see it.
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const file = new URL('../.dev.vars', import.meta.url);

/** Its variables; a JWT_SECRET is added if it has none, and never replaced. */
export function devVars() {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const vars = parseEnv(text);
  if (vars.JWT_SECRET === undefined) {
    vars.JWT_SECRET = randomBytes(32).toString('base64url');
    const separator = text === '' || text.endsWith('\n') ? '' : '\n';
    appendFileSync(file, `${separator}JWT_SECRET=${vars.JWT_SECRET}\n`, { mode: 0o600 });
  }
  return vars;
}

/** `vars.JWT_SECRET`, or an error if the hub would refuse to start with it. */
export function jwtSecret(vars) {
  if (Buffer.byteLength(vars.JWT_SECRET) < 32) throw new Error('JWT_SECRET must have at least 32 bytes (openssl rand -base64 32)');
  return vars.JWT_SECRET;
}

const COINS = ['BTC', 'ETH', 'BNB', 'XRP', 'SOL', 'TRX', 'DOGE', 'HYPE', 'ADA', 'BCH', 'LINK', 'XLM', 'ZEC', 'LTC', 'AVAX', 'HBAR', 'SUI', 'SHIB', 'TON', 'DOT'];

/** `CANDLE_PAIRS` of the simulated market, which has candles of all its coins: as many as a hub may have. */
export const SIMULATED_PAIRS = COINS.map((coin) => `${coin}/USDT`).join(',');
