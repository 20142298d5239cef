// Stock clients against the echo: what their programs see, over each transport.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { startHub } from '../support/index.js';
import { Engine } from '../support/engine.js';
import { python, withoutPython } from '../support/python.js';
import { evictFamily, until } from '../support/session.js';

const TRANSPORTS = {
  'polling only': ['polling'],
  'websocket only': ['websocket'],
  'polling, then the upgrade': ['polling', 'websocket'],
};

// The rhythm of the product's clients, so that no machine is too slow; its runtime answers pongs by itself.
const VARS = { ECHO_PING_INTERVAL: '25000', ECHO_PING_TIMEOUT: '20000', ECHO_AUTO_RESPONSE: '1' };

const once = (emitter, name) => new Promise((resolve) => emitter.once(name, (...values) => resolve(values)));
const evict = (hub) => evictFamily(hub, 'socketio');

let hub;
const clients = new Set();
before(async () => {
  hub = await startHub({ build: 'build-echo', vars: VARS });
});
after(() => {
  for (const client of clients) client.disconnect();
  return hub.stop();
});

function client(transports, options = {}, namespace = '') {
  const socket = io(`${hub.url}${namespace}`, { path: '/ws', transports, forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...options });
  clients.add(socket);
  return socket;
}

async function ready(transports, options, namespace) {
  const socket = client(transports, options, namespace);
  const auth = once(socket, 'auth');
  await Promise.race([once(socket, 'connect'), once(socket, 'connect_error').then(([error]) => Promise.reject(error))]);
  socket.said = (await auth)[0];
  if (transports.length > 1) await until(() => socket.io.engine.transport.name === 'websocket');
  return socket;
}

for (const [what, transports] of Object.entries(TRANSPORTS)) {
  describe(`socket.io-client, ${what}`, () => {
    test('connects with its token and is at the transport', async () => {
      const socket = await ready(transports, { auth: { token: 'abc' } });
      assert.deepEqual(socket.said, { token: 'abc' });
      assert.equal(socket.io.engine.transport.name, transports.at(-1));
      assert.notEqual(socket.id, socket.io.engine.id, 'what others may see does not name the session');
      socket.disconnect();
    });

    test('events, acknowledgements, bytes', async () => {
      const socket = await ready(transports);
      const back = once(socket, 'message-back');
      socket.emit('message', 1, '2', { 3: [true], é: '💥' });
      assert.deepEqual(await back, [1, '2', { 3: [true], é: '💥' }]);
      assert.equal(await socket.emitWithAck('message-with-ack', 'x'), 'x');
      const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 256));
      const binary = once(socket, 'message-back');
      socket.emit('message', { a: bytes, b: [Buffer.from([1])] });
      const [got] = await binary;
      assert.deepEqual([Buffer.from(got.a), Buffer.from(got.b[0])], [bytes, Buffer.from([1])]);
      assert.deepEqual(Buffer.from(await socket.emitWithAck('message-with-ack', bytes)), bytes);
      socket.disconnect();
    });

    test('acknowledges what the server asks', async () => {
      const socket = await ready(transports);
      socket.once('question', (answer) => answer('yes', 5));
      const acknowledged = once(socket, 'acknowledged');
      socket.emit('ask');
      assert.deepEqual((await acknowledged).slice(-1), [5]);
      socket.disconnect();
    });

    test('two namespaces over one connection', async () => {
      const manager = await ready(transports);
      const custom = manager.io.socket('/custom', {});
      const auth = once(custom, 'auth');
      await auth;
      assert.equal(await custom.emitWithAck('message-with-ack', 'c'), 'c');
      custom.disconnect();
      assert.equal(await manager.emitWithAck('message-with-ack', 'm'), 'm');
      manager.disconnect();
    });

    test('is told why it is not let in', async () => {
      const refused = client(transports, { auth: { token: 'refuse' } });
      const [error] = await once(refused, 'connect_error');
      assert.deepEqual([error.message, error.data], ['Authentication failed', { code: 'INVALID_TOKEN' }]);
      refused.disconnect();
      const unknown = client(transports, {}, '/unknown');
      assert.equal((await once(unknown, 'connect_error'))[0].message, 'Invalid namespace');
      unknown.disconnect();
    });

    test('a disconnect of the server is final, the end of a transport is not', async () => {
      const socket = await ready(transports);
      const first = socket.id;
      const dropped = once(socket, 'disconnect');
      const again = once(socket, 'connect');
      socket.emit('close-me');
      assert.equal((await dropped)[0], 'transport close');
      await again;
      assert.notEqual(socket.id, first);
      const ended = once(socket, 'disconnect');
      socket.emit('disconnect-me');
      assert.equal((await ended)[0], 'io server disconnect');
      assert.equal(socket.active, false);
    });

    test('100 messages in order, whatever the transport does meanwhile', async () => {
      const socket = client(transports);
      const got = [];
      socket.on('message-back', (n) => got.push(n));
      for (let n = 0; n < 100; n++) {
        socket.emit('message', n);
        if (n % 10 === 0) await until(() => socket.connected);
      }
      await until(() => got.length === 100);
      assert.deepEqual(got, Array.from({ length: 100 }, (_, n) => n));
      socket.disconnect();
    });
  });
}

for (const transports of [['websocket'], ['polling', 'websocket']]) {
  test(`a session outlives an eviction between two events: ${transports.join(', then ')}`, async () => {
    const socket = await ready(transports);
    const { id } = socket;
    for (let n = 0; n < 5; n++) {
      await evict(hub);
      assert.equal(await socket.emitWithAck('message-with-ack', n), n);
    }
    assert.equal(socket.id, id);
    socket.disconnect();
  });
}

