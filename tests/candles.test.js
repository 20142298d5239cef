// Charts: docs/candles-api.md under workerd, and the client code of the candles document as printed.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createContext, runInContext } from 'node:vm';
import { after, before, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { connect, startHub } from './support/index.js';
import { load, moduleOf, printed, redirected } from './support/printed.js';
import { mention, publish } from './support/publish.js';
import { evictBroker, evictFamily, until } from './support/session.js';

const MINUTE = 60_000;

let hub;
before(async () => {
  hub = await startHub({ vars: { CANDLE_PAIRS: 'BTC/USDT,ETH/USDT', SHARDS: '2', ALLOWED_ORIGINS: '*' } });
});
after(() => hub.stop());

const chart = (at = hub) => connect(at, { path: '/' });

const look = (client, symbol, interval, initialBars) => client.send({ type: 'subscribe', symbol, interval, initialBars });

/** A chart as the document's hook draws it: replaces its last bar, or appends one. */
function draw(client) {
  const bars = [];
  client.socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'initial') bars.splice(0, bars.length, ...message.bars);
    if (message.type !== 'update') return;
    if (bars.at(-1)?.time === message.bar.time) bars.pop();
    bars.push(message.bar);
  });
  return bars;
}

const candle = (minute, close, closed, interval = '1m', pair = 'ETH/USDT') => ({
  channel: `candles:${pair}:${interval}`,
  type: 'candle_update',
  data: {
    pair,
    interval,
    time: new Date(minute * MINUTE).toISOString(),
    open: 1,
    high: 1_000_000,
    low: 1,
    close,
    volume: 1,
    quote_volume: null,
    closed,
    source: 'published',
  },
});

describe('a room', () => {
  test('begins with the past and goes on with what is new', async () => {
    const client = await chart();
    look(client, 'BTC/USDT', '1m', 5);
    const first = await client.next();
    assert.deepEqual(Object.keys(first), ['type', 'symbol', 'interval', 'bars']);
    assert.deepEqual([first.type, first.symbol, first.interval], ['initial', 'BTC/USDT', '1m']);
    const { type, bar, ...room } = await client.next();
    assert.deepEqual([type, room], ['update', { symbol: 'BTC/USDT', interval: '1m' }]);
    assert.match(bar.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/);
    for (const figure of ['open', 'high', 'low', 'close', 'volume']) assert.equal(typeof bar[figure], 'number');
    assert.ok(first.bars.every((it) => it.time <= bar.time));
  });

  test('is left again, and several are held at once', async () => {
    const client = await chart();
    for (const interval of ['1m', '1h']) look(client, 'BTC/USDT', interval);
    for (let n = 0; n < 2; n++) await client.next('initial');
    const update = (interval) => client.next((it) => it.type === 'update' && it.interval === interval);
    await Promise.all([update('1m'), update('1h')]);
    client.send({ type: 'unsubscribe', symbol: 'BTC/USDT', interval: '1m' });
    client.send({ type: 'ping', barrier: 1 });
    await client.next('pong');
    client.skip();
    await update('1h');
    await update('1h');
    assert.ok(!client.messages.slice(-2).some((it) => it.interval === '1m'));
  });

  /** A hub whose feed says nothing: what is published here is all there is. */
  async function quiet(t, vars = {}) {
    const own = await startHub({ vars: { FEED_SOURCE: 'live', CANDLE_PAIRS: 'ETH/USDT', FEED_INTERVAL_MS: '3600000', ...vars } });
    t.after(() => own.stop());
    return own;
  }

  async function say(at, messages) {
    const { status, body } = await publish(at, messages);
    assert.equal(status, 200, JSON.stringify(body));
  }

  const time = (minute) => new Date(minute * MINUTE).toISOString();

  test('tells a running bar once a second at most, the newest state, and every last state', async (t) => {
    const own = await quiet(t);
    const client = await chart(own);
    const bars = draw(client);
    look(client, 'ETH/USDT', '1m', 0);
    await client.next('initial');
    const first = Math.floor(Date.now() / MINUTE) - 100;
    const told = [];
    client.socket.on('message', (data) => told.push([Date.now(), JSON.parse(String(data)).bar]));
    for (let n = 1; n <= 30; n++) await say(own, candle(first, n, false));
    await say(own, [candle(first, 31, true), candle(first + 1, 40, false)]);
    await until(async () => {
      await say(own, mention('pace', 'something comes'));
      return bars.at(-1)?.time === time(first + 1);
    });
    assert.deepEqual(bars.map((bar) => [bar.time, bar.close]), [[time(first), 31], [time(first + 1), 40]]);
    const running = told.filter(([, bar]) => bar.close !== 31);
    const gaps = running.slice(1).map(([when], n) => when - running[n][0]);
    assert.ok(gaps.every((gap) => gap > 800), `${gaps}`); // as this machine sees it
  });

  test('joins what is live without a gap or a repetition, whoever comes when, over evictions', { timeout: 120_000 }, async (t) => {
    const own = await quiet(t, { SHARDS: '2' });
    const first = Math.floor(Date.now() / MINUTE) - 100;
    const newest = first + 60;
    const truth = new Map();
    const charts = [];
    for (let minute = first; minute <= newest; minute++) {
      await say(own, candle(minute, (minute - first) * 10 + 1, false));
      if (minute % 3 === 0) {
        const client = await chart(own);
        charts.push(draw(client));
        look(client, 'ETH/USDT', '1m', 1);
        await client.next('initial');
      }
      if (minute % 17 === 0) await evictFamily(own, 'candles', 2);
      if (minute % 23 === 0) await evictBroker(own);
      const final = (minute - first) * 10 + 9;
      truth.set(time(minute), final);
      await say(own, candle(minute, final, true));
    }
    for (const bars of charts) {
      await until(() => bars.at(-1)?.time === time(newest) && bars.at(-1).close === truth.get(time(newest)));
      const drawn = bars.map((bar) => [bar.time, bar.close]);
      assert.deepEqual(drawn, [...truth].slice(-drawn.length));
    }
  });
});

