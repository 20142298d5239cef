// The client library while polling: all channels in one question, from where each of them is, and no more questions than it may ask.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, fakeFetch, polled, price, settle, stream } from './fake.js';
import { at, fallen, rig, stands } from './support.js';

/** A hub that can be polled, and has no streams. */
const rest = (answers = (request, server) => server.poll(request)) => (request, server) => (request.path === '/sse' ? answer(404) : answers(request, server));

test('where there are no streams it polls: all channels are one question, and each message is told once', async () => {
  const it = await fallen(rest(), {
    channels: ['price:BTC', 'price:bitcoin', 'market:summary', 'user:me', 'whale?minAmount=1'],
    hub: { names: { 'price:BTC': 'price:bitcoin' } },
    begin: (server) => server.publish('price:bitcoin', price('BTC', 1)),
    token: 'jwt',
  });
  assert.equal(it.client.status.transport, 'polling');
  assert.deepEqual(it.polls(), [{ channels: 'price:BTC,price:bitcoin,market:summary,user:me,whale?minAmount=1', recover: null }]);
  assert.equal(it.http.requests.at(-1).headers.authorization, 'Bearer jwt');
  await it.clock.pass(9_999);
  assert.equal(it.polls().length, 1);
  assert.deepEqual(it.heard.offsets(), [1]);
  const [ticker, id, news] = ['price:BTC', 'price:bitcoin', 'user:me'].map(it.listen);
  for (const value of [2, 3]) await it.server.publish('price:bitcoin', price('BTC', value));
  await it.server.publish('user:me', { title: 'hello' }, 'notification');
  await it.clock.pass(30_000);
  assert.deepEqual([ticker, id, news].map((heard) => heard.offsets()), [[1, 2, 3], [1, 2, 3], [1]]);
  assert.deepEqual([ticker[1].message.channel, id[1].message.channel], ['price:BTC', 'price:bitcoin']);
  assert.deepEqual(it.of('error').filter(({ channel }) => channel), []);
  assert.deepEqual(it.of('gap'), []);
});

test('what cannot be recovered is a gap, and the newest value follows', async () => {
  const it = await fallen(rest(), { channels: ['price:a', 'signals:all'], hub: { kept: 2 } });
  for (let n = 1; n <= 3; n++) await it.server.publish('price:a', price('A', n));
  for (let n = 1; n <= 2; n++) await it.server.publish('signals:all', { id: `${n}` }, 'signal_alert');
  await it.clock.pass(10_000);
  assert.deepEqual(it.heard.map(({ message }) => [message.channel, message.offset]), [['price:a', 3], ['signals:all', 1], ['signals:all', 2]]);
  assert.deepEqual(it.of('gap').map(({ channel, from, to }) => [channel, from.offset, to.offset]), [['price:a', 0, 3]]);
});

test('past signals are not told, new ones once and in order', async () => {
  const it = await fallen(rest(), { channels: ['signals:all'], begin: (server) => server.publish('signals:all', { id: 'past' }, 'signal_alert') });
  assert.equal(it.heard.length, 0);
  for (const id of ['c', 'd']) await it.server.publish('signals:all', { id }, 'signal_alert');
  await it.clock.pass(20_000);
  assert.deepEqual(it.heard.map(({ data }) => data.id), ['c', 'd']);
});

test('of a choice whose messages are rare the place goes on, and that is no gap', async () => {
  const name = 'whale?minAmount=1000';
  let offset = 0;
  const it = await fallen(
    rest(({ url }) => {
      const since = JSON.parse(url.searchParams.get('recover'))?.[name]?.offset;
      // Of a hundred messages each time none is chosen, and no more than that are kept.
      const recovered = since !== undefined && offset - since <= 100;
      const answered = polled([stands({ [name]: { recovered, epoch: 'e1', offset } })]);
      offset += 100;
      return answered;
    }),
    { channels: [name] },
  );
  await it.clock.pass(50_000);
  assert.deepEqual(it.polls().map(({ recover }) => recover?.[name].offset), [undefined, 0, 100, 200, 300, 400]);
  assert.deepEqual(it.of('gap'), []);
});

