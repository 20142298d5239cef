// CoinDaily over JSON frames: docs/coindaily-api.md under workerd, and the document's own snippets as printed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { MESSAGES, publish } from './support/publish.js';
import { evictFamily, hungUp, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub();
});
after(() => hub.stop());

/** A client that has said who it is, as the document prints it. */
async function signedIn(claims = {}, options) {
  const client = await connect(hub, options);
  client.send({ type: 'auth', data: { token: await token(claims, hub.secret) } });
  client.welcome = await client.next('auth_success');
  return client;
}

let ids = 0;

/** Sends a request, and returns the first answer that bears its id. */
async function ask(client, type, data) {
  const id = `msg-${++ids}`;
  client.send({ type, data, id, timestamp: Date.now() });
  return client.next((message) => message.id === id);
}

/** The error that a request is answered with. */
async function refused(client, type, data) {
  const answer = await ask(client, type, data);
  assert.ok(answer.error, JSON.stringify(answer));
  assert.deepEqual([typeof answer.error.message, typeof answer.error.timestamp], ['string', 'number']);
  return answer.error;
}

async function told(channel, data) {
  const { status, body } = await publish(hub, { channel, data });
  assert.equal(status, 200, JSON.stringify(body));
}

const sample = (type) => MESSAGES.find((message) => message.type === type);

describe('who a client is', () => {
  test('either spelling of a token is answered with one object', async () => {
    const jwt = await token({}, hub.secret);
    const welcome = async (message) => {
      const client = await connect(hub);
      client.send(message);
      return client.next('auth_success');
    };
    const within = await welcome({ type: 'auth', data: { token: jwt } });
    const beside = await welcome({ type: 'auth', token: jwt });
    for (const answer of [within, beside]) {
      assert.deepEqual(Object.keys(answer), ['type', 'data', 'timestamp']);
      assert.deepEqual(Object.keys(answer.data), ['connection_id', 'subject', 'expires_at']);
      assert.equal(answer.data.subject, 'alice');
    }
  });

  test('a bad token is an auth_error, and the connection stays', async () => {
    const client = await connect(hub);
    client.send({ type: 'auth', data: { token: 'rubbish' } });
    const { error } = await client.next('auth_error');
    assert.equal(error.code, 'AUTH_FAILED');
    const answer = await ask(client, 'auth', { token: await token({}, hub.secret) });
    assert.equal(answer.type, 'auth_success');
  });

  test('coindaily.v1 says the dialect before the first message', async () => {
    const client = await connect(hub, { protocol: 'coindaily.v1' });
    assert.equal(client.socket.protocol, 'coindaily.v1');
    assert.equal((await refused(client, 'get_market_sentiment', { tokens: ['BTC'] })).code, 'AUTH_REQUIRED');
    client.send({ type: 'auth', token: await token({}, hub.secret) });
    await client.next('auth_success');
    await client.next('trending_memecoins_update');
  });

  test('who says nothing in time is told CONNECTION_TIMEOUT and closed', { timeout: 30_000 }, async () => {
    const client = await connect(hub, { protocol: 'coindaily.v1' });
    const { error } = await client.next('error', { timeout: 20_000 });
    assert.equal(error.code, 'CONNECTION_TIMEOUT');
    assert.equal((await hungUp(client)).code, 4001);
  });

  test('a client of the product that says what only it has is not taken for another', async () => {
    const client = await connect(hub);
    client.send({ type: 'auth', token: await token({}, hub.secret) });
    await client.next('auth_success');
    client.send({ type: 'subscribe', channels: ['whale'] });
    await client.next('subscribed');
    client.send({ type: 'subscribe_whale_activity', data: {} });
    assert.equal((await client.next('error')).error.code, 'INVALID_MESSAGE');
  });
});

