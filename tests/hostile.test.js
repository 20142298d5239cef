// 20,000 hostile frames: no panic, no lost subscription, no wrong broadcast, and a hub that answers as before.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { mention } from './support/publish.js';
import { raw } from './support/raw.js';
import { evictShards, held, on, settle, signIn, subscribe, until } from './support/session.js';

const FRAMES = 20_000;
const ATTACKERS = 20;
const SEED = Number(process.env.HOSTILE_SEED ?? 20251202);
const CODES = new Set([
  'INVALID_TOKEN', 'EXPIRED_TOKEN', 'INVALID_CHANNEL', 'RATE_LIMITED', 'CONNECTION_FULL', 'INVALID_MESSAGE', 'UNAUTHORIZED',
]);

/** mulberry32: small, and the same everywhere. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const bytes = (n) => Buffer.from(Array.from({ length: n }, () => below(256)));
  return { next, below, pick, bytes };
}

const NUMBERS = ['0', '-0', '1e999', '-1e999', '1E-999', '9'.repeat(400), '1.7976931348623157e308', '18446744073709551616', '0x10', 'NaN', 'Infinity'];
const NAMES = ['price:bitcoin', 'price:BTC', 'price:', 'price:\u0000', 'signals:all', 'signals:type:', 'market:summary', '__proto__', 'constructor', 'x'.repeat(5000), '💥', '\u202e', "'; DROP TABLE prices; --"];
const TYPES = ['auth', 'subscribe', 'unsubscribe', 'ping', 'PING', 'batch', 'deliver', '', '\u0000', '__proto__', 'x'.repeat(3000)];

/** One wrong value of any JSON type, as text. */
function value(r, depth = 0) {
  const simple = [
    () => r.pick(NUMBERS.slice(0, 8)),
    () => r.pick(['null', 'true', 'false']),
    () => JSON.stringify(r.pick(NAMES)),
    () => JSON.stringify(r.bytes(r.below(40)).toString('latin1')),
    () => '"\\ud800"',
  ];
  const nested = [
    () => `[${Array.from({ length: r.below(5) }, () => value(r, depth + 1)).join()}]`,
    () => `{${JSON.stringify(r.pick(NAMES))}:${value(r, depth + 1)}}`,
  ];
  return r.pick(depth < 4 ? [...simple, ...nested] : simple)();
}

const text = (frame) => ({ data: Buffer.from(frame), binary: false });

/** The ways to be hostile. Each returns a frame; those that are valid messages never change a subscription for long. */
const WAYS = {
  'random bytes, binary': (r) => ({ data: r.bytes(r.below(300)), binary: true }),
  'random text': (r) => text(r.bytes(r.below(300)).toString('latin1')),
  'wrong types': (r) => text(`{"type":${JSON.stringify(r.pick(TYPES))},"channels":${value(r)},"token":${value(r)},"x":${value(r)}}`),
  'no type': (r) => text(`{${JSON.stringify(r.pick(NAMES))}:${value(r)}}`),
  'not an object': (r) => text(value(r)),
  'cut short': (r) => text('{"type":"subscribe","channels":["price:bitcoin","signals:all"]}'.slice(0, r.below(62))),
  'huge numbers': (r) => text(`{"type":${r.pick(NUMBERS)},"channels":[${r.pick(NUMBERS)}]}`),
  'bad channels': (r) => text(JSON.stringify({ type: r.pick(['subscribe', 'unsubscribe']), channels: Array.from({ length: r.below(30) }, () => `price:${r.pick(NAMES)}!`) })),
  'bad tokens': (r) => text(JSON.stringify({ type: 'auth', token: r.pick([r.bytes(60).toString('base64url'), 'a.b.c', '..', 'e30.e30.e30', 'x'.repeat(10_000), `${'A'.repeat(40)}.${'B'.repeat(40)}.${'C'.repeat(43)}`]) })),
  'keys twice': (r) => text(`{"type":"subscribe","type":${value(r)},"channels":[],"channels":${value(r)}}`),
};

/** The rarer ones, since they are large. */
const LARGE_WAYS = {
  'deep nesting': (r) => text(`{"type":"subscribe","channels":${'['.repeat(30_000)}${r.pick([']'.repeat(30_000), ''])}}`),
  'deep objects': () => text(`{"type":"ping","x":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`),
  '64 KB': () => text(`{"type":"pin?","x":"${'x'.repeat(65_536 - 22)}"}`),
  '64 KB and one byte more': () => text(`{"type":"ping","x":"${'x'.repeat(65_537 - 22)}"}`),
  '64 KB of bytes': (r) => ({ data: r.bytes(65_536), binary: true }),
  '10,000 channels': (r) => text(JSON.stringify({ type: 'subscribe', channels: Array.from({ length: 10_000 }, (_, n) => `p:${n}`) }).slice(0, r.pick([65_536, 200_000]))),
  'the same channel 5,000 times': () => text(JSON.stringify({ type: 'unsubscribe', channels: Array(3_000).fill('price:cardano') })),
};

