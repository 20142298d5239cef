// The CryptoIntel protocol from end to end, in the order of the document: connecting, every message in both
// directions, every channel, errors, reconnecting, and the figures that it promises.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { authenticate, heard, held, on, refusal, refused, settle, signIn, subscribe, unsubscribe } from './support/session.js';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '250', MESSAGES_PER_MINUTE: '0', TRACKED_COINS: '250' } });
});
after(() => hub.stop());

/** Checks that an object has these keys and no others, each of this type; `?` for one that may be null. */
function shape(object, types) {
  assert.deepEqual(Object.keys(object).sort(), Object.keys(types).sort());
  for (const [key, type] of Object.entries(types)) {
    if (type.endsWith('?') && object[key] === null) continue;
    assert.equal(typeof object[key], type.replace('?', ''), `${key}: ${JSON.stringify(object[key])}`);
  }
}

describe('connecting', () => {
  test('GET /ws without an upgrade is 400 Expected WebSocket', async () => {
    const response = await hub.fetch('/ws');
    assert.equal(response.status, 400);
    assert.equal((await response.text()).trim(), 'Expected WebSocket');
  });

  test('other methods and unknown paths do not upgrade', async () => {
    assert.equal((await hub.fetch('/ws', { method: 'POST' })).ok, false);
    assert.equal((await hub.fetch('/no-such-path')).status, 404);
    await assert.rejects(connect(hub, { path: '/no-such-path' }), { status: 404 });
  });

  test('the front door is a page', async () => {
    const response = await hub.fetch('/');
    assert.equal(response.status, 200);
    assert.match(await response.text(), /<title>CryptoIntel<\/title>/);
  });

  test('a chosen subprotocol is echoed', async () => {
    const client = await connect(hub, { protocol: 'cryptointel.v1' });
    assert.equal(client.socket.protocol, 'cryptointel.v1');
  });

  test('of several subprotocols the one that is spoken is chosen; if none is, 400 says so', async () => {
    const client = await connect(hub, { protocol: ['unheard-of.v9', 'cryptointel.v1'] });
    assert.equal(client.socket.protocol, 'cryptointel.v1');
    await assert.rejects(connect(hub, { protocol: 'unheard-of.v9' }), { status: 400 });
  });

  test('nothing is sent before the client speaks', async () => {
    const client = await connect(hub);
    await settle(client);
    assert.deepEqual(heard(client), [{ type: 'pong' }]);
  });

  test('a close is answered: with its own code, or with an ordinary one if it has none', async () => {
    const client = await signIn(hub);
    assert.equal((await client.close(4321, 'bye')).code, 4321);
    const without = await signIn(hub);
    without.socket.close();
    assert.ok([1000, 1005].includes((await without.closed).code), 'never 1006: that would be a broken connection');
  });
});

describe('auth', () => {
  test('a good token is answered with connection, subject and expiry', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const client = await connect(hub);
    const welcome = await authenticate(client, await token({ sub: 'bob', exp }, hub.secret));
    shape(welcome, { type: 'string', data: 'object', timestamp: 'number' });
    shape(welcome.data, { connection_id: 'string', subject: 'string', expires_at: 'string' });
    assert.match(welcome.data.connection_id, UUID);
    assert.equal(welcome.data.subject, 'bob');
    assert.match(welcome.data.expires_at, RFC3339);
    assert.equal(Date.parse(welcome.data.expires_at), exp * 1000);
    assert.ok(Math.abs(welcome.timestamp - Date.now()) < 60_000);
  });

  test('a connection keeps its id, and every connection has its own', async () => {
    const [one, two] = await Promise.all([signIn(hub), signIn(hub)]);
    assert.notEqual(one.welcome.data.connection_id, two.welcome.data.connection_id);
    const again = await authenticate(one, await token({}, hub.secret));
    assert.equal(again.data.connection_id, one.welcome.data.connection_id);
  });

  test('before it, subscribe and unsubscribe are UNAUTHORIZED, and ping is answered', async () => {
    const client = await connect(hub);
    assert.match((await refused(client, { type: 'subscribe', channels: ['price:bitcoin'] }, 'UNAUTHORIZED')).message, /subscribe/);
    assert.match((await refused(client, { type: 'unsubscribe', channels: [] }, 'UNAUTHORIZED')).message, /unsubscribe/);
    client.send('{"type":"ping"}');
    await client.next('pong');
    await settle(client);
    await authenticate(client, await token({}, hub.secret));
    assert.deepEqual(await held(client), [], 'what came before auth did not take effect');
  });
});

