// From a provider to a client: with a stand-in for CoinGecko whose every word the test chooses.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { BITCOIN, GLOBAL, MARKETS, WORLD, startMarket } from './support/market.js';
import { evictFeed, evictShards, figures, on, settle, signIn, subscribe, until } from './support/session.js';

/** Runs a test against a market and a hub of its own. */
function withMarket(name, vars, run, options = {}) {
  test(name, options, async (t) => {
    const market = await startMarket();
    t.after(() => market.stop());
    const hub = await startHub({ vars: { ...market.vars, MESSAGES_PER_MINUTE: '0', ...vars } });
    t.after(() => hub.stop());
    await run(hub, market, t);
  });
}

const stats = async (hub) => (await hub.fetch('/ws/stats')).json();

/** The payload CoinGecko documents: the file of `../shared/fixtures` where there is one, else the same figures. */
function official(name, otherwise) {
  const file = new URL(`../../shared/fixtures/coingecko_${name}.json`, import.meta.url);
  return existsSync(file) ? readFileSync(file, 'utf8') : JSON.stringify(otherwise);
}

/** The next frame on a channel, as text: what a number looks like matters. */
const raw = (client, channel) =>
  new Promise((resolve) => {
    client.socket.on('message', (data) => {
      if (JSON.parse(data).channel === channel) resolve(String(data));
    });
  });

describe('the official example payloads', () => {
  withMarket('arrive at the client within one cycle, digit for digit', { TRACKED_COINS: '7', POLL_INTERVAL_S: '60' }, async (hub, market) => {
    market.answer(MARKETS, official('coins_markets', [BITCOIN]));
    market.answer(GLOBAL, official('global', WORLD));
    const client = await signIn(hub);
    const [price, summary] = [raw(client, 'price:bitcoin'), raw(client, 'market:summary')];
    await subscribe(client, 'price:bitcoin', 'market:summary');

    assert.match(await price, /"price":77671[,}]/);
    const update = JSON.parse(await price);
    assert.deepEqual(update, {
      type: 'price_update',
      channel: 'price:bitcoin',
      offset: 1,
      epoch: update.epoch,
      data: {
        symbol: 'BTC',
        price: 77671,
        change_24h: -0.95302,
        volume_24h: 33235034316,
        timestamp: '2026-05-18T12:49:21.599Z',
        source: 'coingecko',
        metadata: { sources: ['coingecko'] },
      },
    });

    assert.match(await summary, /"total_market_cap":2621040321355\.0405[,}]/);
    const { data, ...rest } = JSON.parse(await summary);
    assert.deepEqual(rest, { type: 'market_data', channel: 'market:summary', offset: 1, epoch: update.epoch });
    assert.equal(data.total_volume_24h, 95133256404.37308);
    assert.equal(data.bitcoin_dominance, 57.9539332566265);
    assert.equal(data.active_cryptocurrencies, 17397);
    assert.equal(data.source, 'coingecko');

    const asked = market.requests.find(({ path }) => path === MARKETS);
    assert.equal(asked.query.get('vs_currency'), 'usd');
    assert.equal(asked.query.get('order'), 'market_cap_desc');
    assert.equal(asked.query.get('per_page'), '7');
    assert.match(asked.headers['user-agent'], /cryptointel/i, 'keyless calls without one are refused');
    assert.equal(asked.headers['x-cg-demo-api-key'], undefined);
    assert.equal(market.asked(GLOBAL), 1);
  });

  withMarket('a price with many digits is not rounded, nor written with an exponent', {}, async (hub, market) => {
    const digits = '0.00000000007821066970851871';
    market.answer(MARKETS, () => JSON.stringify([{ ...BITCOIN, current_price: 0.5 }]).replace('"current_price":0.5', `"current_price":${digits}`));
    const client = await signIn(hub);
    const price = raw(client, 'price:bitcoin');
    await subscribe(client, 'price:bitcoin');
    assert.ok((await price).includes(`"price":${digits},`), await price);
  });

  withMarket('the key goes into its header and nowhere else', { COINGECKO_API_KEY: 'CG-secret-key' }, async (hub, market) => {
    await signIn(hub);
    const asked = await until(() => market.requests.find(({ path }) => path === MARKETS));
    assert.equal(asked.headers['x-cg-demo-api-key'], 'CG-secret-key');
    assert.ok(!JSON.stringify([...asked.query]).includes('CG-secret-key'));
    assert.ok(!JSON.stringify([await stats(hub), hub.logs]).includes('CG-secret-key'));
  });
});