describe('errors', () => {
  const texts = [
    [{ type: 'subscribe', symbol: 'BTC/USDT', interval: '10m' }, 'Invalid interval: 10m. Valid: 1m, 5m, 15m, 1h, 4h, 1D, 1W'],
    [{ type: 'subscribe', symbol: 'XMR/USDT', interval: '1m' }, 'Invalid symbol: XMR/USDT. Only BTC/USDT, ETH/USDT are supported.'],
    [{ type: 'subscribe', symbol: 'BTC/USDT', interval: '1m', initialBars: 1001 }, 'Invalid initialBars: 1001. Valid: 0 to 1000'],
    [{ type: 'dance' }, 'Invalid message format'],
    ['{', 'Invalid message format'],
    [Buffer.from([1, 2]), 'Invalid message format'],
  ];
  for (const [message, text] of texts) {
    test(text, async () => {
      const client = await chart();
      client.send(message);
      const error = await client.next();
      assert.deepEqual([error.type, error.message], ['error', text]);
      client.send({ type: 'ping' });
      await client.next('pong');
    });
  }

  test('with one pair, the sentence is the document\'s own', async (t) => {
    const one = await startHub({ vars: { CANDLE_PAIRS: 'BTC/USDT' } });
    t.after(() => one.stop());
    const client = await chart(one);
    look(client, 'ETH/USDT', '1m');
    assert.equal((await client.next('error')).message, 'Invalid symbol: ETH/USDT. Only BTC/USDT is supported.');
  });
});

