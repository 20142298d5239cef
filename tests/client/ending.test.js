// The client library when somebody ends it, or begins anew, within a callback; and what it waits for before it comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, fakeFetch, polled, price, settle, stream } from './fake.js';
import { fallen, rig, stands } from './support.js';

const at = (channel, offset) => ({ type: 'price_update', channel, epoch: 'e1', offset, data: price('A', offset) });
const place = (offset, recovered = false) => ({ recovered, epoch: 'e1', offset });

test('disconnect within open or status leaves no timer and asks for nothing', async () => {
  for (const event of ['open', 'status']) {
    const { client, clock, server, listen, connect } = rig({ token: 'jwt' });
    listen('price:a');
    client.on(event, () => client.status.state === 'open' && client.disconnect());
    await connect();
    assert.deepEqual(clock.waits, [], event);
    await clock.pass(60_000);
    assert.deepEqual(server.last().of('subscribe'), [], event);
    assert.equal(client.status.state, 'closed');
  }
});

test('disconnect within status: open is not told after close', async () => {
  const { client, listen, connect, of } = rig();
  listen('price:a');
  client.on('status', ({ state }) => state === 'open' && client.disconnect());
  await connect();
  assert.deepEqual([of('open').length, of('close').length], [0, 1]);
});

test('disconnect within gap: nothing further is told, and what was not told may yet be recovered', async () => {
  for (const where of ['message', 'answer']) {
    const { client, server, listen, connect, of } = rig();
    const heard = listen('price:a');
    await connect();
    await server.publish('price:a', price('A', 1));
    const end = client.on('gap', () => client.disconnect());
    const { log } = server.of('price:a');
    for (const offset of [2, 3]) log.push({ epoch: 'e1', offset, data: price('A', offset), type: 'price_update' });
    await server.last().hear(where === 'message' ? at('price:a', 3) : stands({ 'price:a': place(3) }), at('price:a', 3));
    assert.deepEqual([heard.offsets(), of('gap').length], [[1], 1], where);
    end();
    await connect();
    assert.deepEqual([heard.offsets(), of('gap').length], [[1, 2, 3], 1], where);
  }
});

test('disconnect within gap while polling tells no other gap, and keeps all places', async () => {
  const there = (epoch, offset) => ({ recovered: false, epoch, offset });
  const answers = [['e1', 5], ['e2', 1]].map(([epoch, offset]) => stands({ 'signals:a': there(epoch, offset), 'signals:b': there(epoch, offset) }));
  const { client, clock, server, of } = await fallen(({ path }) => (path === '/sse' ? undefined : polled([answers.shift()])), { channels: ['signals:a', 'signals:b'] });
  client.on('gap', () => client.disconnect());
  await clock.pass(10_000);
  assert.deepEqual(of('gap').map(({ channel }) => channel), ['signals:a']);
  client.connect();
  await settle();
  await server.last().open();
  assert.deepEqual(Object.values(server.last().of('subscribe')[0].recover), [{ epoch: 'e1', offset: 5 }, { epoch: 'e1', offset: 5 }]);
  client.disconnect();
});

test('disconnect within gap leaves nothing on a stream', async () => {
  const streams = [];
  const http = fakeFetch(() => {
    streams.push(stream());
    return streams.at(-1).answer;
  });
  const { client, clock, listen, of } = rig({ hub: null, fetch: http.fetch, transports: ['sse'] });
  listen(['price:a', 'price:b']);
  client.connect();
  await settle();
  await streams[0].hear(stands({ 'price:a': place(1), 'price:b': place(1) }));
  await streams[0].end();
  await clock.pass(1000);
  client.on('gap', () => {
    client.subscribe('price:c', () => {});
    client.disconnect();
  });
  await streams[1].hear(stands({ 'price:a': place(5), 'price:b': place(5) }));
  assert.deepEqual(clock.waits, []);
  assert.equal(of('gap').length, 1, 'the other gap is told when it comes back');
  await clock.pass(60_000);
  assert.equal(http.requests.length, 2);
});

test('disconnect within open while polling asks no more', async () => {
  const http = fakeFetch(() => polled([stands({ 'price:a': place(1) }), at('price:a', 1)]));
  const { client, clock, listen } = rig({ hub: null, fetch: http.fetch, transports: ['polling'] });
  const heard = listen(['price:a', 'market:summary']);
  client.on('open', () => client.disconnect());
  client.connect();
  await settle();
  assert.deepEqual([heard.length, http.requests.length, clock.waits], [0, 1, []]);
});

test('the rest of a batch is not told after disconnect, and comes when it is back', async () => {
  const { client, server, connect } = rig();
  const heard = [];
  client.subscribe('price:a', (data, { offset }) => {
    heard.push(offset);
    if (offset === 1) client.disconnect();
  });
  await connect();
  const { log } = server.of('price:a');
  for (const offset of [1, 2, 3]) log.push({ epoch: 'e1', offset, data: price('A', offset), type: 'price_update' });
  await server.last().hear({ type: 'batch', messages: [1, 2, 3].map((offset) => at('price:a', offset)) });
  assert.deepEqual(heard, [1]);
  client.connect();
  await settle();
  await server.serve();
  assert.deepEqual(heard, [1, 2, 3]);
  client.disconnect();
});

