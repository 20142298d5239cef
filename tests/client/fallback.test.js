// The client library where WebSockets do not get through: streams, polling, and the way back up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, fakeFetch, price, settle, stream } from './fake.js';
import { rig } from './support.js';

const EMPTY = () => answer(200, { data: [] });

/** A client whose WebSockets never open, and whose other requests this answers. */
async function fallen(handler, options = {}) {
  const http = fakeFetch(handler);
  const it = { ...rig({ fetch: http.fetch, ...options }), http };
  it.heard = it.listen(options.channels ?? ['price:a']);
  it.client.connect();
  await settle();
  await it.server.last().drop();
  await it.clock.pass(500);
  await it.server.last().drop();
  await settle();
  return it;
}

const stands = (positions, channels = Object.keys(positions)) => ({ type: 'subscribed', channels, positions });
const at = (offset, epoch = 'e1') => ({ recovered: false, epoch, offset });
const message = (offset, channel = 'price:a') => ({ type: 'price_update', channel, epoch: 'e1', offset, data: price('A', offset) });

test('a WebSocket that twice did not open gives way to a stream, with the same callbacks', async () => {
  const it = stream();
  const { client, http, heard, of, server } = await fallen(() => it.answer, { token: 'jwt' });
  assert.equal(client.status.transport, 'sse');
  assert.equal(http.requests.length, 1);
  assert.equal(http.requests[0].raw, 'https://hub.example/sse?channels=price%3Aa');
  assert.equal(http.requests[0].headers.authorization, 'Bearer jwt');
  await it.hear(stands({ 'price:a': at(1) }), message(1), message(2));
  assert.deepEqual(heard.offsets(), [1, 2]);
  assert.deepEqual(of('open').map(({ transport }) => transport), ['sse']);
  assert.equal(server.open().length, 0);
});

test('one that was open and broke is tried again as it is', async () => {
  const http = fakeFetch(EMPTY);
  const { clock, server, connect } = rig({ fetch: http.fetch });
  await connect();
  for (let n = 0; n < 4; n++) {
    await server.last().drop();
    await clock.pass(30_000);
    await server.serve();
  }
  assert.deepEqual(http.requests, []);
});

test('a WebSocket that is cut or silent after its handshake was never there, and takes no stream away', async () => {
  for (const options of [{}, { token: 'jwt' }]) {
    for (const cut of [(it) => it.server.last().drop(), (it) => it.clock.pass(10_000)]) {
      const all = [];
      const http = fakeFetch(() => all.push(stream()) && all.at(-1).answer);
      const it = { ...rig({ fetch: http.fetch, ...options }), http };
      const heard = it.listen('price:a');
      it.client.connect();
      await settle();
      for (let n = 0; n < 2; n++) {
        await it.server.last().open();
        assert.deepEqual(it.server.last().sent.map(({ type }) => type), options.token ? ['auth'] : ['ping', 'subscribe'], 'it asks at once');
        assert.equal(it.client.status.state, n ? 'reconnecting' : 'connecting');
        await cut(it);
        if (!n) await it.clock.pass(500);
      }
      assert.equal(it.client.status.transport, 'sse');
      await all[0].hear(stands({ 'price:a': at(0) }));
      it.client.wake();
      await settle();
      await it.server.last().open();
      await all[0].hear(message(1));
      await cut(it);
      await all[0].hear(message(2));
      assert.deepEqual([it.client.status.transport, it.client.status.state, heard.offsets(), all.length], ['sse', 'open', [1, 2], 1]);
      assert.deepEqual(it.of('open').map(({ transport }) => transport), ['sse']);
      it.client.disconnect();
    }
  }
});