describe('ping', () => {
  for (const ping of ['{"type":"ping"}', '{ "type": "ping" }', '{"type":"ping","data":{"n":1}}']) {
    test(`${ping} is answered with exactly {"type":"pong"}`, async () => {
      const client = await connect(hub);
      const pong = new Promise((resolve) => {
        client.socket.on('message', (data) => String(data).includes('pong') && resolve(String(data)));
      });
      client.send(ping);
      assert.equal(await pong, '{"type":"pong"}');
    });
  }
});

describe('subscriptions', () => {
  const FAMILIES = [
    'price:bitcoin', 'price:ethereum', 'price:ADA', 'price:SOL', 'signals:all', 'signals:high',
    'signals:type:price_anomaly', 'signals:type:volume_spike', 'market:summary', 'market:volume', 'market:sentiment',
  ];

  test('every documented channel can be subscribed, before the first cycle too', async () => {
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, ...FAMILIES), FAMILIES);
    assert.deepEqual(await unsubscribe(client, ...FAMILIES), []);
  });

  test('the acknowledgements name all channels held, oldest first', async () => {
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, 'price:bitcoin', 'signals:all'), ['price:bitcoin', 'signals:all']);
    assert.deepEqual(await subscribe(client, 'market:summary'), ['price:bitcoin', 'signals:all', 'market:summary']);
    assert.deepEqual(await subscribe(client), ['price:bitcoin', 'signals:all', 'market:summary']);
    assert.deepEqual(await unsubscribe(client, 'signals:all'), ['price:bitcoin', 'market:summary']);
  });

  test('the same channel twice is one subscription', async () => {
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, 'price:bitcoin', 'price:bitcoin'), ['price:bitcoin']);
    assert.deepEqual(await subscribe(client, 'price:bitcoin'), ['price:bitcoin']);
    const first = await on(client, 'price:bitcoin');
    const second = await on(client, 'price:bitcoin');
    assert.notEqual(first.data.timestamp, second.data.timestamp, 'one message a tick');
  });

  test('unsubscribing what is not held changes nothing', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    assert.deepEqual(await unsubscribe(client, 'price:ethereum', 'signals:high'), ['price:bitcoin']);
  });

  test('after unsubscribe nothing more comes, while others go on', async () => {
    const [leaver, stayer] = await Promise.all([signIn(hub), signIn(hub)]);
    for (const client of [leaver, stayer]) await subscribe(client, 'price:bitcoin', 'price:ethereum');
    await on(leaver, 'price:bitcoin');
    assert.deepEqual(await unsubscribe(leaver, 'price:bitcoin'), ['price:ethereum']);
    const heard = leaver.messages.length;
    stayer.skip();
    for (let tick = 0; tick < 3; tick++) await on(stayer, 'price:bitcoin');
    await settle(leaver);
    const since = new Set(leaver.messages.slice(heard).map(({ channel }) => channel));
    assert.ok(since.has('price:ethereum') && !since.has('price:bitcoin'), [...since].join());
  });

  test('a coin answers to id and ticker in any case, and is spelled back as the client spelled it', async () => {
    const [id, ticker] = await Promise.all([signIn(hub), signIn(hub)]);
    await subscribe(id, 'price:bitcoin');
    await subscribe(ticker, 'price:BTC');
    id.skip();
    ticker.skip();
    const [byId, byTicker] = await Promise.all([id.next('price_update'), ticker.next('price_update')]);
    assert.equal(byId.channel, 'price:bitcoin');
    assert.equal(byTicker.channel, 'price:BTC');
    assert.equal(byId.data.symbol, 'BTC');
    assert.equal(byTicker.data.symbol, 'BTC');
  });

  test('spellings of one channel are one subscription: the last is echoed, and any of them ends it', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    assert.deepEqual(await subscribe(client, 'price:btc'), ['price:btc']);
    client.skip();
    for (let tick = 0; tick < 2; tick++) assert.equal((await client.next('price_update')).channel, 'price:btc');
    assert.deepEqual(await unsubscribe(client, 'price:BTC'), []);
  });

  test('a state channel begins with its latest value; a signal channel has none', async () => {
    const watcher = await signIn(hub);
    await subscribe(watcher, 'price:bitcoin', 'market:summary');
    await Promise.all([on(watcher, 'price:bitcoin'), on(watcher, 'market:summary')]);
    const client = await signIn(hub);
    await subscribe(client, 'signals:type:source_divergence', 'price:bitcoin', 'market:summary');
    await settle(client);
    const received = heard(client).slice(2).map(({ type, channel }) => channel ?? type);
    assert.ok(received.includes('price:bitcoin') && received.includes('market:summary'), received.join());
    assert.ok(!received.includes('signals:type:source_divergence'));
  });
});

