// The oldest Node.js that is supported: it has no WebSocket, no fetch and no AbortController.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';

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
  const server = new WebSocketServer({ port: 0 });
  t.after(() => server.close());
  const log = [];
  server.on('connection', (socket) => {
    const send = (frame) => socket.send(JSON.stringify(frame));
    const price = (offset) => send({ type: 'batch', messages: [{ type: 'price_update', channel: 'price:bitcoin', epoch: 'e', offset, data: { price: offset * 10 } }] });
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      log.push(message);
      if (message.type === 'auth') send({ type: 'auth_success', data: {}, timestamp: 0 });
      if (message.type === 'ping') send({ type: 'pong' });
      if (message.type !== 'subscribe') return;
      const from = message.recover?.['price:bitcoin'].offset ?? 0;
      send({ type: 'subscribed', channels: message.channels, positions: { 'price:bitcoin': { recovered: from > 0, epoch: 'e', offset: 2 } } });
      if (from === 0) {
        price(2);
        return setTimeout(() => socket.terminate(), 1);
      }
      price(3);
      price(3);
      price(4);
      return undefined;
    });
  });
  const { stdout, stderr } = await promisify(execFile)(`${here}node14/node_modules/.bin/node`, ['-e', PROGRAM, `ws://127.0.0.1:${server.address().port}/ws`], { timeout: 30_000 });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { version: 'v14.21.3', heard: [[20, 2], [30, 3], [40, 4]] });
  assert.deepEqual(log.filter(({ type }) => type === 'subscribe').map(({ recover }) => recover), [undefined, { 'price:bitcoin': { epoch: 'e', offset: 2 } }]);
});
