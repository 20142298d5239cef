// The client library against the real Worker.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startHub, token } from '../support/index.js';
import { mention, notification, post, publish, see } from '../support/publish.js';
import { evictBroker, evictShards, until } from '../support/session.js';
import { CryptoIntelWebSocket } from '../../client/dist/index.js';

let hub;
let publicHub;
const clients = new Set();
before(async () => {
  const vars = { FEED_INTERVAL_MS: '250' };
  [hub, publicHub] = await Promise.all([startHub({ vars }), startHub({ vars: { ...vars, PUBLIC_READ: '1', ALLOWED_ORIGINS: '*' } })]);
});
after(async () => {
  for (const client of clients) client.disconnect();
  await Promise.all([hub?.stop(), publicHub?.stop()]);
});

/** A client of the hub, with what it hears. */
function client(of, options = {}) {
  const it = new CryptoIntelWebSocket(`${of.wsUrl}/ws`, { reconnectDelay: 50, ...options });
  clients.add(it);
  it.events = [];
  for (const type of ['open', 'close', 'error', 'gap']) it.on(type, (event) => it.events.push({ type, ...event }));
  it.of = (type) => it.events.filter((event) => event.type === type);
  it.listen = (channels) => {
    const heard = [];
    it.subscribe(channels, (data, message) => heard.push(message));
    return heard;
  };
  return it;
}
const jwt = () => token({}, hub.secret);
const titles = (heard) => heard.map(({ data }) => data.title);

/** Sockets that a test can cut. */
function cuttable() {
  const sockets = [];
  class Socket extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
    }
  }
  return { Socket, cut: () => sockets.forEach((socket) => socket.terminate()), sockets };
}

for (const [name, WebSocketClass] of [['the global WebSocket', undefined], ["the package ws's", WebSocket]]) {
  test(`prices, market figures and candles come in batches, by ${name}`, async () => {
    const it = client(hub, { getToken: jwt, ...(WebSocketClass && { WebSocket: WebSocketClass }) });
    const heard = it.listen(['price:bitcoin', 'market:summary', 'candles:BTC/USDT:1m']);
    it.connect();
    await until(() => ['price_update', 'market_data', 'candle_update'].every((type) => heard.some((message) => message.type === type)));
    await until(() => heard.filter(({ type }) => type === 'price_update').length >= 3);
    await until(() => it.status.latency !== null);
    assert.deepEqual(it.of('error'), []);
    assert.deepEqual(it.of('gap'), []);
    const offsets = heard.filter(({ type }) => type === 'price_update').map(({ offset }) => offset);
    assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n));
    it.disconnect();
    assert.equal(it.status.state, 'closed');
  });
}

test('what is published while the network is away comes once and in order', async () => {
  const { Socket, cut, sockets } = cuttable();
  const it = client(hub, { getToken: jwt, WebSocket: Socket });
  const heard = it.listen(['mentions:client', 'user:alice']);
  it.connect();
  const held = async () => (await see(hub, '/api/v1/presence?channel=mentions:client')).body.subscribers;
  await until(async () => (await held()) === 1);
  await publish(hub, [mention('client', '0')]);
  await until(() => heard.length === 1);
  const all = ['0'];
  for (let round = 1; round <= 3; round++) {
    cut();
    const batch = [1, 2, 3].map((n) => `${round}.${n}`);
    all.push(...batch);
    await publish(hub, batch.map((title) => mention('client', title)));
    if (round === 2) await evictShards(hub);
    if (round === 3) await evictBroker(hub);
    await until(() => heard.length >= all.length);
  }
  await publish(hub, [notification('alice', 'last')]);
  await until(() => titles(heard).includes('last'));
  assert.deepEqual(titles(heard), [...all, 'last']);
  assert.deepEqual(it.of('gap'), []);
  assert.ok(sockets.length >= 4);
  assert.equal(it.status.reconnects, 3);
  it.disconnect();
});