describe('what the hub sends', () => {
  test('price_update', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    const message = await on(client, 'price:bitcoin');
    shape(message, { type: 'string', channel: 'string', offset: 'number', epoch: 'string', data: 'object' });
    assert.equal(message.type, 'price_update');
    shape(message.data, {
      symbol: 'string', price: 'number', change_24h: 'number?', volume_24h: 'number?', timestamp: 'string', source: 'string',
      metadata: 'object',
    });
    assert.ok(message.data.price > 0);
    assert.match(message.data.timestamp, RFC3339);
    assert.equal(message.data.source, 'simulated', 'nobody may take it for real');
  });

  test('market_data on market:summary, market:volume and market:sentiment', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'market:summary', 'market:volume', 'market:sentiment');
    const summary = await on(client, 'market:summary');
    shape(summary, { type: 'string', channel: 'string', offset: 'number', epoch: 'string', data: 'object' });
    assert.equal(summary.type, 'market_data');
    const { total_market_cap, total_volume_24h, bitcoin_dominance, active_cryptocurrencies, timestamp } = summary.data;
    for (const figure of [total_market_cap, total_volume_24h, bitcoin_dominance, active_cryptocurrencies]) {
      assert.ok(typeof figure === 'number' && figure > 0, JSON.stringify(summary.data));
    }
    assert.ok(bitcoin_dominance < 100);
    assert.match(timestamp, RFC3339);

    const volume = await on(client, 'market:volume');
    assert.equal(volume.type, 'market_data');
    assert.ok(volume.data.total_volume_24h > 0 && volume.data.leaders.length > 0);
    assert.ok(['rising', 'steady', 'falling'].includes(volume.data.trend));

    const sentiment = await on(client, 'market:sentiment');
    assert.equal(sentiment.type, 'market_data');
    assert.ok(sentiment.data.score >= -1 && sentiment.data.score <= 1);
    for (const { data } of [summary, volume, sentiment]) assert.equal(data.source, 'simulated');
  });

  test('sentiment_update and trending_update, the current values first', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'sentiment:BTC', 'trending:1h', 'trending:24h', 'trending:7d');
    const mood = await on(client, 'sentiment:BTC');
    assert.equal(mood.type, 'sentiment_update');
    shape(mood.data, {
      token: 'string', sentiment: 'string', score: 'number', confidence: 'number', sources: 'object', known: 'object',
      trending_rank: 'number?', change_24h: 'number?', timestamp: 'string',
    });
    shape(mood.data.sources, { social: 'number', news: 'number', whale: 'number', technical: 'number' });
    assert.ok(mood.data.known.includes('technical') && !mood.data.known.includes('news'), JSON.stringify(mood.data));
    assert.ok(Math.abs(mood.data.score) <= 1 && mood.data.confidence > 0 && mood.data.confidence <= 1);
    assert.match(mood.data.timestamp, RFC3339);
    for (const timeframe of ['1h', '24h', '7d']) {
      const ranking = await on(client, `trending:${timeframe}`);
      assert.equal(ranking.type, 'trending_update');
      assert.equal(ranking.data.timeframe, timeframe);
      assert.deepEqual(ranking.data.coins.map(({ rank }) => rank), Array.from({ length: 20 }, (_, n) => n + 1));
      const { memecoins } = ranking.data;
      assert.deepEqual(memecoins.map(({ rank }) => rank), memecoins.map((_, n) => n + 1));
      const tokens = memecoins.map(({ token }) => token);
      assert.ok(['DOGE', 'SHIB', 'PEPE'].every((it) => tokens.includes(it)) && !tokens.includes('BTC'), tokens.join());
      const among = (token) => ranking.data.coins.find((it) => it.token === token);
      for (const row of memecoins) {
        const { rank, ...rest } = among(row.token) ?? row;
        assert.ok(rank >= row.rank);
        assert.deepEqual({ rank: row.rank, ...rest }, row, 'the score is that among all');
      }
    }
  });

  test('signal_alert, on signals:all, its type and, if sure enough, signals:high', { timeout: 120_000 }, async () => {
    const client = await signIn(hub);
    await subscribe(client, 'signals:all', 'signals:high', 'signals:type:price_anomaly', 'signals:type:volume_spike');
    const alert = await client.next((message) => message.channel === 'signals:all', { timeout: 100_000 });
    shape(alert, { type: 'string', channel: 'string', offset: 'number', epoch: 'string', data: 'object' });
    assert.equal(alert.type, 'signal_alert');
    shape(alert.data, {
      id: 'string', type: 'string', symbol: 'string', confidence: 'number', description: 'string',
      timestamp: 'string', metadata: 'object',
    });
    shape(alert.data.metadata, { price_change: 'number', volume_spike: 'number', sources: 'object' });
    assert.deepEqual(alert.data.metadata.sources, ['simulated']);
    assert.ok(alert.data.confidence >= 0 && alert.data.confidence <= 1);
    assert.match(alert.data.timestamp, RFC3339);
    await settle(client);
    const same = client.messages.filter((message) => message.data?.id === alert.data.id).map(({ channel }) => channel);
    const high = alert.data.confidence >= 0.8 ? ['signals:high'] : [];
    assert.deepEqual(same.sort(), ['signals:all', `signals:type:${alert.data.type}`, ...high].sort());
  });

  test('everybody gets the same values in the same order', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => signIn(hub)));
    for (const client of clients) await subscribe(client, 'price:bitcoin', 'price:ethereum');
    const seen = await Promise.all(
      clients.map(async (client) => {
        for (let tick = 0; tick < 6; tick++) await on(client, 'price:ethereum');
        return client.messages.filter(({ type }) => type === 'price_update').map(({ data }) => `${data.symbol} ${data.price}`);
      }),
    );
    const last = seen.at(-1);
    const start = last.slice(2, 4); // past the latest values, which need not be the same
    for (const values of seen) {
      const from = values.findIndex((value, at) => value === start[0] && values[at + 1] === start[1]);
      assert.notEqual(from, -1);
      const common = Math.min(values.length - from, last.length - 2);
      assert.deepEqual(values.slice(from, from + common), last.slice(2, 2 + common));
    }
  });
});

