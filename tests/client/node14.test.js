// The oldest Node.js that is supported: it has no WebSocket, no fetch and no AbortController.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cuttingHub, HEARD, RECOVERED } from './cutting.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

// What a program on that Node.js does; it prints what it got.
const PROGRAM = `
  const { CryptoIntelWebSocket } = require(${JSON.stringify(require.resolve('../../client/dist/index.cjs'))});
  const WebSocket = require(${JSON.stringify(require.resolve('ws'))});
  const client = new CryptoIntelWebSocket(process.argv[1], { WebSocket, token: 'jwt', reconnectDelay: 10 });
  const heard = [];
  client.on('error', ({ code, message }) => console.error(code, message));
  client.subscribe('price:bitcoin', (data, { offset }) => {
    heard.push([data.price, offset]);
    if (heard.length < 3) return;
    console.log(JSON.stringify({ version: process.version, heard }));
    client.disconnect();
  });
  client.connect();
`;

test('CommonJS connects, authenticates, recovers and leaves nothing that keeps the process', async (t) => {
  const hub = await cuttingHub();
  t.after(hub.stop);
  const { stdout, stderr } = await promisify(execFile)(`${here}node14/node_modules/.bin/node`, ['-e', PROGRAM, hub.wsUrl], { timeout: 30_000 });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { version: 'v14.21.3', heard: HEARD });
  assert.deepEqual([hub.tokens, hub.recovers], [['jwt', 'jwt'], RECOVERED]);
});
