// The client library's channels: several names of one, choices of messages, refusals and limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { price, settle } from './fake.js';
import { rig } from './support.js';

const BTC = { names: { 'price:BTC': 'bitcoin', 'price:bitcoin': 'bitcoin', 'price:ETH': 'ethereum', 'price:ethereum': 'ethereum' } };

test('two names of one channel, one after the other: both hear, under their own name', async () => {
  const { server, listen, connect, of } = rig({ hub: BTC });
  const one = listen('price:BTC');
  await connect();
  await server.publish('price:BTC', price('BTC', 1));
  const other = listen('price:bitcoin');
  await settle();
  await server.publish('price:BTC', price('BTC', 2));
  await server.publish('price:BTC', price('BTC', 3));
  assert.deepEqual(one.offsets(), [1, 2, 3]);
  assert.deepEqual(other.offsets(), [1, 2, 3]);
  assert.deepEqual([one[2].message.channel, other[2].message.channel], ['price:BTC', 'price:bitcoin']);
  assert.deepEqual(server.last().held, ['price:bitcoin']);
  assert.equal(server.last().of('subscribe').length, 2);
  assert.deepEqual(of('gap'), []);
  one.stop();
  other.stop();
  await settle();
  assert.deepEqual(server.last().held, []);
});

test('several names of several channels in one message: all hear', async () => {
  const { clock, server, listen, connect, of } = rig({ hub: BTC });
  const names = ['price:BTC', 'price:ETH', 'price:bitcoin', 'price:ethereum'];
  const heard = Object.fromEntries(names.map((name) => [name, listen(name)]));
  await server.publish('price:BTC', price('BTC', 1));
  await connect();
  for (const n of [2, 3]) {
    await server.publish('price:BTC', price('BTC', n));
    await server.publish('price:ETH', price('ETH', n));
  }
  assert.deepEqual(names.map((name) => heard[name].prices()), [[1, 2, 3], [2, 3], [1, 2, 3], [2, 3]]);
  assert.equal(server.last().held.length, 2);
  assert.equal(server.last().of('subscribe').length, 1, 'the hub says which of the names are one channel');
  assert.deepEqual(of('gap'), []);
  await server.last().drop();
  await server.publish('price:BTC', price('BTC', 4));
  await clock.pass(500);
  await server.serve();
  assert.equal(server.last().of('subscribe')[0].channels.length, 2, 'known names are not asked for twice');
  assert.deepEqual([heard['price:BTC'].prices(), heard['price:bitcoin'].prices()], [[1, 2, 3, 4], [1, 2, 3, 4]]);
});

test('one callback for two names of a channel hears each message once', async () => {
  const { clock, server, listen, connect } = rig({ hub: BTC });
  const heard = listen(['price:BTC', 'price:bitcoin']);
  await connect();
  await clock.pass(1000);
  await server.publish('price:BTC', price('BTC', 1));
  assert.equal(heard.length, 1);
});

test('several choices of one channel share a subscription, and each hears its own', async () => {
  const { server, listen, connect } = rig();
  const whale = (token, amountUSD) => ({ token, amountUSD, timestamp: 1_764_678_600_000 });
  const btc = listen('whale?tokens=btc,WBTC');
  await connect();
  const eth = listen('whale?tokens=ETH&minAmount=1000');
  const either = listen('whale?tokens=WBTC;minAmount=1000');
  await settle();
  assert.deepEqual(server.last().held, ['whale?tokens=btc,WBTC;tokens=ETH&minAmount=1000;tokens=WBTC;minAmount=1000']);
  const publish = async (...them) => {
    for (const [token, amount] of them) await server.publish(server.last().held[0], whale(token, amount), 'whale_activity_alert');
  };
  server.of(server.last().held[0]);
  await publish(['BTC', 1], ['ETH', 1], ['ETH', 1000], ['WBTC', 1]);
  assert.deepEqual(btc.map(({ data }) => data.token), ['BTC', 'WBTC']);
  assert.deepEqual(eth.map(({ data, message }) => [data.amountUSD, message.channel]), [[1000, 'whale?tokens=ETH&minAmount=1000']]);
  assert.deepEqual(either.map(({ data }) => data.token), ['ETH', 'WBTC']);
  const all = listen('whale');
  await settle();
  assert.deepEqual(server.last().held, ['whale']);
  all.stop();
  eth.stop();
  either.stop();
  await settle();
  assert.deepEqual(server.last().held, ['whale?tokens=btc,WBTC']);
});

