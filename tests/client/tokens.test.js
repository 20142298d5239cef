// The client library's tokens, against a hub that is not there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { price, settle } from './fake.js';
import { rig } from './support.js';

const refusal = (code) => ({ type: 'error', error: { code, message: 'The token has expired', timestamp: '' } });

test('it says who it is first, asks for batches, and subscribes when it is let in', async () => {
  const { server, listen, connect } = rig({ token: 'jwt' });
  listen('price:a');
  await connect();
  assert.deepEqual(server.last().sent.map(({ type }) => type), ['auth', 'ping', 'subscribe']);
  assert.deepEqual(server.last().sent[0], { type: 'auth', token: 'jwt', batch: true });
});

test('an empty token is none', async () => {
  const { server, connect } = rig({ token: '' });
  await connect();
  assert.deepEqual(server.last().sent.map(({ type }) => type), ['ping']);
});

test('each connection gets a fresh token', async () => {
  let n = 0;
  const { clock, server, connect } = rig({ getToken: async () => `jwt-${++n}` });
  await connect();
  await server.last().drop();
  await clock.pass(500);
  await server.serve();
  assert.deepEqual(server.sockets.map((socket) => socket.sent[0].token), ['jwt-1', 'jwt-2']);
});

test('a token that does not change and is refused is the end', async () => {
  for (const code of ['INVALID_TOKEN', 'EXPIRED_TOKEN']) {
    const { clock, connect, client, of, server } = rig({ token: 'bad', hub: { token: () => code } });
    await connect();
    assert.equal(client.status.state, 'closed');
    assert.equal(of('error')[0].code, code);
    assert.deepEqual(clock.waits, []);
    assert.equal(server.open().length, 0);
  }
});

test('a token that is refused is asked for once more after a while, and no more', async () => {
  let asked = 0;
  const { clock, server, connect, client } = rig({ getToken: () => `bad-${++asked}`, hub: { token: () => true } });
  await connect();
  assert.equal(client.status.state, 'reconnecting');
  await clock.pass(500);
  await server.serve();
  assert.equal(client.status.state, 'closed');
  assert.equal(asked, 2);
  assert.deepEqual(clock.waits, []);
});

test('an expired token is renewed on the same socket, and nothing is lost or doubled meanwhile', async () => {
  let n = 0;
  const { server, listen, connect, of, client } = rig({ getToken: () => `jwt-${++n}` });
  const heard = listen(['price:a', 'price:b']);
  await connect();
  const socket = server.last();
  await server.publish('price:a', price('A', 1));
  socket.serves = false; // delivery pauses
  const { onsent } = socket;
  socket.onsent = () => {};
  await socket.hear(refusal('EXPIRED_TOKEN'));
  for (const value of [2, 3]) await server.publish('price:a', price('A', value));
  assert.equal(socket.of('auth').length, 2);
  // As the hub does: current values first, then the answer to what is asked.
  await socket.hear({ type: 'auth_success', data: {}, timestamp: 0 }, { type: 'price_update', channel: 'price:a', epoch: 'e1', offset: 3, data: price('A', 3) });
  const [, again] = socket.of('subscribe');
  assert.deepEqual(again.recover['price:a'], { epoch: 'e1', offset: 1 });
  socket.serves = true;
  onsent(again);
  await settle();
  socket.onsent = onsent;
  await server.publish('price:a', price('A', 4));
  assert.deepEqual(heard.offsets(), [1, 2, 3, 4]);
  assert.deepEqual(of('gap'), []);
  assert.equal(server.sockets.length, 1);
  assert.equal(client.status.state, 'open');
});

test('without a way to renew it, the end of a token is the end', async () => {
  const { server, connect, client, of } = rig({ token: 'jwt' });
  await connect();
  await server.last().hear(refusal('EXPIRED_TOKEN'));
  assert.equal(client.status.state, 'open');
  await server.last().drop(4002, 'token expired');
  assert.equal(client.status.state, 'closed');
  assert.equal(of('error')[0].code, 'EXPIRED_TOKEN');
});

test('a renewed token that has expired, too, counts as a bad one', async () => {
  const { clock, server, connect, client } = rig({ getToken: () => 'old', hub: { token: () => 'EXPIRED_TOKEN' } });
  await connect();
  assert.equal(server.last().of('auth').length, 2);
  assert.equal(client.status.state, 'reconnecting');
  await clock.pass(500);
  await server.serve();
  assert.equal(client.status.state, 'closed');
});

