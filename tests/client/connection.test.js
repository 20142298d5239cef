// The client library against a hub that is not there: connecting, losing the connection, coming back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { price, settle } from './fake.js';
import { CryptoIntelWebSocket, rig } from './support.js';

test('it subscribes before it is connected, and gets data and envelope', async () => {
  const { client, server, listen, connect, of } = rig();
  const heard = listen(['price:bitcoin', 'signals:high']);
  assert.equal(client.status.state, 'idle');
  await connect();
  assert.deepEqual(server.last().sent, [{ type: 'ping' }, { type: 'subscribe', channels: ['price:bitcoin', 'signals:high'] }]);
  assert.equal(server.last().url, 'wss://hub.example/ws');
  await server.publish('price:bitcoin', price('BTC', 1));
  assert.deepEqual(heard[0].data, price('BTC', 1));
  assert.deepEqual([heard[0].message.type, heard[0].message.channel, heard[0].message.offset], ['price_update', 'price:bitcoin', 1]);
  assert.equal(of('open')[0].transport, 'websocket');
  assert.equal(client.status.state, 'open');
});

test('all that is subscribed to in one moment goes into one message', async () => {
  const { server, listen, connect } = rig();
  await connect();
  const one = listen('price:a');
  listen('price:b');
  one.stop();
  listen('price:c');
  await settle();
  assert.deepEqual(server.last().of('subscribe').map(({ channels }) => channels), [['price:b', 'price:c']]);
  assert.deepEqual(server.last().of('unsubscribe'), []);
});

test('the last of several callbacks ends the subscription, the others go on', async () => {
  const { server, listen, connect } = rig();
  const one = listen('price:a');
  const other = listen('price:a');
  await connect();
  one.stop();
  one.stop();
  await server.publish('price:a', price('A', 1));
  assert.deepEqual([one.length, other.length], [0, 1]);
  other.stop();
  await settle();
  assert.deepEqual(server.last().of('unsubscribe'), [{ type: 'unsubscribe', channels: ['price:a'] }]);
  await server.publish('price:a', price('A', 2));
  assert.equal(other.length, 1);
});

test('unsubscribe ends all callbacks of a channel', async () => {
  const { client, server, listen, connect } = rig();
  const heard = listen(['price:a', 'price:b']);
  await connect();
  client.unsubscribe('price:a');
  await server.publish('price:a', price('A', 1));
  await server.publish('price:b', price('B', 1));
  assert.deepEqual(heard.map(({ message }) => message.channel), ['price:b']);
  assert.deepEqual(server.last().held, ['price:b']);
});

test('a callback that throws is told as an error and hurts no other', async () => {
  const { client, server, listen, connect, of } = rig();
  client.subscribe('price:a', () => {
    throw new Error('mine');
  });
  const heard = listen('price:a');
  client.on('status', () => {
    throw new Error('mine, too');
  });
  await connect();
  await server.publish('price:a', price('A', 1));
  assert.equal(heard.length, 1);
  const [error] = of('error').filter(({ channel }) => channel === 'price:a');
  assert.equal(error.code, 'CALLBACK_FAILED');
  assert.equal(error.cause.message, 'mine');
  assert.deepEqual(new Set(of('error').filter((it) => it !== error).map(({ code, cause }) => `${code} ${cause.message}`)), new Set(['CALLBACK_FAILED mine, too']));
});

test('a callback of errors that throws is told nobody', async () => {
  const { client, connect, of } = rig();
  client.on('error', () => {
    throw new Error('mine');
  });
  client.on('open', () => {
    throw new Error('first');
  });
  await connect();
  assert.deepEqual(of('error').map(({ cause }) => cause.message), ['first']);
});

test('a late subscriber gets the current value at once, of channels that have one', async () => {
  const { server, listen, connect } = rig();
  listen(['price:a', 'signals:all']);
  await connect();
  await server.publish('price:a', price('A', 1));
  await server.publish('signals:all', { id: 's', timestamp: '2025-12-02T12:30:00Z' }, 'signal_alert');
  const late = listen(['price:a', 'signals:all']);
  assert.equal(late.length, 0, 'not while subscribe runs');
  await settle();
  assert.deepEqual(late.prices(), [1]);
  assert.equal(server.last().of('subscribe').length, 1);
});

