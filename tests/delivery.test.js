// One order on every shard, and nothing lost or doubled between two connections of a client.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startHub } from './support/hub.js';
import { Follower } from './support/follower.js';
import { mention, publish } from './support/publish.js';
import { evictBroker, evictShards, on, signIn, until } from './support/session.js';

const LIVELY = { FEED_INTERVAL_MS: '250', MESSAGES_PER_MINUTE: '0', CANDLE_PAIRS: 'BTC/USDT,ETH/USDT' };
const CHANNELS = ['price:bitcoin', 'price:ethereum', 'candles:BTC/USDT:1m', 'candles:ETH/USDT:1m', 'market:volume'];
const BUSY = 'candles:BTC/USDT:1m'; // has a message every second

/** Publishes three messages on `mentions:handshake`, and says where the last one went. */
async function say(hub) {
  const { status, body, text } = await publish(hub, ['one', 'two', 'three'].map((title) => mention('handshake', title)));
  assert.equal(status, 200, text);
  return body.messages.at(-1);
}

describe('shards', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { ...LIVELY, SHARDS: '3', MAX_CONNECTIONS: '300' } });
  });
  after(() => hub.stop());

  const shards = async () => {
    const { connections, broker } = await (await hub.fetch('/ws/stats')).json();
    return { open: Object.values(connections.by_shard).filter((n) => n > 0).length, served: Object.keys(broker.lag).length };
  };

  test('have one order on each channel', async (t) => {
    const followers = Array.from({ length: 24 }, (_, n) => new Follower(CHANNELS, { batch: n % 2 === 1 }));
    t.after(() => followers.forEach((follower) => follower.drop()));
    await Promise.all(followers.map((follower) => follower.follow(hub)));
    await until(async () => (await shards()).open === 3);
    await until(() => followers.every((follower) => follower.count(BUSY) >= 5), { timeout: 30_000 });
    const said = new Map();
    for (const follower of followers) {
      follower.assertGapless();
      for (const message of follower.client.messages.flatMap((it) => it.messages ?? it)) {
        if (message.offset === undefined) continue;
        const place = `${message.channel} ${message.epoch} ${message.offset}`;
        if (!said.has(place)) said.set(place, message);
        assert.deepEqual(message, said.get(place), place);
      }
    }
  });

  test('without sockets are left out', async () => {
    const client = await signIn(hub);
    await until(async () => ((now) => now.open === 1 && now.served === 1)(await shards()), { timeout: 30_000 });
    client.terminate();
  });
});

describe('who comes back', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: LIVELY });
  });
  after(() => hub.stop());

  test('gets exactly what was missed, then what is new', async (t) => {
    const witness = new Follower(CHANNELS);
    const follower = new Follower(CHANNELS);
    t.after(() => [witness, follower].forEach((it) => it.drop()));
    await witness.follow(hub);
    await follower.follow(hub);
    for (let round = 1; round <= 3; round++) {
      await until(() => follower.count(BUSY) >= 2 * round, { timeout: 20_000 });
      follower.drop();
      const missing = witness.count(BUSY) + 2;
      await until(() => witness.count(BUSY) >= missing, { timeout: 20_000 });
      // What a shard knows of the past it may have forgotten.
      if (round === 2) await evictShards(hub);
      if (round === 3) await evictBroker(hub);
      const { positions } = await follower.follow(hub);
      for (const channel of CHANNELS) assert.equal(positions[channel].recovered, true, channel);
    }
    const reached = witness.positions[BUSY].offset;
    await until(() => follower.positions[BUSY].offset >= reached);
    follower.assertGapless();
    assert.deepEqual(follower.lost, []);
  });

  test('while a publisher never stops gets every message once, however often', { timeout: 180_000 }, async (t) => {
    const CHANNEL = 'mentions:handshake';
    const followers = Array.from({ length: 20 }, (_, n) => new Follower([CHANNEL], { batch: n % 2 === 1 }));
    t.after(() => followers.forEach((follower) => follower.drop()));
    const { offset: begin } = await say(hub);
    let done = false;
    let newest = begin;
    const publisher = (async () => {
      while (!done) newest = (await say(hub)).offset;
    })();
    await Promise.all(
      followers.map(async (follower) => {
        for (let round = 0; round < 30; round++) {
          const { positions } = await follower.follow(hub);
          assert.equal(positions[CHANNEL].recovered, round > 0);
          const reached = follower.positions[CHANNEL].offset;
          // Some leave at once, in the middle of what they missed; the others once they hear what is new.
          if (round % 3 > 0) await until(() => follower.positions[CHANNEL].offset > reached + round % 3, { pause: 5 });
          if (round < 29) follower.drop();
        }
      }),
    ).finally(() => (done = true));
    await publisher;
    await until(() => followers.every(({ positions }) => positions[CHANNEL].offset === newest));
    for (const follower of followers) {
      follower.assertGapless();
      assert.deepEqual(follower.lost, []);
      const [offsets, ...others] = follower.got.values();
      assert.deepEqual([others, offsets.at(-1)], [[], newest]);
      assert.equal(offsets.length, newest - offsets[0] + 1);
    }
    assert.ok(newest - begin >= 100, `${newest - begin} messages`);
  });

  test('is told where that cannot be shown, and gets the newest', async (t) => {
    const client = await signIn(hub);
    t.after(() => client.terminate());
    const recover = {
      'price:bitcoin': { epoch: '1', offset: 41 },
      'price:ethereum': { epoch: 'of another system', offset: 0 },
    };
    client.send({ type: 'subscribe', channels: ['price:BTC', 'price:ethereum', 'signals:all'], recover });
    const { positions } = await client.next('subscribed');
    for (const channel of ['price:BTC', 'price:ethereum']) {
      const { recovered, epoch, offset } = positions[channel];
      assert.equal(recovered, false);
      const newest = await on(client, channel);
      assert.deepEqual([newest.epoch, newest.offset], [epoch, offset]);
    }
    assert.equal(positions['signals:all'].recovered, false);
  });
});

test('a power cut in mid-stream costs nobody a message, nor brings one twice', { timeout: 180_000 }, async (t) => {
  const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
  let hub = await startHub({ vars: { ...LIVELY, SHARDS: '2' }, persist });
  t.after(async () => {
    await hub.stop();
    await rm(persist, { recursive: true, force: true });
  });
  const followers = Array.from({ length: 20 }, (_, n) => new Follower(CHANNELS, { batch: n % 2 === 1 }));
  for (let cut = 1; cut <= 3; cut++) {
    await Promise.all(followers.map((follower) => follower.follow(hub)));
    await until(() => followers.every((follower) => follower.count(BUSY) >= 3 * cut), { timeout: 30_000 });
    // In the middle of a delivery, as like as not.
    await Promise.race(followers.map((follower) => follower.client.next('candle_update')));
    const { port, secret } = hub;
    await hub.kill();
    hub = await startHub({ vars: { ...LIVELY, SHARDS: '2', JWT_SECRET: secret }, persist, port });
  }
  await Promise.all(followers.map((follower) => follower.follow(hub)));
  const reached = Math.max(...followers.map((follower) => follower.positions[BUSY].offset));
  await until(() => followers.every((follower) => follower.positions[BUSY].offset > reached), { timeout: 30_000 });
  for (const follower of followers) {
    follower.assertGapless();
    assert.deepEqual(follower.lost, []);
  }
  const epochs = new Set(followers.flatMap((follower) => [...follower.got.keys()].filter((key) => key.startsWith(BUSY))));
  assert.equal(epochs.size, 1, [...epochs].join());
});