test('getToken that throws is an error, and tried again', async () => {
  let asked = 0;
  const { clock, server, connect, client, of } = rig({
    getToken: async () => {
      if (++asked === 1) throw new Error('no network');
      return 'jwt';
    },
  });
  await connect();
  assert.deepEqual([of('error')[0].code, of('error')[0].cause.message], ['TOKEN_FAILED', 'no network']);
  await clock.pass(500);
  await server.serve();
  assert.deepEqual([client.status.state, server.sockets.length], ['open', 2]);
});

test('getToken that gives nothing in time is tried again, and is no reason for another transport', async () => {
  const asked = [];
  const { clock, server, client } = rig({ getToken: () => new Promise(() => {}), fetch: async (url) => asked.push(url) });
  client.connect();
  await settle();
  for (let n = 0; n < 4; n++) {
    await server.serve();
    await clock.pass(10_000);
    assert.equal(server.open().length, 0);
    await clock.pass(clock.waits[0]);
  }
  assert.deepEqual(asked, []);
  client.disconnect();
});

test('a token that comes after the connection has ended is not used', async () => {
  const given = [];
  const { clock, server, client } = rig({ getToken: () => new Promise((resolve) => given.push(resolve)) });
  client.connect();
  await settle();
  await server.serve();
  const first = server.last();
  await first.drop();
  await clock.pass(500);
  await server.serve();
  given[0]('late');
  await settle();
  assert.deepEqual([first.sent, server.last().sent], [[], []]);
  given[1]('jwt');
  await settle();
  assert.deepEqual(server.last().of('auth').map(({ token }) => token), ['jwt']);
  client.disconnect();
  assert.deepEqual(clock.waits, []);
});

/** A client that has two channels anybody may read and one of its own, whose token has just been renewed on a socket that the test answers for. */
async function renewing(before = async () => {}) {
  const it = rig({ getToken: () => 'jwt', hub: { names: { 'price:a': 'a', 'price:A': 'a' } } });
  const heard = ['user:alice', 'price:a', 'price:b'].map(it.listen);
  await it.connect();
  const socket = it.server.last();
  await before(it);
  const { onsent } = socket;
  socket.onsent = (message) => message.type === 'ping' && onsent(message);
  await socket.hear(refusal('EXPIRED_TOKEN'));
  const live = async () => {
    socket.onsent = onsent;
    await it.clock.pass(1000);
  };
  return { ...it, heard, socket, onsent, live };
}
const AUTH = { type: 'auth_success', data: {}, timestamp: 0 };
const forbidden = (channel) => ({ type: 'error', error: { code: 'UNAUTHORIZED', message: 'not yours', channel, timestamp: '' } });

test('a renewed token that may read less: the other channels go on under their own names', async () => {
  for (const named of [true, false]) {
    const { socket, server, heard, live, of, client } = await renewing();
    const [alice, a, b] = heard;
    // The hub lets go of a channel first, and says so afterwards; of more than ten it names no more.
    socket.held = ['price:a', 'price:b'];
    await socket.hear(AUTH, ...(named ? [forbidden('user:alice')] : []));
    const place = { recovered: true, epoch: 'e1', offset: 0 };
    await socket.hear({ type: 'subscribed', channels: ['price:a', 'price:b'], positions: { 'price:a': place, 'price:b': place } });
    server.refuses.add('user:alice');
    await live();
    await server.publish('price:a', price('A', 1));
    await server.publish('price:b', price('B', 1));
    const names = (list) => list.map(({ message }) => message.channel);
    assert.deepEqual([alice, a, b].map(names), [[], ['price:a'], ['price:b']]);
    assert.deepEqual(of('error').filter(({ channel }) => channel).map(({ channel }) => channel), ['user:alice']);
    assert.deepEqual(socket.held, ['price:a', 'price:b']);
    client.disconnect();
  }
});

test('a new name of what is held, while the token is renewed, is asked for afterwards', async () => {
  const { socket, server, heard, live, listen, onsent } = await renewing();
  const other = listen('price:A');
  await socket.hear(AUTH);
  assert.deepEqual(socket.of('subscribe').at(-1).channels, ['user:alice', 'price:a', 'price:b']);
  onsent(socket.of('subscribe').at(-1));
  await live();
  await server.publish('price:a', price('A', 1));
  assert.deepEqual([heard[1].prices(), other.prices()], [[1], [1]]);
});

test('after a renewal nothing stays silent for a request that was refused or never answered', async () => {
  for (const error of [{ type: 'error', error: { code: 'RATE_LIMITED', message: 'Too many messages; try again in 5 s', timestamp: '' } }, undefined]) {
    const { socket, server, heard, live, clock, of, client } = await renewing(({ server }) => server.publish('price:a', price('A', 1)));
    await socket.hear(AUTH, ...(error ? [error] : []));
    assert.equal(socket.of('subscribe').length, 2);
    server.of('price:a').log.push({ epoch: 'e1', offset: 2, data: price('A', 2), type: 'price_update' });
    await live();
    await clock.pass(10_000);
    assert.deepEqual(socket.of('subscribe').at(-1).recover['price:a'], { epoch: 'e1', offset: 1 });
    await server.publish('price:a', price('A', 3));
    assert.deepEqual(heard[1].offsets(), [1, 2, 3]);
    assert.deepEqual(of('gap'), []);
    client.disconnect();
  }
});