test('one bad choice of several costs the others nothing, and is told', async () => {
  const { clock, server, listen, connect, of } = rig();
  const union = 'whale?tokens=BTC;minAmount=x';
  server.refuses.add(union);
  const btc = listen('whale?tokens=BTC');
  const bad = listen('whale?minAmount=x');
  await connect();
  await clock.pass(5000);
  assert.deepEqual(server.last().held, ['whale']);
  for (const token of ['BTC', 'ETH', 'BTC']) await server.publish('whale', { token, amountUSD: 1 }, 'whale_activity_alert');
  assert.deepEqual([btc.map(({ data }) => data.token), bad.length], [['BTC', 'BTC'], 0]);
  assert.deepEqual(of('error').map(({ code, channel }) => [code, channel]), [['INVALID_CHANNEL', union]]);
  // Once the bad one has left, the next connection asks for the good one alone.
  bad.stop();
  await settle();
  await server.last().drop();
  await clock.pass(500);
  await server.serve();
  assert.deepEqual(server.last().held, ['whale?tokens=BTC']);
  await server.last().drop();
  server.refuses.add('whale?tokens=BTC');
  await clock.pass(1000);
  await server.serve();
  await clock.pass(5000);
  assert.deepEqual(server.last().held, [], 'a choice by itself is refused as any channel');
});

test('a channel that does not exist is told once, and costs no other', async () => {
  const { clock, server, listen, connect, of } = rig();
  const heard = listen(['price:a', 'price:nothing']);
  server.refuses.add('price:nothing');
  await connect();
  await clock.pass(5000);
  await server.publish('price:a', price('A', 1));
  assert.deepEqual(of('error').map(({ code, channel }) => [code, channel]), [['INVALID_CHANNEL', 'price:nothing']]);
  assert.equal(heard.length, 1);
  assert.equal(server.last().of('subscribe').length, 1);
  const refusal = (channel) => ({ type: 'error', error: { code: 'INVALID_CHANNEL', message: 'again', channel, timestamp: '' } });
  await server.last().hear(refusal('price:nothing'), refusal('price:nobody-asked-for'));
  assert.equal(of('error').length, 1);
  // It may exist by the next connection.
  server.refuses.clear();
  await clock.pass(10_000);
  await server.last().drop();
  await clock.pass(500);
  await server.serve();
  await server.publish('price:nothing', price('N', 1));
  assert.equal(heard.length, 2);
});

test('an answer that comes after all does not end a wait for ever', async () => {
  const { clock, client, server, listen, connect } = rig();
  listen('price:a');
  await connect();
  const socket = server.last();
  const serve = socket.onsent;
  socket.onsent = () => {};
  listen('price:b');
  await settle();
  await socket.hear(
    { type: 'error', error: { code: 'RATE_LIMITED', message: 'Too many messages; try again in 2 s', timestamp: '' } },
    { type: 'subscribed', channels: ['price:a', 'price:b'], positions: { 'price:b': { recovered: false, epoch: 'e1', offset: 0 } } },
  );
  socket.onsent = serve;
  listen('price:c');
  await clock.pass(2_000);
  assert.ok(socket.of('subscribe').some(({ channels }) => channels.includes('price:c')));
  client.disconnect();
});

