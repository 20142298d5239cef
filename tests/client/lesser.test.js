// The client library on streams and while polling: when one counts as there, when it is left, and that it does not fall asleep.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { answer, FakeClock, fakeFetch, polled, price, settle, stream } from './fake.js';
import { CryptoIntelWebSocket, rig, stands, URL_OF_HUB } from './support.js';

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

/** A hub that has one more message on each channel for every poll. */
function polls() {
  let offset = 0;
  return ({ url }) => {
    offset++;
    const names = url.searchParams.get('channels').split(',');
    const messages = names.map((channel) => ({ type: 'price_update', channel, epoch: 'e1', offset, data: price('A', offset) }));
    return polled([stands(Object.fromEntries(names.map((name) => [name, { recovered: offset > 1, epoch: 'e1', offset }]))), ...messages]);
  };
}

/** Streams, and each as it is asked for. */
function streams() {
  const all = [];
  return { all, open: () => all.push(stream()) && all.at(-1).answer };
}

test('polling goes on when everybody has left and somebody comes back', async () => {
  const { clock, heard, listen, http } = await using(['polling'], polls());
  assert.equal(heard.length, 1);
  heard.stop();
  await clock.pass(30_000);
  assert.equal(http.requests.length, 1, 'for nobody it does not ask');
  const back = listen('price:a');
  await clock.pass(30_000);
  assert.equal(http.requests.length, 5);
  assert.deepEqual(back.offsets(), [2, 3, 4, 5]);
});

test('who comes while polling hears the newest that there is at once', async () => {
  const it = await using(['polling'], polls());
  await it.clock.pass(5_000);
  const other = it.listen('price:a');
  await settle();
  assert.deepEqual(other.offsets(), [1]);
  assert.equal(it.http.requests.length, 1);
});

test('new channels do not wait for their turn, but 10 s', async () => {
  const { clock, listen, http } = await using(['polling'], polls(), { pollInterval: 60_000 });
  const names = () => http.requests.map(({ url }) => url.searchParams.get('channels'));
  const b = listen('price:b');
  await clock.pass(9_999);
  listen('price:c');
  assert.deepEqual(names(), ['price:a']);
  await clock.pass(1);
  assert.deepEqual(names(), ['price:a', 'price:a,price:b,price:c']);
  assert.equal(b.length, 1);
  await clock.pass(59_999);
  assert.equal(names().length, 2);
  await clock.pass(1);
  assert.equal(names().length, 3);
});

test('what comes while a request is out is asked for next, and waits no longer than that', async () => {
  let answered;
  const slow = async (request) => {
    await new Promise((resolve) => (answered = resolve));
    return polls()(request);
  };
  const { clock, listen, http } = await using(['polling'], slow, { pollInterval: 60_000 });
  listen('price:b');
  await settle();
  answered();
  await clock.pass(10_000);
  assert.deepEqual(http.requests.map(({ url }) => url.searchParams.get('channels')), ['price:a', 'price:a,price:b']);
});

test('a channel less is no reason for a request, and is not asked for again', async () => {
  const { client, clock, http } = await using(['polling'], polls(), { channels: ['price:a', 'price:b'] });
  assert.equal(http.requests.length, 1);
  client.unsubscribe('price:b');
  await settle();
  assert.equal(http.requests.length, 1);
  await clock.pass(10_000);
  assert.equal(http.requests[1].url.searchParams.get('channels'), 'price:a');
});

test('polling ends at once where the hub only fails, and after three times in a row where it was there', async () => {
  const never = await using(['polling'], () => answer(503, { detail: 'down' }));
  assert.equal(never.client.status.state, 'reconnecting');
  never.client.disconnect();
  const good = polls();
  let fails = false;
  const { client, clock, http, of } = await using(['polling'], (request) => (fails ? answer(503, { detail: 'down' }) : good(request)));
  fails = true;
  await clock.pass(20_000);
  fails = false;
  await clock.pass(10_000);
  fails = true;
  await clock.pass(20_000);
  assert.equal(client.status.state, 'open');
  await clock.pass(10_000);
  assert.equal(client.status.state, 'reconnecting');
  assert.equal(http.requests.length, 7);
  assert.deepEqual(of('error').slice(0, 2).map(({ code, message }) => [code, message]), [['UNREACHABLE', 'down'], ['UNREACHABLE', 'down']]);
});