describe('when a cycle runs', () => {
  withMarket('the first socket of an idle hub starts one at once', { FEED_INTERVAL_MS: '3600000' }, async (hub) => {
    const started = Date.now();
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await on(client, 'price:bitcoin');
    assert.ok(Date.now() - started < 8_000);
  });

  withMarket('the cron runs one while nobody is connected, and stores prices', {}, async (hub, market) => {
    await hub.dispatchScheduled();
    const rows = await until(async () => {
      const { results } = await hub.db.prepare('SELECT coin, symbol, price, source FROM prices_latest ORDER BY coin').all();
      return results.length === 2 && results;
    });
    assert.deepEqual(rows[0], { coin: 'bitcoin', symbol: 'BTC', price: '77671', source: 'coingecko' });
    assert.equal(rows[1].price, '2135.41');
    assert.equal(market.asked(MARKETS), 1);
  });

  withMarket('a client that comes after the cron finds the latest values there', { FEED_INTERVAL_MS: '3600000', POLL_INTERVAL_S: '3600' }, async (hub, market) => {
    await hub.dispatchScheduled();
    assert.equal(market.asked(MARKETS), 1);
    const client = await signIn(hub);
    await subscribe(client, 'price:BTC', 'market:summary');
    assert.equal((await on(client, 'price:BTC')).data.price, 77671);
    assert.equal((await on(client, 'market:summary')).data.total_market_cap, 2621040321355.0405);
    assert.equal(market.asked(MARKETS), 1, 'nobody was asked again');
  });

  withMarket('a provider is asked at most once in POLL_INTERVAL_S, however short the cycle', { POLL_INTERVAL_S: '2' }, async (hub, market) => {
    const started = Date.now();
    await signIn(hub);
    await until(() => market.asked(MARKETS) >= 3, { timeout: 20_000 });
    const seconds = (Date.now() - started) / 1000;
    assert.ok(market.asked(MARKETS) <= 1 + seconds / 1.9, `${market.asked(MARKETS)} times in ${seconds} s`);
  });

  withMarket('it stops when the last client leaves, and starts again with the next', {}, async (hub, market) => {
    // A market that moves: where nothing does, the feed hears of the last goodbye only with its next status.
    let price = 77_000;
    market.answer(MARKETS, () => [{ ...BITCOIN, current_price: ++price, last_updated: new Date().toISOString() }]);
    const client = await signIn(hub);
    await until(() => market.asked(MARKETS) >= 2);
    await client.close();
    // Two polls may still be under way; then there is silence for longer than three intervals.
    let [last, since] = [market.asked(MARKETS), Date.now()];
    await until(() => {
      if (market.asked(MARKETS) !== last) [last, since] = [market.asked(MARKETS), Date.now()];
      return Date.now() - since > 3_500;
    }, { timeout: 15_000 });
    await signIn(hub);
    await until(() => market.asked(MARKETS) > last);
  });

  withMarket('a change reaches everybody, on every shard', { SHARDS: '3', MAX_SHARDS: '3' }, async (hub, market) => {
    const clients = await Promise.all(Array.from({ length: 15 }, () => signIn(hub)));
    for (const client of clients) await subscribe(client, 'price:bitcoin');
    await until(async () => Object.values((await stats(hub)).connections.by_shard).filter((n) => n > 0).length === 3);
    for (const price of [78_001, 78_002, 78_003]) {
      market.set('bitcoin', { current_price: price });
      await Promise.all(clients.map((client) => client.next(({ data }) => data?.price === price)));
    }
  });
});

