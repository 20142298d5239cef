// The stand-ins for the providers, held against what the providers document: a test that trusts them must be able to.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Client } from './support/client.js';
import { startUpstreams } from './support/index.js';
import { until } from './support/session.js';
import { Book, MINUTE } from './support/upstream/book.js';
import { HTTP_FAULTS, STREAM_FAULTS } from './support/upstream/index.js';

let up;
before(async () => {
  up = await startUpstreams({ coins: 300, binance: { ping_ms: 50 }, bitget: { ping_timeout_ms: 3_000 } });
});
after(() => up.stop());
afterEach(() => {
  for (const provider of [up.coingecko, up.coinmarketcap, up.alternative_me, up.binance, up.bitget, up.bitget.rest]) provider.fail(null);
  for (const venue of [up.binance, up.bitget]) venue.stream.cut();
});

const KEY = { 'x-cmc_pro_api_key': 'stand-in-key' };
const MARKETS = '/api/v3/coins/markets?vs_currency=usd';
const LISTINGS = '/v1/cryptocurrency/listings/latest';
const CANDLES = '/api/v2/spot/market/candles?symbol=BTCUSDT&granularity=1min';

const ask = (provider, path, headers = {}) => fetch(new URL(path, provider.url), { headers, signal: AbortSignal.timeout(400) });
const json = async (...args) => (await ask(...args)).json();

async function open(venue, path) {
  const client = new Client(new WebSocket(venue.url + path, { perMessageDeflate: false }));
  await client.opened;
  return client;
}

/** The next frame as it came: digits matter. */
const raw = (client) => new Promise((resolve) => client.socket.once('message', (data) => resolve(String(data))));

describe('CoinGecko', () => {
  test('pages of coins, by the order that was asked for', async () => {
    const rows = await json(up.coingecko, `${MARKETS}&per_page=250&page=1&price_change_percentage=1h,7d`);
    const rest = await json(up.coingecko, `${MARKETS}&per_page=250&page=2`);
    assert.deepEqual([rows.length, rest.length], [250, 50]);
    assert.equal(new Set([...rows, ...rest].map(({ id }) => id)).size, 300);
    assert.deepEqual([rows[0].id, rows[0].symbol, rows[0].market_cap_rank, rest[0].market_cap_rank], ['bitcoin', 'btc', 1, 251]);
    assert.ok(rows[0].price_change_percentage_7d_in_currency !== undefined && rest[0].price_change_percentage_7d_in_currency === undefined);
    assert.ok(Math.abs(Date.parse(rows[0].last_updated) - Date.now()) < 5_000);
    const [first] = await json(up.coingecko, `${MARKETS}&order=market_cap_asc&per_page=1`);
    assert.equal(first.market_cap_rank, 300);
    assert.equal((await json(up.coingecko, `${MARKETS}&per_page=9999`)).length, 250, 'its own limit');
  });

  test('refuses what it refuses', async () => {
    assert.equal((await ask(up.coingecko, '/api/v3/coins/markets')).status, 422);
    assert.equal((await ask(up.coingecko, '/api/v3/coins/markets?vs_currency=xyz')).status, 400);
    assert.equal((await ask(up.coingecko, MARKETS, { 'x-cg-pro-api-key': 'k' })).status, 400);
    assert.equal((await ask(up.coingecko, '/api/v3/nothing')).status, 404);
    const nameless = await new Promise((resolve) => request(up.coingecko.url + MARKETS, resolve).end()); // `fetch` has a name
    assert.equal(nameless.statusCode, 403);
    nameless.destroy();
    const strict = await startUpstreams({ coingecko: { key: 'CG-1' } });
    assert.equal((await ask(strict.coingecko, MARKETS)).status, 401);
    assert.equal((await ask(strict.coingecko, MARKETS, { 'x-cg-demo-api-key': 'CG-1' })).status, 200);
    await strict.stop();
  });

  test('the whole market, what is looked for, and bars', async () => {
    const { data } = await json(up.coingecko, '/api/v3/global');
    assert.ok(data.total_market_cap.usd > 1e12 && data.market_cap_percentage.btc > 1 && data.market_cap_percentage.btc < 100);
    const { coins } = await json(up.coingecko, '/api/v3/search/trending');
    assert.deepEqual(coins.map(({ item }) => item.score), [0, 1, 2, 3, 4, 5, 6]);
    assert.match(coins[0].item.data.total_volume, /^\$[\d,]+$/);
    const bars = await json(up.coingecko, '/api/v3/coins/bitcoin/ohlc?vs_currency=usd&days=1');
    assert.ok(bars.length >= 48 && bars.every(([, open, high, low, close]) => high >= Math.max(open, close) && low <= Math.min(open, close)));
    assert.equal(bars[1][0] - bars[0][0], 30 * MINUTE);
    assert.equal((await ask(up.coingecko, '/api/v3/coins/no-coin/ohlc?vs_currency=usd&days=1')).status, 404);
  });
});