test('polls that fail keep their distance, whatever else is wanted', async () => {
  let broken = false;
  const answers = polls();
  const { clock, listen, http, client } = await using(['polling'], (request) => (broken ? undefined : answers(request)));
  broken = true;
  listen('price:b');
  await clock.pass(19_000);
  assert.deepEqual([http.requests.length, client.status.state], [2, 'open']);
  client.disconnect();
});

test('with getToken, too, a stream that hangs gives way', async () => {
  const poll = polls();
  const handler = (request) => (request.path === '/sse' ? new Promise(() => {}) : poll(request));
  const { client, clock, heard } = await using(['sse', 'polling'], handler, { getToken: () => 'jwt' });
  await clock.pass(10_000);
  assert.deepEqual([client.status.transport, client.status.state, heard.length], ['polling', 'open', 1]);
});

test('a stream of which only the headers come gives way, and never was open', async () => {
  for (const ends of [false, true]) {
    const { all, open } = streams();
    const poll = polls();
    const { client, clock, heard, of } = await using(['sse', 'polling'], (request) => (request.path === '/sse' ? open() : poll(request)));
    if (ends) await all[0].end();
    else await clock.pass(10_000);
    assert.deepEqual([client.status.transport, heard.length], ['polling', 1]);
    assert.deepEqual(of('open').map(({ transport }) => transport), ['polling']);
  }
});