test('tries without a network are no reason for another transport', async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true });
  try {
    const http = fakeFetch(EMPTY);
    const { clock, server, client } = rig({ fetch: http.fetch });
    client.connect();
    await settle();
    for (let n = 0; n < 4; n++) {
      await server.last().drop();
      assert.deepEqual([client.status.state, clock.waits], ['offline', [30_000]]);
      await clock.pass(30_000);
    }
    assert.deepEqual(http.requests, []);
    client.disconnect();
  } finally {
    Object.defineProperty(globalThis, 'navigator', before);
  }
});

test('codes and tokens are no reason for another transport', async () => {
  for (const [code, reason] of [[4003, 'operator'], [4001, 'time'], [4002, 'token'], [1013, 'full']]) {
    const http = fakeFetch(EMPTY);
    const { clock, server, client } = rig({ fetch: http.fetch, getToken: () => 'jwt' });
    client.connect();
    await settle();
    for (let n = 0; n < 4 && server.open().length; n++) {
      await server.last().open();
      await server.last().drop(code, reason);
      await clock.pass(30_000);
    }
    assert.deepEqual(http.requests, [], `${code}`);
  }
});

test('names are kept apart in the address of a stream', async () => {
  const names = ['whale?tokens=BTC,ETH&minAmount=1;tokens=SOL', 'mentions:a,b=c&d', 'price:ü'];
  const { http } = await fallen(() => stream().answer, { channels: names });
  const [, query] = http.requests[0].raw.split('?channels=');
  assert.deepEqual(query.split(',').map(decodeURIComponent), names);
});

test('another set of channels is another stream, once for each moment, and goes on where the last one was', async () => {
  const streams = [];
  const { clock, http, listen, heard } = await fallen(() => {
    streams.push(stream());
    return streams.at(-1).answer;
  });
  await streams[0].hear(stands({ 'price:a': at(0) }), message(1));
  const more = listen('price:b');
  listen('price:c');
  await clock.pass(1_999);
  assert.equal(http.requests.length, 1, 'the hub allows few connections a minute');
  assert.equal(http.requests[0].signal.aborted, false);
  await clock.pass(1);
  assert.equal(http.requests.length, 2);
  assert.equal(http.requests[0].signal.aborted, true);
  const asked = http.requests[1].url.searchParams;
  assert.deepEqual(JSON.parse(asked.get('recover')), { 'price:a': { epoch: 'e1', offset: 1 } });
  await streams[1].hear(stands({ 'price:a': { recovered: true, epoch: 'e1', offset: 2 }, 'price:b': at(7), 'price:c': at(0) }), message(2), message(8, 'price:b'));
  await streams[0].hear(message(3));
  assert.deepEqual([heard.offsets(), more.offsets()], [[1, 2], [8]]);
  await clock.pass(5000);
  assert.equal(http.requests.length, 2);
});

test('several names of one channel are found out on a stream, too', async () => {
  const streams = [];
  const { clock, http, listen, heard } = await fallen(
    () => {
      streams.push(stream());
      return streams.at(-1).answer;
    },
    { channels: ['price:BTC', 'price:ETH', 'price:bitcoin'] },
  );
  await streams[0].hear(stands({ 'price:bitcoin': at(3), 'price:ETH': at(0) }), message(3, 'price:bitcoin'));
  await clock.pass(2000);
  assert.deepEqual(http.requests[1].url.searchParams.get('channels'), 'price:bitcoin,price:ETH,price:BTC');
  await streams[1].hear(stands({ 'price:BTC': { recovered: true, epoch: 'e1', offset: 3 }, 'price:ETH': at(0) }), message(4, 'price:BTC'));
  await clock.pass(5000);
  assert.equal(http.requests.length, 2);
  const late = listen('price:bitcoin');
  await settle();
  assert.equal(http.requests.length, 2);
  assert.deepEqual([heard.offsets(), late.offsets()], [[3, 4], [4]]);
});

