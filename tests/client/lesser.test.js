// The client library on streams and while polling: when one counts as there, when it is left, and that it does not fall asleep.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { answer, FakeClock, fakeFetch, price, settle, stream } from './fake.js';
import { rig, URL_OF_HUB } from './support.js';

const stands = (positions) => ({ type: 'subscribed', channels: Object.keys(positions), positions });
const OPEN = stands({ 'price:a': { recovered: false, epoch: 'e1', offset: 0 } });

/** A client of requests that this answers, by this transport first. */
async function using(transports, handler, { channels = ['price:a'], ...options } = {}) {
  const http = fakeFetch(handler);
  const it = { ...rig({ hub: null, fetch: http.fetch, transports, ...options }), http };
  it.paths = () => http.requests.map(({ path }) => path);
  it.heard = channels.length ? it.listen(channels) : [];
  it.client.connect();
  await settle();
  return it;
}

/** Streams, and each as it is asked for. */
function streams() {
  const all = [];
  return { all, open: () => all.push(stream()) && all.at(-1).answer };
}

test('polling goes on when everybody has left and somebody comes back', async () => {
  let n = 0;
  const body = () => ({ data: { timestamp: new Date(1_764_678_600_000 + ++n * 1000).toISOString() } });
  const { clock, heard, listen, http } = await using(['polling'], () => answer(200, body()), { channels: ['market:summary'] });
  assert.equal(heard.length, 1);
  heard.stop();
  await clock.pass(30_000);
  const before = http.requests.length;
  const back = listen('market:summary');
  await clock.pass(30_000);
  assert.equal(http.requests.length, before + 4);
  assert.equal(back.length, 4);
});

test('who comes back while polling hears what has not changed since', async () => {
  const handler = ({ headers }) =>
    headers['if-none-match'] ? answer(304) : answer(200, { data: { timestamp: '2025-12-02T12:30:00Z' } }, { etag: '"x"' });
  const { clock, client, listen } = await using(['polling'], handler, { channels: ['market:summary', 'trending:4h'] });
  await clock.pass(20_000);
  client.unsubscribe('trending:4h');
  await clock.pass(30_000);
  const back = listen('trending:4h');
  await clock.pass(20_000);
  assert.equal(back.length, 1);
});

test('a channel less is no reason for a request', async () => {
  const { client, http } = await using(['polling'], () => answer(200, { data: [price('a', 1), price('b', 1)] }), { channels: ['price:a', 'price:b'] });
  assert.equal(http.requests.length, 1);
  client.unsubscribe('price:b');
  await settle();
  assert.equal(http.requests.length, 1);
});

test('polling ends at once where the hub only fails, and after three times in a row where it was there', async () => {
  const never = await using(['polling'], () => answer(503, { detail: 'down' }));
  assert.equal(never.client.status.state, 'reconnecting');
  never.client.disconnect();
  let status = 200;
  const { client, clock, http } = await using(['polling'], () => answer(status, { data: [price('a', 1)] }));
  status = 503;
  await clock.pass(20_000);
  assert.equal(client.status.state, 'open');
  await clock.pass(10_000);
  assert.equal(client.status.state, 'reconnecting');
  assert.equal(http.requests.length, 4);
});

test('a question without an answer yet does not end polling while another one has one', async () => {
  const handler = ({ path }) => (path.endsWith('sentiment') ? answer(503, { detail: 'nothing yet' }) : answer(200, { data: [price('a', 1)] }));
  const { client, clock, heard } = await using(['polling'], handler, { channels: ['sentiment:a', 'price:a'] });
  await clock.pass(300_000);
  assert.equal(client.status.state, 'open');
  assert.equal(heard.length, 1);
});

test('with getToken, too, a stream that hangs gives way', async () => {
  const handler = ({ path }) => (path === '/sse' ? new Promise(() => {}) : answer(200, { data: [price('a', 1)] }));
  const { client, clock, heard } = await using(['sse', 'polling'], handler, { getToken: () => 'jwt' });
  await clock.pass(10_000);
  assert.deepEqual([client.status.transport, client.status.state, heard.length], ['polling', 'open', 1]);
});

test('a stream of which only the headers come gives way, and never was open', async () => {
  for (const ends of [false, true]) {
    const { all, open } = streams();
    const { client, clock, heard, of } = await using(['sse', 'polling'], ({ path }) => (path === '/sse' ? open() : answer(200, { data: [price('a', 1)] })));
    if (ends) await all[0].end();
    else await clock.pass(10_000);
    assert.deepEqual([client.status.transport, heard.length], ['polling', 1]);
    assert.deepEqual(of('open').map(({ transport }) => transport), ['polling']);
  }
});

test('an answer that is no stream is not waited for to its end', async () => {
  const endless = { ...answer(200), json: () => new Promise(() => {}) };
  const { client } = await using(['sse', 'polling'], ({ path }) => (path === '/sse' ? endless : answer(200, { data: [] })));
  assert.equal(client.status.transport, 'polling');
});