test('an answer that is no stream is not waited for to its end', async () => {
  const endless = { ...answer(200), json: () => new Promise(() => {}) };
  const poll = polls();
  const { client } = await using(['sse', 'polling'], (request) => (request.path === '/sse' ? endless : poll(request)));
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

test('what is not wanted any more before its stream begins ends nothing', async () => {
  const { client, clock } = await using(['sse'], () => new Promise(() => {}), { connectTimeout: 60_000 });
  client.unsubscribe('price:a');
  await clock.pass(120_000);
  assert.equal(client.status.state, 'open');
  client.disconnect();
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

test('disconnect while another stream is asked for gives both up', async () => {
  const { all, open } = streams();
  const { client, http, listen, clock } = await using(['sse'], ({ url }) => (url.searchParams.get('channels').includes('b') ? new Promise(() => {}) : open()));
  await all[0].hear(OPEN);
  listen('price:b');
  await clock.pass(2_000);
  assert.deepEqual(http.requests.map(({ signal }) => signal.aborted), [false, false]);
  client.disconnect();
  assert.deepEqual(http.requests.map(({ signal }) => signal.aborted), [true, true]);
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
    const poll = polls();
    const { client, clock, http, listen } = await using([transport], (request) => (request.path === '/sse' ? open() : poll(request)), { channels: [] });
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

test('a poll that hangs has 45 s, whatever else is wanted meanwhile', async () => {
  let hangs = false;
  const answers = polls();
  const { client, clock, listen, http } = await using(['polling'], (request) => (hangs ? new Promise(() => {}) : answers(request)));
  hangs = true;
  await clock.pass(10_000);
  listen('price:b');
  await clock.pass(44_999);
  assert.deepEqual([http.requests.length, client.status.state], [2, 'open']);
  await clock.pass(1);
  assert.equal(client.status.state, 'reconnecting');
  client.disconnect();
});

test('a poll that hangs, or its token, is the end of that connection, and polling goes on', async () => {
  for (const hangs of ['answer', 'token']) {
    let is = '';
    const never = new Promise(() => {});
    const poll = polls();
    const handler = (request) => (is === 'answer' ? never : is ? answer(401, { detail: 'expired' }) : poll(request));
    const getToken = () => (is === 'token' ? never : 'jwt');
    const { client, clock, http, heard, of } = await using(['polling'], handler, { getToken });
    assert.equal(client.status.state, 'open');
    is = hangs;
    if (hangs === 'answer') {
      await clock.pass(10_000 + 44_999);
      assert.equal(client.status.state, 'open');
      await clock.pass(1);
    } else await clock.pass(10_000);
    assert.equal(client.status.state, 'reconnecting');
    if (hangs === 'token') {
      await clock.pass(500); // asks for another one, and gives it up after 10 s
      await clock.pass(10_000);
      assert.equal(of('error').at(-1).message, 'polling: timeout');
    }
    is = '';
    await clock.pass(2_000);
    assert.equal(client.status.state, 'open');
    assert.equal(heard.length, 2);
    const before = http.requests.length;
    await clock.pass(10_000);
    assert.equal(http.requests.length, before + 1);
    client.disconnect();
    assert.deepEqual(clock.waits, []);
  }
});

test('a frame of another shape is an error, and costs no other message', async () => {
  const { client, heard, of } = await using(['polling'], () => polled([OPEN, null, { type: 'price_update', channel: 'price:a', epoch: 'e1', offset: 1, data: price('A', 1) }]));
  assert.deepEqual([client.status.state, heard.offsets()], ['open', [1]]);
  assert.deepEqual(of('error').map(({ code }) => code), ['INVALID_FRAME']);
});

test('a message that cannot be read is a gap, and not passed over', async () => {
  const at = (offset, recovered = true) => stands({ 'price:a': { recovered, epoch: 'e1', offset } });
  const message = (offset, data = price('A', offset)) => ({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset, data });
  const answers = [[at(1, false), message(1)], [at(3), message(2), message(3, 'x')], [at(4), message(4)]];
  const { clock, heard, of } = await using(['polling'], () => polled(answers.shift()));
  await clock.pass(20_000);
  assert.deepEqual(heard.offsets(), [1, 2, 4]);
  assert.deepEqual(of('gap').map(({ from, to }) => [from.offset, to.offset]), [[2, 4]]);
});

test('what is no answer of a hub does not count as open, and what fails once ends nothing', async () => {
  for (const body of [{ data: [] }, 'a page of the proxy', { data: [null] }]) {
    const { client } = await using(['polling'], () => answer(200, body));
    assert.equal(client.status.state, 'reconnecting');
    client.disconnect();
  }
  const good = polls();
  let n = 0;
  const { client, clock, heard, of } = await using(['polling'], (request) => (++n % 3 ? good(request) : undefined));
  await clock.pass(80_000);
  assert.deepEqual([client.status.state, heard.offsets(), of('close')], ['open', [1, 2, 3, 4, 5, 6], []]);
});

for (const [name, load] of [
  ['CommonJS', () => createRequire(import.meta.url)('../../client/dist/index.cjs')],
  ['the one file for pages', () => import('../../client/dist/websocket-client.js')],
]) {
  test(`${name} polls, too`, async () => {
    const { CryptoIntelWebSocket } = await load();
    const clock = new FakeClock();
    const { fetch } = fakeFetch(polls());
    const client = new CryptoIntelWebSocket(URL_OF_HUB, { fetch, transports: ['polling'] });
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
    const { client, clock, http } = await using(['polling'], polls(), { pollInterval });
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
    const { client, http } = await using(['sse', 'polling'], ({ path }) => (path.endsWith('/sse') ? undefined : polled([OPEN])), { baseUrl });
    assert.deepEqual(http.requests.map(({ raw }) => raw), [`${base}/sse?channels=price%3Aa`, `${base}/api/v1/messages?channels=price%3Aa`]);
    client.disconnect();
  }
});

test('without it they are where the URL says', async () => {
  for (const [url, base] of [
    ['wss://hub.example/ws', 'https://hub.example'],
    ['http://127.0.0.1:8787/ws/?v=1#top', 'http://127.0.0.1:8787'],
    ['wss://hub.example/market/ws', 'https://hub.example/market'],
    ['wss://ws', 'https://ws'],
    ['/ws', ''],
  ]) {
    const asked = [];
    const client = new CryptoIntelWebSocket(url, { transports: ['sse'], fetch: (address) => asked.push(address) && new Promise(() => {}) });
    client.subscribe('price:a', () => {});
    client.connect();
    await settle();
    assert.deepEqual(asked, [`${base}/sse?channels=price%3Aa`]);
    client.disconnect();
  }
});