describe('what it is told', () => {
  test('moods, with every documented field, at once and again', async () => {
    const client = await signedIn();
    const confirmed = await ask(client, 'subscribe_market_sentiment', { tokens: ['BTC', 'eth'] });
    assert.equal(confirmed.type, 'subscription_confirmed');
    assert.deepEqual(confirmed.data, { channel: 'market_sentiment', tokens: ['BTC', 'eth'] });
    const mood = await client.next('market_sentiment_update');
    const { token: name, sentiment, score, confidence, sources, trendingRank, priceChange24h, timestamp } = mood.data;
    assert.ok(['BTC', 'eth'].includes(name));
    assert.ok(['very_bullish', 'bullish', 'neutral', 'bearish', 'very_bearish'].includes(sentiment));
    assert.ok(Math.abs(score) <= 1 && confidence >= 0 && confidence <= 1);
    assert.deepEqual(Object.keys(sources), ['social', 'news', 'whale', 'technical']);
    for (const figure of [...Object.values(sources), trendingRank, priceChange24h, timestamp]) {
      assert.equal(typeof figure, 'number', JSON.stringify(mood));
    }
    assert.match(mood.room, /^sentiment:(BTC|eth)$/);
    const first = client.messages.length;
    await until(() => client.messages.slice(first).some(({ type }) => type === 'market_sentiment_update'), { timeout: 45_000 });
  });

  test('the moods of now, once', async () => {
    const client = await signedIn();
    const { type, data } = await ask(client, 'get_market_sentiment', { tokens: ['BTC', 'ETH'] });
    assert.equal(type, 'market_sentiment_snapshot');
    assert.deepEqual(data.map((mood) => mood.token).sort(), ['BTC', 'ETH']);
  });

  test('how the hub is, with every documented field', async () => {
    const client = await signedIn();
    await ask(client, 'subscribe_system_health', {});
    const { status, services, alerts, timestamp } = (await client.next('system_health_update')).data;
    assert.ok(['healthy', 'degraded', 'down'].includes(status));
    assert.deepEqual(Object.keys(services), ['database', 'redis', 'ai_agents']);
    assert.deepEqual([services.redis, services.ai_agents], ['not_used', { total: 0, active: 0, inactive: 0 }]);
    assert.ok(Array.isArray(alerts) && typeof timestamp === 'number');
  });

  test('rankings, without asking', async () => {
    const client = await signedIn();
    const timeframes = new Set();
    while (timeframes.size < 3) {
      const { data } = await client.next('trending_memecoins_update');
      timeframes.add(data.timeframe);
      assert.ok(data.coins.length > 0 && typeof data.timestamp === 'number');
      for (const coin of data.coins) {
        const fields = ['token', 'rank', 'sentimentScore', 'volume24h', 'priceChange24h', 'trendingScore'];
        assert.deepEqual(Object.keys(coin), fields);
      }
    }
    assert.deepEqual([...timeframes].sort(), ['1h', '24h', '7d'], 'of four hours it is told after four hours');
  });

  const published = [
    ['whale_activity', 'whale_activity_alert', {}],
    ['task_updates', 'task_status_update', { taskId: 'task-123' }],
    ['pipeline_updates', 'pipeline_progress_update', { pipelineId: 'pipeline-456' }],
    ['budget_alerts', 'budget_alert', { agentId: 'agent-1' }],
    ['moderation_queue', 'moderation_queue_update', { severity: 'critical' }],
  ];
  for (const [topic, type, choice] of published) {
    test(`${type}: all that was published, to who chose it`, async () => {
      const client = await signedIn({ scope: 'moderator' });
      const confirmed = await ask(client, `subscribe_${topic}`, choice);
      assert.deepEqual(confirmed.data, { channel: topic, ...choice });
      const { channel, data } = sample(type);
      await told(channel, data);
      assert.deepEqual((await client.next(type)).data, data);
      const dropped = await ask(client, `unsubscribe_${topic}`);
      assert.equal(dropped.type, 'unsubscription_confirmed');
      await told(channel, data);
      await ask(client, 'ping');
      await settled(client, type, 1);
    });
  }

  /** What was published before has been delivered when a later message has. */
  async function settled(client, type, count) {
    await ask(client, 'subscribe_whale_activity', { tokens: ['MARK'] });
    await told('whale', { ...sample('whale_activity_alert').data, token: 'MARK' });
    await client.next((message) => message.data?.token === 'MARK');
    const all = client.messages.filter((message) => message.type === type && message.data.token !== 'MARK');
    assert.equal(all.length, count);
  }

  test('choices add up, and outlive an eviction', async () => {
    const client = await signedIn();
    const { data } = sample('whale_activity_alert');
    await ask(client, 'subscribe_whale_activity', { tokens: ['SOL'], minAmount: 1000 });
    await ask(client, 'subscribe_whale_activity', { tokens: ['ADA'] });
    await evictFamily(hub, 'json');
    for (const [name, amountUSD] of [['SOL', 999], ['XRP', 5000], ['SOL', 1000], ['ada', 1]]) {
      await told('whale', { ...data, token: name, amountUSD });
    }
    await client.next((message) => message.data?.token === 'ada');
    const whales = client.messages.filter(({ type }) => type === 'whale_activity_alert');
    assert.deepEqual(whales.map((message) => [message.data.token, message.data.amountUSD]), [['SOL', 1000], ['ada', 1]]);
  });

  test("another's tasks are nobody's", async () => {
    const [bob, admin] = [await signedIn({ sub: 'bob' }), await signedIn({ sub: 'root', scope: 'admin' })];
    for (const client of [bob, admin]) await ask(client, 'subscribe_task_updates', {});
    const { channel, data } = sample('task_status_update');
    await told(channel, data);
    await told('tasks:bob', { ...data, taskId: "bob's" });
    assert.equal((await bob.next('task_status_update')).data.taskId, "bob's");
    await settled(admin, 'task_status_update', 0);
  });
});

