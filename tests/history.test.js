// History in D1: what is stored, that it is stored once, and that a D1 out of order loses nothing.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { startHub } from './support/index.js';
import { MARKETS, startMarket } from './support/market.js';
import { evictFeed, figures, on, signIn, subscribe, until } from './support/session.js';

const FAST = { FEED_INTERVAL_MS: '250' };
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const STEADY = 14; // steps until a jump is a signal

/**
 * Runs a test against a hub of its own, simulated unless the variables say otherwise; of figures that belong to one
 * `period` (milliseconds) see {@link inOne}.
 */
function withHub(name, vars, run, { period = Infinity } = {}) {
  test(name, { timeout: 120_000 }, async (t) => {
    await inOne(period, async () => {
      const hub = await startHub({ vars: { ...FAST, ...vars } });
      t.after(() => hub.stop());
      await run(hub, t);
    });
  });
}

/** Runs a test that must not be torn by the end of an hour or a day: where it fails and one has ended, once more. */
async function inOne(period, run) {
  const now = () => Math.floor(Date.now() / period);
  const began = now();
  try {
    await run();
  } catch (error) {
    if (now() === began) throw error;
    await run();
  }
}

const all = async (hub, sql, ...values) => (await hub.db.prepare(sql).bind(...values).all()).results;
const count = async (hub, table) => (await all(hub, `SELECT count(*) AS n FROM ${table}`))[0].n;
const feed = async (hub) => (await figures(hub)).feed;
const candles = (hub) => all(hub, 'SELECT * FROM candles ORDER BY pair, interval, open_at');

/** A client, so that cycles run. */
async function listen(hub) {
  const client = await signIn(hub);
  await subscribe(client, 'market:summary');
  await on(client, 'market:summary');
  return client;
}

describe('candles', () => {
  withHub('closed ones are stored as they were told, running ones are not', { CANDLE_PAIRS: 'BTC/USDT,ETH/USDT' }, async (hub) => {
    const client = await signIn(hub);
    await subscribe(client, 'candles:BTC/USDT:1m');
    const rows = await until(async () => (([row]) => row && [row])(await all(hub, "SELECT * FROM candles WHERE pair = 'BTC/USDT' AND interval = '1m'")), { timeout: 90_000 });
    const [{ pair, source, ...row }] = rows;
    assert.deepEqual([pair, source], ['BTC/USDT', 'simulated']);
    assert.equal(row.open_at % MINUTE, 0);
    assert.ok(row.open_at + MINUTE <= Date.now(), 'its minute is over');
    assert.ok(Number(row.low) <= Math.min(row.open, row.close) && Math.max(row.open, row.close) <= Number(row.high));
    assert.ok(Number(row.volume) > 0 && Number(row.quote_volume) > 0);
    for (const key of ['open', 'high', 'low', 'close', 'volume']) assert.equal(typeof row[key], 'string', 'no digit is lost');
    const running = await all(hub, 'SELECT * FROM candles WHERE open_at > ?', Date.now() - MINUTE);
    assert.deepEqual(running, []);
  });

  withHub('an older state replaces no newer one, and no simulated candle a real one', {}, async (hub) => {
    const minute = Date.now() - (Date.now() % MINUTE);
    const known = { 'BTC/USDT': ['binance', '0.5'], 'ETH/USDT': ['simulated', '0.5'], 'SOL/USDT': ['simulated', '9e20'] };
    for (const [pair, [source, volume]] of Object.entries(known)) {
      for (const openAt of [minute - MINUTE, minute, minute + MINUTE]) {
        await hub.db
          .prepare("INSERT INTO candles VALUES (?, '1m', ?, '1', '1', '1', '1', ?, null, ?)")
          .bind(pair, openAt, volume, source)
          .run();
      }
    }
    await listen(hub);
    const [{ open_at: openAt }] = await until(async () => ((rows) => rows.length && rows)(await all(hub, "SELECT open_at FROM candles WHERE pair = 'ETH/USDT' AND interval = '1m' AND volume <> '0.5' AND open_at BETWEEN ? AND ?", minute - MINUTE, minute + MINUTE)), { timeout: 90_000 });
    const of = async (pair) => (await all(hub, "SELECT source, volume, open FROM candles WHERE pair = ? AND interval = '1m' AND open_at = ?", pair, openAt))[0];
    assert.deepEqual(await of('BTC/USDT'), { source: 'binance', volume: '0.5', open: '1' });
    assert.deepEqual(await of('SOL/USDT'), { source: 'simulated', volume: '9e20', open: '1' });
  });

  test('a restart loses nothing that was stored, and goes on', { timeout: 120_000 }, async (t) => {
    const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
    t.after(() => rm(persist, { recursive: true, force: true }));
    let hub = await startHub({ vars: { ...FAST, CANDLE_PAIRS: 'BTC/USDT' }, persist });
    t.after(() => hub.stop());
    await listen(hub);
    const before = await until(async () => ((rows) => rows.length && rows)(await candles(hub)), { timeout: 90_000 });
    const signals = await all(hub, 'SELECT id FROM signals');
    await hub.stop();

    hub = await startHub({ vars: { ...FAST, CANDLE_PAIRS: 'BTC/USDT,ETH/USDT' }, persist });
    await hub.dispatchScheduled();
    await listen(hub);
    await until(async () => (await candles(hub)).some(({ pair }) => pair === 'ETH/USDT'), { timeout: 90_000 });
    const key = ({ pair, interval, open_at }) => `${pair} ${interval} ${open_at}`;
    const kept = new Map((await candles(hub)).map((row) => [key(row), row]));
    for (const row of before) assert.deepEqual(kept.get(key(row)), row);
    const now = new Set((await all(hub, 'SELECT id FROM signals')).map(({ id }) => id));
    assert.ok(signals.every(({ id }) => now.has(id)));
  });
});

