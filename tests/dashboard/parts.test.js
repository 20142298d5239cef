// The parts of the dashboard that only reckon.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as format from '../../dashboard/src/format.ts';
import { coinName } from '../../dashboard/src/names.ts';
import { path, pathOverTime, range } from '../../dashboard/src/parts/path.ts';
import { parse } from '../../dashboard/src/route.ts';
import { at, followed, isTorn, joined, keep, renewed, skips, spaced } from '../../dashboard/src/views/chart/bars.ts';
import { when } from '../../dashboard/src/views/chart/interval.ts';
import { bare } from '../../dashboard/src/views/gate/bare.ts';
import { linkable } from '../../dashboard/src/views/chart/link.ts';
import { followed as sampled } from '../../dashboard/src/views/stats/samples.ts';
import { top } from '../../dashboard/src/views/stats/scale.ts';
import { choose } from '../../dashboard/src/views/prices/choose.ts';
import { ordered, turned } from '../../dashboard/src/views/prices/order.ts';
import { bounds, direction } from '../../dashboard/src/views/prices/trail.ts';
import { merged } from '../../dashboard/src/views/signals/merge.ts';

describe('figures', () => {
  test('a price has as many digits as say something', () => {
    const shown = [43250.75, 1, 0.5, 0.01234, 0.0000123456, 7.8e-11, 0, null, undefined, NaN].map(format.price);
    assert.deepEqual(shown, ['43,250.75', '1.0000', '0.50000', '0.012340', '0.000012346', '0.000000000078', '0.00', '–', '–', '–']);
  });

  test('a change has its sign, and zero has none', () => {
    assert.deepEqual([2.344, -0.951, 0, -0.001, null].map(format.percent), ['+2.34%', '−0.95%', '0.00%', '0.00%', '–']);
  });

  test('great figures are short', () => {
    assert.deepEqual([2_450_000_000_000, 1_250_000, 999, 12.5, null].map(format.compact), ['2.45T', '1.25M', '999', '12.5', '–']);
  });

  test('ids and types read as words', () => {
    const names = { 'bitcoin-cash': 'Bitcoin Cash', 'avalanche-2': 'Avalanche', constructor: 'Constructor', '-': '-' };
    for (const [id, name] of Object.entries(names)) assert.equal(coinName(id), name);
    assert.deepEqual([0.254, -0.001, -0.3].map(format.signed), ['+0.25', '0.00', '−0.30']);
    assert.equal(format.words('price_anomaly'), 'Price anomaly');
  });

  test('coins are called as the hub itself calls them', () => {
    const coins = readFileSync('src/model/coins.csv', 'utf8').trim().split('\n');
    assert.ok(coins.length >= 100);
    for (const [id, , name] of coins.map((line) => line.split(','))) assert.equal(coinName(id), name);
  });

  test('times are told by how long ago they were', () => {
    const shown = [1, 42, 200, 7300, 200_000].map((seconds) => format.ago(0, seconds * 1000));
    assert.deepEqual(shown, ['just now', '42 s ago', '3 min ago', '2 h ago', '2 d ago']);
  });
});

test('a token is what was pasted, without what stands before it', () => {
  assert.deepEqual([' a.b.c\n', 'Bearer a.b.c', 'bearer  a.b.c ', 'Bearer', ' '].map(bare), ['a.b.c', 'a.b.c', 'a.b.c', 'Bearer', '']);
});

describe('routes', () => {
  test('a fragment is a view', () => {
    assert.deepEqual(['', '#/', '#/stats', '#/stats/'].map((hash) => parse(hash).view), ['market', 'market', 'stats', 'stats']);
    assert.deepEqual(parse('#/coin/usd%2Dcoin'), { view: 'coin', id: 'usd-coin' });
  });

  test('another one is none', () => {
    for (const hash of ['#/nothing', '#/coin/', '#/coin/a/b', '#/coin/%E0%A4%A']) assert.equal(parse(hash).view, 'unknown', hash);
  });
});

describe('the table', () => {
  const coin = (id, price, change = null) => ({ id, symbol: id.slice(0, 3).toUpperCase(), name: id, price, change, volume: null });
  const all = [coin('bitcoin', 5, 1), coin('ethereum', 9), coin('cardano', 5, -3)];
  const ids = (query, key, direction) => ordered(all, query, { key, direction }).map(({ id }) => id);

  test('is ordered either way, the same ones by name', () => {
    assert.deepEqual(ids('', 'price', 'descending'), ['ethereum', 'bitcoin', 'cardano']);
    assert.deepEqual(ids('', 'price', 'ascending'), ['bitcoin', 'cardano', 'ethereum']);
    assert.deepEqual(ids('', 'name', 'ascending'), ['bitcoin', 'cardano', 'ethereum']);
  });

  test('has what is not known at its end, either way', () => {
    assert.deepEqual(ids('', 'change', 'descending'), ['bitcoin', 'cardano', 'ethereum']);
    assert.deepEqual(ids('', 'change', 'ascending'), ['cardano', 'bitcoin', 'ethereum']);
  });

  test('finds by a part of a name or ticker', () => {
    assert.deepEqual(ids(' ETH', 'name', 'ascending'), ['ethereum']);
    assert.deepEqual(ids('car', 'name', 'ascending'), ['cardano']);
    assert.deepEqual(ids('.*', 'name', 'ascending'), []);
  });

  test('a heading turns its own order around, and begins with the greatest figures', () => {
    assert.deepEqual(turned({ key: 'price', direction: 'descending' }, 'price'), { key: 'price', direction: 'ascending' });
    assert.deepEqual(turned({ key: 'price', direction: 'ascending' }, 'volume'), { key: 'volume', direction: 'descending' });
    assert.deepEqual(turned({ key: 'price', direction: 'ascending' }, 'name'), { key: 'name', direction: 'ascending' });
  });
});

