// Wallets: docs/wallet-api.md under workerd, and the class of the wallet document as printed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { notification, publish } from './support/publish.js';
import { load, moduleOf } from './support/printed.js';
import { evictBroker, evictFamily, hungUp, until } from './support/session.js';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

let hub;
before(async () => {
  hub = await startHub({ vars: { SHARDS: '3', CANDLE_PAIRS: 'BTC/USDT' } });
});
after(() => hub.stop());

/** A wallet that is connected. */
async function wallet(sub = 'alice', claims = {}, at = hub) {
  const client = await connect(at, { token: await token({ sub, ...claims }, at.secret) });
  const first = await client.next();
  assert.equal(first.event, 'connected');
  client.welcome = first;
  return client;
}

const event = (client, name) => client.next((message) => message.event === name);
const follow = (client, ...symbols) => client.send({ action: 'subscribe', channel: 'prices', symbols });
const followUser = (client, user_id) => client.send({ action: 'subscribe', channel: 'notifications', user_id });

/** Returns when the hub has carried out all that this client sent before. */
async function settle(client) {
  client.send({ action: 'ping' });
  await event(client, 'pong');
}

/** The titles of the notifications that a client has got. */
const titles = (client) => client.messages.filter((it) => it.event === 'notification').map((it) => it.data.title);

async function tell(user, title, at = hub) {
  const { status } = await publish(at, notification(user, title), { scope: 'publish' });
  assert.equal(status, 200);
}

describe('connecting', () => {
  test('a good token is answered with the connection and the time', async () => {
    const { welcome } = await wallet();
    assert.deepEqual(Object.keys(welcome), ['event', 'data', 'timestamp']);
    assert.match(welcome.data.connection_id, /^[0-9a-f-]{36}$/);
    assert.match(welcome.data.server_time, RFC3339);
  });

  const bad = [
    ['no token', 'UNAUTHORIZED', 4500, () => ''],
    ['nonsense', 'INVALID_TOKEN', 4500, () => 'nonsense'],
    ['a token of somebody else', 'INVALID_TOKEN', 4500, () => token({}, 'x'.repeat(32))],
    ['a token of yesterday', 'EXPIRED_TOKEN', 4002, () => token({ exp: Math.floor(Date.now() / 1000) - 86_400 }, hub.secret)],
  ];
  for (const [what, code, close, jwt] of bad) {
    test(`${what}: the connection is accepted, told ${code}, and closed with ${close}`, async () => {
      const client = await connect(hub, { token: await jwt() });
      const { event: name, data } = await client.next();
      assert.deepEqual([name, data.code, typeof data.message, typeof data.details], ['error', code, 'string', 'object']);
      assert.equal((await hungUp(client)).code, close);
    });
  }

  test('by name it needs a token, too', async () => {
    const client = await connect(hub, { protocol: 'wallet.v1' });
    assert.equal(client.socket.protocol, 'wallet.v1');
    assert.equal((await client.next()).data.code, 'UNAUTHORIZED');
    const good = await connect(hub, { protocol: 'wallet.v1', token: await token({}, hub.secret) });
    assert.equal((await good.next()).event, 'connected');
  });

  test('a connection ends with its token', async () => {
    const client = await wallet('alice', { exp: Math.ceil(Date.now() / 1000) + 1 });
    assert.equal((await event(client, 'error')).data.code, 'EXPIRED_TOKEN');
    assert.equal((await hungUp(client)).code, 4002);
  });

  test('without a ping for a minute it is closed, whatever else it sends', { timeout: 90_000 }, async () => {
    const client = await wallet();
    follow(client, 'BTC');
    await event(client, 'price_update');
    const { after: ms, code } = await hungUp(client, { timeout: 80_000 });
    assert.equal(code, 4004);
    assert.ok(ms > 55_000, `${ms} ms`);
  });
});