describe('CoinMarketCap', () => {
  test('wants its key, and says in its own numbers what is wrong', async () => {
    const missing = await ask(up.coinmarketcap, LISTINGS);
    assert.deepEqual([missing.status, (await missing.json()).status.error_code], [401, 1002]);
    const wrong = await ask(up.coinmarketcap, LISTINGS, { 'X-CMC_PRO_API_KEY': 'other' });
    assert.deepEqual([wrong.status, (await wrong.json()).status.error_code], [401, 1001]);
    up.coinmarketcap.fail('provider_error', { code: 1009 });
    const limited = await ask(up.coinmarketcap, LISTINGS, KEY);
    assert.deepEqual([limited.status, (await limited.json()).status.error_code], [200, 1009]);
  });

  test('listings and the whole market', async () => {
    const { status, data } = await json(up.coinmarketcap, `${LISTINGS}?start=2&limit=3&convert=USD`, KEY);
    assert.deepEqual([status.error_code, status.credit_count], [0, 1]);
    assert.deepEqual(data.map(({ cmc_rank }) => cmc_rank), [2, 3, 4]);
    assert.deepEqual([data[0].symbol, data[0].slug, data[0].quote.USD.price], ['ETH', 'ethereum', 2135.41]);
    const global = (await json(up.coinmarketcap, '/v1/global-metrics/quotes/latest', KEY)).data;
    assert.ok(global.btc_dominance > 1 && global.quote.USD.total_market_cap > 1e12);
    assert.equal((await ask(up.coinmarketcap, `${LISTINGS}?limit=5001`, KEY)).status, 400);
  });
});

test('alternative.me: a number in text, of a day that began at midnight', async () => {
  up.fearGreed(12);
  const { data, metadata } = await json(up.alternative_me, '/fng/?limit=2');
  assert.deepEqual([data.length, data[0].value, data[0].value_classification, metadata.error], [2, '12', 'Extreme Fear', null]);
  assert.equal(Number(data[0].timestamp) % 86_400, 0);
  assert.equal(data[0].timestamp - data[1].timestamp, 86_400);
});

describe('prices', () => {
  test('are the same everywhere, digit for digit, until one provider says something else', async () => {
    const said = async () => {
      const binance = await open(up.binance, '/stream?streams=btcusdt@miniTicker');
      const bitget = await open(up.bitget, '/v2/ws/public');
      bitget.send({ op: 'subscribe', args: [{ instType: 'SPOT', channel: 'candle1m', instId: 'BTCUSDT' }] });
      await bitget.next(({ action }) => action === 'snapshot');
      const [ticker, candle] = [raw(binance), raw(bitget)];
      up.tick();
      return [
        /"current_price":([^,]+),/.exec(await (await ask(up.coingecko, MARKETS)).text())[1],
        /"price":([^,]+),/.exec(await (await ask(up.coinmarketcap, LISTINGS, KEY)).text())[1],
        /"c":"([^"]+)"/.exec(await ticker)[1],
        JSON.parse(await candle).data[0][4],
      ];
    };
    up.price('bitcoin', '64000.1200');
    assert.deepEqual(await said(), ['64000.1200', '64000.1200', '64000.1200', '64000.1200']);
    up.binance.price('bitcoin', '67200.5');
    assert.deepEqual(await said(), ['64000.1200', '64000.1200', '67200.5', '64000.1200']);
    up.price('bitcoin', 64001);
    assert.deepEqual(await said(), ['64001', '64001', '64001', '64001']);
  });

  test('say when they were updated, if they are told', async () => {
    up.price('bitcoin', 64_000, { at: 1_779_000_000_000 });
    const [row] = await json(up.coingecko, MARKETS);
    assert.equal(Date.parse(row.last_updated), 1_779_000_000_000);
  });
});