test('who wants a refused channel anew asks for it anew', async () => {
  const { server, listen, connect, clock } = rig();
  server.refuses.add('price:a');
  const first = listen('price:a');
  await connect();
  await clock.pass(1_000);
  first.stop();
  await settle();
  server.refuses.clear();
  const heard = listen('price:a');
  await settle();
  await server.publish('price:a', price('A', 1));
  assert.equal(heard.length, 1);
});

test('what the hub did not read is sent again when it may be', async () => {
  const { clock, server, listen, connect, of } = rig();
  await connect();
  const socket = server.last();
  const { onsent } = socket;
  socket.onsent = ({ type }) =>
    type === 'subscribe' &&
    socket.hear({ type: 'error', error: { code: 'RATE_LIMITED', message: 'More than 100 messages a minute; this one was not read, try again in 7 s', timestamp: '' } });
  const heard = listen('price:a');
  await settle();
  socket.onsent = onsent;
  listen('price:b');
  await clock.pass(6999);
  assert.equal(socket.of('subscribe').length, 1);
  await clock.pass(1);
  assert.deepEqual(socket.of('subscribe')[1].channels, ['price:a', 'price:b']);
  await server.publish('price:a', price('A', 1));
  assert.equal(heard.length, 1);
  assert.equal(of('error')[0].code, 'RATE_LIMITED');
});

test('channels beyond the limit are told and not asked for again and again', async () => {
  const { clock, server, listen, connect, of } = rig();
  const names = Array.from({ length: 60 }, (_, n) => `price:${n}`);
  listen(names);
  await connect();
  const socket = server.last();
  assert.equal(socket.of('subscribe').length, 1);
  const more = rig();
  more.listen(names);
  more.client.connect();
  await settle();
  const other = more.server.last();
  await other.open();
  await other.hear(
    { type: 'subscribed', channels: names.slice(0, 50), positions: {} },
    { type: 'error', error: { code: 'RATE_LIMITED', message: 'A connection holds at most 50 channels; 10 of the channels were not subscribed', timestamp: '' } },
  );
  await more.clock.pass(20_000);
  assert.equal(other.of('subscribe').length, 1);
  assert.equal(more.of('error')[0].code, 'RATE_LIMITED');
  await clock.pass(1);
  assert.deepEqual(of('error'), []);
});

test('of many channels that are refused each is told, also where the hub names only ten at once', async () => {
  const { clock, server, listen, client, of } = rig();
  const names = Array.from({ length: 13 }, (_, n) => `price:${n}`);
  listen([...names, 'whale?tokens=A', 'whale?tokens=B']);
  client.connect();
  await settle();
  const socket = server.last();
  const refusal = (channel) => ({ type: 'error', error: { code: 'INVALID_CHANNEL', message: `Channel '${channel}' does not exist`, channel, timestamp: '' } });
  socket.onsent = ({ type, channels }) => {
    if (type === 'subscribe') socket.hear({ type: 'subscribed', channels: [], positions: {} }, ...channels.slice(0, 10).map(refusal));
  };
  await socket.open();
  await clock.pass(5000);
  assert.deepEqual(of('error').map(({ channel }) => channel), [...names, 'whale?tokens=A;tokens=B', 'whale']);
  assert.deepEqual(socket.of('subscribe').slice(1).map(({ channels }) => channels), [[...names.slice(10), 'whale?tokens=A;tokens=B'], ['whale']]);
});