test('a stream that is not wanted any more is let go of, also where requests cannot be given up', async () => {
  const { all, open } = streams();
  let cancelled = 0;
  const { AbortController } = globalThis;
  globalThis.AbortController = undefined;
  try {
    const { client } = await using(['sse'], () => {
      const given = open();
      const { read } = given.body.getReader();
      return { ...given, body: { getReader: () => ({ read, cancel: async () => void cancelled++ }) } };
    });
    await all[0].hear(OPEN);
    client.disconnect();
    await all[0].write(': still there\n\n');
    assert.equal(cancelled, 1);
  } finally {
    globalThis.AbortController = AbortController;
  }
});

test('streams that end every few minutes do not keep it from the WebSocket, and waits grow with failures only', async () => {
  const { all, open } = streams();
  const { clock, server } = await using(['websocket', 'sse'], open, { fallbackAfter: 1 });
  await server.last().drop();
  await settle();
  const start = clock.time;
  const tries = [];
  let began = clock.time;
  for (let n = 0; n < 3600; n++) {
    if (all.at(-1) && !all.at(-1).heard) {
      all.at(-1).heard = true;
      began = clock.time;
      await all.at(-1).hear(OPEN);
    }
    if (clock.time - began >= 40_000) await all.at(-1).end();
    else await all.at(-1).write(':\n\n');
    await clock.pass(1000);
    if (server.open().length) {
      tries.push(Math.round((clock.time - start) / 1000));
      await server.last().drop();
    }
  }
  const gaps = tries.map((at, n) => at - (tries[n - 1] ?? 0));
  assert.ok(tries.length >= 6 && gaps[0] <= 50 && gaps.every((gap) => gap <= 610), `${gaps}`);
  assert.ok(gaps.at(-1) >= 400, `${gaps}`);
});

test('a stream that is refused for a while is asked for no sooner, and the one that there is goes on', async () => {
  let busy = false;
  const { all, open } = streams();
  const { clock, client, heard, listen, http, of } = await using(['sse'], () => (busy ? answer(429, { error: { code: 'RATE_LIMITED' } }, { 'retry-after': '60' }) : open()));
  await all[0].hear(OPEN);
  busy = true;
  listen('price:b');
  await clock.pass(2000);
  assert.equal(of('error')[0].code, 'RATE_LIMITED');
  busy = false;
  const before = http.requests.length;
  listen('price:c');
  for (let n = 0; n < 2; n++) {
    await clock.pass(29_500);
    await all[0].hear({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset: n + 1, data: price('A', n) });
  }
  assert.deepEqual([client.status.state, heard.offsets(), http.requests.length], ['open', [1, 2], before]);
  assert.equal(http.requests[0].signal.aborted, false);
  await clock.pass(1000);
  assert.equal(http.requests.length, before + 1);
  assert.equal(http.requests[0].signal.aborted, true);
});

test('a channel less is no reason for another stream, and is not heard', async () => {
  const { all, open } = streams();
  const it = await using(['sse'], open, { channels: ['price:a'] });
  const { clock, client, http, listen } = it;
  const other = listen('price:b');
  await all[0].hear(OPEN);
  await clock.pass(2000);
  await all[1].hear(stands({ 'price:a': { recovered: true, epoch: 'e1', offset: 0 }, 'price:b': { recovered: false, epoch: 'e1', offset: 0 } }));
  client.unsubscribe('price:a');
  await clock.pass(30_000);
  assert.equal(http.requests.length, 2);
  for (const channel of ['price:a', 'price:b']) await all[1].hear({ type: 'price_update', channel, epoch: 'e1', offset: 1, data: price('A', 1) });
  assert.deepEqual([it.heard.length, other.length], [0, 1]);
  client.unsubscribe('price:b');
  await clock.pass(30_000);
  assert.deepEqual(http.requests.map(({ signal }) => signal.aborted), [true, true]);
  listen('price:a');
  await settle();
  assert.equal(http.requests.length, 3);
});

test('the hub allows ten connections a minute: streams take fewer, however often the channels change', async () => {
  const { all, open } = streams();
  const { clock, http, listen } = await using(['sse'], open);
  const start = clock.time;
  const times = [];
  let last;
  for (let second = 0; second < 180; second++) {
    for (; times.length < http.requests.length; times.push((clock.time - start) / 1000)) {
      const names = http.requests.at(-1).url.searchParams.get('channels').split(',');
      await all.at(-1).hear(stands(Object.fromEntries(names.map((name) => [name, { recovered: false, epoch: 'e1', offset: 0 }]))));
    }
    last?.stop();
    last = listen(`price:${second}`);
    await clock.pass(1000);
  }
  assert.deepEqual(times.slice(0, 5), [0, 2, 4, 6, 16]);
  for (const from of times) assert.ok(times.filter((at) => at >= from && at < from + 60).length < 10, `${times}`);
});

