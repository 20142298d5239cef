// Every limit of the document, with small settings where the document's own would take minutes; and that no limit is
// forgotten when the object that holds it is evicted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import {
  evictShards, heard, held, hungUp, on, refusal, refused, settle, signIn, subscribe, unsubscribe, until,
} from './support/session.js';

/** Runs a test against a hub of its own with these settings. */
function withHub(name, vars, run) {
  test(name, async (t) => {
    // The feed is slow unless the test wants it: what it sends is activity.
    const hub = await startHub({ vars: { FEED_INTERVAL_MS: '3600000', ...vars } });
    t.after(() => hub.stop());
    await run(hub, t);
  });
}

describe('messages a minute', () => {
  withHub('one more than the limit is RATE_LIMITED and has no effect', { MESSAGES_PER_MINUTE: '10' }, async (hub) => {
    const client = await signIn(hub); // the first of the ten
    for (let n = 0; n < 9; n++) await subscribe(client, 'price:bitcoin');
    const error = await refused(client, { type: 'subscribe', channels: ['price:ethereum'] }, 'RATE_LIMITED');
    assert.match(error.message, /10 messages a minute/);
    assert.match(error.message, /try again in \d+ s/);
    await refused(client, '{', 'RATE_LIMITED');
    const other = await signIn(hub);
    assert.deepEqual(await subscribe(other, 'price:ethereum'), ['price:ethereum'], 'the limit is per connection');
  });

  withHub('malformed messages count', { MESSAGES_PER_MINUTE: '10' }, async (hub) => {
    const client = await connect(hub);
    for (let n = 0; n < 10; n++) await refused(client, '{', 'INVALID_MESSAGE');
    await refused(client, '{', 'RATE_LIMITED');
    await refused(client, { type: 'auth', token: await token({}, hub.secret) }, 'RATE_LIMITED');
  });

  withHub('the count outlives an eviction', { MESSAGES_PER_MINUTE: '10' }, async (hub) => {
    const client = await signIn(hub);
    for (let n = 0; n < 6; n++) await held(client);
    await evictShards(hub);
    for (let n = 0; n < 3; n++) await held(client);
    await refused(client, { type: 'unsubscribe', channels: [] }, 'RATE_LIMITED');
    await evictShards(hub);
    await refused(client, { type: 'unsubscribe', channels: [] }, 'RATE_LIMITED');
  });

  withHub("the document's 100 is the default", {}, async (hub) => {
    const client = await signIn(hub);
    for (let n = 0; n < 99; n++) client.send({ type: 'unsubscribe', channels: [] });
    for (let n = 0; n < 99; n++) await client.next('unsubscribed');
    await refused(client, { type: 'unsubscribe', channels: [] }, 'RATE_LIMITED');
  });

  withHub('a limited connection still gets its updates', { MESSAGES_PER_MINUTE: '3', FEED_INTERVAL_MS: '250' }, async (hub) => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await held(client);
    await refused(client, { type: 'unsubscribe', channels: ['price:bitcoin'] }, 'RATE_LIMITED');
    client.skip();
    await on(client, 'price:bitcoin');
  });

  withHub('0 turns it off', { MESSAGES_PER_MINUTE: '0' }, async (hub) => {
    const client = await signIn(hub);
    for (let n = 0; n < 300; n++) client.send({ type: 'unsubscribe', channels: [] });
    for (let n = 0; n < 300; n++) await client.next('unsubscribed');
  });
});

