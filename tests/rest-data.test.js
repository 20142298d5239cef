// What the REST API tells: current values, signals and candles. Every answer is held against docs/openapi.json.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, startHub } from './support/index.js';
import { BITCOIN, MARKETS, startMarket } from './support/market.js';
import { document } from './support/openapi.js';
import { LONG_AGO, ask, data, problem, storeCandle, storeSignal, withHub } from './support/rest.js';
import { evictFeed, figures, on, signIn, subscribe, until } from './support/session.js';

const MINUTE = 60_000;

describe('current values', () => {
  let hub;
  before(async () => {
    hub = await startHub();
    await hub.dispatchScheduled();
  });
  after(() => hub.stop());

  test('prices come in the order asked for, by ticker or id in any case', async () => {
    const prices = await data(hub, '/api/v1/prices?symbols=eth,BTC,bitcoin,Ethereum');
    assert.deepEqual(prices.map(({ coin }) => coin), ['ethereum', 'bitcoin']);
    assert.equal(prices[1].symbol, 'BTC');
    assert.equal((await data(hub, '/api/v1/prices')).length, 100);
    assert.equal((await data(hub, '/api/v1/prices?symbols=')).length, 100, 'an empty parameter counts as not given');
  });

  test('summary, volume and sentiment are there', async () => {
    assert.ok((await data(hub, '/api/v1/market/summary')).total_market_cap > 0);
    assert.ok((await data(hub, '/api/v1/market/volume')).leaders.length > 0);
    assert.ok(Math.abs((await data(hub, '/api/v1/market/sentiment')).score) <= 1);
  });

  test('moods and rankings answer in their shape, or say that there is none yet', async () => {
    for (const path of ['/api/v1/sentiment?tokens=BTC,ETH', '/api/v1/trending', '/api/v1/trending?timeframe=1h']) {
      const { status } = await ask(hub, path);
      assert.ok([200, 503].includes(status), `${path}: ${status}`);
    }
    const { memecoins } = await until(async () => {
      const { status, body } = await ask(hub, '/api/v1/trending');
      return status === 200 && body.data;
    });
    assert.ok(memecoins.some(({ token }) => token === 'DOGE'), JSON.stringify(memecoins));
  });

  test('asking starts no cycle', async () => {
    const age = async () => (await figures(hub)).feed.age_ms;
    const aged = await until(async () => ((await age()) > 2_000 ? age() : undefined));
    await data(hub, '/api/v1/prices');
    assert.ok((await age()) >= aged);
  });

  test('they outlive an eviction of the feed', async () => {
    await evictFeed(hub);
    assert.equal((await data(hub, '/api/v1/prices?symbols=BTC')).length, 1);
  });

  test('every pair that has candles is told, with its intervals, and no other', async () => {
    const pairs = await data(hub, '/api/v1/pairs');
    assert.deepEqual(pairs.map(({ pair }) => pair), ['BTC/USDT', 'ETH/USDT', 'SOL/USDT']);
    for (const { pair, intervals } of pairs) {
      for (const interval of intervals) assert.equal((await ask(hub, `/api/v1/candles?symbol=${pair}&interval=${interval}&limit=1`)).status, 200);
    }
  });

  test('the document is served to anybody, as it is', async () => {
    const { body } = await ask(hub, '/api/v1/openapi.json', { jwt: null });
    assert.deepEqual(body, document);
  });

  for (const [path, parameter] of [
    ['/api/v1/prices?symbols=BTC,nonsense', 'symbols'],
    ['/api/v1/prices?symbols=BTC,', 'symbols'],
    [`/api/v1/prices?symbols=${Array(101).fill('BTC')}`, 'symbols'],
    ['/api/v1/prices?symbol=BTC', 'symbol'],
    ['/api/v1/prices?symbols=BTC&symbols=ETH', 'symbols'],
    ['/api/v1/sentiment?tokens=nonsense', 'tokens'],
    ['/api/v1/market/summary?x=1', 'x'],
    ['/api/v1/pairs?x=1', 'x'],
    ['/api/v1/trending?timeframe=1d', 'timeframe'],
    ['/api/v1/signals?type=crash', 'type'],
    ['/api/v1/signals?min_confidence=2', 'min_confidence'],
    ['/api/v1/signals?since=1764678600', 'since'],
    ['/api/v1/signals?limit=0', 'limit'],
    ['/api/v1/signals?cursor=nonsense', 'cursor'],
    ['/api/v1/candles?interval=1m', 'symbol'],
    ['/api/v1/candles?symbol=BTC/USDT', 'interval'],
    ['/api/v1/candles?symbol=DOGE/USDT&interval=1m', 'symbol'],
    ['/api/v1/candles?symbol=BTC/USDT&interval=1d', 'interval'],
    ['/api/v1/candles?symbol=BTC/USDT&interval=1m&before=now', 'before'],
    ['/api/v1/openapi.json?token=x', 'token'],
  ]) {
    test(`400 names the parameter: ${path.slice(0, 70)}`, async () => {
      const { body, headers } = await problem(hub, path, 400);
      assert.equal(body.parameter, parameter);
      assert.match(body.type, /invalid-parameter$/);
      assert.equal(headers.get('cache-control'), 'no-store');
    });
  }
});

