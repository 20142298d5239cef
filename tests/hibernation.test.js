// A shard that was evicted is the same shard: tried with 1,000 sockets. And what a broadcast does when sockets break.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Follower } from './support/follower.js';
import { connect, startHub, token } from './support/index.js';
import { startMarket } from './support/market.js';
import { mention, publish } from './support/publish.js';
import { authenticate, evictFeed, evictShards, figures, heard, held, on, refused, settle, signIn, subscribe, until } from './support/session.js';

const SOCKETS = 1_000;
const AT_ONCE = 50;

/** Runs `work` for 0..count, so many at a time. */
async function crowd(count, work) {
  const results = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const part = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => work(from + n));
    results.push(...(await Promise.all(part)));
  }
  return results;
}

let hub;
let market;
before(async () => {
  market = await startMarket();
  hub = await startHub({ vars: { ...market.vars, MAX_SHARDS: '1', MESSAGES_PER_MINUTE: '0' } });
});
after(async () => {
  await hub.stop();
  await market.stop();
});

/** What client `n` subscribes to: many sets, some shared, some with a spelling of their own. */
function channelsOf(n) {
  const price = ['price:bitcoin', 'price:BTC', 'price:btc', 'price:ethereum'][n % 4];
  const more = ['market:summary', 'market:volume', 'signals:all', 'signals:high', 'signals:type:volume_spike'];
  return [price, ...more.filter((_, bit) => (n >> bit) & 1)];
}

/** Changes Bitcoin's and Ethereum's price, and waits until everybody who subscribed to either has it. */
async function tick(clients, price) {
  market.set('bitcoin', { current_price: price });
  market.set('ethereum', { current_price: price / 10 });
  const arrived = ({ data }) => data?.price === price || data?.price === price / 10;
  return Promise.all(clients.map((client) => client.next(arrived, { timeout: 30_000 })));
}

describe('1,000 sockets', { timeout: 240_000 }, () => {
  let clients;
  let nextPrice = 80_000;
  before(async () => {
    clients = await crowd(SOCKETS, async (n) => {
      const client = await signIn(hub, { sub: `user-${n}` });
      client.wanted = channelsOf(n);
      assert.deepEqual(await subscribe(client, ...client.wanted), client.wanted);
      return client;
    });
  });

  test('get each update of what they subscribed to, spelled as they spelled it, and once', async () => {
    const price = nextPrice++;
    const updates = await tick(clients, price);
    updates.forEach((update, n) => assert.equal(update.channel, clients[n].wanted[0]));
    await Promise.all(clients.map(settle));
    for (const client of clients) {
      const same = client.messages.filter(({ data }) => data?.price === price || data?.price === price / 10);
      assert.equal(same.length, 1);
    }
  });

  test('keep every subscription, in order and spelling, over an eviction', async () => {
    await evictShards(hub);
    const kept = await crowd(SOCKETS, (n) => held(clients[n]));
    kept.forEach((channels, n) => assert.deepEqual(channels, clients[n].wanted));
  });

  test('get updates after an eviction without having said a word', async () => {
    await evictShards(hub);
    const updates = await tick(clients, nextPrice++);
    updates.forEach((update, n) => assert.equal(update.channel, clients[n].wanted[0]));
  });

  test('get updates after the feed was evicted, and after both were', async () => {
    await evictFeed(hub);
    await tick(clients, nextPrice++);
    await Promise.all([evictFeed(hub), evictShards(hub)]);
    await tick(clients, nextPrice++);
  });

  test('stay who they were over an eviction', async () => {
    const before = clients.map((client) => client.welcome.data.connection_id);
    assert.equal(new Set(before).size, SOCKETS);
    await evictShards(hub);
    await crowd(SOCKETS, async (n) => {
      await refused(clients[n], { type: 'auth', token: await token({ sub: `user-${n + 1}` }, hub.secret) }, 'UNAUTHORIZED');
      const again = await authenticate(clients[n], await token({ sub: `user-${n}` }, hub.secret));
      assert.equal(again.data.connection_id, before[n]);
      assert.equal(again.data.subject, `user-${n}`);
    });
  });

  test('have the ping of the document answered by the runtime: the hub does not even count it', async () => {
    const received = async () => (await figures(hub)).messages.in;
    await tick(clients, nextPrice++); // brings the statistics up to date
    const before = await received();
    await evictShards(hub);
    await crowd(SOCKETS, async (n) => {
      clients[n].send('{"type":"ping"}');
      await clients[n].next('pong');
    });
    await tick(clients, nextPrice++);
    assert.equal(await received(), before);
    await settle(clients[0]);
    await tick(clients, nextPrice++);
    assert.equal(await received(), before + 1);
  });

  test('a broadcast reaches all who are open when every third has gone, however it went', async () => {
    const [gone, open] = [clients.filter((_, n) => n % 3 === 0), clients.filter((_, n) => n % 3 !== 0)];
    gone.forEach((client, n) => {
      if (n % 3 === 0) client.terminate(); // no closing handshake
      if (n % 3 === 1) client.socket.close(1000, 'bye');
      if (n % 3 === 2) client.socket.close(); // no code
    });
    // At once: the hub has not heard of most of it yet.
    await tick(open, nextPrice++);
    await Promise.all(gone.map((client) => client.closed));
    await tick(open, nextPrice++);
    await evictShards(hub);
    await tick(open, nextPrice++);
    clients = open;
  });

  test('the statistics count those who are open', async () => {
    await until(async () => (await (await hub.fetch('/ws/stats')).json()).connections.active === clients.length, { timeout: 30_000 });
  });

  test('sockets that nobody reads, and that hang with half a closing handshake, do not stop a broadcast', async () => {
    const stuck = clients.slice(0, 20);
    const rest = clients.slice(20);
    stuck.forEach((client, n) => {
      client.socket._socket.pause();
      if (n % 2) client.socket.close(1000); // the answer to it is not read
    });
    await tick(rest, nextPrice++);
    for (const client of stuck) client.terminate();
    await tick(rest, nextPrice++);
  });
});