test('pieces of a stream are put together, whatever the cuts and line ends', async () => {
  const it = stream();
  const { heard } = await fallen(() => it.answer);
  const text = `: hello\r\n\r\nevent: subscribed\r\ndata: ${JSON.stringify(stands({ 'price:a': at(0) }))}\r\n\r\nid: 9\rdata: {"type":"price_update","channel":"price:a","epoch":"e1",\rdata:"offset":1,"data":{"symbol":"Ü"}}\r\rdata: ${JSON.stringify(message(2))}\n\n`;
  for (const byte of new TextEncoder().encode(text)) await it.write(Uint8Array.of(byte));
  assert.deepEqual(heard.map(({ data }) => data.symbol), ['Ü', 'A']);
});

test('a stream that says nothing for 45 s is dead, and is tried again', async () => {
  const streams = [];
  const { clock, client, http } = await fallen(() => {
    streams.push(stream());
    return streams.at(-1).answer;
  });
  await streams[0].hear(stands({ 'price:a': at(0) }));
  await clock.pass(15_000);
  await streams[0].write(': still there\n\n');
  await clock.pass(44_999);
  assert.equal(client.status.state, 'open');
  await clock.pass(1);
  assert.equal(client.status.state, 'reconnecting');
  assert.equal(http.requests[0].signal.aborted, true);
  await clock.pass(500);
  assert.equal(http.requests.length, 2);
});

test('a stream that ends or breaks is tried again, and recovers', async () => {
  for (const how of ['end', 'fail']) {
    const streams = [];
    const { clock, http, heard } = await fallen(() => {
      streams.push(stream());
      return streams.at(-1).answer;
    });
    await streams[0].hear(stands({ 'price:a': at(0) }), message(1));
    await streams[0][how]();
    await clock.pass(1000);
    assert.deepEqual(JSON.parse(http.requests[1].url.searchParams.get('recover')), { 'price:a': { epoch: 'e1', offset: 1 } });
    await streams[1].hear(stands({ 'price:a': { recovered: true, epoch: 'e1', offset: 2 } }), message(2));
    assert.deepEqual(heard.offsets(), [1, 2]);
  }
});

test('errors within a stream: a channel that does not exist, a token that has expired', async () => {
  const streams = [];
  let n = 0;
  const { clock, http, of } = await fallen(
    () => {
      streams.push(stream());
      return streams.at(-1).answer;
    },
    { channels: ['price:a', 'price:no'], getToken: () => `jwt-${++n}` },
  );
  const error = (code, channel) => ({ type: 'error', error: { code, message: 'why', channel, timestamp: '' } });
  await streams[0].hear(stands({ 'price:a': at(0) }), error('INVALID_CHANNEL', 'price:no'));
  await clock.pass(1000);
  assert.equal(http.requests.length, 1);
  assert.equal(of('error').at(-1).channel, 'price:no');
  const before = n;
  await streams[0].hear(error('EXPIRED_TOKEN'));
  await clock.pass(500);
  assert.equal(http.requests.length, 2);
  assert.equal(http.requests[1].headers.authorization, `Bearer jwt-${before + 1}`);
});

test('a refused token ends a stream as it ends a WebSocket', async () => {
  const refused = () => answer(401, { error: { code: 'INVALID_TOKEN', message: 'no good' } });
  const fixed = await fallen(refused, { token: 'bad' });
  assert.equal(fixed.client.status.state, 'closed');
  assert.deepEqual(fixed.of('error').at(-2).code, 'INVALID_TOKEN');
  const renewed = await fallen(refused, { getToken: () => 'bad' });
  assert.equal(renewed.client.status.state, 'reconnecting');
  await renewed.clock.pass(30_000);
  assert.equal(renewed.client.status.state, 'closed');
  assert.equal(renewed.http.requests.length, 2);
});

/** The REST API and no streams. */
const rest = (answers) => (request) => (request.path === '/sse' ? answer(404) : answers(request));