describe('a trail of prices', () => {
  test('has room for a thousandth of the price, so that a small move looks small', () => {
    const [low, high] = bounds([1, 1.0001]);
    assert.ok(Math.abs(high - low - 0.001) < 1e-6 && low < 1 && high > 1.0001, `${low} ${high}`);
    assert.deepEqual(bounds([100, 90, 110]), [90, 110]);
  });

  test('that ends where it began has no direction', () => {
    assert.deepEqual([[5], [5, 5], [5, 6, 5], [1, 1.00001], [1, 1.001], [100, 110, 90], []].map(direction), [0, 0, 0, 0, 1, -1, 0]);
  });
});

describe('what is heard live', () => {
  test('is what is in sight, and nobody leaves whose place is not needed', () => {
    assert.deepEqual(choose([], ['a', 'b'], 3), { add: ['a', 'b'], drop: [] });
    assert.deepEqual(choose(['a', 'b'], ['b', 'c'], 3), { add: ['c'], drop: [] });
    assert.deepEqual(choose(['a', 'b', 'c'], ['c', 'd', 'e'], 3), { add: ['d', 'e'], drop: ['a', 'b'] });
  });

  test('is never more than there is room for', () => {
    const seen = Array.from({ length: 90 }, (_, n) => `coin-${n}`);
    const { add, drop } = choose(['old'], seen);
    assert.equal(add.length, 40);
    assert.deepEqual(drop, ['old']);
  });
});

describe('candles', () => {
  const bar = (minute, close, closed = true, volume = 1) => ({ time: new Date(minute * 60_000).toISOString(), open: 1, high: 2, low: 1, close, volume, closed });
  const shape = (bars) => bars.map(({ time, close, closed }) => [Date.parse(time) / 60_000, close, closed]);

  test('the past and what came meanwhile are one row, each bar once', () => {
    const bars = joined([bar(1, 10), bar(2, 20), bar(3, 30, false)], [bar(3, 31, true), bar(4, 40, false)]);
    assert.deepEqual(shape(bars), [[1, 10, true], [2, 20, true], [3, 31, true], [4, 40, false]]);
  });

  test('an answer that is older than what was told takes nothing back', () => {
    assert.deepEqual(shape(joined([bar(3, 30, false, 5)], [bar(3, 33, false, 9)])), [[3, 33, false]]);
    assert.deepEqual(shape(joined([bar(3, 33, false, 9)], [bar(3, 30, false, 5)])), [[3, 33, false]]);
    assert.deepEqual(shape(joined([bar(3, 34, true, 9)], [bar(3, 30, false, 12)])), [[3, 34, true]]);
  });

  test('a bar without its end is found', () => {
    assert.equal(isTorn([bar(1, 10), bar(2, 20, false), bar(3, 30, false)]), true);
    assert.equal(isTorn([bar(1, 10), bar(2, 20), bar(3, 30, false)]), false);
    assert.equal(isTorn([]), false);
  });

  test('a live bar replaces its own, follows the last, or amends one that is over', () => {
    const bars = [bar(1, 10), bar(2, 20), bar(4, 40, false)];
    assert.deepEqual(shape(followed(bars, bar(4, 41, false))).at(-1), [4, 41, false]);
    assert.deepEqual(shape(followed(bars, bar(5, 50, false))).at(-1), [5, 50, false]);
    assert.deepEqual(shape(followed(bars, bar(2, 22)))[1], [2, 22, true]);
    assert.deepEqual(shape(followed(bars, bar(2, 22, false)))[1], [2, 20, true]);
    assert.deepEqual(shape(followed(bars, bar(3, 33))).map(([minute]) => minute), [1, 2, 3, 4]);
  });

  const MINUTE = 60_000;
  const minutes = (bars) => bars.map((it) => (typeof it === 'number' ? it : at(it)) / MINUTE);

  test('a live bar that does not follow the last one is found', () => {
    const bars = [bar(1, 10), bar(3, 30), bar(4, 40, false)];
    assert.equal(skips(followed(bars, bar(5, 50, false)), 4 * MINUTE, MINUTE), false);
    assert.equal(skips(followed(bars, bar(6, 60, false)), 4 * MINUTE, MINUTE), true);
    assert.equal(isTorn(followed(bars, bar(5, 50, false))), true);
  });

  test('an answer goes on from what is known, or stands alone', () => {
    assert.deepEqual(minutes(renewed([bar(1, 10), bar(2, 20, false)], [bar(3, 30), bar(4, 40)], MINUTE)), [1, 2, 3, 4]);
    assert.deepEqual(minutes(renewed([bar(1, 10), bar(2, 20, false)], [bar(4, 40), bar(5, 50)], MINUTE)), [4, 5]);
    assert.deepEqual(minutes(renewed([bar(1, 10)], [], MINUTE)), [1]);
    assert.deepEqual(minutes(renewed([], [bar(1, 10)], MINUTE)), [1]);
  });

  test('times without a bar have their room, and of a long hole not all', () => {
    assert.deepEqual(minutes(spaced([bar(1, 10), bar(2, 20), bar(5, 50)], MINUTE)), [1, 2, 3, 4, 5]);
    assert.deepEqual(minutes(spaced([bar(1, 10), bar(900, 20)], MINUTE, 2)), [1, 2, 3, 900]);
  });

  test('those that wait to be shown are one of each time, and not without end', () => {
    const heard = new Map();
    for (const it of [bar(1, 10, false), bar(1, 11), bar(1, 12, false), bar(2, 20, false), bar(2, 21, false)]) keep(heard, it, 3);
    assert.deepEqual(shape([...heard.values()]), [[1, 11, true], [2, 21, false]]);
    for (const minute of [3, 4, 5]) keep(heard, bar(minute, 30), 3);
    assert.deepEqual(minutes([...heard.values()]), [3, 4, 5]);
  });

  test('days and weeks have the date that they have in UTC', () => {
    const december = Date.UTC(2025, 11, 2);
    assert.deepEqual(['1D', '1W'].map((interval) => when(december, interval)), ['2025-12-02', '2025-12-02']);
    assert.equal(when(december, '4h'), format.moment(december));
  });
});