describe('prices', () => {
  test('the current price of each symbol comes first, then what is new, with its digits as text', async () => {
    const client = await wallet();
    follow(client, 'BTC', 'eth');
    for (const symbol of ['BTC', 'eth']) {
      const { data, timestamp } = await event(client, 'price_update');
      assert.equal(data.symbol, symbol);
      assert.match(data.price_usd, DECIMAL);
      assert.match(data.price_change_24h ?? '0', DECIMAL);
      assert.match(data.volume_24h ?? '0', DECIMAL);
      assert.match(data.timestamp, RFC3339);
      assert.match(timestamp, RFC3339);
    }
    const { data } = await event(client, 'price_batch');
    assert.deepEqual(data.prices.map((it) => it.symbol).sort(), ['BTC', 'eth']);
    for (const price of data.prices) {
      assert.deepEqual(Object.keys(price), ['symbol', 'price_usd', 'price_change_24h']);
      assert.match(price.price_usd, DECIMAL);
    }
  });

  test('a symbol is told at most once in five seconds, over evictions too', { timeout: 60_000 }, async (t) => {
    const busy = await startHub({ vars: { FEED_INTERVAL_MS: '1000', SHARDS: '1' } });
    t.after(() => busy.stop());
    const client = await wallet('alice', {}, busy);
    const at = [];
    client.socket.on('message', (data) => /"price_/.test(String(data)) && at.push(Date.now()));
    follow(client, 'BTC');
    for (let n = 2; n <= 5; n++) {
      await until(() => at.length >= n, { timeout: 20_000 });
      await evictFamily(busy, 'wallet');
    }
    const gaps = at.slice(1).map((it, n) => it - at[n]);
    assert.ok(gaps.every((gap) => gap > 4_700), `${gaps}`); // as this machine sees it
  });

  test('what is not known is an error that names it, and costs nothing', async () => {
    const client = await wallet();
    follow(client, 'BTC', 'NOSUCHCOIN');
    const { data } = await event(client, 'error');
    assert.deepEqual([data.code, data.details], ['INVALID_SYMBOL', { symbol: 'NOSUCHCOIN' }]);
    await event(client, 'price_update');
    for (const message of ['{', '[]', '{"action":"buy"}', '{"action":"subscribe","channel":"prices","symbols":"BTC"}', Buffer.from([1])]) {
      client.send(message);
      assert.equal((await event(client, 'error')).data.code, 'INVALID_MESSAGE');
    }
    await settle(client);
  });
});

describe('news for one user', () => {
  test('reach every connection of theirs, on every shard, and nobody else', async () => {
    const wallets = await Promise.all(Array.from({ length: 6 }, () => wallet('dora')));
    const eve = await wallet('eve');
    for (const client of wallets) followUser(client, 'dora');
    followUser(eve, 'dora');
    const { data } = await event(eve, 'error');
    assert.deepEqual([data.code, data.details], ['UNAUTHORIZED', { user_id: 'dora' }]);
    await Promise.all([...wallets, eve].map(settle));
    for (const title of ['one', 'two', 'three']) await tell('dora', title);
    for (const client of wallets) await until(() => titles(client).length === 3);
    for (const client of wallets) assert.deepEqual(titles(client), ['one', 'two', 'three']);
    await settle(eve);
    assert.deepEqual(titles(eve), []);
  });

  test('an admin may follow anybody', async () => {
    const admin = await wallet('root', { scope: 'admin' });
    followUser(admin, 'frank');
    await settle(admin);
    await tell('frank', 'seen');
    assert.equal((await event(admin, 'notification')).data.title, 'seen');
  });

  test('what was published while nobody was there comes first, in order', async () => {
    const client = await wallet('gina');
    followUser(client, 'gina');
    await settle(client);
    await tell('gina', 'there');
    await event(client, 'notification');
    await client.close();
    for (const title of ['away 1', 'away 2']) await tell('gina', title);
    await evictBroker(hub);
    const back = await wallet('gina');
    followUser(back, 'gina');
    await until(() => titles(back).includes('away 2'));
    await tell('gina', 'back');
    await until(() => titles(back).includes('back'));
    assert.deepEqual(titles(back).slice(-3), ['away 1', 'away 2', 'back']);
  });

  test('transactions and balances keep their amounts to the last digit', async () => {
    const client = await wallet('hal');
    followUser(client, 'hal');
    await settle(client);
    const data = { wallet_id: 'w-1', balance: '5.250000000000000000001', balance_usd: '168000.00', symbol: 'BTC' };
    await publish(hub, { channel: 'user:hal', type: 'balance_update', data }, { scope: 'publish' });
    assert.deepEqual((await event(client, 'balance_update')).data, data);
  });

  test('200 users with two connections each get all of theirs, in order, over evictions, and none of another', { timeout: 120_000 }, async () => {
    const users = Array.from({ length: 200 }, (_, n) => `user-${n}`);
    const clients = new Map();
    for (const user of users) {
      const both = await Promise.all([wallet(user), wallet(user)]);
      for (const client of both) followUser(client, user);
      clients.set(user, both);
    }
    await Promise.all([...clients.values()].flat().map(settle));
    const told = new Map(users.map((user) => [user, []]));
    for (let round = 0; round < 20; round++) {
      const messages = Array.from({ length: 100 }, (_, n) => {
        const user = users[Math.floor(Math.random() * users.length)];
        const title = `${user} ${round}.${n}`;
        told.get(user).push(title);
        return notification(user, title);
      });
      assert.equal((await publish(hub, messages, { scope: 'publish' })).status, 200);
      if (round % 4 === 1) await evictFamily(hub, 'wallet', 3);
      if (round % 8 === 3) await evictBroker(hub);
    }
    for (const [user, both] of clients) {
      for (const client of both) {
        await until(() => titles(client).length >= told.get(user).length, { timeout: 30_000 });
        assert.deepEqual(titles(client), told.get(user));
      }
    }
    assert.ok([...clients.values()].flat().every((client) => client.socket.readyState === 1));
  });
});

describe('limits', () => {
  for (const [what, message, limit] of [
    ['actions', { action: 'subscribe', channel: 'prices', symbols: ['BTC'] }, 100],
    ['pings', { action: 'ping' }, 60],
  ]) {
    test(`too many ${what} suspend what a client asks for, are told once, and cut off no updates`, async () => {
      const client = await wallet();
      follow(client, 'ETH');
      await event(client, 'price_update');
      for (let n = 0; n < limit + 20; n++) client.send(message);
      const { data } = await event(client, 'error');
      assert.deepEqual([data.code, data.details], ['RATE_LIMITED', { retry_after: 60 }]);
      await event(client, 'price_batch').catch(() => event(client, 'price_update'));
      assert.equal(client.messages.filter((it) => it.event === 'error').length, 1);
    });
  }
});

test('the class of the document works as printed', { timeout: 60_000 }, async (t) => {
  const { CryptoWalletWebSocket } = await load(await moduleOf('wallet.ts', '\nexport { CryptoWalletWebSocket };'));
  const jwt = await token({ sub: 'ivan' }, hub.secret);
  const client = new CryptoWalletWebSocket(jwt, `${hub.wsUrl}/ws`);
  const [prices, transactions] = [[], []];
  client.onPriceUpdate = (data) => prices.push(data);
  client.onTransactionUpdate = (data) => transactions.push(data);
  client.connect();
  t.after(() => {
    client.reconnect = () => {};
    client.ws.close();
  });
  await until(() => client.ws.readyState === WebSocket.OPEN);
  client.subscribeToPrices(['BTC', 'ETH', 'SOL', 'XLM']);
  await until(() => prices.length >= 4);
  assert.deepEqual(prices.slice(0, 4).map(({ symbol }) => symbol), ['BTC', 'ETH', 'SOL', 'XLM']);
  client.send({ action: 'subscribe', channel: 'notifications', user_id: 'ivan' });
  const data = {
    transaction_id: 't-1', type: 'receive', amount: '1.5', symbol: 'ETH', status: 'confirmed', confirmations: 12, from_address: '0xa', tx_hash: '0xb',
  };
  await publish(hub, { channel: 'user:ivan', type: 'transaction_update', data }, { scope: 'publish' });
  await until(() => transactions.length >= 1);
  assert.deepEqual(transactions[0], data);
  // It comes back by itself.
  const lost = client.ws;
  lost.close();
  await until(() => client.ws !== lost && client.ws.readyState === WebSocket.OPEN, { timeout: 20_000 });
});
