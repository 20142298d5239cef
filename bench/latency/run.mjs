// node run.mjs [SECONDS]: how long it takes from an exchange's tick to a client's frame, with 100 clients. The exchange,
// a stand-in, and the clients are this process, so one monotonic clock times both ends.
// Figures only: how fast a machine is, is nothing that a test may assert.
import { availableParallelism, cpus, loadavg } from 'node:os';
import WebSocket from 'ws';
import { startHub, startUpstreams } from '../../tests/support/index.js';
import { until } from '../../tests/support/session.js';

const CLIENTS = 100;
const COINS = 100;
const CHANNELS = 20; // of each client, another twenty of the hundred
const EVERY_MS = 1000;
const WARM_UP_S = 5;
const SECONDS = Number(process.argv[2] ?? 60);
const AIM_MS = 100;

const STABLE = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'USDE', 'DAI', 'USD1', 'PYUSD', 'USDS']; // the hub takes no price of theirs in another

const up = await startUpstreams({ coins: COINS + STABLE.length });
up.price('tether', '1');
const moving = [...up.world.coins.values()].filter(({ symbol }) => !STABLE.includes(symbol));
const coins = moving.map(({ id }) => id).slice(0, COINS);
const start = new Map(coins.map((id) => [id, Number(up.world.coins.get(id).price)]));
// As it is by default: one aggregator, without a key, and both exchanges.
const vars = { ...up.vars, COINMARKETCAP_API_KEY: undefined, PUBLIC_READ: '1', TRACKED_COINS: String(COINS + STABLE.length) };
const hub = await startHub({ vars, direct: true });
try {
  const one = await measure('one coin ticks', ['bitcoin'], () => ['price:bitcoin']);
  const all = await measure(`${COINS} coins tick, candles run`, coins, (n) => [
    'candles:BTC/USDT:1m',
    ...Array.from({ length: CHANNELS - 1 }, (_, k) => `price:${coins[(n * 7 + k) % COINS]}`),
  ]);
  print([one, all]);
} finally {
  await hub.stop();
  await up.stop();
}

/** Moves these coins every second and times each new price until each client that holds its channel has it. */
async function measure(name, ids, channelsOf) {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => connect(channelsOf(n))));
  const sent = new Map(); // coin and price, when
  const took = [];
  const receive = (client, message, now) => {
    if (!message.channel) return;
    client.heard.add(message.channel);
    const key = `${message.channel} ${message.data.price}`;
    const since = sent.get(key);
    if (since === undefined || client.had.has(key)) return;
    client.had.add(key); // two exchanges may say it
    took.push(now - since);
  };
  for (const client of clients) client.receive = (message, now) => receive(client, message, now);

  let n = 0;
  const tick = (timed) => {
    n += 1;
    const prices = ids.map((id) => [id, (start.get(id) * (1 + n / 10_000)).toPrecision(8)]);
    for (const [id, price] of prices) up.price(id, price);
    const now = performance.now();
    if (timed) for (const [id, price] of prices) sent.set(`price:${id} ${Number(price)}`, now);
    up.tick();
  };
  await until(() => (tick(false), clients.every(({ channels, heard }) => channels.every((it) => heard.has(it)))), { timeout: 60_000, pause: EVERY_MS });
  await every(EVERY_MS, WARM_UP_S, () => tick(false));
  await every(EVERY_MS, SECONDS, () => tick(true));
  await until(() => took.length, { timeout: 10_000, pause: EVERY_MS });

  const holders = (id) => clients.filter(({ channels }) => channels.includes(`price:${id}`)).length;
  const expected = SECONDS * ids.reduce((sum, id) => sum + holders(id), 0);
  for (const { socket } of clients) socket.terminate();
  return { name, took, missed: expected - took.length };
}

async function connect(channels) {
  const socket = new WebSocket(`${hub.wsUrl}/ws`, { perMessageDeflate: false });
  const client = { socket, channels, heard: new Set(), had: new Set(), receive: () => {} };
  socket.on('message', (data) => {
    const now = performance.now();
    client.receive(JSON.parse(data), now);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'subscribe', channels }));
  return client;
}

/** Calls `step` so many times, at an even pace, and returns when the last one's second is over. */
function every(pause_ms, times, step) {
  return new Promise((resolve) => {
    let left = times;
    const beat = setInterval(() => {
      if (left-- > 0) return step();
      clearInterval(beat);
      resolve();
    }, pause_ms);
  });
}

function print(rounds) {
  console.log(`\nfrom a tick to a frame, ${CLIENTS} clients, ${SECONDS} s`);
  console.log(`${'ms'.padEnd(34)}${['frames', 'p50', 'p95', 'p99', 'max', 'missed'].map((it) => it.padStart(9)).join('')}`);
  for (const { name, took, missed } of rounds) {
    const figures = [0.5, 0.95, 0.99, 1].map((q) => quantile(took, q).toFixed(1));
    console.log(name.padEnd(34) + [took.length, ...figures, missed].map((it) => String(it).padStart(9)).join(''));
  }
  const worst = Math.max(...rounds.map(({ took }) => quantile(took, 0.99)));
  console.log(`\n${worst < AIM_MS ? 'within' : 'BEYOND'} the ${AIM_MS} ms of the aim: p99 ${worst.toFixed(1)} ms`);
  console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`);
}

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
