// The publish API: who may, what is taken, and that subscribers get exactly that. Every answer is held against
// docs/openapi.json.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, startHub } from './support/index.js';
import { startMarket } from './support/market.js';
import { FEED, MESSAGES, mention, notification, post, publish } from './support/publish.js';
import { ask } from './support/rest.js';
import { heard, on, refusal, settle, signIn, subscribe, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { CANDLE_PAIRS: 'BTC/USDT' } });
});
after(() => hub.stop());

/** What a client got on a channel, without the hub's status. */
const got = (client, channel) => heard(client).filter((message) => message.channel === channel);

describe('scopes', () => {
  test('without a token, or with one that is no good, nothing is published', async () => {
    const { headers } = await refusedWith(401, mention('nobody', 'x'), { scope: null });
    assert.equal(headers.get('www-authenticate'), 'Bearer realm="cryptointel"');
    await refusedWith(401, mention('nobody', 'x'), { headers: { authorization: 'Bearer nonsense' } });
  });

  test('without the scope nothing happens, whatever the body is', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'mentions:scopes');
    for (const scope of ['', 'admin', 'feed', 'moderator', 'Publish']) {
      for (const body of [mention('scopes', 'forged'), 'nonsense', 'x'.repeat(2 << 20)]) {
        const { body: problem, headers } = await refusedWith(403, body, { scope });
        assert.match(problem.type, /forbidden$/);
        assert.match(problem.detail, /'publish'/);
        assert.match(headers.get('www-authenticate'), /insufficient_scope.*scope="publish"/);
      }
    }
    await good(mention('scopes', 'genuine'), { scope: 'publish' });
    const first = await on(client, 'mentions:scopes');
    assert.deepEqual([first.offset, first.data.title], [1, 'genuine']);
  });

  test("nobody forges the feed's messages with the scope 'publish' alone", async () => {
    for (const message of MESSAGES) {
      if (!FEED.test(message.channel)) continue;
      const { body } = await refusedWith(403, [mention('forging', 'x'), message], { scope: 'publish admin' });
      assert.match(body.detail, /'feed' to publish on/, message.channel);
    }
    const { messages } = await good(mention('forging', 'first'), { scope: 'publish' });
    assert.equal(messages[0].offset, 1);
  });
});