describe('the switches of what is asked', () => {
  const providers = () => [
    ['CoinGecko', up.coingecko, MARKETS, {}],
    ['CoinMarketCap', up.coinmarketcap, LISTINGS, KEY],
    ['alternative.me', up.alternative_me, '/fng/?limit=1', {}],
    ['Bitget', up.bitget.rest, CANDLES, {}],
  ];
  const EXPECTED = {
    slow: (answer) => assert.rejects(answer, { name: 'TimeoutError' }),
    rate_limited: async (answer) => assert.deepEqual([(await answer).status, (await answer).headers.get('retry-after')], [429, null]),
    rate_limited_retry_after: async (answer) => assert.deepEqual([(await answer).status, (await answer).headers.get('retry-after')], [429, '3']),
    server_error: async (answer) => assert.equal((await answer).status, 500),
    html: async (answer) => assert.match(await (await answer).text(), /^<!doctype html>/),
    cut_off: async (answer) => assert.rejects((await answer).json(), SyntaxError),
    broken: (answer) => assert.rejects(answer.then((it) => it.text()), TypeError),
    too_large: async (answer) => {
      const { headers, body } = await answer;
      assert.ok(Number(headers.get('content-length')) > 5e6);
      await body.cancel();
    },
    wrong_types: async (answer) => assert.match(await (await answer).text(), /[:[,]true[,}\]]/),
    empty: async (answer) => assert.match(await (await answer).text(), /^(|.*\[\].*)$/),
    negative_price: async (answer) => assert.match(await (await answer).text(), /[:,]"?-\d/),
    absurd_price: async (answer) => assert.match(await (await answer).text(), /9000000000000000000/),
    provider_error: async (answer) => assert.equal((await answer).status, 200),
  };

  test('every one of them, at every provider, and back', async () => {
    assert.deepEqual(Object.keys(EXPECTED).sort(), [...HTTP_FAULTS].sort());
    await Promise.all(providers().map(async ([name, provider, path, headers]) => {
      const healthy = await (await ask(provider, path, headers)).text();
      for (const [fault, expected] of Object.entries(EXPECTED)) {
        provider.fail(fault);
        await expected(ask(provider, path, headers)).catch((error) => assert.fail(`${name}, ${fault}: ${error.message}`));
        provider.fail(null);
        const again = await ask(provider, path, headers);
        assert.equal(again.status, 200, name);
        assert.equal(Object.keys(JSON.parse(await again.text())).join(), Object.keys(JSON.parse(healthy)).join(), name);
      }
    }));
  });

  test('of one path alone', async () => {
    up.coingecko.fail('server_error', { path: '/api/v3/global' });
    assert.equal((await ask(up.coingecko, '/api/v3/global')).status, 500);
    assert.equal((await ask(up.coingecko, MARKETS)).status, 200);
    up.coingecko.fail('empty', { path: '/api/v3/global' });
    assert.equal(await (await ask(up.coingecko, '/api/v3/global')).text(), '', 'what has no list is empty as a whole');
    assert.throws(() => up.coingecko.fail('no-such-fault'));
  });

  test('requests are counted by path', async () => {
    const before = up.coingecko.asked('/api/v3/global');
    await ask(up.coingecko, '/api/v3/global');
    assert.equal(up.coingecko.asked('/api/v3/global'), before + 1);
    assert.equal(up.coingecko.requests.at(-1).path, '/api/v3/global');
  });
});