test('where there are no streams it polls: all prices in one request, the same data once', async () => {
  let value = 1;
  const seen = [];
  const it = await fallen(
    rest(({ url, headers }) => {
      seen.push([url.pathname + url.search, headers['if-none-match']]);
      if (headers['if-none-match'] === `"${value}"`) return answer(304);
      return answer(200, { data: [{ coin: 'bitcoin', ...price('BTC', value) }, { coin: 'ethereum', ...price('ETH', 1) }] }, { etag: `"${value}"` });
    }),
    { channels: ['price:BTC', 'price:bitcoin', 'price:ethereum'], token: 'jwt' },
  );
  assert.equal(it.client.status.transport, 'polling');
  assert.equal(seen[0][0], '/api/v1/prices?symbols=BTC,bitcoin,ethereum');
  assert.deepEqual(it.heard.map(({ message }) => [message.type, message.channel, message.data.price, message.offset]), [
    ['price_update', 'price:BTC', 1, undefined],
    ['price_update', 'price:bitcoin', 1, undefined],
    ['price_update', 'price:ethereum', 1, undefined],
  ]);
  await it.clock.pass(9_999);
  assert.equal(seen.length, 1);
  await it.clock.pass(1);
  assert.deepEqual(seen[1], ['/api/v1/prices?symbols=BTC,bitcoin,ethereum', '"1"']);
  assert.equal(it.heard.length, 3);
  value = 2;
  await it.clock.pass(10_000);
  assert.deepEqual(it.heard.slice(3).map(({ message }) => [message.channel, message.data.price]), [['price:BTC', 2], ['price:bitcoin', 2]]);
});

test('every channel that can be polled has its question; the others are told once', async () => {
  const seen = [];
  const it = await fallen(
    rest(({ url }) => {
      seen.push(url.pathname.slice(8) + url.search);
      return answer(200, { data: [] });
    }),
    {
      channels: ['price:a', 'sentiment:a', 'sentiment:b', 'market:summary', 'trending:4h', 'candles:BTC/USDT:1m', 'signals:all', 'signals:high', 'signals:type:volume_spike', 'user:me', 'whale', 'health'],
    },
  );
  assert.deepEqual(seen, [
    'prices?symbols=a',
    'sentiment?tokens=a,b',
    'market/summary',
    'trending?timeframe=4h',
    'candles?limit=2&symbol=BTC%2FUSDT&interval=1m',
    'signals?limit=100',
    'signals?limit=100&min_confidence=0.8',
    'signals?limit=100&type=volume_spike',
  ]);
  const told = () => it.of('error').filter(({ code }) => code === 'NOT_POLLABLE').map(({ channel }) => channel);
  assert.deepEqual(told(), ['user:me', 'whale', 'health']);
  // From then on one after the other, one in ten seconds: the API's limit is 100 in 15 minutes.
  await it.clock.pass(20_000);
  assert.deepEqual(seen.slice(8), ['prices?symbols=a', 'sentiment?tokens=a,b']);
  assert.equal(told().length, 3);
});

test('where nothing can be polled it does not say that it is open', async () => {
  const it = await fallen(rest(EMPTY), { channels: ['user:me'] });
  assert.equal(it.client.status.state, 'reconnecting');
});

test('signals: past ones are not told, new ones once and oldest first', async () => {
  const signal = (id, second) => ({ id, timestamp: new Date(1_764_678_600_000 + second * 1000).toISOString() });
  let all = [signal('b', 2), signal('a', 1)];
  const seen = [];
  const it = await fallen(
    rest(({ url }) => {
      seen.push(url.searchParams.get('since'));
      return answer(200, { data: [...all] });
    }),
    { channels: ['signals:all'] },
  );
  assert.equal(it.heard.length, 0);
  all = [signal('d', 2), signal('c', 2), signal('b', 2)];
  await it.clock.pass(10_000);
  assert.deepEqual(it.heard.map(({ data }) => data.id), ['c', 'd']);
  assert.equal(seen[1], `${1_764_678_602_000}`);
  await it.clock.pass(10_000);
  assert.equal(it.heard.length, 2);
});

