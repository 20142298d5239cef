// What the client library recovers when it comes back, and where it cannot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { price } from './fake.js';
import { rig } from './support.js';

test('it recovers what it missed, once and in order', async () => {
  const { clock, server, listen, connect, of, client } = rig();
  const heard = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  await server.last().drop();
  for (const n of [2, 3, 4]) await server.publish('price:a', price('A', n));
  await clock.pass(500);
  await server.serve();
  assert.deepEqual(server.last().of('subscribe')[0].recover, { 'price:a': { epoch: 'e1', offset: 1 } });
  await server.publish('price:a', price('A', 5));
  assert.deepEqual(heard.offsets(), [1, 2, 3, 4, 5]);
  assert.deepEqual(of('gap'), []);
  assert.equal(client.status.reconnects, 1);
});

test('a channel without a message yet is recovered from where the subscription said that it stands', async () => {
  const { clock, server, listen, connect, of } = rig();
  const heard = listen('mentions:x');
  server.of('mentions:x').from = 41;
  await connect();
  await server.last().drop();
  await server.publish('mentions:x', { title: 'missed' }, 'mention_alert');
  await clock.pass(500);
  await server.serve();
  assert.deepEqual(server.last().of('subscribe')[0].recover, { 'mentions:x': { epoch: 'e1', offset: 41 } });
  assert.deepEqual(heard.offsets(), [42]);
  assert.deepEqual(of('gap'), []);
});

test('where it cannot recover it says so, and goes on with the current value', async () => {
  const { clock, server, listen, connect, of, client } = rig({ hub: { kept: 2 } });
  const heard = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  await server.last().drop();
  for (const n of [2, 3, 4, 5]) await server.publish('price:a', price('A', n));
  await clock.pass(500);
  await server.serve();
  assert.deepEqual(of('gap'), [{ type: 'gap', channel: 'price:a', from: { epoch: 'e1', offset: 1 }, to: { epoch: 'e1', offset: 5 } }]);
  assert.deepEqual(heard.offsets(), [1, 5]);
  assert.equal(client.status.gaps, 1);
});

test('what was told is not told again where the hub cannot recover, but stands where it stood', async () => {
  const { clock, server, listen, connect, of } = rig();
  const heard = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  await server.last().drop();
  await clock.pass(500);
  await server.last().open();
  const late = listen('price:a');
  const value = { type: 'price_update', channel: 'price:a', epoch: 'e1', offset: 1, data: price('A', 1) };
  await server.last().hear({ type: 'subscribed', channels: ['price:a'], positions: { 'price:a': { recovered: false, epoch: 'e1', offset: 1 } } }, value, { ...value, offset: 2 });
  assert.deepEqual([heard.offsets(), late.offsets().at(-1), of('gap')], [[1, 2], 2, []]);
});

test('offsets that jump are a gap, repeated ones are dropped, and another epoch is a gap', async () => {
  const { server, listen, connect, of } = rig();
  const heard = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  const message = (offset, epoch = 'e1') => ({ type: 'price_update', channel: 'price:a', epoch, offset, data: price('A', offset) });
  await server.last().hear(message(1), message(2), message(2), message(5), message(4), message(1, 'e2'), message(2, 'e2'));
  assert.deepEqual(heard.offsets(), [1, 2, 5, 1, 2]);
  assert.deepEqual(of('gap').map(({ from, to }) => [from.offset, to.epoch, to.offset]), [[2, 'e1', 5], [5, 'e2', 1]]);
});

test('of a channel with a choice of messages offsets may skip', async () => {
  const { server, listen, connect, of } = rig();
  const heard = listen('whale?tokens=BTC');
  await connect();
  const message = (offset) => ({ type: 'whale_activity_alert', channel: 'whale?tokens=BTC', epoch: 'e1', offset, data: { token: 'BTC' } });
  await server.last().hear(message(1), message(7));
  assert.deepEqual(heard.offsets(), [1, 7]);
  assert.deepEqual(of('gap'), []);
});

test('the hub itself says that messages are lost', async () => {
  const { server, listen, connect, of } = rig();
  listen('signals:all');
  await connect();
  await server.last().hear({ type: 'subscribed', channels: ['signals:all'], positions: { 'signals:all': { recovered: false, epoch: 'e1', offset: 9 } } });
  assert.deepEqual(of('gap').map(({ from, to }) => [from.offset, to.offset]), [[0, 9]]);
});