describe('hostile frames', { timeout: 280_000 }, () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { MESSAGES_PER_MINUTE: '0', FEED_INTERVAL_MS: '250', MAX_SHARDS: '1' } });
  });
  after(() => hub.stop());

  /** A client whose every message is checked: only what it asked for, in a documented shape. */
  async function witness(sub, ...channels) {
    const client = await signIn(hub, { sub });
    await subscribe(client, ...channels);
    client.expected = channels;
    return client;
  }

  function assertClean(client) {
    for (const message of client.messages) {
      assert.ok(
        ['auth_success', 'subscribed', 'unsubscribed', 'pong', 'system_status'].includes(message.type) ||
          client.expected.includes(message.channel),
        `not for this client: ${JSON.stringify(message).slice(0, 300)}`,
      );
    }
  }

  /** Sends as long as the kernel takes it, so that the hub is busy but the test does not hold everything in memory. */
  async function flood(client, frames) {
    for (const { data, binary } of frames) {
      if (client.socket.readyState !== 1) return;
      client.socket.send(data, { binary });
      if (client.socket.bufferedAmount > 1_000_000) await until(() => client.socket.bufferedAmount < 100_000 || client.socket.readyState !== 1, { pause: 1, timeout: 60_000 });
    }
  }

  test(`${FRAMES} of them (seed ${SEED})`, async () => {
    const witnesses = await Promise.all([
      witness('one', 'price:bitcoin'),
      witness('two', 'price:BTC', 'market:summary'),
      witness('three', 'signals:all'),
      witness('four'),
    ]);
    const attackers = await Promise.all(
      Array.from({ length: ATTACKERS }, async (_, n) => {
        const client = await witness(`attacker-${n}`, 'price:ethereum', 'signals:high');
        return client;
      }),
    );
    const small = Object.values(WAYS);
    const large = Object.values(LARGE_WAYS);
    const each = FRAMES / ATTACKERS;
    let sent = 0;
    await Promise.all(
      attackers.map((client, n) => {
        const r = random(SEED + n);
        const frames = Array.from({ length: each }, (_, at) => (at % 50 === 49 ? r.pick(large) : r.pick(small)));
        return flood(client, (function* () {
          for (const way of frames) {
            sent++;
            yield way(r);
          }
        })());
      }),
    );
    assert.equal(sent, FRAMES);

    // A word that none of the frames has, so that its refusal is the answer to the last frame of all.
    for (const client of attackers) client.send({ type: 'the-end' });
    const ends = ({ error }) => error?.message.includes("'the-end'");
    await Promise.all(attackers.map((client) => client.next(ends, { timeout: 120_000 })));

    for (const client of attackers) {
      assert.equal(client.socket.readyState, 1, 'a malformed message never closes a healthy connection');
      client.skip();
      const channels = await held(client);
      for (const channel of ['price:ethereum', 'signals:high']) assert.ok(channels.includes(channel), `lost ${channel}: ${channels}`);
      for (const { error } of client.messages.filter(({ type }) => type === 'error')) {
        assert.ok(CODES.has(error.code), error.code);
        assert.ok(error.message.length < 500, `${error.message.length} characters`);
      }
      await on(client, 'price:ethereum');
    }
    for (const client of witnesses) {
      assert.deepEqual(await held(client), client.expected);
      client.skip();
      if (client.expected.length && client !== witnesses[2]) await on(client, client.expected[0]);
      assertClean(client);
    }
    await stillServes();
  });

  test('invalid UTF-8 in text frames', async () => {
    const client = await witness('utf8', 'price:bitcoin');
    const wrong = [[0xff], [0xc3, 0x28], [0xe2, 0x82], [0xf0, 0x28, 0x8c, 0xbc], [0xed, 0xa0, 0x80], [0x7b, 0x22, 0xff, 0x22, 0x7d]];
    for (const bytes of wrong) {
      // Whether the runtime reads it with replacement characters or ends the socket by RFC 6455 is its own affair.
      const attacker = await signIn(hub, { sub: 'attacker' });
      attacker.socket.send(Buffer.from(bytes), { binary: false });
      const ended = await Promise.race([attacker.closed, attacker.next('error')]);
      assert.ok(ended.error?.code === 'INVALID_MESSAGE' || [1002, 1003, 1006, 1007].includes(ended.code), JSON.stringify(ended));
    }
    assert.deepEqual(await held(client), ['price:bitcoin']);
    client.skip();
    await on(client, 'price:bitcoin');
    assertClean(client);
  });

  test('a message of a megabyte does not harm the others', async () => {
    const client = await witness('large', 'price:bitcoin');
    for (const bytes of [1_000_000, 1_048_576, 1_048_577, 4_000_000]) {
      const attacker = await connect(hub);
      attacker.send('x'.repeat(bytes));
      await Promise.race([attacker.closed, attacker.next('error')]);
    }
    client.skip();
    await on(client, 'price:bitcoin');
  });

  test('a thousand channels with a thousand places to recover from cost about what each costs alone', async () => {
    const client = await signIn(hub);
    const channels = Array(1_000).fill('price:btc');
    const recover = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`mentions:${n}`, { epoch: '1', offset: 1 }]));
    const costs = async (fields) => {
      await settle(client);
      const began = performance.now();
      for (let n = 0; n < 10; n++) client.send({ type: 'subscribe', ...fields });
      for (let n = 0; n < 10; n++) await client.next('subscribed');
      return performance.now() - began;
    };
    const alone = (await costs({ channels })) + (await costs({ channels: ['price:btc'], recover }));
    const together = await costs({ channels, recover });
    assert.ok(together < 5 * alone + 100, `${together} ms, alone ${alone} ms`);
    await client.close();
  });

  test('connections that come and go at once leave nothing behind', async () => {
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect(hub)));
      clients.forEach((client, n) => {
        client.send({ type: 'auth', token: 'nonsense' });
        if (n % 2) client.terminate();
        else client.socket.close();
      });
    }
    await stillServes();
  });

  test('hostile upgrade requests are answered, not crashed on', async () => {
    const attempts = [
      { path: `/ws?${'x=1&'.repeat(2_000)}` },
      { path: '/ws?%00=%ff&token=%c3%28', },
      { path: '/ws', protocol: ['a', 'b', 'c'] },
      { path: '/ws/../../internal/connect' },
      { path: '/connect' },
      { path: '/deliver' },
      { path: '/ws', headers: { 'x-dialect': 'wallet.v1', 'x-echo-subprotocol': '1' } },
    ];
    for (const attempt of attempts) {
      const outcome = await connect(hub, attempt).then(() => 101, (error) => error.status ?? error.message);
      assert.ok(outcome !== 500 && outcome !== undefined, `${JSON.stringify(attempt)}: ${outcome}`);
    }
    for (const path of ['/connect', '/deliver', '/attach', '/cycle', '/stats']) {
      const response = await hub.fetch(path, { method: 'POST', body: Buffer.from([1, 2, 3]) });
      assert.equal(response.status, 404, `${path} is reachable from outside`);
    }
    await stillServes();
  });

  test('a body that is longer than it was said to be is not taken', async () => {
    const authorization = `Bearer ${await token({ sub: 'liar', scope: 'publish' }, hub.secret)}`;
    const message = (length) => JSON.stringify(mention('announced', 'x'.repeat(length)));
    const send = (headers, body) =>
      raw(hub, ['POST /api/v1/publish HTTP/1.1', 'Content-Type: application/json', `Authorization: ${authorization}`, ...headers], body);
    const chunked = (body) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const good = message(10);
    assert.match(await send([`Content-Length: ${good.length}`], good), /^HTTP\/1.1 200/);
    assert.match(await send(['Transfer-Encoding: chunked'], chunked(good)), /^HTTP\/1.1 200/);
    for (const headers of [['Content-Length: 10', 'Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 10']]) {
      const answer = await send(headers, chunked(' '.repeat(2 << 20) + good));
      assert.match(answer, /^HTTP\/1.1 4\d\d/, answer.slice(0, 500));
    }
    await stillServes();
  });

  /** A newcomer is served, after an eviction too, and nothing has panicked. */
  async function stillServes() {
    const newcomer = await witness('newcomer', 'price:bitcoin');
    await on(newcomer, 'price:bitcoin');
    await evictShards(hub);
    newcomer.skip();
    await on(newcomer, 'price:bitcoin');
    assertClean(newcomer);
    assert.equal((await hub.fetch('/health')).status, 200);
    const panics = hub.logs.filter(({ message }) => /panicked|unreachable|RuntimeError|already borrowed|BorrowMut/i.test(message));
    assert.deepEqual(panics, []);
  }
});