test('digits come out as the provider wrote them', async (t) => {
  const market = await startMarket();
  t.after(() => market.stop());
  const digits = '0.00000000007821066970851871';
  market.answer(MARKETS, () => JSON.stringify([{ ...BITCOIN, current_price: 0.5 }]).replace('"current_price":0.5', `"current_price":${digits}`));
  const hub = await startHub({ vars: market.vars });
  t.after(() => hub.stop());
  await hub.dispatchScheduled();
  const { text } = await ask(hub, '/api/v1/prices?symbols=BTC');
  assert.ok(text.includes(`"price":${digits},`), text);
  assert.match((await ask(hub, '/api/v1/market/summary')).text, /"total_market_cap":2621040321355\.0405,/);
});

withHub('what a client is pushed and what it asks for are the same', { FEED_INTERVAL_MS: '3600000' }, async (hub) => {
  const client = await signIn(hub);
  await subscribe(client, 'price:bitcoin', 'market:summary');
  const pushed = await on(client, 'price:bitcoin');
  const [{ coin, ...price }] = await until(async () => {
    const prices = await data(hub, '/api/v1/prices?symbols=BTC');
    return prices[0].timestamp >= pushed.data.timestamp && prices;
  });
  assert.equal(coin, 'bitcoin');
  assert.deepEqual(price, pushed.data);
  assert.deepEqual(await data(hub, '/api/v1/market/summary'), (await on(client, 'market:summary')).data);
});

withHub('before the first cycle there is no data, and after it there is', {}, async (hub) => {
  for (const path of ['/api/v1/prices', '/api/v1/market/summary', '/api/v1/market/volume', '/api/v1/market/sentiment', '/api/v1/trending']) {
    const { body, headers } = await problem(hub, path, 503);
    assert.match(body.type, /no-data$/);
    assert.equal(headers.get('retry-after'), '5');
  }
  await hub.dispatchScheduled();
  await until(async () => (await ask(hub, '/api/v1/prices')).status === 200);
});

describe('signals', () => {
  let hub;
  const ids = [];
  before(async () => {
    hub = await startHub();
    for (let n = 0; n < 7; n++) {
      const type = n % 2 ? 'volume_spike' : 'price_anomaly';
      const signal = { id: `signal_${type}_bitcoin_${n}`, type, confidence: n / 10, at: LONG_AGO + Math.floor(n / 3) * MINUTE };
      await storeSignal(hub, signal);
    }
    const { results } = await hub.db.prepare('SELECT id FROM signals ORDER BY created_at DESC, id').all();
    ids.push(...results.map(({ id }) => id));
  });
  after(() => hub.stop());

  const found = async (query) => (await data(hub, `/api/v1/signals?${query}`)).map(({ id }) => id);

  test('come newest first, with what the frame says', async () => {
    const signals = await data(hub, '/api/v1/signals?type=&min_confidence=&since=&limit=');
    assert.deepEqual(signals.map(({ id }) => id), ids);
    assert.deepEqual(signals[0], {
      coin: 'bitcoin',
      id: 'signal_price_anomaly_bitcoin_6',
      type: 'price_anomaly',
      symbol: 'BTC',
      confidence: 0.6,
      description: 'It moved',
      timestamp: '2025-12-02T12:02:00Z',
      metadata: { price_change: 5.2, volume_spike: 1.8, sources: ['coingecko'] },
    });
  });

  test('are filtered by type, confidence and time', async () => {
    assert.deepEqual(await found('type=volume_spike'), ids.filter((id) => id.includes('volume_spike')));
    assert.deepEqual(await found('min_confidence=0.5'), ids.filter((id) => Number(id.at(-1)) >= 5));
    assert.deepEqual(await found('since=2025-12-02T12:01:00Z'), ids.slice(0, 4));
    assert.deepEqual(await found(`since=${LONG_AGO + MINUTE}&type=volume_spike`), ids.slice(0, 4).filter((id) => id.includes('volume')));
    assert.deepEqual(await found('min_confidence=1'), []);
  });

  for (const query of ['limit=2', 'limit=1&type=volume_spike', 'limit=3&min_confidence=0.1', 'limit=7']) {
    test(`pages hold each once, in order: ${query}`, async () => {
      const all = await found(query.replace(/limit=\d/, ''));
      const seen = [];
      for (let next = ''; next !== null; ) {
        const { body } = await ask(hub, `/api/v1/signals?${query}&cursor=${next}`);
        assert.ok(body.data.length <= Number(query[6]));
        seen.push(...body.data.map(({ id }) => id));
        next = body.next;
      }
      assert.deepEqual(seen, all);
    });
  }
});

