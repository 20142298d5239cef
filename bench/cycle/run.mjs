// node run.mjs FOLDER: measures one feed cycle of 250 coins in the Wasm build that lies in FOLDER.
// Figures only: how fast a machine is, is nothing that a test may assert.
import { availableParallelism, cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { startUpstreams } from '../../tests/support/upstream/index.js';

const COINS = 250;
const WARM_UP = 60;
const CYCLES = 300;
const BUDGET_MS = 10;
const POLL_MS = 60_000;

const { Cycle } = await import(pathToFileURL(`${process.argv[2]}/cryptointel_bench_cycle.js`));
const up = await startUpstreams({ coins: COINS + 1 }); // one of them is what the others are paid with
try {
  const random = seeded(7);
  const polled = await measure(WARM_UP + CYCLES, poll(random));
  const streamed = await measure(WARM_UP + CYCLES, burst(random));
  print(`a poll: ${COINS} coins`, polled);
  print(`a burst: ${COINS} tickers`, streamed);
  verdict(polled.times.get('total'));
} finally {
  await up.stop();
}

/** A cycle on what CoinGecko answers: all prices and volumes have moved since the last one. */
function poll(random) {
  const cycle = new Cycle(COINS);
  let now = Date.now();
  return async (step) => {
    now += POLL_MS;
    move(random, now);
    const bodies = await answers(cycle);
    step('parse', () => bodies.forEach((body, n) => cycle.parse(n, body, now)));
    return finish(step, cycle, now, { 'KB read': bodies.reduce((sum, { length }) => sum + length, 0) / 1000 });
  };
}

/** What CoinGecko says now to all that a cycle asks it. */
function answers(cycle) {
  const ask = async (path) => new Uint8Array(await (await fetch(up.coingecko.url + path)).arrayBuffer());
  return Promise.all(cycle.questions().map(ask));
}

/** A cycle on a second of an exchange's stream in which every pair has moved; a poll, now and then, names the coins. */
function burst(random) {
  const cycle = new Cycle(COINS);
  let now = Date.now();
  let seconds = 0;
  return async (step) => {
    now += 1000;
    move(random, now);
    if (seconds++ % (POLL_MS / 1000) === 0) {
      (await answers(cycle)).forEach((body, n) => cycle.parse(n, body, now));
      cycle.apply(now);
    }
    const traded = [...up.world.coins.values()].filter(({ symbol }) => symbol !== 'USDT');
    const frames = traded.map((coin) => frame(coin, now));
    step('parse', () => frames.forEach((text) => cycle.read_frame(text, now)));
    return finish(step, cycle, now, { 'KB read': frames.join('').length / 1000 });
  };
}

function finish(step, cycle, now, sizes) {
  const events = step('apply', () => cycle.apply(now));
  const batch = step('order and encode', () => cycle.publish(now));
  step('decode it in a shard', () => cycle.receive());
  const frames = step('encode the frames', () => cycle.frames());
  step('(snapshot, once a cycle)', () => cycle.snapshot(), { besides: true });
  const kilobytes = frames.reduce((sum, { length }) => sum + length, 0) / 1000;
  return { ...sizes, events, 'KB batch': batch / 1000, frames: frames.length, 'KB frames': kilobytes };
}

/** Every price makes a small step of a walk, a few a large one. */
function move(random, at) {
  for (const { id, symbol, price, volume } of up.world.coins.values()) {
    if (symbol === 'USDT') continue; // what the others are paid with stays a dollar
    const step = (random() - 0.5) * (random() < 0.02 ? 0.04 : 0.003);
    const changes = { price: (Number(price) * (1 + step)).toPrecision(9), volume: (Number(volume) * (1 + step / 2)).toFixed(2), at };
    up.set(id, changes);
  }
}

function frame({ symbol, price, open, volume }, now) {
  const pair = `${symbol}USDT`;
  const base = (Number(volume) / Number(price)).toFixed(8);
  const data = { e: '24hrMiniTicker', E: now, s: pair, c: price, o: open, h: price, l: open, v: base, q: volume };
  return JSON.stringify({ stream: `${pair.toLowerCase()}@miniTicker`, data });
}

/** Runs so many rounds and keeps the times of those after the warm-up, by step, and the sizes of the last one. */
async function measure(rounds, round) {
  const times = new Map();
  const keep = (name, ms) => times.set(name, [...(times.get(name) ?? []), ms]);
  let sizes;
  for (let n = 0; n < rounds; n++) {
    let total = 0;
    const step = (name, run, { besides = false } = {}) => {
      const began = performance.now();
      const value = run();
      const took = performance.now() - began;
      if (!besides) total += took;
      if (n >= WARM_UP) keep(name, took);
      return value;
    };
    sizes = await round(step);
    if (n >= WARM_UP) keep('total', total);
  }
  return { times, sizes };
}

function print(title, { times, sizes }) {
  const shown = Object.entries(sizes).map(([name, value]) => `${Number.isInteger(value) ? value : value.toFixed(0)} ${name}`);
  console.log(`\n${title}; ${CYCLES} cycles after ${WARM_UP}; the last one: ${shown.join(', ')}`);
  console.log(`${'ms'.padEnd(26)}${['p50', 'p99', 'mean'].map((name) => name.padStart(9)).join('')}`);
  const last = ['total', '(snapshot, once a cycle)'];
  const names = [...[...times.keys()].filter((name) => !last.includes(name)), ...last];
  for (const name of names) {
    const figures = [quantile(times.get(name), 0.5), quantile(times.get(name), 0.99), mean(times.get(name))];
    console.log(name.padEnd(26) + figures.map((figure) => figure.toFixed(3).padStart(9)).join(''));
  }
}

function verdict(totals) {
  const typical = quantile(totals, 0.5);
  const met = typical < BUDGET_MS;
  console.log(`\n${met ? 'within' : 'BEYOND'} the ${BUDGET_MS} ms of a cycle: p50 ${typical.toFixed(2)} ms`);
  console.log(`Node ${process.version}, V8 ${process.versions.v8}, ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`);
}

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The same numbers from 0 to 1 on every run (mulberry32). */
function seeded(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
