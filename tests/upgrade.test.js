// What a new connection meets when shards do not answer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, startHub } from './support/index.js';
import { settle, signIn, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '1000', SHARDS: '2', MAX_SHARDS: '2', MAX_CONNECTIONS: '100' }, faulty: true });
});
after(() => hub.stop());

const connections = async () => (await (await hub.fetch('/ws/stats')).json()).connections;

test('a shard that hangs delays a connection by seconds, and the next ones not at all', { timeout: 60_000 }, async () => {
  await hub.fail({ upgrades: ['json-1'] });
  const hung = () => hub.logs.filter(({ message }) => message.includes('"shard_failed"') && message.includes('json-1'));
  const clients = [];
  while (hung().length === 0) clients.push(await signIn(hub)); // every second one is offered to it first
  const began = Date.now();
  for (let n = 0; n < 20; n++) clients.push(await signIn(hub));
  assert.ok(Date.now() - began < 3_000, 'it is asked last now');
  for (const { headers } of clients) assert.equal(headers['x-shard'], 'json-0');

  await hub.fail();
  // The socket that nobody waits for any more is closed again.
  await until(async () => (await connections()).closes === 1);
  const { active, connects } = await connections();
  assert.deepEqual([active, connects], [clients.length, clients.length + 1]);
  for (const client of clients) await settle(client);
});

test('where no shard answers nobody is told that the hub is full', { timeout: 60_000 }, async () => {
  await hub.fail({ upgrades: ['json-0', 'json-1'] });
  await assert.rejects(connect(hub), ({ status, headers, body }) => {
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], '5');
    assert.equal(JSON.parse(body).error.code, 'UNAVAILABLE');
    return true;
  });
  await hub.fail();
  await settle(await signIn(hub));
});