test('a reconnect takes no room from whoever had it', async () => {
  const { clock, server, listen, client } = rig();
  const names = ['price:a', 'price:b', 'price:c'];
  listen(names);
  client.connect();
  for (let n = 0; n < 3; n++) {
    await settle();
    const socket = server.last();
    await socket.open();
    assert.deepEqual(socket.of('subscribe')[0].channels, names);
    const held = names.slice(0, 2);
    await socket.hear(
      { type: 'subscribed', channels: held, positions: Object.fromEntries(held.map((name) => [name, { recovered: true, epoch: 'e1', offset: 0 }])) },
      { type: 'error', error: { code: 'RATE_LIMITED', message: 'A connection holds at most 2 channels; 1 of the channels were not subscribed', timestamp: '' } },
    );
    await socket.hear({ type: 'price_update', channel: 'price:a', epoch: 'e1', offset: n + 1, data: price('A', n) });
    await socket.hear({ type: 'price_update', channel: 'price:b', epoch: 'e1', offset: n + 1, data: price('B', n) });
    await socket.drop();
    await clock.pass(clock.waits[0]);
    if (n) continue;
    await server.last().drop(); // one that fails between forgets nothing
    await clock.pass(clock.waits[0]);
  }
});

test('a request without an answer is sent again', async () => {
  const { clock, server, listen, connect } = rig();
  await connect();
  const socket = server.last();
  const { onsent } = socket;
  socket.onsent = () => {};
  const heard = listen('price:a');
  await settle();
  socket.onsent = onsent;
  await clock.pass(10_000);
  await server.publish('price:a', price('A', 1));
  assert.equal(socket.of('subscribe').length, 2);
  assert.equal(heard.length, 1);
});

test('who leaves and comes back in one moment keeps the place', async () => {
  const { server, listen, connect } = rig();
  const first = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  first.stop();
  const second = listen('price:a');
  await settle();
  await server.publish('price:a', price('A', 2));
  assert.deepEqual(second.prices(), [1, 2]);
  assert.deepEqual(server.last().sent.map(({ type }) => type), ['ping', 'subscribe']);
});

test('who leaves and comes back while the hub is told begins anew, with the current value', async () => {
  const { server, listen, connect } = rig();
  const first = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  first.stop();
  await Promise.resolve();
  await Promise.resolve();
  const second = listen('price:a');
  await settle();
  await server.publish('price:a', price('A', 2));
  assert.deepEqual(second.prices(), [1, 2]);
  assert.deepEqual(server.last().held, ['price:a']);
});

test('callbacks that subscribe and unsubscribe while they are called', async () => {
  const { client, server, listen, connect } = rig();
  const heard = [];
  const stop = client.subscribe('price:a', (data) => {
    heard.push(data.price);
    other.stop();
    stop();
    listen('price:b');
  });
  const other = listen('price:a');
  await connect();
  await server.publish('price:a', price('A', 1));
  await server.publish('price:a', price('A', 2));
  assert.deepEqual([heard, other.length], [[1], 0]);
  assert.deepEqual(server.last().held, ['price:b']);
});

test('a choice that is alone hears nothing else, whatever the hub sends', async () => {
  const { server, listen, connect } = rig();
  const all = listen('whale');
  const btc = listen('whale?tokens=BTC');
  await connect();
  all.stop();
  // Under way when the hub was told.
  for (const [n, token] of ['ETH', 'BTC'].entries()) {
    await server.last().hear({ type: 'whale_activity_alert', channel: 'whale', epoch: 'e1', offset: n + 1, data: { token } });
  }
  assert.deepEqual(btc.map(({ data }) => data.token), ['BTC']);
});

test('a choice that cannot be decoded, or has a second =, takes what the hub takes', async () => {
  const { server, listen, connect, of } = rig();
  const odd = listen('tasks?taskId=50%');
  const pair = listen('tasks?taskId=a=b');
  await connect();
  await settle();
  const name = server.last().held[0];
  for (const [offset, taskId] of ['50%', 'a', 'a=b'].entries()) {
    await server.last().hear({ type: 'task_status_update', channel: name, epoch: 'e1', offset: offset + 1, data: { taskId } });
  }
  assert.deepEqual([odd, pair].map((heard) => heard.map(({ data }) => data.taskId)), [['50%'], ['a=b']]);
  assert.deepEqual(of('error'), []);
});