describe('candles', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { FEED_INTERVAL_MS: '3600000' } });
    for (let n = 0; n < 5; n++) await storeCandle(hub, LONG_AGO + n * MINUTE);
    await storeCandle(hub, LONG_AGO, { interval: '5m' });
    await storeCandle(hub, LONG_AGO, { pair: 'ETH/USDT' });
  });
  after(() => hub.stop());

  const of = (query) => `/api/v1/candles?symbol=BTC/USDT&interval=1m&${query}`;
  const times = ({ data }) => data.map(({ time }) => (Date.parse(time) - LONG_AGO) / MINUTE);

  test('come oldest first, digit for digit', async () => {
    const { body, text } = await ask(hub, of('before=2025-12-02T13:00:00Z'));
    assert.deepEqual(times(body), [0, 1, 2, 3, 4]);
    assert.equal(body.next, null);
    assert.ok(text.includes('"open":67234.50,"high":67340.00,"low":67200.00,"close":67310.250,"volume":145.23,"quote_volume":null,"closed":true,"source":"binance"'), text);
  });

  test('pages go back in time and hold each once', async () => {
    const seen = [];
    for (let next = `${LONG_AGO + 60 * MINUTE}`; next !== null; ) {
      const { body } = await ask(hub, of(`limit=2&before=${next}`));
      seen.unshift(...times(body));
      next = body.next;
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  withHub('hold one that has just closed before the store has it', { PUBLIC_READ: '1' }, async (own) => {
    const client = await connect(own);
    const channel = 'candles:BTC/USDT:1m';
    await subscribe(client, channel);
    const { data: closed } = await client.next((it) => it.channel === channel && it.data.closed, { timeout: 90_000 });
    const same = async () => {
      const { body } = await ask(own, `/api/v1/candles?symbol=BTC/USDT&interval=1m&limit=10`);
      return body.data.find(({ time }) => time === closed.time);
    };
    // The answer about current values may be a second old; the store takes candles every 10 s.
    const found = await until(async () => {
      const candle = await same();
      return candle?.closed && candle;
    }, { timeout: 5_000 });
    assert.deepEqual([found.open, found.high, found.low, found.close], [closed.open, closed.high, closed.low, closed.close]);
  });

  test('end with the running one, and have none twice', async () => {
    // Recent ones: the cron deletes what is old.
    const recent = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
    for (const n of [0, 1]) await storeCandle(hub, recent + n * MINUTE);
    await hub.dispatchScheduled();
    const running = await until(async () => {
      const { body } = await ask(hub, of('limit=20'));
      const last = body.data.at(-1);
      return last && !last.closed && body;
    });
    const shown = running.data.filter(({ time }) => Date.parse(time) >= recent);
    const times = shown.map(({ time }) => Date.parse(time));
    assert.deepEqual(times.slice(0, 2), [recent, recent + MINUTE]);
    assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b));
    assert.ok(shown.slice(0, -1).every(({ closed }) => closed));
    // Stored meanwhile, as a cycle would: the final state is the newer one.
    const { time } = running.data.at(-1);
    await storeCandle(hub, Date.parse(time), { close: '1.25' });
    const { body } = await ask(hub, of('limit=2'));
    const same = body.data.filter((candle) => candle.time === time);
    assert.deepEqual(same.map(({ close, closed }) => ({ close, closed })), [{ close: 1.25, closed: true }]);
  });

  test('may be kept longer where they are of the past', async () => {
    const past = await ask(hub, of('before=2025-12-02T13:00:00Z'));
    assert.equal(past.headers.get('cache-control'), 'private, max-age=300');
    assert.equal((await ask(hub, of('limit=1'))).headers.get('cache-control'), 'private, max-age=2');
  });
});