describe('candles', () => {
  test('the newest candle comes at once, then each of its states, under the name that the client used', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'candles:btc/usdt:1m');
    const first = await on(client, 'candles:btc/usdt:1m');
    assert.equal(first.type, 'candle_update');
    shape(first.data, {
      pair: 'string', interval: 'string', time: 'string', open: 'number', high: 'number', low: 'number', close: 'number',
      volume: 'number', quote_volume: 'number?', closed: 'boolean', source: 'string',
    });
    const { data } = await on(client, 'candles:btc/usdt:1m');
    assert.equal(data.pair, 'BTC/USDT');
    assert.equal(Date.parse(data.time) % 60_000, 0);
    assert.ok(data.low <= Math.min(data.open, data.close) && Math.max(data.open, data.close) <= data.high);
    assert.ok(data.volume > 0);
  });

  test('a pair that is not configured and an interval that there is not are no channels', async () => {
    const client = await signIn(hub);
    await refused(client, { type: 'subscribe', channels: ['candles:XRP/ETH:1m'] }, 'INVALID_CHANNEL');
    await refused(client, { type: 'subscribe', channels: ['candles:BTC/USDT:2m'] }, 'INVALID_CHANNEL');
  });
});

describe('errors', () => {
  test('an unknown channel has the documented error, and the good ones beside it are subscribed', async () => {
    const client = await signIn(hub);
    client.send({ type: 'subscribe', channels: ['price:bitcoin', 'price:invalid', 'market:summary'] });
    assert.deepEqual((await client.next('subscribed')).channels, ['price:bitcoin', 'market:summary']);
    const error = await refusal(client, 'INVALID_CHANNEL');
    shape(error, { code: 'string', message: 'string', timestamp: 'string', channel: 'string' });
    assert.equal(error.message, "Channel 'price:invalid' does not exist");
    assert.equal(error.channel, 'price:invalid');
    assert.match(error.timestamp, RFC3339);
    await on(client, 'price:bitcoin');
  });

  test('every kind of channel that does not exist is named', async () => {
    const client = await signIn(hub);
    const wrong = ['', 'price', 'price:', 'PRICE:bitcoin', 'signals:low', 'signals:type:nonsense', 'market:', 'user:', 'x'.repeat(500)];
    for (const channel of wrong) {
      client.send({ type: 'subscribe', channels: [channel] });
      assert.deepEqual((await client.next('subscribed')).channels, []);
      const error = await refusal(client, 'INVALID_CHANNEL');
      assert.equal(error.channel, channel.slice(0, 128));
    }
  });

  test('of many bad channels ten are named and the rest is counted', async () => {
    const client = await signIn(hub);
    const bad = Array.from({ length: 25 }, (_, n) => `price:no-such-coin-${n}`);
    assert.deepEqual(await subscribe(client, ...bad, 'price:bitcoin'), ['price:bitcoin']);
    for (let n = 0; n < 10; n++) assert.equal((await refusal(client, 'INVALID_CHANNEL')).channel, bad[n]);
    const rest = await refusal(client, 'INVALID_CHANNEL');
    assert.equal(rest.channel, undefined);
    assert.match(rest.message, /15/);
    await settle(client);
    assert.equal(client.messages.filter(({ type }) => type === 'error').length, 11);
  });

  const MALFORMED = [
    ['', /JSON/],
    ['ping', /JSON/],
    ['{', /JSON/],
    ['[]', /JSON object/],
    ['null', /JSON object/],
    ['{"type":"ping"}{"type":"ping"}', /JSON/],
    ['{}', /'type'/],
    ['{"type":1}', /'type'/],
    ['{"type":"PING"}', /'type'.*'PING'/],
    ['{"type":"__proto__"}', /'type'/],
    ['{"type":"auth"}', /'token'/],
    ['{"type":"auth","token":{"a":1}}', /'token'/],
    ['{"type":"subscribe"}', /'channels'/],
    ['{"type":"subscribe","channels":"price:bitcoin"}', /'channels'/],
    ['{"type":"subscribe","channels":[1,2]}', /'channels'/],
    ['{"type":"subscribe","channels":[["price:bitcoin"]]}', /'channels'/],
    ['{"type":"unsubscribe","channels":null}', /'channels'/],
    [Buffer.from('{"type":"ping"}'), /binary/],
    [Buffer.alloc(0), /binary/],
    [`{"type":"ping","x":"${'x'.repeat(65_536)}"}`, /65536/],
  ];
  for (const [message, named] of MALFORMED) {
    const shown = Buffer.isBuffer(message) ? `binary frame of ${message.length} bytes` : message.slice(0, 60) || 'an empty frame';
    test(`INVALID_MESSAGE names what is wrong, and the connection stays: ${shown}`, async () => {
      const client = await signIn(hub);
      await subscribe(client, 'price:bitcoin');
      assert.match((await refused(client, message, 'INVALID_MESSAGE')).message, named);
      assert.deepEqual(await held(client), ['price:bitcoin']);
      client.skip();
      await on(client, 'price:bitcoin');
    });
  }

  test('unknown fields are ignored: they belong to newer clients', async () => {
    const client = await signIn(hub);
    client.send({ type: 'subscribe', channels: ['price:bitcoin'], recovery: { a: [1] }, id: 7 });
    assert.deepEqual((await client.next('subscribed')).channels, ['price:bitcoin']);
  });
});

describe('reconnecting', () => {
  test('a connection begins anew: no subscription, no identity of the one before', async () => {
    const first = await signIn(hub);
    await subscribe(first, 'price:bitcoin');
    await first.close();
    const second = await connect(hub);
    await refused(second, { type: 'subscribe', channels: ['price:bitcoin'] }, 'UNAUTHORIZED');
    await authenticate(second, await token({}, hub.secret));
    assert.deepEqual(await held(second), []);
    await subscribe(second, 'price:bitcoin');
    await on(second, 'price:bitcoin');
  });
});

describe('the figures of the document', () => {
  test('a connection is established in under 100 ms, on average', async () => {
    await connect(hub);
    const started = performance.now();
    for (let n = 0; n < 30; n++) await connect(hub);
    assert.ok((performance.now() - started) / 30 < 100);
  });

  test('more than 1,000 messages a second go in and out', async () => {
    const client = await signIn(hub);
    const count = 2_000;
    const started = performance.now();
    for (let n = 0; n < count; n++) client.send({ type: 'unsubscribe', channels: [], n });
    for (let n = 0; n < count; n++) await client.next('unsubscribed');
    assert.ok(count / ((performance.now() - started) / 1000) > 1_000);
  });
});