describe('signals', () => {
  const signal = (id, second) => ({ id, timestamp: new Date(second * 1000).toISOString() });

  test('of the past and those that came are one list, newest first, each once', () => {
    const list = merged([signal('c', 3)], [signal('b', 2), signal('c', 3), signal('a', 1)]);
    assert.deepEqual(list.map(({ id }) => id), ['c', 'b', 'a']);
  });

  test('are not kept without end', () => {
    assert.equal(merged([], Array.from({ length: 900 }, (_, n) => signal(`${n}`, n))).length, 300);
  });
});

describe('links', () => {
  test('lead to pages only', () => {
    assert.equal(linkable('https://news.example/1?a=b'), 'https://news.example/1?a=b');
    for (const address of ['javascript:alert(1)', 'data:text/html,x', '/here', '', 'nonsense']) assert.equal(linkable(address), undefined, address);
  });
});

describe('lines', () => {
  test('run from the least to the greatest', () => {
    assert.deepEqual(range([3, 1, 2]), [1, 3]);
    assert.equal(path([1, 3], 10, 10), 'M0 9L10 1');
    assert.equal(path([2, 2], 10, 10), 'M0 5L10 5');
    assert.equal(path([1], 10, 10), '');
  });

  const frame = { width: 100, height: 12, high: 10, begin: 0, end: 20_000, gap: 6_000 };
  const line = (...points) => pathOverTime(points.map(([second, value]) => ({ at: second * 1000, value })), frame);

  test('over time have a value where its time is', () => {
    assert.equal(line([0, 0], [2, 5], [8, 10]), 'M0 11h0.1L10 6L40 1');
  });

  test('over time end where nothing is known, and where nothing was asked', () => {
    assert.equal(line([0, 0], [2, null], [4, 10]), 'M0 11h0.1M20 1h0.1');
    assert.equal(line([0, 0], [6, 0], [12.5, 10], [20, null]), 'M0 11h0.1L30 11M62.5 1h0.1');
    assert.equal(line(), '');
    assert.equal(line([5, 10]), 'M25 1h0.1');
  });

  test('over time have air above them', () => {
    assert.deepEqual([[5], [1], [9.5], [null, 120], [0.3], [], [0]].map(top), [6, 2, 20, 200, 0.4, 1, 1]);
  });
});

describe('statistics', () => {
  test('are those of ten minutes, and times only grow', () => {
    const sample = (second) => ({ at: second * 1000 });
    const seconds = (samples) => samples.map(({ at }) => at / 1000);
    assert.deepEqual(seconds(sampled([sample(2), sample(300), sample(602)], sample(604))), [300, 602, 604]);
    assert.deepEqual(seconds(sampled([sample(2), sample(4)], sample(4))), [2, 4]);
    assert.deepEqual(seconds(sampled([sample(2), sample(4)], sample(3))), [2, 3]);
  });
});