test('connections are not limited by rate, though those of others are', async (t) => {
  const limited = await startHub({ vars: { CONNECTIONS_PER_MINUTE: '10' } });
  t.after(() => limited.stop());
  const headers = { 'cf-connecting-ip': '192.0.2.7' };
  for (let n = 0; n < 30; n++) await connect(limited, { path: '/', headers });
  for (let n = 0; n < 10; n++) await connect(limited, { headers });
  await assert.rejects(connect(limited, { headers }), { status: 429 });
});

test('statistics are true, room by room', async (t) => {
  const counted = await startHub({ vars: { CANDLE_PAIRS: 'BTC/USDT', SHARDS: '2' } });
  t.after(() => counted.stop());
  const clients = await Promise.all(Array.from({ length: 5 }, () => chart(counted)));
  const rooms = [['1m'], ['1m', '5m'], ['5m'], ['1h'], []];
  for (const [n, intervals] of rooms.entries()) {
    for (const interval of intervals) look(clients[n], 'BTC/USDT', interval);
    for (const interval of intervals) await clients[n].next((it) => it.type === 'update' && it.interval === interval);
  }
  await connect(counted); // of another dialect
  const stats = async () => (await counted.fetch('/health/ws-stats')).json();
  const report = await until(async () => {
    const it = await stats();
    return it.connections === 5 && it.broadcaster.totalClients === 4 && it;
  });
  assert.deepEqual(
    report.broadcaster.rooms.map(({ key, clientCount, hasCandle }) => [key, clientCount, hasCandle]),
    [['BTC/USDT:1h', 1, true], ['BTC/USDT:1m', 2, true], ['BTC/USDT:5m', 2, true]],
  );
  assert.equal(report.broadcaster.totalRooms, 3);
  for (const { lastBroadcast } of report.broadcaster.rooms) assert.ok(Math.abs(Date.now() - lastBroadcast) < 60_000);
  assert.ok(report.aggregator.oneMinuteCandlesCount >= 1);
  for (const client of clients) await client.close();
  await until(async () => (await stats()).connections === 0);
  assert.deepEqual((await stats()).broadcaster, { totalRooms: 0, totalClients: 0, rooms: [] });
});

describe('the code of the document, as printed', () => {
  test('the script', async () => {
    const logs = [];
    const Socket = redirected(WebSocket, hub);
    const sockets = [];
    const context = createContext({
      console: { log: (...words) => logs.push(words), error: (...words) => logs.push(['error', ...words]) },
      WebSocket: class extends Socket {
        constructor(...args) {
          super(...args);
          sockets.push(this);
        }
      },
    });
    runInContext(await printed('candles.js'), context);
    await until(() => logs.some(([what]) => /^Received \d+ initial candles$/.test(what)));
    const [, bar] = await until(() => logs.find(([what]) => what === 'Candle update:'));
    assert.equal(typeof bar.close, 'number');
    assert.deepEqual(logs.filter(([what]) => /rror/.test(what)), []);
    sockets[0].close();
    await until(() => logs.some(([what]) => what === 'Disconnected from WebSocket'));
  });

  test('the React hook, in a DOM', async (t) => {
    const { JSDOM } = await import('jsdom');
    const dom = new JSDOM('<!doctype html><div id="root"></div>', { url: 'http://localhost/' });
    const { window } = dom;
    const redirect = redirected(window.WebSocket, hub);
    Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: false });
    const WebSocketOfNode = globalThis.WebSocket;
    globalThis.WebSocket = redirect;
    t.after(() => {
      globalThis.WebSocket = WebSocketOfNode;
      window.close();
    });
    const [react, { createRoot }] = await Promise.all([import('react'), import('react-dom/client')]);
    const source = (await moduleOf('candles-hook.ts')).replace("'react'", `'${import.meta.resolve('react')}'`).replace('"react"', `"${import.meta.resolve('react')}"`);
    const { useWebSocketCandles } = await load(source);
    let shown;
    const Chart = () => {
      shown = useWebSocketCandles({ symbol: 'BTC/USDT', interval: '1m' });
      return react.createElement('p', null, `${shown.isConnected} ${shown.candles.length}`);
    };
    const root = createRoot(window.document.getElementById('root'));
    root.render(react.createElement(Chart));
    await until(() => shown?.isConnected && shown.candles.length >= 1);
    const before = shown.candles.at(-1);
    await until(() => JSON.stringify(shown.candles.at(-1)) !== JSON.stringify(before));
    const times = shown.candles.map(({ time }) => time);
    assert.deepEqual(times, [...new Set(times)].sort());
    assert.equal(window.document.querySelector('p').textContent, `true ${shown.candles.length}`);
    root.unmount();
  });
});