describe('messages', () => {
  test('a subscriber gets each as it was published, at the place that the publisher was told', async () => {
    const client = await signIn(hub, { scope: 'moderator' });
    await subscribe(client, ...new Set(MESSAGES.map(({ channel }) => channel)));
    const { messages: places } = await good(MESSAGES);
    assert.equal(places.length, MESSAGES.length);
    for (const [n, { channel, type, data }] of MESSAGES.entries()) {
      const { epoch, offset, repeated } = places[n];
      assert.equal(repeated, false);
      const message = await client.next((it) => it.channel === channel && it.epoch === epoch && it.offset === offset);
      assert.deepEqual(message, { type, channel, offset, epoch, data });
    }
  });

  test('tasks, pipelines and budgets are their owner’s, and cases are for moderators', async () => {
    const [owner, other, moderator] = await Promise.all([
      signIn(hub, { sub: 'olivia' }),
      signIn(hub, { sub: 'oscar', scope: 'publish feed moderator' }),
      signIn(hub, { sub: 'maud', scope: 'moderator' }),
    ]);
    const owned = MESSAGES.filter(({ channel }) => /^(tasks|pipelines|budget):/.test(channel)).map((message) => ({
      ...message,
      channel: message.channel.replace('alice', 'olivia'),
    }));
    assert.equal(owned.length, 3);
    await subscribe(owner, ...owned.map(({ channel }) => channel));
    for (const { channel } of owned) {
      other.send({ type: 'subscribe', channels: [channel] });
      assert.equal((await refusal(other, 'UNAUTHORIZED')).channel, channel);
    }
    owner.send({ type: 'subscribe', channels: ['moderation'] });
    assert.equal((await refusal(owner, 'UNAUTHORIZED')).channel, 'moderation');
    await subscribe(moderator, 'moderation');
    await subscribe(other, 'whale');

    const byType = (type) => MESSAGES.find((message) => message.type === type);
    await good([...owned, byType('moderation_queue_update'), byType('whale_activity_alert')], { scope: 'publish' });
    for (const { channel, type, data } of owned) {
      const message = await on(owner, channel);
      assert.deepEqual([message.type, message.data], [type, data]);
    }
    assert.equal((await on(moderator, 'moderation')).type, 'moderation_queue_update');
    await on(other, 'whale');
    const theirs = other.messages.filter((message) => /^(tasks|pipelines|budget|moderation)/.test(message.channel));
    assert.deepEqual(theirs, []);
  });

  test('a late subscriber gets the published price as the current one', async () => {
    const { messages } = await good({ channel: 'price:XMR', data: { ...MESSAGES[0].data, price: '0.10000000000000000001' } });
    const client = await signIn(hub);
    await subscribe(client, 'price:monero');
    const { epoch, offset } = await on(client, 'price:monero');
    assert.deepEqual([epoch, offset], [messages[0].epoch, messages[0].offset]);
    assert.equal(messages[0].channel, 'price:XMR');
  });

  test('a signal is on every channel that it fits', async () => {
    const client = await signIn(hub);
    const channels = ['signals:all', 'signals:high', 'signals:type:trend_reversal'];
    await subscribe(client, ...channels);
    const data = { ...MESSAGES[1].data, id: 's-everywhere', type: 'trend_reversal' };
    await good({ channel: 'signals:type:trend_reversal', data });
    for (const channel of channels) {
      const message = await client.next((it) => it.channel === channel && it.data.id === data.id);
      assert.deepEqual(message.data, data);
    }
  });

  test('one alone, a list, and an object with a list are alike', async () => {
    for (const [n, body] of [mention('shapes', 'x'), [mention('shapes', 'x')], { messages: [mention('shapes', 'x')] }].entries()) {
      assert.equal((await good(body)).messages[0].offset, n + 1);
    }
  });

  test('one bad field refuses all of them by its name', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'mentions:all-or-nothing');
    const bad = [
      [0, { price: 0 }, 'price'],
      [0, { price: null }, 'price'],
      [0, { symbol: 'BTC' }, 'symbol'],
      [0, { timestamp: 'now' }, 'timestamp'],
      [9, { timestamp: new Date(Date.now() + 6 * 60_000).toISOString() }, 'timestamp'],
      [0, { colour: 'red' }, 'colour'],
      [1, { confidence: 1.5 }, 'confidence'],
      [1, { type: 'rumour' }, 'type'],
      [2, { bitcoin_dominance: 101 }, 'bitcoin_dominance'],
      [3, { trend: 'up' }, 'trend'],
      [4, { sentiment: 'very_bullish' }, 'sentiment'],
      [5, { time: '2025-12-02T00:00:00Z' }, 'time'],
      [5, { high: 1 }, 'high'],
      [6, { known: ['rumours'] }, 'known'],
      [7, { timeframe: '1h' }, 'timeframe'],
      [8, { url: 'javascript:alert(1)' }, 'url'],
      [9, { title: '' }, 'title'],
      [10, { amount: 1.5 }, 'amount'],
      [11, { balance: 'much' }, 'balance'],
    ];
    for (const [which, change, field] of bad) {
      const { channel, type, data } = MESSAGES[which];
      const messages = [mention('all-or-nothing', 'x'), { channel, type, data: { ...data, ...change } }];
      const { body } = await refusedWith(400, { messages });
      assert.equal(body.field, `messages[1].data.${field}`, body.detail);
      assert.ok(body.detail.includes(body.field), body.detail);
    }
    for (const [message, field] of [
      [{ ...MESSAGES[0], type: 'market_data' }, 'type'],
      [{ ...MESSAGES[0], channel: 'price:nosuchcoin' }, 'channel'],
      [{ ...MESSAGES[11], type: undefined }, 'type'],
      [{ ...MESSAGES[0], id: '' }, 'id'],
      [{ ...MESSAGES[0], data: undefined }, 'data'],
    ]) {
      assert.equal((await refusedWith(400, message)).body.field, field);
    }
    await refusedWith(400, '{');
    await refusedWith(400, '');
    await refusedWith(400, []);
    await good(mention('all-or-nothing', 'first'));
    assert.equal((await on(client, 'mentions:all-or-nothing')).offset, 1);
  });

  test('too much is refused whole', async () => {
    const many = (count) => Array.from({ length: count }, (_, n) => mention('many', `${n}`));
    await refusedWith(413, many(1001));
    const { messages } = await good(many(1000));
    assert.deepEqual(messages.map(({ offset }) => offset), many(1000).map((_, n) => n + 1));
    const long = notification('alice', 'x');
    long.data.message = 'x'.repeat(65_536);
    assert.match((await refusedWith(413, { messages: [long] })).body.detail, /messages\[0\]/);
    await refusedWith(413, ' '.repeat(1_048_577));
    const large = notification('large', 'x');
    large.data.message = 'x'.repeat(9_900);
    const body = JSON.stringify(Array(100).fill(large));
    assert.ok(body.length > 1_000_000);
    const answers = await Promise.all([good(body), good(body), good(body)]);
    assert.equal(Math.max(...answers.flatMap(({ messages }) => messages.map(({ offset }) => offset))), 300);
  });

  test('only POST of JSON is known', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      await refusedWith(415, mention('types', 'x'), { headers: { 'content-type': type } });
    }
    const { body: problem } = await refusedWith(415, mention('types', 'x'), { headers: { 'content-encoding': 'gzip' } });
    assert.match(problem.detail, /not compressed/);
    const response = await hub.fetch('/api/v1/publish');
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
    const preflight = await hub.fetch('/api/v1/publish', { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.match(preflight.headers.get('access-control-allow-headers'), /Content-Type/);
  });

  test('the limit of questions is not theirs', async (t) => {
    const limited = await startHub({ vars: { API_REQUESTS_PER_15_MIN: '1' } });
    t.after(() => limited.stop());
    for (let n = 1; n <= 3; n++) {
      const { status, headers } = await publish(limited, mention('limits', 'x'));
      assert.equal(status, 200);
      assert.equal(headers.get('ratelimit'), null);
    }
  });
});