describe('signals', () => {
  const STEADY = 14;

  /** Steady ticks, then one that is not; `between` runs after each. */
  async function jump(client, market, between = async () => {}) {
    const step = async (changes) => {
      market.set('bitcoin', changes);
      await client.next(({ data }) => data?.price === changes.current_price);
      await between();
    };
    for (let n = 0; n < STEADY; n++) await step({ current_price: 77_671 + (n % 3) + n / 100, total_volume: 33e9 + n * 1e6 });
    await step({ current_price: 85_000, total_volume: 33e9 });
  }

  async function expectOneAlert(hub, client, market) {
    const alert = await client.next(({ channel, data }) => channel === 'signals:all' && data.type === 'price_anomaly');
    assert.equal(alert.data.symbol, 'BTC');
    assert.ok(alert.data.confidence > 0 && alert.data.confidence <= 1);
    assert.ok(alert.data.metadata.price_change > 9 && alert.data.metadata.price_change < 10);
    assert.deepEqual(alert.data.metadata.sources, ['coingecko']);
    // One move is one alert: it goes on moving, within the cool-down.
    for (const price of [93_000, 101_000]) {
      market.set('bitcoin', { current_price: price });
      await client.next(({ data }) => data?.price === price);
    }
    await settle(client);
    const alerts = client.messages.filter(({ channel, data }) => channel === 'signals:type:price_anomaly' && data.symbol === 'BTC');
    assert.equal(alerts.length, 1);
    const row = await until(() => hub.db.prepare('SELECT * FROM signals WHERE id = ?').bind(alert.data.id).first());
    const stored = await hub.fetch('/api/v1/signals?type=price_anomaly', {
      headers: { authorization: `Bearer ${await token({}, hub.secret)}` },
    });
    const [{ coin, ...signal }] = (await stored.json()).data;
    assert.equal(coin, 'bitcoin');
    assert.deepEqual(signal, alert.data, 'who asks later gets what was pushed');
    assert.equal(row.type, 'price_anomaly');
    assert.equal(row.coin, 'bitcoin');
    assert.equal(row.confidence, alert.data.confidence);
    assert.equal(row.description, alert.data.description);
    assert.deepEqual(JSON.parse(row.sources), ['coingecko']);
  }

  const channels = ['price:bitcoin', 'signals:all', 'signals:type:price_anomaly'];

  withMarket('a jump after steady prices is one price_anomaly, stored in D1', {}, async (hub, market) => {
    const client = await signIn(hub);
    await subscribe(client, ...channels);
    await jump(client, market);
    await expectOneAlert(hub, client, market);
  }, { timeout: 120_000 });

  withMarket('an eviction of the feed between any two cycles changes nothing', {}, async (hub, market) => {
    const client = await signIn(hub);
    await subscribe(client, ...channels);
    await jump(client, market, () => evictFeed(hub));
    await expectOneAlert(hub, client, market);
  }, { timeout: 120_000 });
});