test('a polling session dies with its object, and the client begins another', async () => {
  const socket = await ready(['polling']);
  const dropped = once(socket, 'disconnect');
  const again = once(socket, 'connect');
  await evict(hub);
  await dropped;
  await again;
  assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
  socket.disconnect();
});

test('who answers pings lives through evictions, and who does not is closed all the same', async () => {
  const own = await startHub({ build: 'build-echo', vars: { ...VARS, ECHO_PING_INTERVAL: '500', ECHO_PING_TIMEOUT: '400' } });
  try {
    const socket = io(own.url, { path: '/ws', transports: ['websocket'], reconnection: false });
    clients.add(socket);
    await once(socket, 'auth');
    let pings = 0;
    socket.io.on('ping', () => pings++);
    const silent = new Engine(own, '/ws/').socket({}, { silent: true });
    await silent.opened;
    silent.send('40');
    const closed = silent.end();
    await until(async () => {
      await evict(own);
      return pings >= 5;
    });
    assert.ok(socket.connected);
    await closed;
    assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
    socket.disconnect();
  } finally {
    await own.stop();
  }
});

describe('pages of other origins', () => {
  const origin = 'https://app.example';
  const ask = (own, init) => own.fetch('/ws/?EIO=4&transport=polling', { ...init, headers: { origin, ...init?.headers } });

  test('may read what is answered, if they are allowed to', async () => {
    const own = await startHub({ build: 'build-echo', vars: { ...VARS, ALLOWED_ORIGINS: origin } });
    try {
      for (const response of [await ask(own), await ask(own, { method: 'POST' }), await ask(own, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })]) {
        assert.equal(response.headers.get('access-control-allow-origin'), origin);
        assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
        assert.match(response.headers.get('vary'), /Origin/);
      }
      const preflight = await ask(own, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
      assert.equal(preflight.status, 204);
      assert.match(preflight.headers.get('access-control-allow-methods'), /POST/);
      assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type');
      const stranger = await ask(own, { headers: { origin: 'https://evil.example' } });
      assert.equal(stranger.status, 403);
      assert.equal(stranger.headers.get('access-control-allow-origin'), null);
      assert.deepEqual(await stranger.json(), { code: 4, message: 'Forbidden' });
    } finally {
      await own.stop();
    }
  });
});

test('new sessions count for the limit of their address, requests of a session do not', async () => {
  const own = await startHub({ build: 'build-echo', vars: { ...VARS, CONNECTIONS_PER_MINUTE: '10' } });
  try {
    const engine = new Engine(own, '/ws/');
    const { sid } = await engine.open();
    for (let n = 0; n < 15; n++) assert.equal((await engine.post(sid, '6')).status, 200);
    let refused;
    await until(async () => (refused = await engine.request({ EIO: 4, transport: 'polling' })).status === 429, { pause: 0 });
    assert.deepEqual(JSON.parse(refused.text), { code: 7, message: 'Too many connections' });
  } finally {
    await own.stop();
  }
});

test('a full shard is passed over, and all full are a clear answer', async () => {
  const own = await startHub({ build: 'build-echo', vars: { ...VARS, MAX_CONNECTIONS: '4', SHARDS: '1', MAX_SHARDS: '2' } });
  try {
    const engine = new Engine(own, '/ws/');
    const sids = await Promise.all(Array.from({ length: 4 }, async () => (await engine.open()).sid));
    assert.deepEqual(sids.map((sid) => sid.slice(32)).sort(), ['000', '000', '001', '001']);
    for (const sid of sids) assert.equal((await engine.post(sid, '40')).text, 'ok');
    const { status, text } = await engine.request({ EIO: 4, transport: 'polling' });
    assert.deepEqual([status, JSON.parse(text)], [503, { code: 8, message: 'Connection limit reached' }]);
    assert.equal((await engine.socket().refused).status, 503);
  } finally {
    await own.stop();
  }
});

const PROGRAM = `
import socketio, sys, threading
url, transports = sys.argv[1], sys.argv[2].split(',')
client = socketio.Client(reconnection=False)
got, back = threading.Event(), []
@client.on('message-back')
def on_back(*values):
    back.append(values)
    got.set()
client.connect(url, transports=transports, socketio_path='/ws', auth={'token': 'abc'}, wait_timeout=10)
client.emit('message', (1, {'a': b'\\x01\\x02'}))
assert got.wait(10), 'no answer'
assert back == [(1, {'a': b'\\x01\\x02'})], back
assert client.call('message-with-ack', 'x', timeout=10) == 'x'
assert client.transport() == transports[-1], client.transport()
client.disconnect()
refused, why = socketio.Client(reconnection=False), []
refused.on('connect_error', why.append)
try:
    refused.connect(url, transports=transports, socketio_path='/ws', auth={'token': 'refuse'}, wait_timeout=10)
    sys.exit('it was let in')
except socketio.exceptions.ConnectionError:
    assert why == [{'message': 'Authentication failed', 'data': {'code': 'INVALID_TOKEN'}}], why
`;

describe('python-socketio', { skip: withoutPython }, () => {
  for (const [what, transports] of Object.entries(TRANSPORTS)) {
    test(what, { timeout: 60_000 }, async () => {
      await python(PROGRAM, [hub.url, transports.join(',')]);
    });
  }
});