describe('Binance', () => {
  test('tells what was subscribed to, and nothing else', async () => {
    const client = await open(up.binance, '/stream?streams=btcusdt@miniTicker');
    client.send({ method: 'SUBSCRIBE', params: ['ethusdt@kline_1m', 'nonsense@miniTicker'], id: 7 });
    assert.deepEqual(await client.next(), { result: null, id: 7 });
    assert.deepEqual(up.binance.subscriptions, ['btcusdt@miniTicker', 'ethusdt@kline_1m', 'nonsense@miniTicker']);
    up.tick();
    const { stream, data } = await client.next();
    assert.deepEqual([stream, data.e, data.s], ['btcusdt@miniTicker', '24hrMiniTicker', 'BTCUSDT']);
    const { data: { k } } = await client.next();
    assert.deepEqual([k.s, k.i, k.x, k.t % MINUTE, k.T - k.t], ['ETHUSDT', '1m', false, 0, MINUTE - 1]);
    assert.ok(Number(k.h) >= Number(k.c) && Number(k.l) <= Number(k.o));
    client.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@miniTicker'], id: 8 });
    assert.deepEqual(await client.next(), { result: null, id: 8 });
    client.send({ method: 'LIST_SUBSCRIPTIONS', id: 9 });
    assert.deepEqual(await client.next(), { result: ['ethusdt@kline_1m', 'nonsense@miniTicker'], id: 9 });
  });

  test('numbers trades without a hole, but for a gap', async () => {
    const client = await open(up.binance, '/stream?streams=solusdt@kline_1m');
    const told = async () => {
      up.tick();
      return (await client.next(({ data }) => !data?.k?.x)).data.k;
    };
    const [a, b] = [await told(), await told()];
    assert.ok(b.L === a.L + 1 || b.t > a.t);
    up.binance.fail('gap');
    const c = await told();
    assert.ok(c.L >= b.L + 100);
  });

  test('raw streams have no envelope', async () => {
    const client = await open(up.binance, '/ws/btcusdt@miniTicker');
    up.tick();
    assert.equal((await client.next()).e, '24hrMiniTicker');
  });

  test('refuses what it does not understand, in its own numbers', async () => {
    const client = await open(up.binance, '/ws');
    for (const [text, code] of [['{', 3], ['{}', 2], [{ method: 'SUBSCRIBE', params: [7], id: 1 }, 2], [{ method: 'SING', id: 1 }, 2]]) {
      client.send(text);
      const { code: plain, error } = await client.next();
      assert.equal(plain ?? error.code, code, JSON.stringify(text));
    }
  });

  test('reads at most 5 messages a second, pings, and has at most 1,024 streams', async () => {
    const client = await open(up.binance, '/ws');
    await new Promise((resolve) => client.socket.once('ping', resolve));
    for (let id = 0; id < 6; id++) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
    assert.equal((await client.closed).code, 1008);
    assert.equal(client.messages.length, 5);
    const many = await open(up.binance, '/stream');
    many.send({ method: 'SUBSCRIBE', params: Array.from({ length: 1025 }, (_, n) => `c${n}usdt@miniTicker`), id: 1 });
    assert.equal((await many.closed).code, 1008);
  });
});