describe('the seven errors', () => {
  test('AUTH_REQUIRED', async () => {
    const client = await connect(hub);
    assert.equal((await refused(client, 'subscribe_whale_activity', {})).code, 'AUTH_REQUIRED');
  });

  test('AUTH_FAILED: of a bad token, and of one that expires', async () => {
    const client = await signedIn({ exp: Math.ceil(Date.now() / 1000) + 1 });
    const { error } = await client.next('error');
    assert.equal(error.code, 'AUTH_FAILED');
    assert.equal((await refused(client, 'auth', { token: 'a.b.c' })).code, 'AUTH_FAILED');
  });

  test('SUBSCRIPTION_FAILED: of a token that nobody knows, a bad parameter, a channel for others', async () => {
    const client = await signedIn();
    const unknown = await refused(client, 'subscribe_market_sentiment', { tokens: ['NOPE'] });
    assert.deepEqual([unknown.code, unknown.details.token], ['SUBSCRIPTION_FAILED', 'NOPE']);
    const bad = await refused(client, 'subscribe_whale_activity', { minAmount: 'much' });
    assert.deepEqual([bad.code, bad.details.field], ['SUBSCRIPTION_FAILED', 'minAmount']);
    assert.equal((await refused(client, 'subscribe_moderation_queue', {})).code, 'SUBSCRIPTION_FAILED');
  });

  test('RATE_LIMIT_EXCEEDED: after 600 messages in a minute', async () => {
    const client = await signedIn();
    for (let n = 0; n < 600; n++) client.send({ type: 'get_market_sentiment', data: { tokens: ['BTC'] } });
    const { error } = await client.next('error');
    assert.equal(error.code, 'RATE_LIMIT_EXCEEDED');
    assert.ok(error.details.retryAfter > 0);
    const answers = () => client.messages.filter(({ type }) => type === 'market_sentiment_snapshot').length;
    await until(() => answers() === 599);
  });

  test('INVALID_MESSAGE_FORMAT: of what is no message', async () => {
    const client = await signedIn();
    for (const message of ['{', '7', { type: 'dance' }, { data: {} }, Buffer.from('x'), { type: 'subscribe_task_updates', data: 7 }]) {
      client.send(message);
      assert.equal((await client.next('error')).error.code, 'INVALID_MESSAGE_FORMAT', String(message));
    }
    assert.equal((await ask(client, 'ping')).type, 'pong');
  });

  test('SERVER_ERROR: of values that the hub cannot tell', { timeout: 60_000 }, async () => {
    const broken = await startHub({ faulty: true });
    try {
      await broken.fail({ broker: 'hangs' });
      const client = await connect(broken);
      client.send({ type: 'auth', data: { token: await token({}, broken.secret) } });
      client.send({ type: 'get_market_sentiment', data: { tokens: ['BTC'] } });
      const { error } = await client.next('error', { timeout: 40_000 });
      assert.equal(error.code, 'SERVER_ERROR');
    } finally {
      await broken.stop();
    }
  });
});