describe('channels a connection', () => {
  const SIX = ['price:bitcoin', 'price:ethereum', 'signals:all', 'market:summary', 'market:volume', 'market:sentiment'];

  withHub('the first ones are subscribed and the error names the limit', { MAX_CHANNELS: '5' }, async (hub) => {
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, ...SIX), SIX.slice(0, 5));
    const error = await refusal(client, 'RATE_LIMITED');
    assert.match(error.message, /at most 5 channels/);
    assert.match(error.message, /market:sentiment/);
    assert.deepEqual(await unsubscribe(client, 'signals:all'), SIX.slice(0, 5).filter((name) => name !== 'signals:all'));
    assert.equal((await subscribe(client, 'market:sentiment')).length, 5, 'there is room again');
  });

  withHub('a new spelling of a held channel needs no room', { MAX_CHANNELS: '5' }, async (hub) => {
    const client = await signIn(hub);
    await subscribe(client, ...SIX.slice(0, 5));
    assert.deepEqual(await subscribe(client, 'price:BTC'), ['price:BTC', ...SIX.slice(1, 5)]);
    await settle(client);
    assert.equal(client.messages.some(({ type }) => type === 'error'), false);
  });

  withHub('the limit outlives an eviction', { MAX_CHANNELS: '5' }, async (hub) => {
    const client = await signIn(hub);
    await subscribe(client, ...SIX.slice(0, 5));
    await evictShards(hub);
    client.send({ type: 'subscribe', channels: ['market:sentiment'] });
    assert.deepEqual((await client.next('subscribed')).channels, SIX.slice(0, 5));
    await refusal(client, 'RATE_LIMITED');
  });

  withHub("the document's 50 is the default", {}, async (hub) => {
    const { readFileSync } = await import('node:fs');
    const coins = readFileSync(new URL('../src/model/coins.csv', import.meta.url), 'utf8').trim().split('\n');
    const channels = coins.map((line) => `price:${line.split(',')[0]}`);
    assert.ok(channels.length > 50, 'the embedded list has more coins than the limit');
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, ...channels), channels.slice(0, 50));
    const error = await refusal(client, 'RATE_LIMITED');
    assert.match(error.message, /at most 50 channels/);
    await evictShards(hub);
    assert.deepEqual(await held(client), channels.slice(0, 50));
  });
});

describe('bytes a message', () => {
  const ping = (bytes) => `{"type":"ping","x":"${'x'.repeat(bytes - 22)}"}`;

  for (const [limit, vars] of [[65_536, {}], [1_024, { MAX_MESSAGE_BYTES: '1024' }]]) {
    withHub(`${limit} are read and one more is refused`, vars, async (hub) => {
      const client = await connect(hub);
      assert.equal(Buffer.byteLength(ping(limit)), limit);
      client.send(ping(limit));
      await client.next('pong');
      const error = await refused(client, ping(limit + 1), 'INVALID_MESSAGE');
      assert.match(error.message, new RegExp(`at most ${limit} bytes`));
      await settle(client);
    });
  }

  withHub('they are bytes, not characters', { MAX_MESSAGE_BYTES: '1024' }, async (hub) => {
    const client = await connect(hub);
    await refused(client, `{"type":"ping","x":"${'é'.repeat(510)}"}`, 'INVALID_MESSAGE');
  });
});