test('candles: the newest first, then what has changed', async () => {
  const candle = (minute, close, closed = false) => ({ time: new Date(minute * 60_000).toISOString(), close, closed });
  let data = [candle(1, 1, true), candle(2, 2)];
  const it = await fallen(rest(() => answer(200, { data })), { channels: ['candles:BTC/USDT:1m'] });
  const closes = () => it.heard.splice(0).map(({ data: { close, closed } }) => [close, closed]);
  assert.deepEqual(closes(), [[2, false]]);
  await it.clock.pass(10_000);
  assert.deepEqual(closes(), []);
  data = [candle(2, 3, true), candle(3, 4)];
  await it.clock.pass(10_000);
  assert.deepEqual(closes(), [[3, true], [4, false]]);
});

test('one coin that there is not spoils no other', async () => {
  const it = await fallen(
    rest(({ url }) => {
      const names = url.searchParams.get('symbols').split(',');
      if (names.includes('no')) return answer(400, { detail: "'symbols': no coin is called 'no'", parameter: 'symbols' });
      return answer(200, { data: names.map((name) => price(name, 1)) });
    }),
    { channels: ['price:a', 'price:b', 'price:no', 'price:c'] },
  );
  await settle();
  assert.deepEqual(it.heard.map(({ message }) => message.channel).sort(), ['price:a', 'price:b', 'price:c']);
  const errors = it.of('error').filter(({ channel }) => channel);
  assert.deepEqual(errors.map(({ code, channel }) => [code, channel]), [['INVALID_CHANNEL', 'price:no']]);
  const before = it.http.requests.length;
  await it.clock.pass(10_000);
  assert.deepEqual(it.http.requests.slice(before).map(({ url }) => url.searchParams.get('symbols')), ['a,b,c']);
});

test('too many requests: it waits as long as it is told', async () => {
  let busy = true;
  const it = await fallen(rest(() => (busy ? answer(429, { detail: 'slow down' }, { 'retry-after': '77' }) : answer(200, { data: [price('a', 1)] }))));
  const asked = it.http.requests.length;
  busy = false;
  await it.clock.pass(76_000);
  assert.equal(it.http.requests.filter(({ path }) => path !== '/sse').length, asked - 1);
  await it.clock.pass(1_000);
  assert.equal(it.heard.length, 1);
});

test('a token that has expired is renewed while polling', async () => {
  let n = 0;
  const it = await fallen(
    rest(({ headers }) => (headers.authorization === 'Bearer good' ? answer(200, { data: [price('a', 1)] }) : answer(401, { detail: 'expired' }))),
    { getToken: () => (++n < 3 ? 'old' : 'good') },
  );
  assert.equal(it.heard.length, 1);
});

test('nothing there at all: it begins with the WebSocket again', async () => {
  const it = await fallen(() => undefined);
  assert.deepEqual([it.client.status.state, it.http.requests.map(({ path }) => path)], ['reconnecting', ['/sse', '/api/v1/prices']]);
  await it.clock.pass(1000);
  await it.server.serve();
  assert.equal(it.client.status.transport, 'websocket');
  await it.server.publish('price:a', price('A', 1));
  assert.equal(it.heard.length, 1);
});

test('without fetch there is only the WebSocket', async () => {
  const it = rig({ fetch: undefined, transports: ['websocket', 'sse', 'polling'] });
  const real = globalThis.fetch;
  globalThis.fetch = undefined;
  try {
    const { CryptoIntelWebSocket } = await import('../../client/dist/index.js');
    const client = new CryptoIntelWebSocket('ws://hub.example/ws', { clock: it.clock, WebSocket: it.server.WebSocket });
    client.subscribe('price:a', () => {});
    client.connect();
    for (let n = 0; n < 4; n++) {
      await it.clock.pass(30_000);
      await it.server.last().drop();
    }
    assert.ok(it.server.sockets.length >= 4);
    client.disconnect();
  } finally {
    globalThis.fetch = real;
  }
});