test('an answer that is cut short goes on with the next one', async () => {
  const it = await fallen(
    rest(({ url }, server) => {
      const { data } = JSON.parse(JSON.stringify(server.poll({ raw: url.href }).body));
      const [first, ...messages] = data;
      const kept = messages.slice(0, 2);
      if (kept.length) first.positions['price:a'].offset = kept.at(-1).offset;
      return polled([first, ...kept]);
    }),
  );
  for (let n = 1; n <= 5; n++) await it.server.publish('price:a', price('A', n));
  await it.clock.pass(30_000);
  assert.deepEqual(it.heard.offsets(), [1, 2, 3, 4, 5]);
  assert.deepEqual(it.of('gap'), []);
});

test('one channel that there is not spoils no other, and is named once', async () => {
  const it = await fallen(rest(), { channels: ['price:a', 'price:no', 'price:c'], begin: (server) => server.refuses.add('price:no') });
  for (const name of ['price:a', 'price:c']) await it.server.publish(name, price('A', 1));
  await it.clock.pass(20_000);
  assert.deepEqual(it.heard.map(({ message }) => message.channel), ['price:a', 'price:c']);
  assert.deepEqual(it.of('error').filter(({ channel }) => channel).map(({ code, channel }) => [code, channel]), [['INVALID_CHANNEL', 'price:no']]);
  assert.deepEqual(it.polls().map(({ channels }) => channels), ['price:a,price:no,price:c', 'price:a,price:c', 'price:a,price:c']);
});

test('too many requests: it says so, and polls again when it may, however it comes back to polling', async () => {
  const limited = (answered) => rest((request, server) => answered() ?? server.poll(request));
  for (const headers of [{ 'retry-after': '77' }, {}]) {
    let busy = false;
    const it = await fallen(limited(() => (busy ? answer(429, { detail: 'slow down' }, headers) : undefined)));
    const polls = () => it.polls().length;
    busy = true;
    await it.clock.pass(10_000);
    assert.deepEqual([it.client.status.state, it.of('error').at(-1).code, polls()], ['reconnecting', 'RATE_LIMITED', 2]);
    busy = false;
    it.listen('price:b');
    await it.server.publish('price:a', price('A', 1));
    // Better ones are tried meanwhile.
    for (let second = 0; second < (headers['retry-after'] ?? 10) - 2; second++) {
      await it.clock.pass(1000);
      if (it.server.last().readyState === 0) await it.server.last().drop();
      assert.equal(polls(), 2, `${second} s`);
    }
    for (let second = 0; second < 60 && polls() < 3; second++) {
      await it.clock.pass(1000);
      if (it.server.last().readyState === 0) await it.server.last().drop();
    }
    assert.deepEqual([it.client.status.transport, it.client.status.state, it.heard.offsets()], ['polling', 'open', [1]]);
  }
});

test('where there is nothing else to try, it waits as long as the hub says, and that is one try', async () => {
  let answered = 0;
  const { fetch, requests } = fakeFetch(() => (answered++ ? polled([stands({ 'price:a': at(1) })]) : answer(429, {}, { 'retry-after': '120' })));
  const { client, clock, listen, of } = rig({ hub: null, fetch, transports: ['polling'], maxReconnectAttempts: 2 });
  listen('price:a');
  client.connect();
  await clock.pass(119_000);
  assert.deepEqual([requests.length, client.status.attempts], [1, 1]);
  await clock.pass(2_000);
  assert.deepEqual([requests.length, client.status.state, of('error').map(({ code }) => code)], [2, 'open', ['RATE_LIMITED', 'UNREACHABLE']]);
  client.disconnect();
});

test('a clock that is set back while a request is out does not end polling', async () => {
  let answered;
  const it = await fallen(rest((request, server) => (answered ? new Promise((resolve) => (answered = () => resolve(server.poll(request)))) : server.poll(request))));
  answered = () => {};
  await it.clock.pass(10_000);
  it.clock.time -= 600_000;
  for (const timer of it.clock.timers.values()) timer.at -= 600_000;
  answered();
  await it.clock.pass(10_000);
  assert.equal(it.polls().length, 3);
  it.client.disconnect();
});