test('a channel whose place the hub does not say is not silent for that', async () => {
  const { socket, server, heard, live } = await renewing(({ server }) => server.publish('price:a', price('A', 1)));
  await socket.hear(AUTH);
  const { channels } = socket.of('subscribe').at(-1);
  await socket.hear({ type: 'subscribed', channels, positions: { 'price:b': { recovered: true, epoch: 'e1', offset: 0 } } });
  await live();
  await server.publish('price:a', price('A', 2));
  assert.deepEqual(heard[1].offsets(), [1, 2]);
});

test('a token that has expired and has no successor: it goes on as one without a token, at once', async () => {
  let token = 'jwt';
  const { clock, server, connect, client, listen, of } = rig({ getToken: () => token });
  const heard = listen('price:a');
  await connect();
  token = undefined;
  await server.last().hear(refusal('EXPIRED_TOKEN'));
  assert.deepEqual([server.last().readyState, client.status.state, of('close')[0].code], [3, 'reconnecting', 4002]);
  await clock.pass(500);
  await server.serve();
  await server.publish('price:a', price('A', 1));
  assert.deepEqual([heard.prices(), server.last().of('auth')], [[1], []]);
});

test('a hub that wants a token where there is none never was open, and is the end', async () => {
  const wanted = { type: 'error', error: { code: 'UNAUTHORIZED', message: "Send 'auth' first", timestamp: '' } };
  for (const [tokens, tries] of [[{}, 1], [{ getToken: () => undefined }, 2]]) {
    const { clock, server, client, listen, of } = rig(tokens);
    listen('price:a');
    client.connect();
    await settle();
    for (let n = 0; n < tries; n++) {
      const socket = server.last();
      await socket.open();
      await socket.hear({ type: 'pong' });
      assert.deepEqual(socket.sent.map(({ type }) => type), ['ping', 'subscribe']);
      await socket.hear(wanted);
      await clock.pass(500);
    }
    assert.deepEqual([server.sockets.length, client.status.state, of('open'), of('close')], [tries, 'closed', [], []]);
    assert.deepEqual(of('error').slice(-2).map(({ code }) => code), ['UNAUTHORIZED', 'UNREACHABLE']);
    assert.deepEqual(clock.waits, []);
  }
});

test('further channels that a token is not for cost nothing else', async () => {
  const { server, client, listen } = rig({ token: 'jwt' });
  listen(['price:a', 'user:bob']);
  client.connect();
  await settle();
  await server.last().open();
  await server.last().hear({ type: 'auth_success', data: {}, timestamp: 0 }, { type: 'subscribed', channels: ['price:a'], positions: { 'price:a': { recovered: false, epoch: 'e1', offset: 0 } } });
  const more = { code: 'UNAUTHORIZED', message: '2 more of the channels are not for this token', timestamp: '' };
  await server.last().hear(forbidden('user:bob'), { type: 'error', error: more });
  assert.equal(client.status.state, 'open');
});

test('what a token is not good for costs the connection nothing, whatever is asked at that moment', async () => {
  const { server, client, listen, connect } = rig({ token: 'jwt' });
  await connect();
  server.last().onsent = () => {};
  client.send({ type: 'mine' });
  listen('price:a');
  await settle();
  await server.last().hear({ type: 'error', error: { code: 'UNAUTHORIZED', message: 'not for you', timestamp: '' } });
  assert.equal(client.status.state, 'open');
});

test('a hub that wants a token for one channel is open', async () => {
  const { server, client, listen } = rig();
  listen('user:alice');
  client.connect();
  await settle();
  await server.last().open();
  await server.last().hear(forbidden('user:alice'));
  assert.equal(client.status.state, 'open');
});

test('with nothing asked of it, a hub is open when it answers a ping', async () => {
  const { client, connect, of } = rig();
  await connect();
  assert.deepEqual([client.status.state, of('open').length], ['open', 1]);
});

test('a hub that wants a token where there is none, and says so with a close code only, is tried less and less often', async () => {
  const { clock, server, client } = rig({ getToken: () => undefined });
  client.connect();
  await settle();
  for (const wait of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    await server.serve();
    await clock.pass(10_000);
    await server.last().drop(4001, 'no auth');
    assert.deepEqual(clock.waits, [wait]);
    await clock.pass(wait);
  }
  client.disconnect();
});