describe('hourly prices', () => {
  /** A number as postcard writes it. */
  const varint = (number) => {
    const bytes = [];
    for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
    return Buffer.from([...bytes, number]);
  };

  /** Makes the hour that the feed keeps of every coin the one before, in the storage of a hub that does not run. */
  function turnBack(persist) {
    const folder = join(persist, 'do', 'cryptointel-MarketFeed');
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    const db = new DatabaseSync(join(folder, file));
    const { value } = db.prepare("SELECT value FROM _cf_KV WHERE key = 'state'").get();
    const hour = Math.floor(Date.now() / HOUR) * HOUR;
    const [now, before] = [hour, hour - HOUR].map((at) => varint(at).toString('latin1'));
    const turned = Buffer.from(value).toString('latin1').replaceAll(now, before);
    db.prepare("UPDATE _cf_KV SET value = ? WHERE key = 'state'").run(Buffer.from(turned, 'latin1'));
    db.close();
    return hour - HOUR;
  }

  test('an hour that ended while the hub was down is written when it is back, once', { timeout: 120_000 }, (t) => inOne(HOUR, async () => {
    const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
    t.after(() => rm(persist, { recursive: true, force: true }));
    let hub = await startHub({ vars: FAST, persist });
    t.after(() => hub.stop());
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    const prices = [];
    for (let n = 0; n < 8; n++) prices.push((await on(client, 'price:bitcoin')).data.price);
    assert.equal(await count(hub, 'prices_hourly'), 0, 'no hour is over');
    await hub.stop();
    const hour = turnBack(persist);

    hub = await startHub({ vars: FAST, persist });
    await hub.dispatchScheduled();
    const rows = await until(async () => ((rows) => rows.length && rows)(await all(hub, 'SELECT * FROM prices_hourly')));
    assert.equal(rows.length, 100);
    assert.ok(rows.every((row) => row.hour === hour && row.source === 'simulated'));
    const { symbol, open, high, low, close, volume_24h: volume } = rows.find(({ coin }) => coin === 'bitcoin');
    assert.equal(symbol, 'BTC');
    assert.ok(Number(high) >= Math.max(...prices.slice(0, -1)) && Number(low) <= Math.min(...prices.slice(0, -1)));
    for (const price of [open, close]) assert.ok(Number(low) <= Number(price) && Number(price) <= Number(high));
    assert.ok(Number(volume) > 0);
    await evictFeed(hub);
    await hub.dispatchScheduled();
    assert.equal(await count(hub, 'prices_hourly'), 100);
    assert.equal((await feed(hub)).storage_faults, 0);
  }));
});

describe('D1 out of order', () => {
  withHub('candles wait and prices go on; repaired, it gets what waited, across an eviction', {}, async (hub) => {
    await hub.db.prepare('ALTER TABLE candles RENAME TO elsewhere').run();
    const client = await listen(hub);
    await until(async () => (({ storage_faults, rows_waiting }) => storage_faults > 0 && rows_waiting > 0)(await feed(hub)), { timeout: 90_000 });
    await on(client, 'market:summary');
    assert.ok(await count(hub, 'prices_latest') > 0, 'the other tables are written');
    await evictFeed(hub);
    const { rows_waiting: waiting } = await feed(hub);
    assert.ok(waiting > 0);
    await hub.db.prepare('ALTER TABLE elsewhere RENAME TO candles').run();
    await until(async () => (await count(hub, 'candles')) >= waiting, { timeout: 60_000 });
    await until(async () => (await feed(hub)).rows_waiting === 0);
    assert.equal((await feed(hub)).rows_dropped, 0);
  });

  test('signals wait and prices go on; repaired, it gets them once', { timeout: 120_000 }, async (t) => {
    const market = await startMarket();
    t.after(() => market.stop());
    const hub = await startHub({ vars: market.vars });
    t.after(() => hub.stop());
    await hub.db.prepare('ALTER TABLE signals RENAME TO elsewhere').run();
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin', 'signals:all');
    await on(client, 'price:bitcoin');
    const move = async (changes) => {
      market.set('bitcoin', changes);
      await client.next(({ data }) => data?.price === changes.current_price);
    };
    for (let n = 0; n < STEADY; n++) await move({ current_price: 77_671 + (n % 3) + n / 100, total_volume: 33e9 + n * 1e6 });
    await move({ current_price: 85_000, total_volume: 33e9 });
    const { data } = await on(client, 'signals:all');
    await until(async () => (await feed(hub)).storage_faults > 0);
    await move({ current_price: 90_500 });
    await hub.db.prepare('ALTER TABLE elsewhere RENAME TO signals').run();
    await until(async () => (await count(hub, 'signals')) > 0, { timeout: 30_000 });
    assert.deepEqual(await all(hub, 'SELECT id, confidence FROM signals'), [{ id: data.id, confidence: data.confidence }]);
    assert.equal((await feed(hub)).rows_waiting, 0);
  });
});

