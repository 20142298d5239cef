// The client library where WebSockets do not get through: streams, and the way down and back up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, fakeFetch, polled, price, settle, stream } from './fake.js';
import { at, fallen, message, rig, stands } from './support.js';

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

test('one that fails without a close code, as under Deno, is one that did not open', async () => {
  const http = fakeFetch(() => stream().answer);
  const { client, clock, of, listen, server, settle } = rig({ fetch: http.fetch });
  listen('price:a');
  client.connect();
  await settle();
  for (let n = 0; n < 2; n++) {
    await server.last().drop(0);
    await clock.pass(500);
  }
  assert.deepEqual([client.status.transport, http.requests.length], ['sse', 1]);
  assert.deepEqual(of('error').map(({ message }) => message), ['websocket: 1006', 'websocket: 1006']);
});

test('one that was open and broke is tried again as it is', async () => {
  const http = fakeFetch(() => answer(404));
  const { clock, server, connect } = rig({ fetch: http.fetch });
  await connect();
  for (let n = 0; n < 4; n++) {
    await server.last().drop();
    await clock.pass(30_000);
    await server.serve();
  }
  // Only failures in a row count.
  for (let n = 0; n < 4; n++) {
    await server.last().drop();
    await clock.pass(30_000);
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
    const http = fakeFetch(() => answer(404));
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
    const http = fakeFetch(() => answer(404));
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

test('several names of one channel are one on a stream, too', async () => {
  const streams = [];
  const it = await fallen(
    () => {
      streams.push(stream());
      return streams.at(-1).answer;
    },
    { channels: ['price:ETH'] },
  );
  const { clock, http, listen } = it;
  const [ticker, id] = ['price:BTC', 'price:bitcoin'].map(listen);
  await settle();
  await streams[0].hear({ ...stands({ 'price:ETH': at(0) }) });
  await clock.pass(2000);
  assert.deepEqual(http.requests[1].url.searchParams.get('channels'), 'price:ETH,price:BTC,price:bitcoin');
  await streams[1].hear({ ...stands({ 'price:ETH': at(0), 'price:bitcoin': at(3) }), aliases: { 'price:BTC': 'price:bitcoin' } }, message(3, 'price:bitcoin'));
  // Another name takes the place of the one that was held.
  const other = listen('price:btc');
  await clock.pass(2000);
  assert.equal(http.requests[2].url.searchParams.get('channels'), 'price:ETH,price:bitcoin,price:btc');
  await streams[2].hear({ ...stands({ 'price:ETH': at(0), 'price:btc': { recovered: true, epoch: 'e1', offset: 4 } }), aliases: { 'price:bitcoin': 'price:btc' } }, message(4, 'price:btc'));
  await clock.pass(5000);
  assert.equal(http.requests.length, 3);
  assert.deepEqual([ticker, id, other].map((heard) => heard.offsets()), [[3, 4], [3, 4], [4]]);
  const late = listen('price:bitcoin');
  await settle();
  assert.equal(http.requests.length, 3);
  assert.deepEqual(late.offsets(), [4]);
  assert.deepEqual(it.of('gap'), []);
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
  await streams[0].hear(error('RATE_LIMITED')); // costs nothing
  await clock.pass(500);
  assert.equal(http.requests.length, 1);
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

test('nothing there at all: it begins with the WebSocket again', async () => {
  const it = await fallen(() => undefined);
  assert.deepEqual([it.client.status.state, it.http.requests.map(({ path }) => path)], ['reconnecting', ['/sse', '/api/v1/messages']]);
  await it.clock.pass(1000);
  await it.server.serve();
  assert.equal(it.client.status.transport, 'websocket');
  await it.server.publish('price:a', price('A', 1));
  assert.equal(it.heard.length, 1);
});

test('in React Native, whose fetch has no streams, it polls at once', async (t) => {
  const { navigator } = globalThis;
  Object.defineProperty(globalThis, 'navigator', { value: { product: 'ReactNative' }, configurable: true });
  t.after(() => Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true }));
  const { http, heard, client } = await fallen(() => polled([stands({ 'price:a': at(1) }), message(1)]));
  assert.deepEqual(http.requests.map(({ path }) => path), ['/api/v1/messages']);
  assert.deepEqual([heard.prices(), client.status.transport], [[1], 'polling']);
  client.disconnect();
});

test('without fetch there is only the WebSocket', async () => {
  const it = rig({ fetch: undefined, transports: ['websocket', 'sse', 'polling'] });
  const real = globalThis.fetch;
  globalThis.fetch = undefined;
  try {
    const { CryptoIntelWebSocket } = await import('../../client/dist/index.js');
    const client = new CryptoIntelWebSocket('ws://hub.example/ws', { WebSocket: it.server.WebSocket });
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

test('however often it is woken, the WebSocket is tried less and less often, and again when that is over', async () => {
  const { clock, server, client } = await fallen((request, hub) => (request.path === '/sse' ? answer(404) : hub.poll(request)));
  const before = server.sockets.length;
  const pass = async (ms) => {
    await clock.pass(ms);
    if (server.last().readyState === 0) await server.last().drop();
  };
  client.wake();
  client.wake();
  await pass(1_000);
  assert.equal(server.sockets.length, before + 1);
  for (let n = 0; n < 20; n++) {
    client.wake();
    await pass(3_000);
  }
  const tries = server.sockets.length - before;
  assert.ok(tries > 1 && tries <= 6, `${tries}`);
  await pass(30_000);
  assert.equal(server.sockets.length, before + tries + 1);
  client.disconnect();
  assert.deepEqual(clock.waits, []);
});

test('what is new while the WebSocket is tried again is asked of both', async () => {
  const streams = [];
  const { clock, server, client, listen } = await fallen(() => streams[streams.push(stream()) - 1].answer, { channels: [] });
  const before = server.sockets.length;
  while (server.sockets.length === before) await clock.pass(1000);
  await server.last().open();
  const heard = listen('price:a');
  await clock.pass(20);
  await streams[0].hear(stands({ 'price:a': at(1) }), message(2));
  assert.deepEqual([client.status.transport, client.status.latency, heard.offsets()], ['sse', null, [2]]);
  await server.last().hear({ type: 'pong' });
  assert.deepEqual([client.status.transport, client.status.latency], ['sse', null]);
  await server.last().hear(stands({ 'price:a': { ...at(2), recovered: true } }), message(3));
  assert.deepEqual([client.status.transport, heard.offsets()], ['websocket', [2, 3]]);
  client.disconnect();
});

test('what a stream refused is asked for again by the WebSocket', async () => {
  const it = stream();
  const { clock, server, heard, client } = await fallen(() => it.answer, { channels: ['price:a', 'price:b'] });
  const refused = { type: 'error', error: { code: 'INVALID_CHANNEL', message: 'no', channel: 'price:b', timestamp: '' } };
  await it.hear(stands({ 'price:a': at(0) }), refused);
  await clock.pass(29_000);
  await it.write(':\n\n');
  await clock.pass(16_000);
  await server.serve();
  assert.equal(client.status.transport, 'websocket');
  await server.publish('price:b', price('B', 1));
  assert.deepEqual(heard.map(({ message }) => message.channel), ['price:b']);
  client.disconnect();
});

test('so it is where nothing else is wanted', async () => {
  const it = stream();
  const { clock, server, client } = await fallen(() => it.answer);
  await it.hear(stands({}, []), { type: 'error', error: { code: 'INVALID_CHANNEL', message: 'no', channel: 'price:a', timestamp: '' } });
  const before = server.sockets.length;
  while (server.sockets.length === before) await clock.pass(1_000);
  await server.serve();
  await clock.pass(1_000);
  assert.deepEqual([client.status.transport, server.last().of('subscribe').length], ['websocket', 1]);
  client.disconnect();
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
  // Once it was there, that is over.
  while (!server.open().length) {
    await it.write(':\n\n');
    await clock.pass(1000);
  }
  await server.serve();
  await server.last().drop();
  for (let n = 0; n < 2; n++) {
    await clock.pass(30_000);
    await server.last().drop();
  }
  await it.hear(stands({ 'price:a': at(0) }));
  for (let n = 0; n < 61; n++) {
    await it.write(':\n\n');
    await clock.pass(1000);
  }
  assert.equal(server.open().length, 1);
});