describe("the provider's faults", () => {
  const SLOW = () => new Promise(() => {}); // never answers
  const row = (changes) => [{ ...BITCOIN, last_updated: new Date().toISOString(), ...changes }];
  const FAULTS = [
    ['500', { status: 500, body: 'Internal Server Error' }, 'http_status'],
    ['403', { status: 403, body: {} }, 'http_status'],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '3' }, body: {} }, 'rate_limited'],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Just a moment...</title>' }, 'not_json'],
    ['half a body', JSON.stringify([BITCOIN]).slice(0, 200), 'cut_off'],
    ['an empty body', '', 'empty'],
    ['an empty list', '[]', 'empty'],
    ['a wrong type', { body: { error: 'no' } }, 'wrong_shape'],
    ['a price as text', () => row({ current_price: '77671' }), 'wrong_shape'],
    ['a price of null', () => row({ current_price: null }), 'wrong_shape'],
    ['a negative price', () => row({ current_price: -5 }), 'implausible'],
    ['an absurd price', () => row({ current_price: 1e30 }), 'implausible'],
    ['no answer for more than 5 s', SLOW, 'timeout'],
  ];

  for (const [name, answer, code] of FAULTS) {
    withMarket(`${name}: ${code}; the last good value stays, goes stale, and is fresh again when the provider is`, {}, async (hub, market) => {
      const client = await signIn(hub);
      await subscribe(client, 'price:bitcoin', 'market:summary');
      assert.equal((await on(client, 'price:bitcoin')).data.stale, undefined);
      market.answer(MARKETS, answer);

      const { feed, status } = await until(async () => {
        const it = await stats(hub);
        return it.feed.faults[code] > 0 && it;
      }, { timeout: 15_000 });
      assert.ok(feed.failures_in_a_row > 0 && feed.last_fault, JSON.stringify(feed));
      assert.equal(status, 'degraded');

      const stale = await client.next(({ channel, data }) => channel === 'price:bitcoin' && data.stale, { timeout: 20_000 });
      assert.equal(stale.data.price, 77671);
      const late = await signIn(hub);
      await subscribe(late, 'price:bitcoin');
      assert.equal((await on(late, 'price:bitcoin')).data.stale, true);
      assert.ok(!client.messages.some(({ data }) => data?.price <= 0 || data?.price > 1e6));
      assert.ok((await hub.fetch('/health')).ok, 'the hub serves');

      market.answer(MARKETS);
      market.set('bitcoin', { current_price: 77_700 });
      const fresh = await client.next(({ data }) => data?.price === 77_700, { timeout: 30_000 });
      assert.equal(fresh.data.stale, undefined);
      await until(async () => (await stats(hub)).feed.failures_in_a_row === 0);
      await until(async () => (await stats(hub)).status === 'healthy');
    }, { timeout: 90_000 });
  }

  withMarket('one of two calls fails: the other still counts', {}, async (hub, market) => {
    market.answer(GLOBAL, { status: 500, body: 'no' });
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin', 'market:summary');
    assert.equal((await on(client, 'price:bitcoin')).data.price, 77671);
    await until(async () => (await stats(hub)).feed.faults.http_status > 0);
    await settle(client);
    assert.ok(!client.messages.some(({ channel }) => channel === 'market:summary'), 'what nobody said is not made up');
    market.answer(GLOBAL);
    await client.next(({ channel }) => channel === 'market:summary', { timeout: 30_000 });
  }, { timeout: 60_000 });

  withMarket('one bad row among good ones is left out and counted', {}, async (hub, market) => {
    market.set('cardano', { symbol: 'ada', current_price: -1 });
    const client = await signIn(hub);
    await subscribe(client, 'price:ADA', 'price:ethereum');
    assert.equal((await on(client, 'price:ethereum')).data.price, 2135.41);
    await until(async () => (await stats(hub)).feed.faults.implausible > 0);
    await settle(client);
    assert.ok(!client.messages.some(({ channel }) => channel === 'price:ADA'));
    assert.equal((await figures(hub)).feed.failures_in_a_row, 0);
  });

  withMarket('fields that may be null are null, and missing ones do not matter', {}, async (hub, market) => {
    market.set('bitcoin', { price_change_percentage_24h: null, total_volume: null, market_cap: null, name: 7, image: [] });
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    const { data } = await on(client, 'price:bitcoin');
    assert.equal(data.change_24h, null);
    assert.equal(data.volume_24h, null);
    assert.equal(data.price, 77671);
  });

  withMarket('Retry-After is respected', {}, async (hub, market) => {
    await signIn(hub);
    market.answer(MARKETS, { status: 429, headers: { 'retry-after': '4' }, body: {} });
    const before = await until(() => market.requests.filter(({ path }) => path === MARKETS).length);
    const { feed } = await until(async () => (({ feed }) => feed.faults.rate_limited > 0 && { feed })(await stats(hub)));
    assert.equal(feed.faults.rate_limited, 1, 'one answer is one fault');
    const refusedAt = Date.now();
    const asked = market.asked(MARKETS);
    await until(() => market.asked(MARKETS) > asked, { timeout: 20_000 });
    assert.ok(Date.now() - refusedAt > 3_000, `asked again after ${Date.now() - refusedAt} ms`);
    assert.ok(before >= 1);
  }, { timeout: 40_000 });

  test('a provider that cannot be reached at all: the hub serves without data', async (t) => {
    const hub = await startHub({ vars: { FEED_SOURCE: 'live', COINGECKO_URL: 'http://127.0.0.1:9', FEED_INTERVAL_MS: '250', POLL_INTERVAL_S: '1' } });
    t.after(() => hub.stop());
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, 'price:bitcoin'), ['price:bitcoin']);
    await until(async () => (await stats(hub)).feed.faults.unreachable > 0);
    assert.equal((await stats(hub)).status, 'down');
    assert.equal((await hub.fetch('/health')).status, 503);
    await settle(client);
  });
});

describe('storage', () => {
  withMarket('D1 out of order: the feed goes on and the fault is counted', {}, async (hub, market) => {
    await hub.db.prepare('DROP TABLE prices_latest').run();
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await on(client, 'price:bitcoin');
    await until(async () => (await stats(hub)).feed.storage_faults > 0);
    market.set('bitcoin', { current_price: 80_000 });
    await client.next(({ data }) => data?.price === 80_000);
  });

  withMarket('prices are stored once a minute, not every tick: rows written are billed', {}, async (hub, market) => {
    const stored = async () => (await hub.db.prepare("SELECT price FROM prices_latest WHERE coin = 'bitcoin'").first())?.price;
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await until(async () => (await stored()) === '77671');
    for (const price of [80_000, 80_001]) {
      market.set('bitcoin', { current_price: price });
      await client.next(({ data }) => data?.price === price);
    }
    assert.equal(await stored(), '77671');
  });

  withMarket('what the feed knows outlives an eviction of everything', { POLL_INTERVAL_S: '3600', FEED_INTERVAL_MS: '3600000' }, async (hub, market) => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await on(client, 'price:bitcoin');
    await settle(client);
    await evictFeed(hub);
    await evictShards(hub);
    const other = await connect(hub);
    await other.close();
    const late = await signIn(hub);
    await subscribe(late, 'price:ethereum');
    assert.equal((await on(late, 'price:ethereum')).data.price, 2135.41);
    assert.equal(market.asked(MARKETS), 1);
  });
});