test('it comes back after waits that double, of which chance takes a part, 30 s at most', async () => {
  const { clock, server, connect, client } = rig();
  await connect();
  await server.last().drop();
  const waits = [];
  for (let n = 0; n < 8; n++) {
    waits.push(clock.waits[0]);
    assert.equal(server.open().length, 0);
    await clock.pass(clock.waits[0]);
    assert.equal(client.status.state, 'reconnecting');
    await server.last().drop();
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  clock.chance = 0;
  await clock.pass(15000);
  await server.last().drop();
  assert.deepEqual(clock.waits, [0]);
});

test('a server that accepts and drops at once is not stormed; one that lasted is tried soon', async () => {
  const { clock, server, connect } = rig();
  await connect();
  for (const wait of [500, 1000, 2000]) {
    await server.last().drop();
    assert.deepEqual(clock.waits, [wait]);
    await clock.pass(wait);
    await server.serve();
  }
  await clock.pass(10_000);
  await server.last().drop();
  assert.deepEqual(clock.waits, [500]);
});

test('disconnect leaves no timer and no socket, and connect begins anew with what is subscribed', async () => {
  const { clock, client, server, listen, connect, of } = rig();
  const heard = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  client.disconnect();
  client.disconnect();
  assert.deepEqual(clock.waits, []);
  assert.equal(server.last().closedWith, 1000);
  assert.equal(client.status.state, 'closed');
  assert.deepEqual(of('close').map(({ code, willReconnect }) => [code, willReconnect]), [[1000, false]]);
  await server.publish('price:a', price('A', 2));
  await connect();
  assert.deepEqual(heard.offsets(), [1, 2]);
});

for (const [when, act] of [
  ['while the socket opens', async () => {}],
  ['while it waits', async ({ server }) => server.last().drop()],
  ['while it is open', async ({ server }) => server.serve()],
]) {
  test(`disconnect ${when} ends it for good`, async () => {
    const it = rig();
    it.client.connect();
    await settle();
    await act(it);
    it.client.disconnect();
    assert.deepEqual(it.clock.waits, []);
    const socket = it.server.last();
    socket.onopen?.({});
    socket.onclose?.({ code: 1006, reason: '' });
    await it.clock.pass(600_000);
    assert.equal(it.server.sockets.length, 1);
    assert.equal(it.client.status.state, 'closed');
  });
}

test('disconnect and wake where nothing is connected do nothing', async () => {
  const { client, connect, clock, events } = rig();
  client.disconnect();
  client.wake();
  assert.deepEqual(clock.waits, []);
  assert.deepEqual([client.status.state, events], ['idle', []]);
  await connect();
  client.disconnect();
  const told = events.length;
  client.disconnect();
  assert.equal(events.length, told);
});

test('connect and disconnect in one moment open nothing; connect twice opens one socket', async () => {
  const { client, server } = rig();
  client.connect();
  client.disconnect();
  await settle();
  assert.equal(server.sockets.length, 0);
  client.connect();
  client.connect();
  await settle();
  client.connect();
  await settle();
  assert.equal(server.sockets.length, 1);
});

test('it asks for a pong every 30 s, and takes 45 s without one for the end', async () => {
  const { clock, client, server, connect } = rig();
  await connect();
  const first = server.last();
  await clock.pass(29_999);
  assert.equal(first.of('ping').length, 1);
  await clock.pass(1);
  assert.equal(first.of('ping').length, 2);
  first.onsent = (message, text) => {
    assert.equal(text, '{"type":"ping"}');
    clock.time += 7;
    first.hear({ type: 'pong' });
  };
  await clock.pass(30_000);
  assert.equal(client.status.latency, 7);
  first.onsent = () => {};
  await clock.pass(30_000 + 44_000);
  assert.equal(first.readyState, 1);
  await clock.pass(1_000);
  assert.equal(first.readyState, 3);
  assert.equal(client.status.state, 'reconnecting');
  assert.equal(client.status.latency, null);
});

test('however often it is woken, a dead socket has 5 s', async () => {
  const { clock, client, server, connect } = rig();
  await connect();
  server.last().onsent = () => {};
  for (let second = 0; second < 5; second++) {
    client.wake();
    await clock.pass(1_000);
  }
  assert.equal(client.status.state, 'reconnecting');
});

test('what comes before the first pong is asked for', async () => {
  const { client, server, listen } = rig({ hub: null });
  client.connect();
  await settle();
  await server.last().open();
  listen('price:a');
  await settle();
  assert.deepEqual(server.last().of('subscribe').map(({ channels }) => channels), [['price:a']]);
});

test('no wait is longer than a timer knows', async () => {
  const { clock, client, of } = rig({ hub: null, connectTimeout: Infinity });
  client.connect();
  await settle();
  await clock.pass(60_000);
  assert.deepEqual([client.status.state, of('error')], ['connecting', []]);
});

test('a clock that is set back makes no connection one that never was', async () => {
  const { clock, connect, server, of } = rig();
  await connect();
  clock.time -= 3_600_000;
  await server.last().drop();
  assert.deepEqual([of('close').length, of('error')], [1, []]);
});

test('a socket that does not open in time is given up, and there are never two', async () => {
  const { clock, server, client } = rig();
  client.connect();
  await clock.pass(10_000);
  assert.equal(server.sockets[0].readyState, 3);
  await clock.pass(500);
  assert.equal(server.sockets.length, 2);
  assert.equal(server.open().length, 1);
});

test('connectTimeout is the longest wait for a connection', async () => {
  const { clock, server, client, of } = rig({ connectTimeout: 3_000 });
  client.connect();
  await clock.pass(2_999);
  assert.equal(server.sockets[0].readyState, 0);
  await clock.pass(1);
  assert.deepEqual([server.sockets[0].readyState, of('error')[0].message], [3, 'websocket: timeout']);
  client.disconnect();
});

test('an old socket that speaks late is not heard', async () => {
  const { clock, server, listen, client, connect, of } = rig({ token: 'jwt' });
  const heard = listen('price:a');
  await connect();
  const old = server.last();
  const { onopen, onmessage, onclose } = old;
  await old.drop();
  await clock.pass(500);
  await server.serve();
  onopen({});
  onmessage({ data: JSON.stringify({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset: 9, data: price('A', 9) }) });
  onclose({ code: 1006, reason: '' });
  assert.equal(heard.length, 0);
  assert.equal(client.status.state, 'open');
  assert.deepEqual([old.of('auth').length, of('error')], [1, []]);
});

test('close codes decide whether to try again', async () => {
  for (const [code, options, waits] of [
    [1000, {}, 1],
    [1012, {}, 1],
    [1013, {}, 1],
    [4000, {}, 1],
    [4004, {}, 1],
    [1006, {}, 1],
    [4001, {}, 0],
    [4001, { token: 'a' }, 1],
    [4002, { token: 'a' }, 0],
    [4002, { getToken: () => 'a' }, 1],
    [4003, { getToken: () => 'a' }, 0],
    [4500, {}, 0],
    [4999, {}, 0],
  ]) {
    const { clock, server, connect, client, of } = rig(options);
    await connect();
    await server.last().drop(code, 'why');
    assert.equal(clock.waits.length, waits, `${code} ${JSON.stringify(options)}`);
    assert.equal(client.status.state, waits ? 'reconnecting' : 'closed');
    assert.deepEqual(of('close'), [{ type: 'close', transport: 'websocket', code, reason: 'why', willReconnect: waits > 0 }]);
  }
});

test('1012 is tried again soon, however often it failed before; 1013 is not', async () => {
  for (const [code, wait] of [[1012, 500], [1013, 2000]]) {
    const { clock, server, connect } = rig();
    await connect();
    for (const pause of [500, 1000]) {
      await server.last().drop();
      await clock.pass(pause);
      await server.serve();
    }
    await server.last().drop(code);
    assert.deepEqual(clock.waits, [wait]);
  }
});

test('it gives up after as many tries as it may', async () => {
  const { clock, client, server, of } = rig({ maxReconnectAttempts: 2 });
  client.connect();
  await settle();
  for (const wait of [500, 1000]) {
    await server.last().drop();
    await clock.pass(wait);
  }
  await server.last().drop();
  assert.equal(server.sockets.length, 3);
  assert.equal(client.status.state, 'closed');
  assert.deepEqual(of('error').slice(-2).map(({ code, message }) => [code, message]), [['UNREACHABLE', 'websocket: 1006'], ['GAVE_UP', '1006']]);
  assert.deepEqual(clock.waits, []);
});

test('a connection that was there, however shortly, is no failed try', async () => {
  const { clock, client, server, connect, of } = rig({ maxReconnectAttempts: 2 });
  await connect();
  for (const wait of [500, 1000, 2000, 4000]) {
    await server.last().drop();
    assert.deepEqual(clock.waits, [wait]);
    await clock.pass(wait);
    await server.serve();
  }
  assert.equal(client.status.state, 'open');
  for (let n = 0; n < 2; n++) {
    await server.last().drop();
    await clock.pass(clock.waits[0]);
  }
  assert.equal(client.status.state, 'reconnecting');
  await server.last().drop();
  assert.deepEqual([client.status.state, of('error').at(-1).code], ['closed', 'GAVE_UP']);
});

test('without autoReconnect it ends with the first connection', async () => {
  const { clock, client, server, connect } = rig({ autoReconnect: false });
  await connect();
  await server.last().drop();
  assert.equal(client.status.state, 'closed');
  assert.deepEqual(clock.waits, []);
});

test('what is sent while there is no connection waits, as much as the queue holds', async () => {
  const { client, server, connect, of } = rig({ queueSize: 2 });
  for (const n of [1, 2, 3]) client.send({ type: 'x', n });
  assert.equal(of('error')[0].code, 'QUEUE_FULL');
  await connect();
  client.send({ type: 'x', n: 4 });
  assert.deepEqual(server.last().of('x').map(({ n }) => n), [2, 3, 4]);
});

test('what is sent within open or status comes after what waited', async () => {
  for (const event of ['open', 'status']) {
    const { client, server, connect } = rig();
    client.send({ type: 'x', n: 1 });
    client.on(event, () => client.status.state === 'open' && client.send({ type: 'x', n: 2 }));
    await connect();
    client.send({ type: 'x', n: 3 });
    const sent = server.last().of('x').map(({ n }) => n);
    assert.deepEqual([sent[0], sent.at(-1), [...new Set(sent)]], [1, 3, [1, 2, 3]], event);
  }
});

test('batches are taken apart, and what belongs to no channel is heard by `message`', async () => {
  const { client, server, listen, connect } = rig();
  const heard = listen(['price:a', 'price:b']);
  const all = [];
  client.on('message', ({ type }) => all.push(type));
  await connect();
  const message = (channel) => ({ type: 'price_update', channel, epoch: 'e1', offset: 1, data: price('A', 1) });
  await server.last().hear({ type: 'batch', messages: [message('price:a'), { type: 'system_status', data: {} }, message('price:b')] });
  assert.deepEqual(heard.map(({ message }) => message.channel), ['price:a', 'price:b']);
  assert.deepEqual(all, ['price_update', 'system_status', 'price_update']);
  await server.last().hear(message('price:a'), message('price:c')); // what was told, and what nobody listens to
  assert.equal(all.length, 3);
});

test('a frame that is no JSON is an error and nothing else', async () => {
  const { server, listen, connect, of, client } = rig();
  const heard = listen('price:a');
  await connect();
  await server.last().hear('{', '{"type":"of_the_future"}');
  await server.publish('price:a', price('A', 1));
  assert.equal(of('error')[0].code, 'INVALID_FRAME');
  assert.equal(heard.length, 1);
  assert.equal(client.status.state, 'open');
});

test('frames of another shape are an error or nothing, and cost no other message', async () => {
  const { server, listen, connect, of, client } = rig();
  const heard = listen('price:a');
  await connect();
  const at = (offset, data = price('A', offset)) => ({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset, data });
  const unknown = { type: 'presence', channel: 'price:a', users: 3 };
  await server.last().hear('null', '1', at(1), unknown, { type: 'batch', messages: [null, at(2), at(3, 'x'), unknown, at(4)] }, { type: 'batch' }, { type: 'error' }, at(5));
  assert.deepEqual(heard.offsets(), [1, 2, 4, 5]);
  assert.deepEqual([...new Set(of('error').map(({ code }) => code))], ['INVALID_FRAME']);
  assert.deepEqual([of('error').length, client.status.state], [5, 'open']);
});

test('a change of status is told, and the object is another one', async () => {
  const { client, connect, of } = rig();
  const before = client.status;
  await connect();
  assert.notEqual(client.status, before);
  assert.equal(before.state, 'idle');
  assert.deepEqual(of('status').map(({ state }) => state).filter((state, n, all) => state !== all[n - 1]), ['connecting', 'open']);
});

test('a class that cannot be made is an error, not an exception', async () => {
  const { of, client } = rig({
    WebSocket: class {
      constructor() {
        throw new SyntaxError('no such URL');
      }
    },
  });
  client.connect();
  await settle();
  assert.match(of('error')[0].message, /no such URL/);
  client.disconnect();
});

test('what cannot be is said where the mistake is', () => {
  const { client } = rig();
  assert.throws(() => client.subscribe('price:a'), TypeError);
  assert.throws(() => new CryptoIntelWebSocket('wss://hub.example/ws', { transports: ['websocket', 'carrier-pigeon'] }), TypeError);
});

test('what no name can be costs no other', async () => {
  const { server, listen, client, connect } = rig();
  const names = ['', 'price:a', 'price:\ud83d', 'price:\u{1f600}', undefined];
  listen(names);
  await connect();
  assert.deepEqual(server.last().of('subscribe')[0].channels, ['?', 'price:a', 'price:?', 'price:\u{1f600}', 'undefined']);
  client.unsubscribe(names);
  await settle();
  assert.deepEqual(server.last().held, []);
});

test('the platform has the time', async () => {
  const client = new CryptoIntelWebSocket('ws://127.0.0.1:9/ws', { transports: ['websocket'], autoReconnect: false });
  const failed = new Promise((resolve) => client.on('error', resolve));
  client.connect();
  assert.equal((await failed).code, 'UNREACHABLE');
  assert.equal(client.status.state, 'closed');
});