test('two names of a coin are one channel, and both are heard', async () => {
  const it = client(hub, { getToken: jwt });
  const [one, other, mood, coin] = ['price:BTC', 'price:bitcoin', 'sentiment:ETH', 'sentiment:ethereum'].map(it.listen);
  it.connect();
  await until(() => one.length >= 3 && other.length >= 3);
  await until(() => mood.length >= 1 && coin.length >= 1);
  assert.ok(one.every(({ channel }) => channel === 'price:BTC'));
  assert.ok(other.every(({ channel }) => channel === 'price:bitcoin'));
  for (const heard of [one, other]) {
    const offsets = heard.map(({ offset }) => offset);
    assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n));
  }
  // And one more, later.
  const late = it.listen('price:Btc');
  await until(() => late.length >= 2 && one.at(-1).offset >= late.at(-1).offset);
  assert.deepEqual(it.of('gap'), []);
  assert.deepEqual(it.of('error'), []);
  it.disconnect();
});

test('choices of whales and channels that do not exist', async () => {
  const it = client(hub, { getToken: jwt });
  const btc = it.listen('whale?tokens=BTC');
  const rich = it.listen('whale?minAmount=1000000');
  it.listen('price:no-such-coin');
  it.connect();
  await until(() => it.of('error').length === 1);
  assert.deepEqual([it.of('error')[0].code, it.of('error')[0].channel], ['INVALID_CHANNEL', 'price:no-such-coin']);
  const whale = (token, amountUSD) => ({
    channel: 'whale',
    data: { token, type: 'buy', amount: 1, amountUSD, from: 'a', to: 'b', txHash: 'c', impact: 'low', timestamp: Date.now() },
  });
  await publish(hub, [whale('BTC', 5), whale('ETH', 5), whale('ETH', 2_000_000), whale('BTC', 3_000_000)]);
  await until(() => btc.length === 2 && rich.length === 2);
  assert.deepEqual([btc, rich].map((heard) => heard.map(({ data }) => data.amountUSD)), [[5, 3_000_000], [2_000_000, 3_000_000]]);
  it.disconnect();
});

test('an operator ends it for good', async () => {
  const it = client(hub, { token: await token({ sub: 'mallory' }, hub.secret) });
  it.connect();
  await until(() => it.status.state === 'open');
  await post(hub, '/api/v1/disconnect', { user: 'mallory' }, { scope: 'admin' });
  await until(() => it.status.state === 'closed');
  assert.equal(it.of('close')[0].code, 4003);
});

test('a bad token is the end; one that expires is renewed on the same socket', async () => {
  const bad = client(hub, { token: 'rubbish' });
  bad.connect();
  await until(() => bad.status.state === 'closed');
  assert.equal(bad.of('error')[0].code, 'INVALID_TOKEN');

  let asked = 0;
  const now = () => Math.floor(Date.now() / 1000);
  const it = client(hub, { getToken: () => token({ sub: 'bob', exp: now() + (asked++ ? 3600 : 1) }, hub.secret) });
  const heard = it.listen('mentions:renewed');
  it.connect();
  await until(() => it.status.state === 'open');
  await publish(hub, [mention('renewed', 'before')]);
  await until(() => asked === 2, { timeout: 60_000 });
  await publish(hub, [mention('renewed', 'after')]);
  await until(() => titles(heard).includes('after'));
  assert.deepEqual(titles(heard), ['before', 'after']);
  assert.deepEqual(it.of('error').map(({ code }) => code), ['EXPIRED_TOKEN']);
  assert.equal(it.of('open').length, 1);
  assert.deepEqual(it.of('gap'), []);
  it.disconnect();
});

