// The product's own build: the transport is there, the echo is not, and nobody is let in before a dialect is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { connect, startHub } from '../support/index.js';
import { Engine } from '../support/engine.js';

let hub;
before(async () => {
  hub = await startHub();
});
after(() => hub.stop());

test('the handshake has the rhythm and the limits of the product', async () => {
  const { sid, ...rest } = await new Engine(hub, '/ws/').open();
  assert.equal(typeof sid, 'string');
  assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 65_536 });
});

test('nobody is let in', async () => {
  for (const transports of [['polling'], ['websocket']]) {
    const socket = io(hub.url, { path: '/ws', transports, reconnection: false });
    const error = await new Promise((resolve) => socket.on('connect_error', resolve));
    assert.equal(error.message, 'Authentication failed');
    socket.disconnect();
  }
});

test('the echo is not there', async () => {
  assert.equal((await hub.fetch('/engine.io/?EIO=4&transport=polling')).status, 404);
});

test('a named dialect goes before the query', async () => {
  const client = await connect(hub, { path: '/ws?EIO=4&transport=websocket', protocol: 'cryptointel.v1' });
  client.send({ type: 'ping' });
  await client.next('pong');
});
