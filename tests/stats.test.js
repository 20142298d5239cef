// What an operator sees: /ws/stats, /health, system_status and the logs.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect, startHub } from './support/index.js';
import { mention, publish } from './support/publish.js';
import { raw } from './support/raw.js';
import { evictBroker, evictShards, figures, held, on, refused, signIn, subscribe, until } from './support/session.js';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '250', MAX_SHARDS: '1' } });
});
after(() => hub.stop());
afterEach(async () => {
  if (hub.clients.size === 0) return; // a test with a hub of its own
  for (const client of hub.clients) await client.close();
  await when(({ connections }) => connections.active === 0);
});

const read = () => figures(hub);

/** The statistics, as soon as they say what they must. */
const when = (holds) =>
  until(async () => {
    const response = await hub.fetch('/ws/stats');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /application\/json/);
    const stats = await response.json();
    return holds(stats) && stats;
  });

test('what is only to be read is only to be read', async () => {
  for (const path of ['/', '/ws/stats', '/metrics', '/health', '/health/ws-stats']) {
    const [head, body] = (await raw(hub, [`HEAD ${path} HTTP/1.1`])).split('\r\n\r\n');
    assert.match(head, /^HTTP\/1.1 200 /, path);
    assert.equal(body, '', path);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await hub.fetch(path, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD'], `${method} ${path}`);
      assert.equal((await response.json()).error.code, 'METHOD_NOT_ALLOWED');
    }
  }
});