test('from a stream it climbs back to the WebSocket, and nothing is lost or doubled', async () => {
  const it = stream();
  const { clock, server, client, heard, of } = await fallen(() => it.answer);
  await it.hear(stands({ 'price:a': at(0) }), message(1));
  const log = server.of('price:a').log;
  log.push({ epoch: 'e1', offset: 1, data: price('A', 1), type: 'price_update' });
  const before = server.sockets.length;
  await clock.pass(29_000);
  assert.equal(server.sockets.length, before);
  await it.write(':\n\n');
  await clock.pass(16_000); // half a minute, and what chance makes of the other half
  assert.equal(server.sockets.length, before + 1);
  assert.equal(client.status.transport, 'sse');
  await it.hear(message(2));
  log.push({ epoch: 'e1', offset: 2, data: price('A', 2), type: 'price_update' }, { epoch: 'e1', offset: 3, data: price('A', 3), type: 'price_update' });
  await server.serve();
  assert.equal(client.status.transport, 'websocket');
  await it.hear(message(3));
  await server.publish('price:a', price('A', 4));
  assert.deepEqual(heard.offsets(), [1, 2, 3, 4]);
  assert.deepEqual(of('gap'), []);
  assert.deepEqual(clock.waits, [30_000], 'of the stream nothing is left');
});

test('the better transport is tried after a minute at first, ten at most', async () => {
  const it = stream();
  const { clock, server } = await fallen(() => it.answer);
  clock.chance = 1;
  const start = clock.time;
  await it.hear(stands({ 'price:a': at(0) }));
  const tries = [];
  for (let n = 0; n < 8 * 600; n++) {
    await it.write(':\n\n');
    await clock.pass(1000);
    if (server.open().length) {
      tries.push(Math.round((clock.time - start) / 1000));
      await server.last().drop();
    }
  }
  const gaps = tries.map((at, n) => at - (tries[n - 1] ?? 0));
  assert.ok(gaps[0] < 61 && gaps[1] >= 60 && gaps[1] <= 121, `${gaps}`);
  assert.ok(gaps.every((gap) => gap <= 601) && gaps.at(-1) >= 599, `${gaps}`);
});

test('after polling the WebSocket says only what is newer, and a gap only where it cannot recover', async () => {
  let value = 5;
  const it = await fallen(rest(() => answer(200, { data: [price('a', value)] })), { channels: ['price:a'] });
  const log = it.server.of('price:a').log;
  for (const offset of [1, 2, 3, 4, 5]) log.push({ epoch: 'e1', offset, data: price('a', offset), type: 'price_update' });
  it.client.wake();
  await settle();
  await it.server.serve();
  await it.server.publish('price:a', price('a', 6));
  assert.deepEqual(it.heard.prices(), [5, 6]);
  assert.deepEqual(it.of('gap'), []);
  // Down to polling once more, with a known place.
  await it.server.last().drop();
  for (let n = 0; n < 2; n++) {
    await it.clock.pass(1000);
    await it.server.last().drop();
  }
  value = 7;
  await it.clock.pass(10_000);
  for (const offset of [7, 8]) log.push({ epoch: 'e1', offset, data: price('a', offset), type: 'price_update' });
  it.client.wake();
  await settle();
  await it.server.serve();
  assert.deepEqual(it.heard.prices(), [5, 6, 7, 8]);
  assert.deepEqual(it.of('gap'), []);
});

test('disconnect on a stream and while polling leaves nothing', async () => {
  for (const handler of [() => stream().answer, rest(() => answer(200, { data: [price('a', 1)] }))]) {
    const it = await fallen(handler);
    it.client.disconnect();
    assert.deepEqual(it.clock.waits, []);
    const asked = it.http.requests.length;
    await it.clock.pass(600_000);
    assert.equal(it.http.requests.length, asked);
    assert.equal(it.http.requests.at(-1).signal.aborted, true);
  }
});
