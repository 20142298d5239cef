// Hostile Engine.IO and Socket.IO: it ends the session that sends it, at most, and never another.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startHub } from '../support/index.js';
import { Engine, connected } from '../support/engine.js';
import { until } from '../support/session.js';

const SEED = Number(process.env.HOSTILE_SEED ?? 20251202);
const ROUNDS = 300;

let hub;
let engine;
let witness;
let poller;
before(async () => {
  hub = await startHub({ build: 'build-echo', vars: { ECHO_PING_INTERVAL: '25000', ECHO_PING_TIMEOUT: '20000', MAX_SHARDS: '1' } });
  engine = new Engine(hub, '/socket.io/');
  witness = await connected(engine);
  poller = (await engine.open()).sid;
  await engine.post(poller, '40');
  await engine.get(poller);
});
after(() => hub.stop());

/** mulberry32: small, and the same everywhere. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (list) => list[below(list.length)] };
}

/** The bystanders are served as before, and nothing has panicked. */
async function unharmed() {
  witness.send('42["message","still"]');
  assert.equal(await witness.next(), '42["message-back","still"]');
  assert.equal((await engine.post(poller, '42["message","here"]')).text, 'ok');
  assert.equal((await engine.get(poller)).text, '42["message-back","here"]');
  const panics = hub.logs.filter(({ message }) => /panicked|unreachable|RuntimeError|already borrowed|BorrowMut/i.test(message));
  assert.deepEqual(panics, []);
}

const PACKETS = [
  '', '0', '0{}', '1', '2', '2probe', '3', '3probe', '4', '5', '6', '7', '9', 'b', 'bAQ==', 'b====', 'b%%%', '\x1e', '\x1e\x1e', '4\x1e4',
  '40', '40/', '40/,', '40null', '40[', '41', '42', '42[', '42[]', '42[null]', '42["connect"]', '42["x"', '42["x"]]', '43', '43[]', '431[]', '44', '44{}',
  '45', '45-', '45-1-[]', '450-["x"]', '451-', '451-["x",{"_placeholder":true,"num":9}]', '459-["x"]', '4599999999999999999999-["x"]', '45NaN-["x"]', '461-1[]', '47', '4é',
  '42999999999999999999999999["x"]', '42-1["x"]', '42/custom,["x"]', `40/${'x'.repeat(5_000)}`, `42["x",${'['.repeat(5_000)}${']'.repeat(5_000)}]`, `42["x",${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}]`,
  `451-["x",${'['.repeat(5_000)}${']'.repeat(5_000)}]`, `42["${'x'.repeat(100_000)}"]`, '4\u0000', '42["\\ud800"]',
];

test(`any packets, by any transport (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const r = random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const packets = Array.from({ length: 1 + r.below(4) }, () => r.pick(PACKETS));
    if (r.below(2)) {
      const socket = r.below(2) ? await connected(engine) : engine.socket();
      await socket.opened;
      for (const packet of packets) {
        if (socket.socket.readyState !== 1) break;
        socket.send(r.below(5) ? packet : [1, 2, 3]);
      }
      socket.terminate();
    } else {
      const { sid } = await engine.open();
      const { status } = await engine.post(sid, packets.join('\x1e'));
      assert.ok([200, 400].includes(status), `${status} for ${JSON.stringify(packets)}`);
      await engine.post(sid, '1');
    }
    if (round % 50 === 0) await unharmed();
  }
  await unharmed();
});

test('what breaks the rules closes the socket that did it', { timeout: 60_000 }, async () => {
  for (const packet of ['4abc', '2', '42{}', '45-["x"]', '4599999999999-["x"]', 'b%%%', '42999999999999999999999999["x"]']) {
    const socket = await connected(engine);
    socket.send(packet);
    await socket.end();
  }
  await unharmed();
});

test('bytes that nobody waits for, and text where bytes were to come', async () => {
  for (const frames of [[[1]], ['451-["x",{"_placeholder":true,"num":0}]', '42["x"]'], ['451-["x",{"_placeholder":true,"num":0}]', [1], [2]]]) {
    const socket = await connected(engine);
    for (const frame of frames) socket.send(frame);
    await socket.end();
  }
  await unharmed();
});

test('many sockets for one sid', async () => {
  const { sid } = await engine.open();
  const sockets = Array.from({ length: 20 }, () => engine.socket({ sid }));
  await Promise.all(sockets.map(({ opened }) => opened));
  for (const socket of sockets) if (socket.socket.readyState === 1) socket.send('2probe');
  await until(() => sockets.filter(({ socket }) => socket.readyState === 1).length === 1);
  const [first] = sockets.filter(({ socket }) => socket.readyState === 1);
  assert.equal(await first.next(), '3probe');
  first.send('5');
  first.send('40');
  assert.match(await first.next(), /^40\{/);
  for (const socket of sockets) socket.terminate();
  await unharmed();
});

test('a flood of POSTs ends its session', { timeout: 60_000 }, async () => {
  const { sid } = await engine.open();
  await engine.post(sid, '40');
  const statuses = await Promise.all(Array.from({ length: 80 }, async () => (await engine.post(sid, Array(50).fill('6').join('\x1e'))).status));
  assert.ok(statuses.includes(400), `${statuses}`);
  assert.equal((await engine.get(sid)).status, 400);
  await unharmed();
});

test('GETs without end: each costs its session', async () => {
  const { sid } = await engine.open();
  const answers = await Promise.all(Array.from({ length: 30 }, () => engine.get(sid)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  await unharmed();
});

test('a client that never fetches is closed before it costs much', { timeout: 60_000 }, async () => {
  const { sid } = await engine.open();
  await engine.post(sid, '40');
  const large = `42["message","${'x'.repeat(300_000)}"]`;
  await until(async () => (await engine.post(sid, large)).status === 400);
  await unharmed();
});

test('bodies and frames above the limit', { timeout: 60_000 }, async () => {
  const { sid } = await engine.open();
  // Little enough above it to be written in whole: who is answered before may not hear the answer.
  assert.equal((await engine.post(sid, `4${'x'.repeat(1_000_001)}`)).status, 413);
  const response = await engine.request({ EIO: 4, transport: 'polling', sid }, { method: 'POST', body: Buffer.from([0x34, 0xff, 0xfe]) });
  assert.ok([200, 400].includes(response.status));
  const socket = await connected(engine);
  socket.send(`42["x","${'x'.repeat(1_000_001)}"]`);
  await socket.end();
  await unharmed();
});

test('internal paths are not reachable from outside', async () => {
  for (const path of ['/sessions/open', '/sessions/socket', `/sessions/poll/${poller}`]) {
    assert.equal((await hub.fetch(path, { method: 'POST' })).status, 404, path);
  }
});