describe('coins that the feed has learned', () => {
  let market;
  let learned;
  before(async () => {
    market = await startMarket();
    market.set('newcoin');
    learned = await startHub({ vars: market.vars, faulty: true });
    await learned.dispatchScheduled();
    await until(async () => (await ask(learned, '/api/v1/prices?symbols=newcoin')).body.data?.length === 1);
  });
  after(() => Promise.all([learned.stop(), market.stop()]));

  const price = (coin) => ({ channel: `price:${coin}`, data: { ...MESSAGES[0].data, symbol: coin.toUpperCase() } });

  test('have channels like any other, and without the scope it is no matter which there are', async () => {
    for (const [coin, status] of [['newcoin', 200], ['nosuchcoin', 400]]) {
      assert.equal((await publish(learned, price(coin))).status, status, coin);
      const { status: refused, body } = await publish(learned, price(coin), { scope: 'publish' });
      assert.equal(refused, 403, coin);
      assert.match(body.detail, /'feed' to publish on/);
    }
  });

  test('are known while the feed hangs, and of no other is it said that there is none', { timeout: 60_000 }, async (t) => {
    t.after(() => learned.fail());
    await learned.fail({ feed: 'hangs' });
    const timed = async (body, options) => {
      const began = Date.now();
      const answer = await publish(learned, body, options);
      return { ...answer, took: Date.now() - began };
    };
    const unknown = await until(async () => {
      const answer = await timed(price('nosuchcoin')); // the feed's last answer is good for a second
      return answer.status !== 400 && answer;
    });
    assert.deepEqual([unknown.status, unknown.headers.get('retry-after')], [503, '5']);
    // That it does not answer is known now, and asked of nobody for a second.
    const again = await timed(price('nosuchcoin'));
    assert.equal(again.status, 503);
    assert.ok(again.took < unknown.took / 2, `${again.took} ms after ${unknown.took} ms`);
    for (const coin of ['newcoin', 'bitcoin']) {
      const data = { ...price(coin).data, symbol: coin === 'bitcoin' ? 'BTC' : 'NEWCOIN' };
      const { status, took } = await timed({ ...price(coin), data });
      assert.equal(status, 200, coin);
      assert.ok(took < unknown.took / 2, `${coin} took ${took} ms`);
    }
    assert.equal((await publish(learned, price('nosuchcoin'), { scope: 'publish' })).status, 403);
    await learned.fail();
    await until(async () => (await publish(learned, price('nosuchcoin'))).status === 400);
  });
});