describe('Bitget', () => {
  const arg = (instId, channel = 'candle1m') => ({ instType: 'SPOT', channel, instId });

  test('acknowledges each subscription, sends what there is, then what is new', async () => {
    const client = await open(up.bitget, '/v2/ws/public');
    client.send({ op: 'subscribe', args: [arg('BTCUSDT'), arg('NOPEUSDT'), arg('ETHUSDT', 'candle1Dutc')] });
    assert.deepEqual(await client.next(), { event: 'subscribe', arg: arg('BTCUSDT') });
    const { action, data } = await client.next();
    assert.deepEqual([action, data.length, data[0].length], ['snapshot', 500, 8]);
    assert.ok(data.every(([open_at], n) => n === 0 || open_at - data[n - 1][0] === MINUTE), 'ascending, without a hole');
    const refused = await client.next();
    assert.deepEqual([refused.event, refused.code, refused.arg], ['error', 30001, arg('NOPEUSDT')]);
    assert.equal((await client.next()).event, 'subscribe');
    const days = (await client.next()).data;
    assert.ok(days.every(([open_at]) => open_at % 86_400_000 === 0), 'days of UTC');
    up.tick();
    const update = await client.next(({ action: it }) => it === 'update');
    assert.deepEqual([update.arg, update.data.length], [arg('BTCUSDT'), 1]);
    client.send({ op: 'sing' });
    assert.equal((await client.next(({ event }) => event === 'error')).code, 30003);
  });

  test('wants a ping now and then', async () => {
    const client = await open(up.bitget, '/v2/ws/public');
    client.send('ping');
    assert.equal(await client.next(), 'pong');
    await client.closed;
  });

  test('leaves minutes out of a snapshot while there is a gap, and REST has them', async () => {
    up.bitget.fail('gap');
    const client = await open(up.bitget, '/v2/ws/public');
    client.send({ op: 'subscribe', args: [arg('BTCUSDT')] });
    const { data } = await client.next(({ action }) => action === 'snapshot');
    const times = data.map(([open_at]) => Number(open_at));
    assert.equal(times.at(-1) - times.at(-2), 4 * MINUTE);
    const history = (await json(up.bitget.rest, CANDLES)).data.map(([open_at]) => Number(open_at));
    assert.ok(history.includes(times.at(-1) - MINUTE));
  });

  test('history: ascending, at most as many as asked for, before its end', async () => {
    const { code, data } = await json(up.bitget.rest, `${CANDLES}&limit=10`);
    assert.deepEqual([code, data.length], ['00000', 10]);
    const end = Number(data[5][0]);
    const earlier = (await json(up.bitget.rest, `${CANDLES}&limit=10&endTime=${end}`)).data;
    assert.equal(Number(earlier.at(-1)[0]), end - MINUTE, 'the end is exclusive');
    for (const bad of ['symbol=BTCUSDT', 'symbol=NOPE&granularity=1min', 'symbol=BTCUSDT&granularity=2min', 'symbol=BTCUSDT&granularity=1min&limit=1001']) {
      assert.equal((await ask(up.bitget.rest, `/api/v2/spot/market/candles?${bad}`)).status, 400, bad);
    }
  });

  test('joins minutes into longer bars exactly', async () => {
    const start = 1_570_752_000_000;
    up.minutes('XRP/ETH', [
      [start, 0.00141342, 0.00141557, 0.00141266, 0.00141418, 1482],
      [start + MINUTE, 0.00141597, 0.00141658, 0.00141597, 0.00141658, 522],
      [start + 4 * MINUTE, 0.00141266, 0.00141266, 0.00141192, 0.00141192, 1311.5],
      [start + 5 * MINUTE, 0.00141331, 0.00141469, 0.00141192, 0.00141192, 2392],
    ]);
    const { data } = await json(up.bitget.rest, '/api/v2/spot/market/candles?symbol=XRPETH&granularity=5min');
    assert.deepEqual(data.map((row) => row.slice(0, 6)), [
      [String(start), '0.00141342', '0.00141658', '0.00141192', '0.00141192', '3315.5'],
      [String(start + 5 * MINUTE), '0.00141331', '0.00141469', '0.00141192', '0.00141192', '2392'],
    ]);
    const week = (await json(up.bitget.rest, '/api/v2/spot/market/candles?symbol=XRPETH&granularity=1Wutc')).data;
    assert.equal(new Date(Number(week[0][0])).getUTCDay(), 1, 'weeks begin on Monday');
  });
});

