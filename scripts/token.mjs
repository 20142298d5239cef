// npm run token -- --sub alice --scope "publish admin" --ttl 3600: prints a JWT that the hub accepts.
import { parseArgs } from 'node:util';
import { devVars, jwtSecret } from './dev-vars.mjs';
import { claims, sign } from './jwt.mjs';

const usage = 'Usage: npm run token -- --sub NAME [--scope "publish admin"] [--ttl SECONDS] [--iss ISSUER] [--aud AUDIENCE]';

function options() {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { sub: text, scope: text, ttl: { ...text, default: '3600' }, iss: text, aud: text } });
  if (!values.sub) throw new Error("--sub is missing: the subject, such as a user's id");
  const ttl = Number(values.ttl);
  if (!Number.isInteger(ttl) || ttl <= 0) throw new Error(`--ttl must be a whole number of seconds above 0, not '${values.ttl}'`);
  return { ...values, ttl };
}

try {
  const wanted = options();
  const vars = process.env.JWT_SECRET ? process.env : devVars();
  console.log(await sign(claims({ iss: vars.JWT_ISSUER, aud: vars.JWT_AUDIENCE, ...wanted }), jwtSecret(vars)));
} catch (error) {
  console.error(`${error.message}\n${usage}`);
  process.exit(1);
}