describe('a retry with the same id', () => {
  test('is told where the first one went, and reaches nobody twice', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'mentions:retries');
    const once = mention('retries', 'once', { id: 'news-1' });
    const [first] = (await good(once)).messages;
    assert.deepEqual([first.id, first.offset, first.repeated], ['news-1', 1, false]);
    for (let n = 0; n < 3; n++) {
      assert.deepEqual((await good(once)).messages, [{ ...first, repeated: true }]);
    }
    // Together with what is new; and on another channel the id is another one.
    const { messages } = await good([once, mention('retries', 'other', { id: 'news-2' }), mention('elsewhere', 'x', { id: 'news-1' })]);
    assert.deepEqual(messages.map(({ offset, repeated }) => [offset, repeated]), [[1, true], [2, false], [1, false]]);
    assert.equal((await client.next((it) => it.data?.title === 'other')).offset, 2);
    assert.deepEqual(got(client, 'mentions:retries').map(({ data }) => data.title), ['once', 'other']);
  });

  test('is nothing to another publisher', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'mentions:publishers');
    await good(mention('publishers', 'of one', { id: '1' }), { sub: 'one' });
    const [other] = (await good(mention('publishers', 'of another', { id: '1' }), { sub: 'another' })).messages;
    assert.deepEqual([other.offset, other.repeated], [2, false]);
    assert.equal((await client.next((it) => it.data?.title === 'of another')).offset, 2);
  });

  test('is recognised after the broker was evicted', async () => {
    const once = mention('evicted', 'once', { id: 'e-1' });
    const [first] = (await good(once)).messages;
    await hub.evict('Broker', 'broker-0');
    assert.deepEqual((await good(once)).messages, [{ ...first, repeated: true }]);
  });

  test('is recognised after a power cut', async (t) => {
    const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
    let restarted = await startHub({ persist });
    t.after(async () => {
      await restarted.stop();
      await rm(persist, { recursive: true, force: true });
    });
    const once = mention('cut', 'once', { id: 'c-1' });
    const [first] = (await publish(restarted, once)).body.messages;
    const { port, secret } = restarted;
    await restarted.kill();
    restarted = await startHub({ persist, port, vars: { JWT_SECRET: secret } });
    assert.deepEqual((await publish(restarted, once)).body.messages, [{ ...first, repeated: true }]);
  });
});

describe('users', () => {
  test('get what is for them, and nobody else does', async () => {
    const [alice, bob, root] = await Promise.all([
      signIn(hub, { sub: 'alice' }),
      signIn(hub, { sub: 'bob', scope: 'publish feed moderator' }),
      signIn(hub, { sub: 'root', scope: 'admin' }),
    ]);
    await subscribe(alice, 'user:alice');
    await subscribe(root, 'user:alice');
    bob.send({ type: 'subscribe', channels: ['user:alice', 'user:bob'] });
    assert.deepEqual((await bob.next('subscribed')).channels, ['user:bob']);
    assert.equal((await refusal(bob, 'UNAUTHORIZED')).channel, 'user:alice');
    await good([notification('alice', 'for alice'), notification('bob', 'for bob')], { scope: 'publish' });
    assert.equal((await on(alice, 'user:alice')).data.title, 'for alice');
    assert.equal((await on(root, 'user:alice')).data.title, 'for alice');
    assert.equal((await on(bob, 'user:bob')).data.title, 'for bob');
    await settle(bob);
    assert.deepEqual(got(bob, 'user:alice'), []);
  });

  test('are closed to those without a token, even where reading is public', async (t) => {
    const open = await startHub({ vars: { PUBLIC_READ: '1' } });
    t.after(() => open.stop());
    const client = await connect(open);
    client.send({ type: 'subscribe', channels: ['user:alice', 'mentions:open'] });
    assert.deepEqual((await client.next('subscribed')).channels, ['mentions:open']);
    assert.equal((await refusal(client, 'UNAUTHORIZED')).channel, 'user:alice');
    assert.equal((await publish(open, [notification('alice', 'secret'), mention('open', 'x')])).status, 200);
    await on(client, 'mentions:open');
    assert.ok(!JSON.stringify(client.messages).includes('secret'));
  });
});

async function good(body, options) {
  const answer = await publish(hub, body, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

async function refusedWith(status, body, options) {
  const answer = await post(hub, '/api/v1/publish', body, options);
  assert.equal(answer.status, status, answer.text);
  return answer;
}
