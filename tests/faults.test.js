// What happens when a part of the hub fails under workerd: the switches are in support/faults/entry.js.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHub } from './support/hub.js';
import { Follower } from './support/follower.js';
import { mention, publish } from './support/publish.js';
import { evictBroker, figures, until } from './support/session.js';

const CHANNEL = 'mentions:faults';
/** A shard that has not acknowledged a delivery by then is late, milliseconds. */
const ACKNOWLEDGE_MS = 5_000;

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '1000', MESSAGES_PER_MINUTE: '0', SHARDS: '3', MAX_CONNECTIONS: '300' }, faulty: true });
});
after(() => hub.stop());

/** Followers of one channel, on every shard at least two, by shard. */
async function followersOnAllShards(t) {
  const followers = new Map();
  t.after(() => [...followers.values()].flat().forEach((follower) => follower.drop()));
  while (followers.size < 3 || [...followers.values()].some((here) => here.length < 2)) {
    const follower = new Follower([CHANNEL]);
    await follower.follow(hub);
    const shard = follower.client.headers['x-shard'];
    followers.set(shard, [...(followers.get(shard) ?? []), follower]);
  }
  return followers;
}

async function say(title) {
  const { status, body, text } = await publish(hub, mention('faults', title));
  assert.equal(status, 200, text);
  return body.messages[0];
}

/** Everybody has all up to there, each message once and in order. */
async function haveAll(followers, offset, timeout) {
  await until(() => followers.every((follower) => follower.positions[CHANNEL].offset === offset), { timeout });
  for (const follower of followers) follower.assertGapless();
}

/** So many deliveries were on their way to a shard at once, at most, since something was broken last. */
const atOnce = async (shard) => (await (await hub.fetch('/faults')).json()).atOnce[shard];

const broker = async (at = hub) => (await figures(at)).broker;

describe('a shard', () => {
  test('that hangs delays no other, and gets what it missed when it comes back', { timeout: 120_000 }, async (t) => {
    const followers = await followersOnAllShards(t);
    const [[shard, hanging], ...rest] = followers;
    const others = rest.flatMap(([, here]) => here);
    const { offset: begin } = await say('before');
    await haveAll([...followers.values()].flat(), begin);
    const { deliveries_late: late } = await broker();

    await hub.fail({ shards: { [shard]: 'hangs' } });
    let newest;
    for (let n = 1; n <= 20; n++) {
      const began = Date.now();
      newest = (await say(`while it hangs ${n}`)).offset;
      await haveAll(others, newest);
      assert.ok(Date.now() - began < ACKNOWLEDGE_MS / 2, `message ${n} took ${Date.now() - began} ms`);
    }
    await until(async () => (await broker()).deliveries_late > late, { timeout: 4 * ACKNOWLEDGE_MS });
    newest = (await say('once more')).offset;
    await haveAll(others, newest);
    for (const follower of hanging) assert.equal(follower.positions[CHANNEL].offset, begin);

    // What is on its way arrives late, and the rest follows.
    await hub.fail();
    await haveAll(hanging, newest);
    await haveAll([...followers.values()].flat(), (await say('after')).offset);
    assert.ok([...followers.values()].flat().every(({ lost }) => lost.length === 0));
  });

  test('that is slow is waited for: it is sent nothing twice, does not rest, and delays no other', { timeout: 120_000 }, async (t) => {
    const followers = await followersOnAllShards(t);
    const [[shard, slow], ...rest] = followers;
    const others = rest.flatMap(([, here]) => here);
    const { offset: begin } = await say('at ease');
    await haveAll([...slow, ...others], begin);
    await until(async () => (await broker()).lag[shard].ticks === 0);
    const { delivery_faults: faults, deliveries_late: late } = await broker();

    await hub.fail({ shards: { [shard]: 'slow' } });
    t.after(() => hub.fail());
    let newest;
    for (let n = 1; n <= 5; n++) {
      const began = Date.now();
      newest = (await say(`while it is busy ${n}`)).offset;
      await haveAll(others, newest);
      assert.ok(Date.now() - began < ACKNOWLEDGE_MS / 2, `message ${n} took ${Date.now() - began} ms`);
    }
    await haveAll(slow, newest, 4 * ACKNOWLEDGE_MS);
    await until(async () => (await broker()).deliveries_late >= late + 2, { timeout: 4 * ACKNOWLEDGE_MS });
    assert.equal((await broker()).delivery_faults, faults, 'late is no fault');
    assert.equal(await atOnce(shard), 1);
    await hub.fail();
    await haveAll([...slow, ...others], (await say('at ease again')).offset, 4 * ACKNOWLEDGE_MS);
  });

  test('whose acknowledgements are lost shows nothing twice', { timeout: 120_000 }, async (t) => {
    const followers = await followersOnAllShards(t);
    const [shard] = followers.keys();
    const all = [...followers.values()].flat();
    const { delivery_faults: faults } = await broker();
    await hub.fail({ shards: { [shard]: 'mute' } });
    for (let n = 1; n <= 3; n++) await haveAll(all, (await say(`unheard ${n}`)).offset);
    await until(async () => (await broker()).delivery_faults >= faults + 3);
    await hub.fail();
    await haveAll(all, (await say('heard')).offset);
    await until(async () => (await broker()).lag[shard].ticks === 0);
    for (const follower of all) follower.assertGapless();
  });

  test('that is given up is tried again, long before it would notice the silence', { timeout: 120_000 }, async (t) => {
    const followers = await followersOnAllShards(t);
    const [[shard, deaf], ...rest] = followers;
    const { offset: begin } = await say('heard by all');
    await haveAll([...followers.values()].flat(), begin);
    const { delivery_faults: faults } = await broker();
    await hub.fail({ shards: { [shard]: 'deaf' } });
    await haveAll(rest.flatMap(([, here]) => here), (await say('not heard by some')).offset);
    await until(async () => (await broker()).delivery_faults >= faults + 5, { timeout: 20_000 });
    await hub.fail();
    // It is its turn again in ten seconds; it would attach after 90.
    await haveAll(deaf, begin + 1, 30_000);
    await haveAll([...followers.values()].flat(), (await say('heard again')).offset);
  });
});