test('where there is no WebSocket it streams, recovers, and climbs back, each message once', async () => {
  // A network through which WebSockets do not get, at first.
  let through = false;
  const { Socket } = cuttable();
  class Blocked {
    constructor(...args) {
      if (through) return new Socket(...args);
      throw new Error('blocked');
    }
  }
  let cut;
  const cuttingFetch = (url, { signal, ...init }) => {
    const controller = new AbortController();
    cut = () => controller.abort();
    signal.addEventListener('abort', cut);
    return fetch(url, { ...init, signal: controller.signal });
  };
  const it = client(hub, { getToken: jwt, WebSocket: Blocked, fetch: cuttingFetch });
  const heard = it.listen('mentions:streamed');
  const [one, other] = ['price:BTC', 'price:bitcoin'].map(it.listen);
  it.listen('price:no-such-coin');
  it.connect();
  await until(() => it.status.transport === 'sse' && it.status.state === 'open');
  await until(() => one.length >= 2 && other.length >= 2);
  await publish(hub, [mention('streamed', 'a')]);
  await until(() => heard.length === 1);
  // Another set of channels, a cut, and the way up: all while there is news.
  it.listen('signals:all');
  cut();
  await publish(hub, ['b', 'c'].map((title) => mention('streamed', title)));
  await until(() => heard.length === 3);
  through = true;
  it.wake();
  await until(() => it.status.transport === 'websocket');
  await publish(hub, [mention('streamed', 'd')]);
  await until(() => heard.length === 4);
  assert.deepEqual(titles(heard), ['a', 'b', 'c', 'd']);
  for (const prices of [one, other]) {
    const offsets = prices.map(({ offset }) => offset);
    assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n));
  }
  const named = it.of('error').filter(({ channel }) => channel);
  assert.ok(named.length > 0 && named.every(({ code, channel }) => code === 'INVALID_CHANNEL' && channel === 'price:no-such-coin'));
  assert.deepEqual(it.of('gap'), []);
  it.disconnect();
  return undefined;
});

test('where there is no WebSocket and no stream it polls, and misses nothing', async () => {
  const it = client(hub, { getToken: jwt, transports: ['polling'] });
  const heard = it.listen(['price:BTC', 'market:summary', 'candles:BTC/USDT:1m', 'signals:all', 'price:no-such-coin']);
  const news = it.listen(['mentions:polled', 'user:alice']);
  it.connect();
  await until(() => ['price_update', 'market_data', 'candle_update'].every((type) => heard.some((message) => message.type === type)));
  await publish(hub, [mention('polled', 'a')]);
  await until(() => news.length === 1, { timeout: 30_000 });
  await publish(hub, [mention('polled', 'b'), mention('polled', 'c')]);
  await evictBroker(hub);
  await publish(hub, [notification('alice', 'd')]);
  await until(() => news.length >= 4, { timeout: 30_000 });
  assert.deepEqual(titles(news), ['a', 'b', 'c', 'd']);
  for (const channel of ['price:BTC', 'candles:BTC/USDT:1m']) {
    const offsets = heard.filter((message) => message.channel === channel).map(({ offset }) => offset);
    assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n));
  }
  assert.deepEqual(it.of('error').map(({ code, channel }) => [code, channel]), [['INVALID_CHANNEL', 'price:no-such-coin']]);
  assert.deepEqual([it.of('gap'), it.of('close')], [[], []]);
  it.disconnect();
});

test('without a token, where one is needed, no transport ever was open', async () => {
  for (const transport of ['websocket', 'sse', 'polling']) {
    const it = client(hub, { transports: [transport] });
    it.listen('price:bitcoin');
    it.connect();
    await until(() => it.status.state === 'closed');
    assert.deepEqual([it.of('open'), it.of('close')], [[], []], transport);
    assert.equal(it.of('error').at(-1).code, 'UNREACHABLE');
  }
});

test('without a token, where reading is public', async () => {
  const it = client(publicHub);
  const heard = it.listen(['price:bitcoin', 'user:alice']);
  it.connect();
  await until(() => heard.length >= 2);
  assert.deepEqual(it.of('error').map(({ code, channel }) => [code, channel]), [['UNAUTHORIZED', 'user:alice']]);
  it.disconnect();
});