describe('idle', () => {
  const IDLE = { IDLE_TIMEOUT_S: '2', PUBLIC_READ: '1' };

  withHub('without a frame in either direction a connection is closed with 4000', IDLE, async (hub) => {
    const client = await connect(hub);
    const { after, code } = await hungUp(client);
    assert.equal(code, 4000);
    assert.ok(after > 1_800, `${after} ms`);
  });

  withHub('who sends is not idle, nor who only sends the ping that the runtime answers', IDLE, async (hub, t) => {
    const [talker, pinger, silent] = await Promise.all([connect(hub), connect(hub), connect(hub)]);
    const timer = setInterval(() => {
      talker.send({ type: 'unsubscribe', channels: [] });
      pinger.send('{"type":"ping"}');
    }, 400);
    t.after(() => clearInterval(timer));
    await hungUp(silent);
    await hungUp(await connect(hub));
    for (const client of [talker, pinger]) {
      client.skip();
      client.send({ type: 'unsubscribe', channels: [] });
      await client.next('unsubscribed');
    }
    clearInterval(timer);
    for (const client of [talker, pinger]) assert.equal((await hungUp(client)).code, 4000);
  });

  withHub('who only listens is not idle while updates come', { ...IDLE, FEED_INTERVAL_MS: '500' }, async (hub) => {
    const [listener, silent] = await Promise.all([connect(hub), connect(hub)]);
    await subscribe(listener, 'price:bitcoin');
    assert.equal((await hungUp(silent)).code, 4000);
    for (let tick = 0; tick < 5; tick++) await on(listener, 'price:bitcoin');
    await settle(listener);
  });

  withHub('the deadline outlives an eviction, and is not put off by it', IDLE, async (hub) => {
    const client = await connect(hub);
    const closed = hungUp(client);
    await evictShards(hub);
    const { after, code } = await closed;
    assert.equal(code, 4000);
    assert.ok(after > 1_800 && after < 5_000, `${after} ms`);
  });

  withHub('a pinger stays after an eviction', IDLE, async (hub, t) => {
    const pinger = await connect(hub);
    const timer = setInterval(() => pinger.send('{"type":"ping"}'), 400);
    t.after(() => clearInterval(timer));
    await evictShards(hub);
    await hungUp(await connect(hub));
    await hungUp(await connect(hub));
    assert.deepEqual(await held(pinger), []);
  });
});

describe('heartbeats', () => {
  const EVERY_SECOND = { PUBLIC_READ: '1', HEARTBEAT_INTERVAL_S: '1', FEED_INTERVAL_MS: '500' };
  const PING = '{"type":"ping"}'; // the runtime answers it, and the hub sleeps on

  withHub('who has sent some and stops is closed with 4004; who sent none is not', EVERY_SECOND, async (hub, t) => {
    const [pinger, stopper, listener] = await Promise.all([connect(hub), connect(hub), connect(hub)]);
    await Promise.all([pinger, stopper, listener].map((client) => subscribe(client, 'price:bitcoin')));
    const timers = [pinger, stopper].map((client) => setInterval(() => client.send(PING), 500));
    t.after(() => timers.forEach(clearInterval));
    // Longer than two heartbeats: until the listener has had ten updates.
    for (let tick = 0; tick < 10; tick++) await on(listener, 'price:bitcoin');
    assert.ok([pinger, stopper, listener].every(({ socket }) => socket.readyState === 1));
    clearInterval(timers[1]);
    const stopped = Date.now();
    assert.equal((await hungUp(stopper)).code, 4004);
    assert.ok(Date.now() - stopped >= 2_000);
    for (let tick = 0; tick < 5; tick++) await Promise.all([pinger, listener].map((client) => on(client, 'price:bitcoin')));
  });

  withHub('who begins late and stops is closed with 4004, too', EVERY_SECOND, async (hub) => {
    const client = await connect(hub);
    await subscribe(client, 'price:bitcoin');
    // Longer than two heartbeats: whoever looked has seen none.
    for (let tick = 0; tick < 10; tick++) await on(client, 'price:bitcoin');
    client.send(PING);
    await client.next('pong');
    const stopped = Date.now();
    assert.equal((await hungUp(client)).code, 4004);
    assert.ok(Date.now() - stopped >= 2_000);
  });
});