describe('retention', () => {
  const INTERVALS = { '1m': 7, '5m': 30, '15m': 90, '1h': 730, '4h': Infinity, '1D': Infinity, '1W': Infinity };
  const midnight = () => Date.now() - (Date.now() % DAY);

  const candle = (pair, interval, openAt) => [pair, interval, openAt, '1', '1', '1', '1', '1', null, 'binance'];
  const insert = async (hub, rows) => {
    const list = JSON.stringify(rows);
    await hub.db
      .prepare("INSERT INTO candles SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9 FROM json_each(?)")
      .bind(list)
      .run();
  };

  withHub('the cron deletes what is old, in every table, and nothing else', {}, async (hub) => {
    const young = [];
    const old = [];
    for (const pair of ['ADA/USDT', 'BTC/USDT', 'XRP/EUR']) {
      for (const [interval, days] of Object.entries(INTERVALS)) {
        const edge = midnight() - Math.min(days, 4_000) * DAY;
        young.push(candle(pair, interval, edge), candle(pair, interval, edge + MINUTE));
        (days === Infinity ? young : old).push(candle(pair, interval, edge - MINUTE));
      }
    }
    await insert(hub, [...young, ...old]);
    const hour = (coin, days) => [coin, midnight() - days * DAY, 'X', '1', '1', '1', '1', null, 'coingecko'];
    const hours = [hour('ada', 730), hour('ada', 731), hour('bitcoin', 1), hour('bitcoin', 800)];
    for (const row of hours) await hub.db.prepare('INSERT INTO prices_hourly VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').bind(...row).run();
    for (const days of [89, 90, 91]) {
      await hub.db
        .prepare("INSERT INTO signals VALUES (?, 'price_anomaly', 'bitcoin', 'BTC', 0.9, '', 1, 1, '[]', ?)")
        .bind(`signal_${days}`, midnight() - days * DAY)
        .run();
    }

    await hub.dispatchScheduled();
    const left = (await candles(hub)).filter(({ source }) => source === 'binance').map((row) => Object.values(row));
    assert.deepEqual(new Set(left.map(String)), new Set(young.map(String)));
    const coins = await all(hub, "SELECT coin, hour FROM prices_hourly WHERE source = 'coingecko' ORDER BY coin");
    assert.deepEqual(coins.map(({ coin, hour: at }) => [coin, at]), [['ada', hours[0][1]], ['bitcoin', hours[2][1]]]);
    const ids = await all(hub, "SELECT id FROM signals WHERE id LIKE 'signal\\___' ESCAPE '\\' ORDER BY id");
    assert.deepEqual(ids.map(({ id }) => id), ['signal_89', 'signal_90']);
  }, { period: DAY });

  withHub('in steps of a thousand rows, one a minute, until all that is old is gone; what is kept is not read', {}, async (hub) => {
    const minutes = (pair, n, end) => Array.from({ length: n }, (_, i) => candle(pair, '1m', end - (i + 1) * MINUTE));
    await insert(hub, minutes('BTC/USDT', 10_000, midnight()));
    await insert(hub, minutes('ETH/USDT', 1_500, midnight() - 7 * DAY));
    const old = async () => (await all(hub, "SELECT count(*) AS n FROM candles WHERE interval = '1m' AND open_at < ?", midnight() - 7 * DAY))[0].n;
    await hub.dispatchScheduled();
    assert.equal(await old(), 500);
    await hub.dispatchScheduled();
    assert.equal(await old(), 0);
    assert.ok((await count(hub, 'candles')) >= 10_000);
    const steps = hub.logs.flatMap(({ message }) => (message.includes('"expired"') ? [JSON.parse(message)] : []));
    assert.deepEqual(steps.map(({ rows }) => rows), [1_000, 500]);
    for (const { rows_read: read } of steps) assert.ok(read < 5_000, `${read} rows read`);
  }, { period: DAY });
});
