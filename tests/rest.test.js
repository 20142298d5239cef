// The REST API: every answer of this file, good or bad, is held against docs/openapi.json.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startHub, token } from './support/index.js';
import { BITCOIN, MARKETS, startMarket } from './support/market.js';
import { conforms, document, examples } from './support/openapi.js';
import { evictFeed, on, signIn, subscribe, until } from './support/session.js';

const MINUTE = 60_000;
/** Minutes long past: no candle of the running market lies there. */
const LONG_AGO = Date.parse('2025-12-02T12:00:00Z');

/** Asks, and holds the answer against the document. `jwt: null` sends no token. */
async function ask(hub, path, { jwt, method = 'GET', headers = {} } = {}) {
  const authorization = jwt === null ? {} : { authorization: `Bearer ${jwt ?? (await token({}, hub.secret))}` };
  const response = await hub.fetch(path, { method, headers: { ...authorization, ...headers } });
  const { body, text } = (await conforms(path, response, { method })) ?? {};
  return { status: response.status, headers: response.headers, body, text };
}

/** Asks for data that must be there. */
async function data(hub, path) {
  const { status, body } = await ask(hub, path);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** Asks what must be refused, and returns the problem. */
async function problem(hub, path, status, options) {
  const answer = await ask(hub, path, options);
  assert.equal(answer.status, status, answer.text);
  return answer;
}

function withHub(name, vars, run) {
  test(name, async (t) => {
    const hub = await startHub({ vars });
    t.after(() => hub.stop());
    await run(hub, t);
  });
}

async function storeSignal(hub, { id, type = 'price_anomaly', coin = 'bitcoin', symbol = 'BTC', confidence = 0.9, at }) {
  await hub.db
    .prepare('INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .bind(id, type, coin, symbol, confidence, 'It moved', 5.2, 1.8, '["coingecko"]', at)
    .run();
}

async function storeCandle(hub, at, { pair = 'BTC/USDT', interval = '1m', close = '67310.250' } = {}) {
  await hub.db
    .prepare('INSERT INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .bind(pair, interval, at, '67234.50', '67340.00', '67200.00', close, '145.23', null, 'binance')
    .run();
}

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.equal(validator.version, '3.1');
  });

  test('has an example for every answer, and each fits its schema', () => {
    let count = 0;
    for (const { name, example, check } of examples()) {
      assert.ok(example !== undefined, `${name} has no example`);
      check();
      count++;
    }
    assert.ok(count > 50, `${count} examples`);
  });
});

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
  });

  test('asking starts no cycle', async () => {
    const age = async () => (await (await hub.fetch('/ws/stats')).json()).feed.age_ms;
    const aged = await until(async () => ((await age()) > 2_000 ? age() : undefined));
    await data(hub, '/api/v1/prices');
    assert.ok((await age()) >= aged);
  });

  test('they outlive an eviction of the feed', async () => {
    await evictFeed(hub);
    assert.equal((await data(hub, '/api/v1/prices?symbols=BTC')).length, 1);
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

  test('end with the running one, and have none twice', async () => {
    // Recent ones: the cron deletes what is old.
    const recent = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
    for (const n of [0, 1]) await storeCandle(hub, recent + n * MINUTE);
    await hub.dispatchScheduled();
    const running = await until(async () => {
      const { body } = await ask(hub, of('limit=10'));
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

describe('tokens', () => {
  let hub;
  let open;
  before(async () => {
    hub = await startHub();
    open = await startHub({ vars: { PUBLIC_READ: '1' } });
    await open.dispatchScheduled();
  });
  after(() => Promise.all([hub.stop(), open.stop()]));

  test('one is needed', async () => {
    const { headers, body } = await problem(hub, '/api/v1/signals', 401, { jwt: null });
    assert.equal(headers.get('www-authenticate'), 'Bearer realm="cryptointel"');
    assert.match(body.type, /unauthorized$/);
  });

  test('none is needed where reading is public', async () => {
    assert.equal((await ask(open, '/api/v1/signals', { jwt: null })).status, 200);
    assert.equal((await ask(open, '/api/v1/prices', { jwt: null })).status, 200);
  });

  test('a bad one is refused even where none is needed', async () => {
    for (const at of [hub, open]) {
      const expired = await token({ exp: Math.floor(Date.now() / 1000) - 60 }, at.secret);
      const foreign = await token({}, 'another secret of thirty-two bytes');
      for (const jwt of [expired, foreign, 'nonsense']) {
        const { headers, body } = await problem(at, '/api/v1/signals', 401, { jwt });
        assert.match(headers.get('www-authenticate'), /error="invalid_token"/);
        assert.match(body.type, /invalid-token$/);
      }
      const { body } = await problem(at, '/api/v1/signals', 401, { jwt: null, headers: { authorization: 'Basic YTpi' } });
      assert.match(body.detail, /Bearer/);
    }
    assert.match((await problem(hub, '/api/v1/signals', 401, { jwt: 'secret-looking-text' })).text, /^(?!.*secret-looking)/);
  });

  test('one in the query is an error that does not show it', async () => {
    const jwt = await token({}, hub.secret);
    const { text } = await problem(hub, `/api/v1/signals?token=${jwt}`, 400);
    assert.ok(!text.includes(jwt.slice(0, 10)));
  });
});

describe('HTTP', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { PUBLIC_READ: '1', ALLOWED_ORIGINS: 'https://app.example' } });
    await storeSignal(hub, { id: 'signal_1', at: LONG_AGO });
  });
  after(() => hub.stop());

  const path = '/api/v1/signals';

  test('an answer that the client has is not sent again', async () => {
    const first = await ask(hub, path, { jwt: null });
    const etag = first.headers.get('etag');
    for (const known of [etag, '*', `"other", ${etag}`, `W/${etag}`]) {
      const again = await ask(hub, path, { jwt: null, headers: { 'if-none-match': known } });
      assert.equal(again.status, 304, known);
      assert.equal(again.headers.get('etag'), etag);
      assert.equal(again.headers.get('cache-control'), 'private, max-age=5');
      assert.equal(again.headers.get('vary'), 'Origin, Authorization');
    }
    assert.equal((await ask(hub, path, { jwt: null, headers: { 'if-none-match': '"other"' } })).status, 200);
    await storeSignal(hub, { id: 'signal_2', at: LONG_AGO + 1 });
    const changed = await ask(hub, path, { jwt: null, headers: { 'if-none-match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
  });

  test('HEAD says what GET says, without the body', async () => {
    const get = await ask(hub, path, { jwt: null });
    const head = await ask(hub, path, { jwt: null, method: 'HEAD' });
    assert.equal(head.status, 200);
    for (const name of ['etag', 'content-type', 'cache-control', 'vary']) assert.equal(head.headers.get(name), get.headers.get(name), name);
    assert.equal((await ask(hub, `${path}?limit=0`, { jwt: null, method: 'HEAD' })).status, 400);
  });

  test('another method is 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { body } = await problem(hub, path, 405, { jwt: null, method });
      assert.equal(body.title, 'The method is not allowed');
    }
  });

  test('an unknown path is a 404 problem', async () => {
    for (const unknown of ['/api/v1/nothing', '/api/', '/api/v1/prices/', '/api/v2/prices']) {
      const response = await hub.fetch(unknown);
      assert.equal(response.status, 404, unknown);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal((await response.json()).status, 404);
    }
  });

  test('a page of an allowed origin may read, and what it may send is told', async () => {
    const { status, headers } = await ask(hub, path, { jwt: null, headers: { origin: 'https://app.example' } });
    assert.equal(status, 200);
    assert.equal(headers.get('access-control-allow-origin'), 'https://app.example');
    assert.equal(headers.get('access-control-allow-credentials'), null);
    assert.match(headers.get('access-control-expose-headers'), /ETag.*RateLimit/);
    const preflight = await hub.fetch(path, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example');
    assert.match(preflight.headers.get('access-control-allow-headers'), /Authorization/);
    assert.match(preflight.headers.get('access-control-allow-methods'), /GET/);
    const refused = await ask(hub, `${path}?limit=0`, { jwt: null, headers: { origin: 'https://app.example' } });
    assert.equal(refused.headers.get('access-control-allow-origin'), 'https://app.example', 'it may read why not');
  });

  test('a page of another origin may not, not even ask', async () => {
    const headers = { origin: 'https://evil.example' };
    const refused = await problem(hub, path, 403, { jwt: null, headers });
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
    assert.equal(refused.headers.get('vary'), 'Origin, Authorization');
    const preflight = await hub.fetch(path, { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  });

  test('plain http from afar is a 403 problem', async () => {
    const response = await new Promise((resolve, reject) => {
      http.get(`${hub.url}${path}`, { headers: { host: 'hub.example' } }, resolve).on('error', reject);
    });
    const chunks = await response.toArray();
    assert.equal(response.statusCode, 403);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    assert.match(JSON.parse(Buffer.concat(chunks)).type, /tls-required$/);
  });

  test('refusals are counted', async () => {
    await until(async () => (await (await hub.fetch('/ws/stats')).json()).errors.INVALID_PARAMETER > 0);
  });
});

withHub('a wrong setting is a 500 problem that names it', { JWT_SECRET: 'short' }, async (hub) => {
  const { body } = await problem(hub, '/api/v1/prices', 500, { jwt: null });
  assert.match(body.detail, /^JWT_SECRET/);
});

withHub('a database that fails is a 503 problem, logged', {}, async (hub) => {
  await hub.db.exec('DROP TABLE signals');
  await hub.db.exec('DROP TABLE candles');
  for (const path of ['/api/v1/signals', '/api/v1/candles?symbol=BTC/USDT&interval=1m']) {
    const { body, headers } = await problem(hub, path, 503);
    assert.match(body.type, /unavailable$/);
    assert.equal(headers.get('retry-after'), '5');
    assert.ok(!body.detail.includes('no such table'), 'what is inside is for the log');
  }
  await until(() => hub.logs.some(({ message }) => message.includes('database_failed')));
});

describe('requests in a quarter of an hour', () => {
  const from = (address) => ({ headers: { 'CF-Connecting-IP': address } });
  const path = '/api/v1/signals';

  withHub('one more than the limit is 429, for each network by itself', { API_REQUESTS_PER_15_MIN: '3' }, async (hub) => {
    for (const left of [2, 1, 0]) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(headers.get('ratelimit-policy'), '"network";q=3;w=900');
      assert.match(headers.get('ratelimit'), new RegExp(`^"network";r=${left};t=(900|8\\d\\d)$`));
    }
    for (let n = 0; n < 3; n++) {
      const { body, headers } = await problem(hub, path, 429, from('203.0.113.1'));
      assert.match(body.detail, /More than 3 requests in 15 minutes/);
      assert.match(headers.get('ratelimit'), /^"network";r=0;t=\d+$/);
      const wait = Number(headers.get('retry-after'));
      assert.ok(wait > 800 && wait <= 900, `${wait}`);
    }
    assert.equal((await ask(hub, path, from('203.0.113.2'))).status, 200);
    await ask(hub, '/api/v1/openapi.json', from('203.0.113.1'));
    const preflight = await hub.fetch(path, { method: 'OPTIONS', ...from('203.0.113.1') });
    assert.equal(preflight.status, 204, 'a preflight counts for nothing');
  });

  withHub('an IPv6 subscriber is his /64', { API_REQUESTS_PER_15_MIN: '2' }, async (hub) => {
    assert.equal((await ask(hub, path, from('2001:db8:1:2::1'))).status, 200);
    assert.equal((await ask(hub, path, from('2001:db8:1:2:ffff::2'))).status, 200);
    await problem(hub, path, 429, from('2001:db8:1:2:aaaa::3'));
    assert.equal((await ask(hub, path, from('2001:db8:1:3::1'))).status, 200);
  });

  withHub('bad requests and bad tokens count', { API_REQUESTS_PER_15_MIN: '2' }, async (hub) => {
    await problem(hub, `${path}?limit=0`, 400, from('203.0.113.1'));
    await problem(hub, path, 401, { jwt: 'nonsense', ...from('203.0.113.1') });
    await problem(hub, path, 429, { jwt: 'nonsense', ...from('203.0.113.1') });
  });

  withHub("the document's 100 is the default, and outlives an eviction", { API_REQUESTS_PER_15_MIN: undefined }, async (hub) => {
    const evict = () => Promise.all(Array.from({ length: 16 }, (_, n) => hub.evict('RequestLimiter', `limiter-${n}`).catch(() => {})));
    for (let n = 1; n <= 100; n++) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(Number(headers.get('ratelimit').match(/r=(\d+)/)[1]), 100 - n);
      if (n % 30 === 0) await evict();
    }
    await evict();
    await problem(hub, path, 429, from('203.0.113.1'));
  });

  withHub('0 turns it off', { API_REQUESTS_PER_15_MIN: '0' }, async (hub) => {
    for (let n = 0; n < 120; n++) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(headers.get('ratelimit'), null);
    }
  });
});