test('the rest of an answer is not told after disconnect, and comes when it is back', async () => {
  const { server, client, clock } = rig({ transports: ['polling'], fetch: (raw) => server.poll({ raw }) });
  const heard = [];
  client.subscribe('price:a', (data, { offset }) => {
    heard.push(offset);
    if (offset === 2) client.disconnect();
  });
  await server.publish('price:a', price('A', 1));
  client.connect();
  await settle();
  for (const value of [2, 3]) await server.publish('price:a', price('A', value));
  client.disconnect();
  client.connect();
  await settle();
  assert.deepEqual(heard, [1, 2]);
  client.connect();
  await settle();
  assert.deepEqual(heard, [1, 2, 3]);
  client.disconnect();
  assert.deepEqual(clock.waits, []);
});

test('the value at once never comes after a newer one', async () => {
  const { client, server, listen, connect } = rig();
  const late = [];
  listen('price:b');
  const stop = client.subscribe('price:a', () => {
    stop();
    client.subscribe('price:b', (data, { offset }) => late.push(offset));
  });
  await connect();
  await server.last().hear(at('price:b', 1));
  await server.last().hear({ type: 'batch', messages: [at('price:a', 1), at('price:b', 2)] });
  assert.deepEqual(late, [2]);
});

test('what was heard before disconnect is told again only once it is known to be the newest', async () => {
  const { client, server, listen, connect } = rig();
  listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  client.disconnect();
  const late = listen('price:a');
  await settle();
  assert.deepEqual(late.offsets(), []);
  client.connect();
  await settle();
  await server.serve();
  assert.deepEqual(late.offsets(), [1]);
  client.disconnect();
  await server.publish('price:a', price('A', 2));
  const later = listen('price:a');
  client.connect();
  await settle();
  await server.serve();
  assert.deepEqual([late.offsets(), later.offsets()], [[1, 2], [2]]);
  client.disconnect();
});

test('connect within close, where there was no use in trying again, connects', async () => {
  const { client, server, listen, connect } = rig();
  const heard = listen('price:a');
  client.on('close', ({ willReconnect }) => willReconnect || client.connect());
  await connect();
  await server.last().drop(4003, 'operator');
  assert.equal(server.sockets.length, 2);
  await server.serve();
  assert.equal(client.status.state, 'open');
  await server.publish('price:a', price('A', 1));
  assert.equal(heard.length, 1);
});

test('connect within GAVE_UP connects, and the state is that of the new connection', async () => {
  const { client, clock, server } = rig({ hub: null, maxReconnectAttempts: 1 });
  let gaveUp = 0;
  client.on('error', ({ code }) => code === 'GAVE_UP' && ++gaveUp === 1 && client.connect());
  client.connect();
  for (let n = 0; n < 2; n++) {
    await settle();
    await server.last().drop();
    await clock.pass(500);
  }
  assert.equal(gaveUp, 1);
  assert.equal(server.open().length, 1);
  assert.equal(client.status.state, 'connecting');
  client.disconnect();
  assert.deepEqual([client.status.state, server.open().length, clock.waits], ['closed', 0, []]);
});

test('a hub that says again and again that it restarts is left more and more time', async () => {
  const { clock, server, connect, client } = rig();
  await connect();
  const waits = [];
  for (let n = 0; n < 5; n++) {
    await server.last().drop(1012, 'service restart');
    waits.push(clock.waits[0]);
    await clock.pass(clock.waits[0]);
    await server.serve();
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000]);
  await clock.pass(10_000);
  await server.last().drop(1012, 'service restart');
  assert.equal(clock.waits[0], 500);
  client.disconnect();
});

test('who was told to come back later does not climb before', async () => {
  let streams = 0;
  const { client, clock, server } = await fallen(({ path }) => (path === '/sse' ? ++streams && answer(503, {}, { 'retry-after': '600' }) : polled([stands({ 'price:a': place(1) })])));
  assert.deepEqual([client.status.transport, streams], ['polling', 1]);
  const sockets = server.sockets.length;
  for (let minute = 0; minute < 9; minute++) {
    await clock.pass(60_000);
    client.wake();
    await settle();
  }
  assert.deepEqual([streams, server.sockets.length], [1, sockets]);
  await clock.pass(60_000);
  assert.equal(server.sockets.length, sockets + 1);
  client.disconnect();
});

test('who was told to come back later does so, whatever wakes it and by whichever transport', async () => {
  const busy = answer(429, { error: { code: 'RATE_LIMITED' } }, { 'retry-after': '60' });
  const http = fakeFetch(({ path }) => (path === '/sse' ? busy : undefined));
  const { client, clock, server, listen } = rig({ hub: null, fetch: http.fetch, fallbackAfter: 1 });
  listen('price:a');
  client.connect();
  await settle();
  await server.last().drop();
  await settle();
  assert.deepEqual(http.requests.map(({ path }) => path), ['/sse', '/api/v1/messages']);
  client.wake();
  await clock.pass(59_000);
  client.wake();
  await clock.pass(999);
  assert.equal(server.sockets.length, 1);
  await clock.pass(1);
  assert.equal(server.sockets.length, 2);
  client.disconnect();
});
