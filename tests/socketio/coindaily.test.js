// CoinDaily over Socket.IO: docs/coindaily-api.md with the stock client, over each of its transports.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { startHub, token } from '../support/index.js';
import { MESSAGES, post, publish } from '../support/publish.js';
import { evictFamily, figures, until } from '../support/session.js';
import { Engine } from '../support/engine.js';
import { python, withoutPython } from '../support/python.js';

const TRANSPORTS = {
  'polling only': ['polling'],
  'websocket only': ['websocket'],
  'polling, then the upgrade': ['polling', 'websocket'],
};

let hub;
const clients = new Set();
before(async () => {
  hub = await startHub();
});
after(() => {
  for (const client of clients) client.disconnect();
  return hub.stop();
});

const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));

/** A client, and all that it has heard: `[name, data]`, oldest first. */
function client(transports, options = {}) {
  const socket = io(hub.url, { path: '/ws', transports, forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...options });
  socket.heard = [];
  socket.onAny((name, data) => socket.heard.push([name, data]));
  clients.add(socket);
  return socket;
}

/** One that has been let in, and is at the last of its transports. */
async function ready(transports, claims = {}, options = {}) {
  const socket = client(transports, { auth: { token: await token(claims, hub.secret) }, ...options });
  await Promise.race([once(socket, 'connect'), once(socket, 'connect_error').then((error) => Promise.reject(error))]);
  if (transports.length > 1) await until(() => socket.io.engine.transport.name === 'websocket');
  return socket;
}

const ask = (socket, name, data) => socket.timeout(10_000).emitWithAck(name, data);
const tokens = (socket) => socket.heard.filter(([name]) => name === 'whale_activity_alert').map(([, { token: name }]) => name);

const { data: WHALE } = MESSAGES.find(({ type }) => type === 'whale_activity_alert');
const whale = (name, more = {}) => ({ channel: 'whale', data: { ...WHALE, token: name, ...more } });

async function told(...messages) {
  const { status, body } = await publish(hub, { messages }, { scope: 'publish' });
  assert.equal(status, 200, JSON.stringify(body));
}