describe('time to authenticate', () => {
  withHub('who does not is told UNAUTHORIZED and closed with 4001', { AUTH_TIMEOUT_S: '1' }, async (hub) => {
    const began = Date.now();
    const client = await connect(hub);
    const closed = hungUp(client);
    const error = await refusal(client, 'UNAUTHORIZED');
    assert.match(error.message, /within 1 s/);
    assert.equal((await closed).code, 4001);
    assert.ok(Date.now() - began >= 1_000);
  });

  withHub('neither pings nor bad tokens put it off', { AUTH_TIMEOUT_S: '1' }, async (hub, t) => {
    const client = await connect(hub);
    const closed = hungUp(client);
    const timer = setInterval(() => client.socket.readyState === 1 && client.send({ type: 'auth', token: 'no' }), 100);
    t.after(() => clearInterval(timer));
    const { after, code } = await closed;
    assert.equal(code, 4001);
    assert.ok(after < 4_000, `${after} ms`);
    assert.ok(client.messages.some(({ error }) => error?.code === 'INVALID_TOKEN'));
  });

  withHub('who does in time stays', { AUTH_TIMEOUT_S: '1' }, async (hub) => {
    const client = await signIn(hub);
    assert.equal((await hungUp(await connect(hub))).code, 4001);
    await settle(client);
  });

  withHub('the deadline outlives an eviction', { AUTH_TIMEOUT_S: '2' }, async (hub) => {
    const client = await connect(hub);
    const closed = hungUp(client);
    await evictShards(hub);
    const { after, code } = await closed;
    assert.equal(code, 4001);
    assert.ok(after > 1_800 && after < 5_000, `${after} ms`);
  });

  withHub('with PUBLIC_READ=1 there is none', { AUTH_TIMEOUT_S: '1', PUBLIC_READ: '1', IDLE_TIMEOUT_S: '2' }, async (hub) => {
    const client = await connect(hub);
    const { code } = await hungUp(client);
    assert.equal(code, 4000, 'idle, not unauthenticated');
  });
});

describe('connections', () => {
  async function expectFull(hub) {
    const client = await connect(hub);
    const { error } = await client.next('error');
    assert.equal(error.code, 'CONNECTION_FULL');
    assert.equal((await hungUp(client)).code, 1013);
  }

  /** Connects as soon as there is room: a close that the client has seen may not have reached the hub yet. */
  const whenThereIsRoom = (hub) =>
    until(async () => {
      const client = await connect(hub);
      client.send({ type: 'ping', probe: 1 });
      const answer = await client.next(({ type }) => type !== 'system_status');
      return answer.type === 'pong' && client;
    });

  withHub('over the maximum: CONNECTION_FULL, then 1013; room again when one leaves', { MAX_CONNECTIONS: '3', MAX_SHARDS: '1' }, async (hub) => {
    const clients = await Promise.all([signIn(hub), signIn(hub), signIn(hub)]);
    await expectFull(hub);
    for (const client of clients) await settle(client);
    await clients[0].close();
    await whenThereIsRoom(hub);
    await expectFull(hub);
    clients[1].terminate();
    await whenThereIsRoom(hub);
  });

  withHub('the count outlives an eviction', { MAX_CONNECTIONS: '3', MAX_SHARDS: '1' }, async (hub) => {
    const clients = await Promise.all([signIn(hub), signIn(hub), signIn(hub)]);
    await evictShards(hub);
    await expectFull(hub);
    for (const client of clients) await settle(client);
  });

  withHub('a full shard makes room in the next, up to the last', { MAX_CONNECTIONS: '5', MAX_SHARDS: '3', SHARDS: '1' }, async (hub) => {
    const clients = [];
    for (let n = 0; n < 5; n++) clients.push(await signIn(hub));
    await expectFull(hub);
    await evictShards(hub, 3);
    await expectFull(hub);
    for (const client of clients) assert.deepEqual(await subscribe(client, 'price:bitcoin'), ['price:bitcoin']);
    for (const client of clients) await on(client, 'price:bitcoin');
  });

  withHub('more shards than one connection is offered to are all used', { MAX_CONNECTIONS: '36', MAX_SHARDS: '36' }, async (hub) => {
    const clients = [];
    for (let n = 0; n < 36; n++) clients.push(await signIn(hub));
    await expectFull(hub);
    await clients[0].close();
    await whenThereIsRoom(hub);
  });
});

