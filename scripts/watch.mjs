// npm run watch -- price:bitcoin signals:all: prints what the hub sends on these channels.
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { devVars, jwtSecret } from './dev-vars.mjs';
import { claims, sign } from './jwt.mjs';

const text = { type: 'string' };
const { values, positionals: channels } = parseArgs({
  options: { url: { ...text, default: 'http://localhost:8787' }, token: text },
  allowPositionals: true,
});
if (channels.length === 0) channels.push('price:bitcoin');

const endpoint = `${values.url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws`;
const socket = new WebSocket(endpoint);
const send = (message) => socket.send(JSON.stringify(message));

socket.on('open', async () => {
  send({ type: 'auth', token: values.token ?? (await ownToken()) });
  send({ type: 'subscribe', channels });
});
socket.on('message', (data) => console.log(`${new Date().toLocaleTimeString()}  ${data}`));
socket.on('close', (code, reason) => leave(`closed by the hub: ${code} ${reason}`));
socket.on('error', (error) => leave(`cannot connect to ${endpoint}: ${error.message || error.code} (is "npm run dev" running?)`));
process.stdout.on('error', () => process.exit()); // `npm run watch | head`

/** A token of this clone's own, good for a hub that `npm run dev` started. */
function ownToken() {
  const vars = devVars();
  return sign(claims({ sub: 'watch', ttl: 86_400, iss: vars.JWT_ISSUER, aud: vars.JWT_AUDIENCE }), jwtSecret(vars));
}

function leave(why) {
  console.error(why);
  process.exit(1);
}