describe('/ws/stats', () => {
  test('has every figure that is promised', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await on(client, 'price:bitcoin');
    const stats = await when(({ latency_ms }) => latency_ms.count > 0);
    assert.match(stats.timestamp, RFC3339);
    for (const [name, type] of Object.entries({
      'connections.active': 'number', 'connections.authenticated': 'number', 'connections.connects': 'number',
      'connections.reconnects': 'number', 'connections.closes': 'number',
      'subscriptions.price': 'number',
      'messages.in': 'number', 'messages.out': 'number', 'messages.in_per_second': 'number', 'messages.out_per_second': 'number',
      'messages.bytes_in': 'number', 'messages.bytes_out': 'number',
      'latency_ms.mean': 'number', 'latency_ms.p50': 'number', 'latency_ms.p99': 'number',
      errors: 'object', 'feed.age_ms': 'number', 'feed.faults': 'object', 'feed.source': 'string',
      wasm_heap_bytes: 'number', uptime: 'number', status: 'string',
    })) {
      const value = name.split('.').reduce((object, key) => object?.[key], stats);
      assert.equal(typeof value, type, `${name}: ${JSON.stringify(stats)}`);
    }
    assert.equal(stats.feed.source, 'simulated');
    assert.ok(stats.wasm_heap_bytes > 0 && stats.wasm_heap_bytes < 128 * 1024 * 1024);
    assert.ok(stats.uptime >= 0 && stats.uptime <= 100);
  });

  test('counts connections, who is authenticated, subscriptions by family, closes and reconnects', async () => {
    const before = await read();
    const clients = await Promise.all(['ann', 'ben', 'cem'].map((sub) => signIn(hub, { sub })));
    const stranger = await connect(hub);
    await subscribe(clients[0], 'price:bitcoin', 'price:ethereum', 'signals:all');
    await subscribe(clients[1], 'market:summary', 'price:BTC');
    const during = await when(({ connections, subscriptions }) => connections.active === 4 && subscriptions.market === 1);
    assert.equal(during.connections.authenticated, 3);
    assert.deepEqual(during.subscriptions, { price: 3, signals: 1, market: 1 });
    assert.equal(during.connections.connects - before.connections.connects, 4);
    await Promise.all([clients[0].close(), clients[1].close(), stranger.close()]);
    const after = await when(({ connections }) => connections.active === 1);
    assert.equal(after.connections.closes - before.connections.closes, 3);
    await signIn(hub, { sub: 'ann' });
    const back = await when(({ connections }) => connections.reconnects > before.connections.reconnects);
    assert.equal(back.connections.reconnects - before.connections.reconnects, 1);
  });

  test('counts messages, bytes and errors by code', async () => {
    const client = await signIn(hub, { sub: 'counter' });
    const before = await when(({ connections }) => connections.authenticated === 1);
    const message = JSON.stringify({ type: 'subscribe', channels: ['price:nothing'] });
    for (let n = 0; n < 5; n++) await refused(client, message, 'INVALID_CHANNEL');
    for (let n = 0; n < 3; n++) await refused(client, '{', 'INVALID_MESSAGE');
    const stats = await when(({ messages }) => messages.in >= before.messages.in + 8);
    assert.equal((stats.errors.INVALID_CHANNEL ?? 0) - (before.errors.INVALID_CHANNEL ?? 0), 5);
    assert.equal((stats.errors.INVALID_MESSAGE ?? 0) - (before.errors.INVALID_MESSAGE ?? 0), 3);
    assert.equal(stats.messages.in - before.messages.in, 8);
    assert.ok(stats.messages.bytes_in - before.messages.bytes_in === 5 * message.length + 3);
    assert.ok(stats.messages.out - before.messages.out >= 13); // 5 acknowledgements and 8 errors
    assert.ok(stats.messages.bytes_out > before.messages.bytes_out);
    assert.ok(stats.messages.in_per_second > 0 && stats.messages.out_per_second > 0);
  });

  /** What Prometheus adds up: the counters of the hub by their names and labels. */
  const counters = async (at = hub) => {
    const text = await (await at.fetch('/metrics')).text();
    const lines = text.matchAll(/^cryptointel_((?:\w*connects|messages_\w+|\w+_bytes|errors)_total\S*|delivery_latency_seconds_count) (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]));
  };
  const assertGrown = (now, last) => {
    assert.ok(Object.keys(last).length >= 8, JSON.stringify(last));
    for (const [name, value] of Object.entries(last)) assert.ok(now[name] >= value, `${name} fell from ${value} to ${now[name]}`);
  };

  test('counters only grow, over evictions too', async () => {
    const client = await signIn(hub, { sub: 'evicted' });
    await subscribe(client, 'price:bitcoin');
    const { connections } = await when(({ subscriptions }) => subscriptions.price === 1);
    let last = await counters();
    for (let round = 0; round < 4; round++) {
      await (round % 2 ? evictBroker(hub) : evictShards(hub));
      assertGrown(await counters(), last); // at once, before anybody reports anew
      last = await until(async () => {
        await held(client);
        const now = await counters();
        assertGrown(now, last);
        return now.messages_received_total > last.messages_received_total && now;
      });
      assert.equal((await read()).connections.active, connections.active);
    }
  });

  test('counters only grow, over a power cut too', { timeout: 60_000 }, async (t) => {
    const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
    const vars = { FEED_INTERVAL_MS: '250', MAX_SHARDS: '1' };
    let own = await startHub({ vars, persist });
    t.after(async () => {
      await own.stop();
      await rm(persist, { recursive: true, force: true });
    });
    const client = await signIn(own);
    await subscribe(client, 'price:bitcoin');
    const enough = (more) => until(async () => ((now) => now.messages_sent_total > more && now)(await counters(own)));
    let last = await enough(20);
    // Long after the last checkpoint, for all that the next life knows.
    last = await enough(last.messages_sent_total + 20);
    await own.kill();
    own = await startHub({ vars, persist });
    assertGrown(await counters(own), last);
    const back = await signIn(own);
    await subscribe(back, 'price:bitcoin');
    assertGrown(await enough(last.messages_sent_total), last);
  });

  test('what was counted after the last tick of a while is told all the same', { timeout: 60_000 }, async (t) => {
    const own = await startHub({ vars: { FEED_INTERVAL_MS: '3600000', MAX_SHARDS: '1', ALLOWED_ORIGINS: undefined } });
    t.after(() => own.stop());
    const client = await signIn(own);
    await subscribe(client, 'mentions:quiet');
    const refused = 'errors_total{code="ORIGIN_NOT_ALLOWED"}';
    // The first of them may come shortly after a tick of the feed; of the last one nothing but quiet tells.
    for (let told = 0; told === 0; told = (await counters(own)).delivery_latency_seconds_count) {
      await publish(own, mention('quiet', 'hear, hear'));
      await on(client, 'mentions:quiet');
    }
    const told = await until(async () => {
      await assert.rejects(connect(own, { headers: { origin: 'https://elsewhere.example' } }));
      const now = await counters(own);
      return now[refused] >= 1 && now;
    }, { timeout: 40_000, pause: 1_000 });
    await evictBroker(own);
    assertGrown(await counters(own), told);
  });

  test('the mean latency from event to send is under the 50 ms of the document', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, (_, n) => signIn(hub, { sub: `reader-${n}` })));
    for (const client of clients) await subscribe(client, 'price:bitcoin', 'price:ethereum');
    const before = await read();
    const { latency_ms } = await when((stats) => stats.latency_ms.count > before.latency_ms.count + 200);
    assert.ok(latency_ms.mean < 50, JSON.stringify(latency_ms));
  });

  test('refusals before the upgrade are logged, one line each, without the query', async () => {
    await hub.fetch('/ws?secret=of-somebody');
    const lines = await until(() => hub.logs.filter(({ message }) => message.includes('"refused"')));
    for (const { message } of lines) assert.equal(typeof JSON.parse(message).code, 'string');
    assert.ok(!JSON.stringify(hub.logs).includes('of-somebody'));
  });

  test('refusals that no shard saw are counted by code', async (t) => {
    const own = await startHub({ vars: { FEED_INTERVAL_MS: '250', MAX_CONNECTIONS: '1', MAX_SHARDS: '1', ALLOWED_ORIGINS: undefined } });
    t.after(() => own.stop());
    await signIn(own);
    await (await connect(own)).next('error');
    for (let n = 0; n < 3; n++) await assert.rejects(connect(own, { headers: { origin: 'https://elsewhere.example' } }));
    await until(async () => {
      const { errors } = await (await own.fetch('/ws/stats')).json();
      return errors.CONNECTION_FULL === 1 && errors.ORIGIN_NOT_ALLOWED === 3;
    });
  });

  test('there is one JSON log line a cycle', async () => {
    const client = await signIn(hub);
    const cycles = () => hub.logs.filter(({ message }) => message.startsWith('{') && JSON.parse(message).event === 'cycle');
    const seen = cycles().length;
    await until(() => cycles().length >= seen + 2);
    for (const { message } of cycles()) {
      const { time, took_ms, events } = JSON.parse(message);
      assert.match(time, RFC3339);
      assert.ok(took_ms >= 0 && events >= 0);
    }
  });
});