describe('one socket', () => {
  test('an expired token stays expired over an eviction', async () => {
    const exp = Math.floor(Date.now() / 1000) - 28; // within the leeway, for 2 s
    const client = await signIn(hub, { exp });
    await subscribe(client, 'price:bitcoin');
    await client.next(({ error }) => error?.code === 'EXPIRED_TOKEN');
    await evictShards(hub);
    const witness = await signIn(hub);
    await subscribe(witness, 'price:bitcoin');
    const before = heard(client).length;
    market.set('bitcoin', { current_price: 90_001 });
    await witness.next(({ data }) => data?.price === 90_001);
    await settle(client);
    assert.deepEqual(heard(client).slice(before), [{ type: 'pong' }], 'delivery is still paused');
    client.skip();
    await authenticate(client, await token({}, hub.secret));
    assert.equal((await on(client, 'price:bitcoin')).data.price, 90_001);
  });

  test('coins that the feed brought are known after an eviction', async () => {
    market.set('a-brand-new-coin', { symbol: 'brandnew', current_price: 5 });
    const client = await signIn(hub);
    await until(async () => (await subscribe(client, 'price:a-brand-new-coin').catch(() => [])).length === 1);
    await evictShards(hub);
    const other = await signIn(hub);
    assert.deepEqual(await subscribe(other, 'price:BRANDNEW'), ['price:BRANDNEW']);
    assert.equal((await on(other, 'price:BRANDNEW')).data.symbol, 'BRANDNEW');
  });
});

describe('a client that leaves while the shard sleeps', () => {
  const CHANNEL = 'mentions:sleep';

  async function say(own, title) {
    const { status, body, text } = await publish(own, mention('sleep', title));
    assert.equal(status, 200, text);
    return body.messages[0].offset;
  }

  for (const [how, leave] of [
    ['with a closing handshake', (client) => client.close()],
    ['without one', (client) => client.terminate()],
  ]) {
    test(`${how}, is counted, and nobody gets a message twice`, async (t) => {
      const own = await startHub({ vars: { FEED_INTERVAL_MS: '3600000', MAX_SHARDS: '1' } });
      t.after(() => own.stop());
      // The first to come is the one whose attachment says how far the shard is.
      const [first, other] = [new Follower([CHANNEL]), new Follower([CHANNEL])];
      for (const follower of [first, other]) await follower.follow(own);
      let newest;
      const arrived = (...followers) => until(() => followers.every(({ positions }) => positions[CHANNEL].offset === newest));
      for (let n = 0; n < 5; n++) {
        newest = await say(own, `awake ${n}`);
        await arrived(first, other);
      }
      await evictShards(own);
      await leave(first.client);
      await first.client.closed;
      for (let n = 0; n < 5; n++) {
        newest = await say(own, `after ${n}`);
        await arrived(other);
      }
      await settle(other.client);
      other.assertGapless();
      assert.deepEqual(other.lost, []);
      await until(async () => {
        const { connections } = await (await own.fetch('/ws/stats')).json();
        return connections.closes === 1 && connections.active === 1;
      });
    });
  }
});