describe('a broker that ends between storing and delivering', () => {
  test('delivers as soon as anything wakes it, and wakes no shard that has everything', { timeout: 60_000 }, async (t) => {
    const quiet = await startHub({ vars: { FEED_INTERVAL_MS: '3600000', MAX_SHARDS: '1' }, faulty: true });
    t.after(() => quiet.stop());
    const follower = new Follower([CHANNEL]);
    await follower.follow(quiet);
    const tell = (title) => publish(quiet, mention('faults', title));
    await tell('heard');
    await until(() => follower.positions[CHANNEL].offset === 1);

    await quiet.fail({ shards: { 'json-0': 'deaf' } });
    assert.equal((await tell('stored')).status, 200);
    // Nobody tries any more, and the broker's life may end.
    await until(async () => (await broker(quiet)).delivery_faults >= 5, { timeout: 20_000 });
    await evictBroker(quiet);
    await quiet.fail();
    await figures(quiet); // nobody publishes anything
    await until(() => follower.positions[CHANNEL].offset === 2);
    follower.assertGapless();

    // That it has everything is stored, since nothing was for a while before.
    await quiet.fail(); // forgets what was seen
    await evictBroker(quiet);
    await figures(quiet);
    await figures(quiet); // what the first one brought about has begun by then
    assert.equal((await (await quiet.fetch('/faults')).json()).atOnce['json-0'], undefined);
  });
});