describe('asking wakes nobody', () => {
  test('/ws/stats and /health ask no shard: its figures come with its next acknowledgement', async (t) => {
    const own = await startHub({ vars: { FEED_INTERVAL_MS: '3600000', MAX_SHARDS: '1' } });
    t.after(() => own.stop());
    const counted = async () => {
      const { messages, connections, subscriptions } = await figures(own);
      return JSON.stringify({ messages, connections, subscriptions });
    };
    const client = await signIn(own);
    await subscribe(client, 'price:bitcoin', 'mentions:quiet');
    await on(client, 'price:bitcoin'); // the one cycle of this hour has run ...
    await until(async () => {
      await publish(own, mention('quiet', 'hear, hear')); // ... and what was acknowledged is stored with the next tick
      return (await figures(own)).latency_ms.count > 0;
    });
    let last;
    await until(async () => last === (last = await counted()), { pause: 300 });
    for (let n = 0; n < 5; n++) await held(client);
    assert.equal(await counted(), last, 'what the client just sent is known to its shard alone');
    await evictShards(own);
    for (let n = 0; n < 5; n++) {
      assert.equal(await counted(), last);
      assert.equal((await own.fetch('/health')).status, 200);
    }
    assert.deepEqual(await held(client), ['price:bitcoin', 'mentions:quiet']);
  });
});