test('a made-up past is the same each time, ends at the price, and has no hole', () => {
  const now = Date.UTC(2026, 0, 5, 12, 30, 30);
  const [a, b] = [Book.listed('64000.12', 600, now), Book.listed('64000.12', 600, now)];
  assert.deepEqual(a.minutes, b.minutes);
  assert.equal(a.minutes.at(-1).close, '64000.12');
  assert.ok(a.minutes.every((it, n) => n === 0 || (it.open_at - a.minutes[n - 1].open_at === MINUTE && it.first === a.minutes[n - 1].last + 1)));
  a.trade('64001', now + 3 * MINUTE);
  assert.deepEqual(a.minutes.slice(-4).map(({ close, volume }) => [close, Number(volume) > 0]), [
    ['64000.12', false], ['64000.12', false], ['64000.12', false], ['64001', true],
  ]);
});

describe('the switches of a stream', () => {
  const arg = { instType: 'SPOT', channel: 'candle1m', instId: 'BTCUSDT' };
  const venues = () => [
    [up.binance, '/stream?streams=btcusdt@miniTicker', async () => {}],
    [up.bitget, '/v2/ws/public', async (client) => {
      client.send({ op: 'subscribe', args: [arg] });
      await client.next(({ action }) => action === 'snapshot');
      client.skip();
    }],
  ];
  const CHECKS = {
    refuse: async (venue, path, client) => {
      await client.closed;
      await assert.rejects(open(venue, path), { status: 503 });
    },
    close: async (venue, path, client) => {
      assert.equal((await client.closed).code, 1001);
      assert.equal((await (await open(venue, path)).closed).code, 1001, 'new ones, too');
    },
    silent: async (venue, path, client) => {
      const heard = client.messages.length;
      up.tick();
      client.send('ping');
      await until(() => venue.messages.at(-1)?.text === 'ping');
      venue.fail(null);
      client.send('ping');
      await client.next(); // what comes now is the answer to the second one
      assert.equal(client.messages.length, heard + 1);
    },
    garbage: async (venue, path, client) => {
      up.tick();
      assert.match(await client.next(), /not <json>/);
    },
    html_instead_of_upgrade: (venue, path) => assert.rejects(open(venue, path), { status: 200 }),
    slow_upgrade: async (venue, path) => {
      const asked = venue.stream.upgrades;
      const attempt = open(venue, path);
      await until(() => venue.stream.upgrades > asked);
      venue.fail(null);
      await assert.rejects(attempt, /hang up|ECONNRESET/);
    },
    wrong_types: async (venue, path, client) => {
      up.tick();
      assert.match(JSON.stringify(await client.next()), /[:,]true/);
    },
    negative_price: async (venue, path, client) => {
      up.tick();
      assert.match(JSON.stringify(await client.next()), /"-\d/);
    },
    absurd_price: async (venue, path, client) => {
      up.tick();
      assert.match(JSON.stringify(await client.next()), /"9000000000000000000"/);
    },
  };

  // A gap is another thing at each exchange, and is tested there.
  for (const fault of STREAM_FAULTS.filter((name) => name !== 'gap')) {
    test(fault, async () => {
      for (const [venue, path, begin] of venues()) {
        const client = await open(venue, path);
        await begin(client);
        venue.fail(fault);
        await CHECKS[fault](venue, path, client);
        venue.fail(null);
        const again = await open(venue, path);
        await begin(again);
        up.tick();
        assert.equal(typeof (await again.next()), 'object');
        again.terminate();
        client.terminate();
      }
    });
  }

  test('connections are counted, and dropped once', async () => {
    const before = up.binance.connections;
    const client = await open(up.binance, '/ws');
    assert.deepEqual([up.binance.connections - before, up.binance.open], [1, 1]);
    up.binance.drop();
    await client.closed;
    await until(() => up.binance.open === 0);
    await (await open(up.binance, '/ws')).close();
  });

  test('ticking goes on by itself until it is stopped', async () => {
    const client = await open(up.binance, '/stream?streams=btcusdt@miniTicker');
    up.startTicking(5, (n) => up.price('bitcoin', 64_000 + n));
    const prices = [];
    while (prices.length < 4) prices.push(Number((await client.next()).data.c));
    up.stopTicking();
    assert.deepEqual(prices, [64_000, 64_001, 64_002, 64_003]);
  });
});