for (const [what, transports] of Object.entries(TRANSPORTS)) {
  describe(what, () => {
    test('a token in CONNECT, and everything that the document prints', async () => {
      const socket = await ready(transports);
      await until(() => socket.heard.some(([name]) => name === 'auth_success'));
      await until(() => socket.heard.some(([name]) => name === 'trending_memecoins_update'));
      const confirmed = once(socket, 'subscription_confirmed');
      const mood = once(socket, 'market_sentiment_update');
      socket.emit('subscribe_market_sentiment', { tokens: ['BTC', 'ETH', 'SOL'] });
      assert.deepEqual(await confirmed, { channel: 'market_sentiment', tokens: ['BTC', 'ETH', 'SOL'] });
      assert.ok(['BTC', 'ETH', 'SOL'].includes((await mood).token));
      const snapshot = once(socket, 'market_sentiment_snapshot');
      socket.emit('get_market_sentiment', { tokens: ['BTC', 'ETH'] });
      assert.deepEqual((await snapshot).map((it) => it.token).sort(), ['BTC', 'ETH']);
      const pong = once(socket, 'pong');
      socket.emit('ping');
      await pong;
      const health = once(socket, 'system_health_update');
      socket.emit('subscribe_system_health');
      assert.equal((await health).services.redis, 'not_used');
      socket.disconnect();
    });

    test('a token later, by authenticate', async () => {
      const socket = client(transports);
      await once(socket, 'connect');
      const refused = once(socket, 'auth_error');
      socket.emit('authenticate', { token: 'rubbish' });
      assert.equal((await refused).code, 'AUTH_FAILED');
      const needed = once(socket, 'error');
      socket.emit('subscribe_whale_activity', {});
      assert.equal((await needed).code, 'AUTH_REQUIRED');
      const accepted = once(socket, 'auth_success');
      socket.emit('authenticate', { token: await token({}, hub.secret) });
      assert.equal((await accepted).subject, 'alice');
      socket.disconnect();
    });

    test('a bad token is a connect_error in the words of the document, with data', async () => {
      const socket = client(transports, { auth: { token: 'rubbish' }, reconnection: false });
      const error = await once(socket, 'connect_error');
      assert.equal(error.message, 'Authentication failed');
      assert.deepEqual([error.data.code, typeof error.data.message], ['AUTH_FAILED', 'string']);
      // As the document's error handling has it.
      socket.auth = { token: await token({}, hub.secret) };
      socket.connect();
      await once(socket, 'connect');
      socket.disconnect();
    });

    test('a request is acknowledged with its answer', async () => {
      const socket = await ready(transports);
      const answer = await ask(socket, 'subscribe_whale_activity', { tokens: ['ACK'], minAmount: 1000 });
      assert.equal(answer.type, 'subscription_confirmed');
      assert.deepEqual(answer.data, { channel: 'whale_activity', tokens: ['ACK'], minAmount: 1000 });
      const refused = await ask(socket, 'subscribe_market_sentiment', { tokens: ['NOPE'] });
      assert.equal(refused.error.code, 'SUBSCRIPTION_FAILED');
      await told(whale('ACK', { amountUSD: 999 }), whale('ACK', { amountUSD: 1000 }));
      await until(() => tokens(socket).length > 0);
      assert.equal((await ask(socket, 'unsubscribe_whale_activity')).type, 'unsubscription_confirmed');
      assert.equal(tokens(socket).length, 1);
      socket.disconnect();
    });

    test('bytes are an error that names them, and nothing closes', async () => {
      const socket = await ready(transports);
      const refused = once(socket, 'error');
      const answer = await ask(socket, 'subscribe_whale_activity', Buffer.from('x'));
      assert.deepEqual([(await refused).code, answer.error.code], ['INVALID_MESSAGE_FORMAT', 'INVALID_MESSAGE_FORMAT']);
      assert.equal((await ask(socket, 'ping')).type, 'pong');
      socket.disconnect();
    });

    test('an operator puts a client out', async () => {
      const sub = `put-out-${transports.join('-')}`;
      const socket = await ready(transports, { sub });
      const reason = once(socket, 'disconnect');
      const { status } = await post(hub, '/api/v1/disconnect', { user: sub }, { scope: 'admin' });
      assert.equal(status, 200);
      assert.equal(await reason, 'io server disconnect');
    });
  });
}

test('work and cases reach whom they are for, and nobody else', async () => {
  const [alice, bob] = await Promise.all([ready(['websocket'], { sub: 'alice', scope: 'moderator' }), ready(['polling'], { sub: 'bob' })]);
  const topics = ['task_updates', 'pipeline_updates', 'budget_alerts', 'moderation_queue'];
  for (const topic of topics) {
    assert.equal((await ask(alice, `subscribe_${topic}`, {})).type, 'subscription_confirmed');
    const answer = await ask(bob, `subscribe_${topic}`, {});
    assert.equal(answer.error?.code, topic === 'moderation_queue' ? 'SUBSCRIPTION_FAILED' : undefined);
  }
  const kinds = ['task_status_update', 'pipeline_progress_update', 'budget_alert', 'moderation_queue_update'];
  const sent = MESSAGES.filter(({ type }) => kinds.includes(type));
  await told(...sent.map(({ channel, data }) => ({ channel, data })));
  const heard = (socket) => socket.heard.filter(([name]) => kinds.includes(name));
  await until(() => heard(alice).length === kinds.length);
  assert.deepEqual(heard(alice), sent.map(({ type, data }) => [type, data]));
  await ask(bob, 'ping');
  assert.deepEqual(heard(bob), []);
  for (const socket of [alice, bob]) socket.disconnect();
});

const PROGRAM = `
import socketio, sys, threading
url, transports, token = sys.argv[1], sys.argv[2].split(','), sys.argv[3]
client, heard, got = socketio.Client(reconnection=False), [], threading.Event()
@client.on('whale_activity_alert')
def on_whale(data):
    heard.append(data)
    got.set()
client.connect(url, transports=transports, socketio_path='/ws', auth={'token': token}, wait_timeout=10)
answer = client.call('subscribe_whale_activity', {'tokens': ['SNAKE']}, timeout=10)
assert answer['type'] == 'subscription_confirmed', answer
print('ready')
assert got.wait(10), 'no whale'
assert heard[0]['token'] == 'SNAKE', heard
client.disconnect()
`;