describe('a write of the broker that fails', () => {
  const attempt = (at, title) => publish(at, mention('faults', title, { id: title }));
  /** Tries until it is stored: after a write that failed the broker tries none for a second. */
  const insist = (at, title, refused = () => {}) =>
    until(
      async () => {
        const { status, body } = await attempt(at, title);
        return status === 200 ? body.messages : refused(status);
      },
      { timeout: 60_000 },
    );
  const alone = async (t) => {
    const fresh = await startHub({ faulty: true });
    t.after(() => fresh.stop());
    return fresh;
  };

  test('is no acknowledgement, reaches nobody, and leaves no gap', async (t) => {
    const followers = [...(await followersOnAllShards(t)).values()].flat();
    const { epoch, offset: begin } = await say('stored');
    await haveAll(followers, begin);
    await hub.fail({ sql: 'INTO ticks' });
    t.after(() => hub.fail());
    for (let n = 1; n <= 3; n++) {
      const { status, body } = await attempt(hub, 'not stored');
      assert.deepEqual([status, body.type.split(':').at(-1)], [503, 'unavailable']);
    }
    await hub.fail();
    const [place] = await insist(hub, 'not stored');
    assert.deepEqual([place.epoch, place.offset, place.repeated], [epoch, begin + 1, false]);
    assert.deepEqual((await attempt(hub, 'not stored')).body.messages, [{ ...place, repeated: true }]);
    await haveAll(followers, begin + 1);
    await evictBroker(hub);
    assert.deepEqual((await attempt(hub, 'not stored')).body.messages, [{ ...place, repeated: true }]);
    await haveAll(followers, (await say('after the eviction')).offset);
    for (const { positions } of followers) assert.deepEqual(positions[CHANNEL], { epoch, offset: begin + 2 });
  });

  test('now and then, loses and doubles nothing of what is sent until it is acknowledged', { timeout: 120_000 }, async (t) => {
    const followers = [...(await followersOnAllShards(t)).values()].flat();
    const { offset: begin } = await say('the calm before');
    await haveAll(followers, begin);
    const titles = Array.from({ length: 24 }, (_, n) => `storm ${n}`);
    const places = [];
    let refusals = 0;
    await hub.fail({ sql: 'INTO ticks', spares: 2 });
    t.after(() => hub.fail());
    for (let n = 0; n < titles.length; n += 6) {
      const insisting = titles.slice(n, n + 6).map((title) => insist(hub, title, () => void refusals++));
      for (const [{ offset }] of await Promise.all(insisting)) places.push(offset);
    }
    assert.ok(refusals >= 5, `${refusals} refusals`);
    assert.deepEqual(places.sort((a, b) => a - b), titles.map((_, n) => begin + n + 1));
    await hub.fail();
    const [{ offset: newest }] = await insist(hub, 'the calm after');
    await haveAll(followers, newest);
    for (const { client } of followers) {
      const told = client.messages.filter(({ data }) => data?.title?.startsWith('storm')).map(({ data }) => data.title);
      assert.deepEqual(told.sort(), titles.toSorted());
    }
  });

  test('takes nothing from what was stored just before', async (t) => {
    const followers = [...(await followersOnAllShards(t)).values()].flat();
    const { offset: begin } = await say('before the large ones');
    await haveAll(followers, begin);
    // While the disk is slow two large publications wait for each other, and are committed in two parts.
    await hub.fail({ disk: 900, sql: 'INTO ticks', above: 500_000, passes: 1 });
    t.after(() => hub.fail());
    await say('a small one');
    const large = (name) =>
      Array.from({ length: 400 }, (_, n) => {
        const message = mention('faults', `${name} ${n}`);
        return { ...message, data: { ...message.data, url: `https://news.example/${'x'.repeat(1_900)}` } };
      });
    const answers = await Promise.all(['one', 'other'].map((name) => publish(hub, large(name))));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 503]);
    await haveAll(followers, begin + 1 + 400);
    await hub.fail();
    const [{ offset: newest }] = await insist(hub, 'after the large ones');
    assert.equal(newest, begin + 402);
    await haveAll(followers, newest);
  });

  test('keeps nothing of what belongs together', async (t) => {
    const fresh = await alone(t);
    await fresh.fail({ sql: 'INTO checkpoint' }); // goes along with the first message
    assert.equal((await attempt(fresh, 'half')).status, 503);
    await fresh.fail();
    const [{ offset, repeated }] = await insist(fresh, 'half');
    assert.deepEqual([offset, repeated], [1, false], 'the message alone would have been stored');
  });

  test('leaves no shard that relies on being known unknown', async (t) => {
    const fresh = await alone(t);
    await fresh.fail({ sql: 'INTO checkpoint' });
    const follower = new Follower([CHANNEL]);
    const { positions } = await follower.follow(fresh); // answered without the broker
    assert.equal(positions[CHANNEL].offset, undefined);
    await fresh.fail();
    await until(async () => Object.keys((await broker(fresh)).lag).length === 1, { timeout: 20_000 });
    await evictBroker(fresh);
    await attempt(fresh, 'to whom it concerns');
    await follower.client.next('mention_alert');
  });
});