describe('connections a minute and address', () => {
  withHub('the eleventh is 429 with Retry-After, before the upgrade', { CONNECTIONS_PER_MINUTE: undefined }, async (hub) => {
    // The binding counts by the clock's minute; if one ends here, the count begins again.
    let refusal;
    let admitted = 0;
    while (!refusal && admitted < 25) {
      await connect(hub).then(() => admitted++, (error) => (refusal = error));
    }
    assert.ok(admitted >= 10, `${admitted} were admitted`);
    assert.equal(refusal?.status, 429);
    const wait = Number(refusal.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 60, refusal.headers['retry-after']);
    assert.equal(JSON.parse(refusal.body).error.code, 'RATE_LIMITED');
    assert.equal((await hub.fetch('/health')).status < 400, true, 'only upgrades are limited');
  });

  withHub('every address has its own count', { CONNECTIONS_PER_MINUTE: undefined }, async (hub) => {
    const from = (address) => connect(hub, { headers: { 'cf-connecting-ip': address } });
    await assert.rejects(async () => {
      for (let n = 0; n < 25; n++) await from('192.0.2.1');
    }, { status: 429 });
    await from('192.0.2.2');
  });

  withHub('0 turns it off', { CONNECTIONS_PER_MINUTE: '0' }, async (hub) => {
    for (let n = 0; n < 30; n++) await connect(hub);
  });
});

describe('who may connect', () => {
  const from = (origin, host) => ({ headers: { ...(origin && { origin }), ...(host && { host }) } });

  withHub('without ALLOWED_ORIGINS: pages of the same origin, and what is no browser', { ALLOWED_ORIGINS: undefined }, async (hub) => {
    await connect(hub);
    await connect(hub, from(hub.url));
    for (const origin of ['https://evil.example', 'null', `${hub.url}0`]) {
      const error = await connect(hub, from(origin)).then(() => assert.fail(`${origin} was admitted`), (it) => it);
      assert.equal(error.status, 403, error.stack);
    }
  });

  withHub('with a list: the origins on it', { ALLOWED_ORIGINS: 'https://app.example, http://localhost:3000' }, async (hub) => {
    await connect(hub);
    await connect(hub, from('https://app.example'));
    await connect(hub, from('http://localhost:3000'));
    await assert.rejects(connect(hub, from('https://evil.example')), { status: 403 });
  });

  withHub('with *: everybody', { ALLOWED_ORIGINS: '*' }, async (hub) => {
    await connect(hub, from('https://evil.example'));
  });

  withHub('plain http on a host that others can reach is 403, on any path', {}, async (hub) => {
    await assert.rejects(connect(hub, from(undefined, 'hub.example')), { status: 403 });
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) await connect(hub, from(undefined, `${host}:${hub.port}`));
  });

  withHub('answers over https tell browsers to stay with it', {}, async (hub) => {
    const hsts = async (headers) => (await hub.fetch('/health', { headers })).headers.get('strict-transport-security');
    assert.match(await hsts({ 'x-forwarded-proto': 'https' }), /max-age=\d{7,}/);
    assert.equal(await hsts({}), null);
  });
});

describe('bad settings', () => {
  const CASES = [
    ['JWT_SECRET', 'a-secret-that-is-too-short', /JWT_SECRET: expected a secret of at least 32 bytes, found 26 bytes/],
    ['JWT_SECRET', undefined, /JWT_SECRET: .*found none/],
    ['FEED_INTERVAL_MS', 'abc', /FEED_INTERVAL_MS: expected a whole number from 250 to 3600000, found 'abc'/],
    ['MAX_CHANNELS', '0', /MAX_CHANNELS: expected/],
  ];
  for (const [name, value, message] of CASES) {
    withHub(`${name}=${value} is a 500 that names it`, { [name]: value }, async (hub) => {
      const error = await connect(hub).then(() => assert.fail('admitted'), (it) => it);
      assert.equal(error.status, 500, error.stack);
      assert.match(error.body, message);
      if (name === 'JWT_SECRET' && value) assert.ok(!JSON.stringify([error.body, hub.logs]).includes(value));
    });
  }
});