describe('python-socketio', { skip: withoutPython }, () => {
  for (const [what, transports] of Object.entries(TRANSPORTS)) {
    test(what, { timeout: 60_000 }, async () => {
      const args = [hub.url, transports.join(','), await token({}, hub.secret)];
      await python(PROGRAM, args, (line) => line === 'ready' && told(whale('OTHER'), whale('SNAKE')));
    });
  }
});

test('where reading is public, moods and whales need no token, and work does', async () => {
  const open = await startHub({ vars: { PUBLIC_READ: '1' } });
  const socket = io(open.url, { transports: ['websocket'], forceNew: true });
  try {
    await once(socket, 'connect');
    assert.equal((await ask(socket, 'subscribe_whale_activity', {})).type, 'subscription_confirmed');
    assert.equal((await ask(socket, 'subscribe_task_updates', {})).error.code, 'AUTH_REQUIRED');
  } finally {
    socket.disconnect();
    await open.stop();
  }
});

test('without a token nobody stays: CONNECTION_TIMEOUT', { timeout: 30_000 }, async () => {
  const socket = client(['websocket'], { reconnection: false });
  const [error, reason] = await Promise.all([once(socket, 'error'), once(socket, 'disconnect')]);
  assert.equal(error.code, 'CONNECTION_TIMEOUT');
  assert.equal(reason, 'transport close');
});

test('an unknown namespace is refused, and the main one goes on', async () => {
  const socket = await ready(['websocket']);
  const other = socket.io.socket('/nowhere');
  other.connect();
  const error = await once(other, 'connect_error');
  assert.equal(error.message, 'Invalid namespace');
  assert.equal((await ask(socket, 'ping')).type, 'pong');
  socket.disconnect();
});

test('a session at a socket outlives an eviction with what it holds, and one that polls comes back', { timeout: 60_000 }, async () => {
  const [stays, polls] = [await ready(['websocket']), await ready(['polling'])];
  const ids = [stays.id, polls.id];
  await ask(stays, 'subscribe_whale_activity', { tokens: ['EVICT'] });
  const back = once(polls, 'connect');
  await evictFamily(hub, 'socketio');
  await told(whale('EVICT'), whale('OTHER'));
  await until(() => tokens(stays).length > 0);
  assert.deepEqual(tokens(stays), ['EVICT']);
  assert.equal((await ask(stays, 'ping')).type, 'pong');
  await back;
  assert.equal(stays.id, ids[0]);
  assert.notEqual(polls.id, ids[1]);
  for (const socket of [stays, polls]) socket.disconnect();
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  test(`who asked for it comes back to what it held, and misses nothing: ${transports.join(', ')}`, async () => {
    const sub = `back-${transports.join('-')}`;
    const auth = { token: await token({ sub }, hub.secret), recovery: true };
    const socket = await ready(transports, {}, { auth, reconnectionDelay: 300, reconnectionDelayMax: 300 });
    await ask(socket, 'subscribe_whale_activity', { minAmount: 5 });
    const { id } = socket;
    for (let round = 0; round < 3; round++) {
      await told(whale(`${round}a`), whale('LESS', { amountUSD: 4 }));
      await until(() => tokens(socket).includes(`${round}a`));
      const back = once(socket, 'connect');
      socket.io.engine.close();
      await told(whale(`${round}b`), whale(`${round}c`));
      await back;
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
    }
    await told(whale('end'));
    await until(() => tokens(socket).includes('end'));
    assert.deepEqual(tokens(socket), ['0a', '0b', '0c', '1a', '1b', '1c', '2a', '2b', '2c', 'end']);
    assert.equal(socket.heard.filter(([name]) => name === 'auth_success').length, 1, 'nothing is begun anew');
    socket.disconnect();
    socket.connect();
    await once(socket, 'connect');
    assert.equal(socket.recovered, false, 'who leaves of its own will begins anew');
    socket.disconnect();
  });
}

test('after an eviction nothing can be shown, and a client that wanted it begins anew', async () => {
  const auth = { token: await token({ sub: 'anew' }, hub.secret), recovery: true };
  const socket = await ready(['websocket'], {}, { auth });
  await ask(socket, 'subscribe_whale_activity', {});
  await told(whale('BEFORE'));
  await until(() => tokens(socket).length > 0);
  const back = once(socket, 'connect');
  socket.io.engine.close();
  await evictFamily(hub, 'socketio');
  await back;
  assert.equal(socket.recovered, false);
  socket.disconnect();
});

test('600 messages a minute are read and no more', async () => {
  const socket = await ready(['websocket']);
  const limited = once(socket, 'error');
  for (let n = 0; n <= 600; n++) socket.emit('ping');
  assert.equal((await limited).code, 'RATE_LIMIT_EXCEEDED');
  await until(() => socket.heard.filter(([name]) => name === 'pong').length === 600);
  socket.disconnect();
});

test('the handshake has the rhythm and the limits of the product, and the echo is not there', async () => {
  const { sid, ...rest } = await new Engine(hub, '/ws/').open();
  assert.equal(typeof sid, 'string');
  assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 65_536 });
  assert.equal((await hub.fetch('/engine.io/?EIO=4&transport=polling')).status, 404);
});