test('the first poll, too, may be one too many', async () => {
  const it = await fallen(rest(() => answer(429, { detail: 'slow down' })));
  await it.clock.pass(9_000);
  assert.equal(it.polls().length, 1);
});

test('however often the channels change, it asks no more than the hub allows', async () => {
  const it = await fallen(rest());
  let last;
  for (let second = 0; second < 900; second += 3) {
    last?.stop();
    last = it.listen(`price:${second}`);
    await it.clock.pass(3000);
    if (it.server.last().readyState === 0) await it.server.last().drop();
  }
  const { length } = it.polls();
  assert.ok(length > 80 && length <= 100, `${length}`);
  assert.deepEqual(it.of('error').filter(({ code }) => code !== 'UNREACHABLE'), []);
});

test('a token that has expired while polling is renewed, and nothing is missed', async () => {
  let good = 'one';
  const it = await fallen(
    rest((request, server) => (request.headers.authorization === `Bearer ${good}` ? server.poll(request) : answer(401, { detail: 'expired' }))),
    { getToken: () => good },
  );
  await it.server.publish('price:a', price('A', 1));
  good = 'other';
  await it.clock.pass(10_000);
  assert.equal(it.of('error').at(-1).code, 'INVALID_TOKEN');
  await it.server.publish('price:a', price('A', 2));
  for (let second = 0; second < 30 && !it.heard.length; second++) {
    await it.clock.pass(1000);
    if (it.server.last().readyState === 0) await it.server.last().drop();
  }
  assert.deepEqual(it.heard.offsets(), [1, 2]);
  assert.deepEqual([it.client.status.state, it.client.status.transport], ['open', 'polling']);
});

test('another poll with another token does not wait for its turn', async () => {
  let token = 'old';
  let expired = false;
  const it = await fallen(rest((request, server) => (expired && request.headers.authorization === 'Bearer old' ? answer(401, {}) : server.poll(request))), { getToken: () => token });
  expired = true;
  token = 'new';
  await it.clock.pass(10_000);
  assert.equal(it.client.status.state, 'reconnecting');
  await it.clock.pass(500);
  assert.deepEqual([it.client.status.state, it.polls().length], ['open', 3]);
});

test('a token that does not change and is refused is the end', async () => {
  const it = await fallen(rest(() => answer(401, { detail: 'bad' })), { token: 'bad' });
  assert.deepEqual([it.client.status.state, it.clock.waits], ['closed', []]);
});

test('from polling to the WebSocket and back nothing is lost or doubled', async () => {
  const it = await fallen(rest());
  const up = async () => {
    it.client.wake();
    await it.clock.pass(500);
    await it.server.serve();
    assert.equal(it.client.status.transport, 'websocket');
  };
  const down = async () => {
    for (let n = 0; n < 3; n++) {
      await it.server.last().drop();
      await it.clock.pass(4000);
    }
    assert.equal(it.client.status.transport, 'polling');
  };
  let value = 0;
  const publish = async () => {
    for (let n = 0; n < 3; n++) await it.server.publish('price:a', price('A', ++value));
  };
  await publish();
  await it.clock.pass(10_000);
  await publish();
  await up();
  await publish();
  await down();
  await publish();
  await it.clock.pass(10_000);
  await publish();
  await up();
  assert.deepEqual(it.heard.offsets(), Array.from({ length: value }, (_, n) => n + 1));
  assert.deepEqual(it.of('gap'), []);
});

test('disconnect on a stream and while polling leaves nothing', async () => {
  for (const handler of [() => stream().answer, rest()]) {
    const it = await fallen(handler);
    it.client.disconnect();
    assert.deepEqual(it.clock.waits, []);
    const asked = it.http.requests.length;
    await it.clock.pass(600_000);
    assert.equal(it.http.requests.length, asked);
    assert.equal(it.http.requests.at(-1).signal.aborted, true);
  }
});