test('a stream for further channels that hangs, or its token, is the end of that connection', async () => {
  for (const hangs of ['answer', 'token']) {
    let is = '';
    const never = new Promise(() => {});
    const { all, open } = streams();
    const { clock, client, listen } = await using(['sse'], () => (is === 'answer' ? never : open()), { getToken: () => (is === 'token' ? never : 'jwt') });
    await all[0].hear(OPEN);
    is = hangs;
    listen('price:b');
    for (let second = 0; second < 46; second++) {
      await all[0].write(':\n\n');
      await clock.pass(1000);
    }
    assert.equal(client.status.state, 'open');
    await clock.pass(1000);
    assert.equal(client.status.state, 'reconnecting');
    client.disconnect();
    assert.deepEqual(clock.waits, []);
  }
});

test('with no channels there is nothing to ask: streams and polling are open as they are', async () => {
  for (const transport of ['sse', 'polling']) {
    const { all, open } = streams();
    const { client, clock, http, listen } = await using([transport], ({ path }) => (path === '/sse' ? open() : answer(200, { data: [price('a', 1)] })), { channels: [] });
    await clock.pass(60_000);
    assert.deepEqual([client.status.state, http.requests.length], ['open', 0]);
    listen('price:a');
    await settle();
    assert.equal(http.requests.length, 1);
    await all[0]?.hear(OPEN);
    client.disconnect();
    assert.deepEqual(clock.waits, []);
  }
});

test('a poll that hangs, or its token, is the end of that connection, and polling goes on', async () => {
  for (const hangs of ['answer', 'token']) {
    let is = '';
    const never = new Promise(() => {});
    const handler = ({ headers }) => (is === 'answer' ? never : answer(headers.authorization === 'Bearer old' && is ? 401 : 200, { data: [price('a', 1)] }));
    const getToken = () => (is === 'token' ? never : 'old');
    const { client, clock, http } = await using(['polling'], handler, { getToken });
    assert.equal(client.status.state, 'open');
    is = hangs;
    await clock.pass((hangs === 'token' ? 20_000 : 10_000) + 44_999); // a new token is asked for in its turn
    assert.equal(client.status.state, 'open');
    await clock.pass(1);
    assert.equal(client.status.state, 'reconnecting');
    const before = http.requests.length;
    is = '';
    await clock.pass(500);
    assert.deepEqual([client.status.state, http.requests.length], ['open', before + 1]);
    client.disconnect();
    assert.deepEqual(clock.waits, []);
  }
});

test('an event that is no JSON is an error, and does not end the stream', async () => {
  const { all, open } = streams();
  const { client, heard, of } = await using(['sse'], open);
  await all[0].hear(OPEN);
  await all[0].write('data: {\n\ndata: null\n\n');
  await all[0].hear({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset: 1, data: price('A', 1) });
  assert.deepEqual(of('error').map(({ code }) => code), ['INVALID_FRAME', 'INVALID_FRAME']);
  assert.deepEqual([client.status.state, heard.offsets()], ['open', [1]]);
});

for (const [name, load] of [
  ['CommonJS', () => createRequire(import.meta.url)('../../client/dist/index.cjs')],
  ['the one file for pages', () => import('../../client/dist/websocket-client.js')],
]) {
  test(`${name} polls, too`, async () => {
    const { CryptoIntelWebSocket } = await load();
    const clock = new FakeClock();
    const { fetch, requests } = fakeFetch(() => answer(200, { data: [price('a', requests.length)] }));
    const client = new CryptoIntelWebSocket(URL_OF_HUB, { clock, fetch, transports: ['polling'] });
    const heard = [];
    client.subscribe('price:a', (data) => heard.push(data.price));
    client.connect();
    await clock.pass(10_000);
    assert.deepEqual([client.status.state, heard], ['open', [1, 2]]);
    client.disconnect();
    assert.deepEqual(clock.waits, []);
  });
}

test('pollInterval is between two requests, and 10 s at least', async () => {
  for (const [pollInterval, ms] of [[30_000, 30_000], [1, 10_000], [undefined, 10_000]]) {
    const { client, clock, http } = await using(['polling'], () => answer(200, { data: [price('a', 1)] }), { pollInterval });
    assert.equal(http.requests.length, 1);
    await clock.pass(ms - 1);
    assert.equal(http.requests.length, 1);
    await clock.pass(1);
    assert.equal(http.requests.length, 2);
    client.disconnect();
  }
});

test('baseUrl is where streams and answers are', async () => {
  for (const [baseUrl, base] of [['https://api.example/v2', 'https://api.example/v2'], [undefined, 'https://hub.example']]) {
    const { client, http } = await using(['sse', 'polling'], ({ path }) => (path.endsWith('/sse') ? undefined : answer(200, { data: [] })), { baseUrl });
    assert.deepEqual(http.requests.map(({ raw }) => raw), [`${base}/sse?channels=price%3Aa`, `${base}/api/v1/prices?symbols=a`]);
    client.disconnect();
  }
});