test('a name of a session that nobody gave wakes no shard', async () => {
  const own = await startHub({ faulty: true });
  try {
    const { sid } = await new Engine(own, '/ws/').open();
    await own.fail({ shards: { 'socketio-0': 'hangs' } });
    const invented = (sid[0] === '0' ? '1' : '0') + sid.slice(1);
    for (const method of ['GET', 'POST']) {
      const { status } = await own.fetch(`/ws/?EIO=4&transport=polling&sid=${invented}`, { method });
      assert.equal(status, 400);
    }
    const known = own.fetch(`/ws/?EIO=4&transport=polling&sid=${sid}`).then(({ status }) => status);
    assert.equal(await Promise.race([known, new Promise((resolve) => setTimeout(resolve, 500, 'hangs'))]), 'hangs');
  } finally {
    await own.stop();
  }
});

test('connections are counted among the others', async () => {
  const before = (await figures(hub)).connections;
  const sockets = await Promise.all([ready(['polling']), ready(['websocket'])]);
  await until(async () => JSON.stringify((await figures(hub)).connections) !== JSON.stringify(before));
  for (const socket of sockets) socket.disconnect();
});

test('100 clients, half of them polling, get 1,000 events each, in order and without a loss, while others come and go', { timeout: 240_000 }, async () => {
  const COUNT = 1_000;
  const crowd = await Promise.all(Array.from({ length: 100 }, (_, n) => ready([n % 2 ? 'polling' : 'websocket'], { sub: `crowd-${n}` })));
  for (const socket of crowd) {
    const { type } = await ask(socket, 'subscribe_whale_activity', { minAmount: 7 });
    assert.equal(type, 'subscription_confirmed');
  }
  const ids = crowd.map(({ id }) => id);
  let isOver = false;
  const visitors = async (transports) => {
    for (let n = 0; !isOver; n++) {
      const visitor = await ready(transports, { sub: `visitor-${n}` });
      await ask(visitor, 'subscribe_whale_activity', {});
      if (n % 2) visitor.disconnect();
      else visitor.io.engine.close();
      visitor.io.reconnection(false);
      visitor.disconnect();
    }
  };
  const coming = Object.values(TRANSPORTS).map(visitors);
  for (let n = 0; n < COUNT; n += 20) {
    const some = Array.from({ length: 20 }, (_, more) => whale(`N${n + more}`, { amountUSD: 7 }));
    await told(...some, whale('LESS', { amountUSD: 6 }));
  }
  const expected = Array.from({ length: COUNT }, (_, n) => `N${n}`);
  await until(() => crowd.every((socket) => tokens(socket).length >= COUNT), { timeout: 120_000 });
  isOver = true;
  await Promise.all(coming);
  for (const socket of crowd) assert.deepEqual(tokens(socket), expected);
  assert.deepEqual(crowd.map(({ id }) => id), ids, 'nobody had to come back');
});