describe('minutes of an exchange', () => {
  test('are the five-minute bars that were recorded', { timeout: 120_000 }, async (t) => {
    const { minutes, bars } = await recording();
    const exchange = await startRecorded(minutes);
    t.after(() => exchange.stop());
    const live = await startHub({ vars: { FEED_SOURCE: 'live', FEED_INTERVAL_MS: '250', CANDLE_PAIRS: 'XRP/ETH', BITGET_WS_URL: exchange.url } });
    t.after(() => live.stop());
    const client = await chart(live);
    const drawn = draw(client);
    look(client, 'XRP/ETH', '5m', 1000);
    await client.next('initial');
    exchange.play();
    const last = bars.at(-1);
    const row = (bar) => [Date.parse(bar.time), bar.open, bar.high, bar.low, bar.close, bar.volume];
    await until(() => drawn.length > 0 && String(row(drawn.at(-1))) === String(last), { timeout: 90_000 });
    assert.deepEqual(drawn.map(row), bars);
  });
});

/** The minutes that were recorded, and their five-minute bars, where they are; else some that are made up. */
async function recording() {
  const read = async (name) => JSON.parse(await readFile(new URL(`../../shared/fixtures/${name}`, import.meta.url), 'utf8'));
  try {
    return { minutes: await read('xrp-eth-1m.json'), bars: await read('xrp-eth-5m.json') };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const begin = Date.parse('2019-10-11T00:00:00Z');
  const minutes = Array.from({ length: 500 }, (_, n) => {
    const [open, high, low, close] = [140, 150 + (n % 7), 130 - (n % 5), 141 + (n % 3)].map((price) => price + n);
    return [begin + n * MINUTE, open, high, low, close, (n % 11) + 1];
  }).filter((_, n) => n % 6 !== 1);
  const bars = new Map();
  for (const [at, open, high, low, close, volume] of minutes) {
    const time = at - (at % (5 * MINUTE));
    const bar = bars.get(time) ?? [time, open, high, low, close, 0];
    bars.set(time, [time, bar[1], Math.max(bar[2], high), Math.min(bar[3], low), close, bar[5] + volume]);
  }
  return { minutes, bars: [...bars.values()] };
}

/** Bitget's stream of one pair's minutes, played from a recording. */
async function startRecorded(minutes) {
  const server = createServer((request, response) => response.writeHead(503).end());
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const subscribed = new Map();
  const text = (number) => number.toFixed(8);
  const row = ([at, ...figures]) => [String(at), ...figures.map(text), text(figures[3] * figures[4]), text(0)];
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      if (String(data) === 'ping') return socket.send('pong');
      const { op, args } = JSON.parse(String(data));
      for (const arg of args) {
        socket.send(JSON.stringify({ event: op, arg }));
        if (op !== 'subscribe' || arg.channel !== 'candle1m') continue;
        subscribed.set(socket, arg);
        socket.send(JSON.stringify({ action: 'snapshot', arg, data: [row(minutes[0])], ts: Date.now() }));
      }
      return undefined;
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    async play() {
      await until(() => subscribed.size > 0, { timeout: 60_000 });
      for (const minute of minutes) {
        for (const [socket, arg] of subscribed) socket.send(JSON.stringify({ action: 'update', arg, data: [row(minute)], ts: Date.now() }));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    stop: () => {
      for (const socket of sockets.clients) socket.terminate();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