describe('anybody may ask', () => {
  let own;
  before(async () => {
    own = await startHub({ faulty: true });
    await own.dispatchScheduled();
  });
  after(() => own.stop());

  const PATHS = ['/ws/stats', '/metrics', '/health'];

  test('and the feed and the broker are asked once a second', async () => {
    const asked = async () => (await (await own.fetch('/faults')).json()).asked;
    for (const path of PATHS) await own.fetch(path);
    const [before, began] = [await asked(), Date.now()];
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => own.fetch(PATHS[n % 3])));
      for (const { status } of answers) assert.equal(status, 200);
    }
    const [after, seconds] = [await asked(), (Date.now() - began) / 1000];
    for (const question of ['feed/stats', 'broker/stats', 'feed/metrics', 'broker/metrics']) {
      const times = after[question] - before[question];
      assert.ok(before[question] >= 1 && times <= seconds + 1, `${question}: ${times} times in ${seconds} s`);
    }
  });

  for (const [part, other] of [['feed', 'broker'], ['broker', 'feed']]) {
    test(`also while the ${part} hangs`, { timeout: 60_000 }, async (t) => {
      t.after(() => own.fail());
      await own.fail({ [part]: 'hangs' });
      const wrong = (path) =>
        until(async () => {
          const response = await own.fetch(path);
          return response.status !== 200 && response;
        });
      const stats = await wrong('/ws/stats');
      assert.deepEqual([stats.status, stats.headers.get('retry-after')], [503, '5']);
      assert.deepEqual(await stats.json(), { error: { code: 'UNAVAILABLE', message: `The ${part} does not answer` } });
      const health = await wrong('/health');
      assert.deepEqual([health.status, (await health.json()).status], [503, 'down']);
      const metrics = await until(async () => {
        const text = await (await own.fetch('/metrics')).text();
        return text.includes(`cryptointel_up{part="${part}"} 0`) && text;
      });
      assert.ok(metrics.includes(`cryptointel_up{part="${other}"} 1`));
      await own.fail();
      for (const path of PATHS) await until(async () => (await own.fetch(path)).status === 200);
    });
  }
});

describe('/health', () => {
  test('200 and "healthy" while there is data', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await on(client, 'price:bitcoin');
    const response = await hub.fetch('/health');
    assert.equal(response.status, 200);
    const body = await response.json();
    assert.equal(body.status, 'healthy');
    assert.match(body.timestamp, RFC3339);
  });
});

describe('system_status', () => {
  test('comes every 30 s while somebody is connected, subscribed or not, in the documented shape', { timeout: 120_000 }, async () => {
    const client = await signIn(hub, { exp: Math.floor(Date.now() / 1000) + 3600 });
    const first = await client.next('system_status', { timeout: 40_000 });
    assert.deepEqual(Object.keys(first).sort(), ['data', 'type']);
    assert.deepEqual(Object.keys(first.data).sort(), ['active_connections', 'messages_per_second', 'status', 'timestamp', 'uptime']);
    assert.equal(first.data.status, 'healthy');
    assert.ok(first.data.active_connections >= 1);
    assert.ok(first.data.messages_per_second >= 0);
    assert.ok(first.data.uptime >= 0 && first.data.uptime <= 100);
    assert.match(first.data.timestamp, RFC3339);
    const second = await client.next('system_status', { timeout: 40_000 });
    const apart = Date.parse(second.data.timestamp) - Date.parse(first.data.timestamp);
    assert.ok(apart > 28_000 && apart < 35_000, `${apart} ms`);
    assert.ok(second.data.active_connections >= 1);
  });
});
