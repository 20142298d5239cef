// The channel `health`: what the hub says of itself, and when it does.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHub, startUpstreams, token } from './support/index.js';
import { evictFeed, figures, on, signIn, subscribe, until } from './support/session.js';

const FAST = { FEED_INTERVAL_MS: '250', POLL_INTERVAL_S: '1', MESSAGES_PER_MINUTE: '0' };
const NO_AGENTS = { total: 0, active: 0, inactive: 0 };

/** Runs a test with providers and a hub of its own. */
function withProviders(name, { vars, before = () => {} }, run) {
  test(name, { timeout: 120_000 }, async (t) => {
    const up = await startUpstreams();
    t.after(() => up.stop());
    before(up);
    up.startTicking(250);
    const hub = await startHub({ vars: { ...up.vars, ...FAST, TRACKED_COINS: '10', ...vars } });
    t.after(() => hub.stop());
    await run({ up, hub });
  });
}

/** The next word of the hub's that is like this. */
const told = (client, holds) => client.next(({ channel, data }) => channel === 'health' && holds(data), { timeout: 90_000 });

const isWell = ({ status, services, alerts }) => status === 'healthy' && services.database === 'healthy' && alerts.length === 0;

/** All that was told of the hub's health: never the same twice in a row, each after the one before. */
function inOrder(client) {
  const all = client.messages.filter(({ channel }) => channel === 'health');
  for (const [n, message] of all.entries()) {
    assert.deepEqual(Object.keys(message.data), ['status', 'services', 'alerts', 'timestamp']);
    assert.deepEqual(Object.keys(message.data.services), ['database', 'redis', 'ai_agents']);
    if (n === 0) continue;
    const [{ timestamp: before, ...known }, { timestamp, ...news }] = [all[n - 1].data, message.data];
    assert.notDeepEqual(news, known, `told twice: ${JSON.stringify(message)}`);
    assert.ok(timestamp >= before);
    assert.equal(message.offset, all[n - 1].offset + 1);
  }
  return all.length;
}

describe('health', { concurrency: 2 }, () => {
  test('is told to each new subscriber at once, and again only when it changes', { timeout: 60_000 }, async (t) => {
    const hub = await startHub({ vars: FAST });
    t.after(() => hub.stop());
    const client = await signIn(hub);
    assert.deepEqual(await subscribe(client, 'health', 'price:bitcoin'), ['health', 'price:bitcoin']);
    const { type, channel, data } = await told(client, isWell);
    assert.deepEqual([type, channel], ['system_health_update', 'health']);
    assert.deepEqual(data, {
      status: 'healthy',
      services: { database: 'healthy', redis: 'not_used', ai_agents: NO_AGENTS },
      alerts: [],
      timestamp: data.timestamp,
    });
    assert.ok(Math.abs(Date.now() - data.timestamp) < 60_000);
    for (let n = 0; n < 8; n++) await on(client, 'price:bitcoin');
    await evictFeed(hub);
    for (let n = 0; n < 8; n++) await on(client, 'price:bitcoin');
    assert.ok(inOrder(client) <= 2, 'before and after the first write');
    const late = await signIn(hub);
    await subscribe(late, 'health');
    assert.deepEqual((await on(late, 'health')).data, data);
  });

  withProviders('names a provider that fails, as long as it does', {}, async ({ up, hub }) => {
    const client = await signIn(hub);
    await subscribe(client, 'health');
    await told(client, isWell);
    up.coingecko.fail('server_error');
    const alert = /^coingecko does not answer about prices: HTTP status 5\d\d\.$/;
    const { data } = await told(client, ({ alerts }) => alerts.some((it) => alert.test(it)));
    assert.equal(data.status, 'degraded');
    const stale = await told(client, ({ alerts }) => alerts.some((it) => it.startsWith('What coingecko says of prices is of ')));
    assert.match(stale.data.alerts.find((it) => it.startsWith('What coingecko says of prices')), /^What .* is of \d{4}-\d\d-\d\dT[\d:.]+Z and stale\.$/);
    const late = await signIn(hub);
    await subscribe(late, 'health');
    assert.ok((await on(late, 'health')).data.alerts.some((it) => alert.test(it)), 'the current value');
    up.coingecko.fail(null);
    await told(client, ({ status, alerts }) => status === 'healthy' && alerts.length === 0);
    inOrder(client);
  });

  withProviders('names a stream that is out, and who stands in for it', {}, async ({ up, hub }) => {
    const client = await signIn(hub);
    await subscribe(client, 'health', 'price:bitcoin');
    await told(client, isWell);
    await until(async () => (await figures(hub)).feed.price_leader === 'binance');
    up.binance.fail('refuse');
    const { data } = await told(client, ({ alerts }) => alerts.includes('Prices come from bitget in place of binance.'));
    assert.equal(data.status, 'healthy', 'prices are slower, not wrong');
    assert.ok(data.alerts.some((it) => it.startsWith('The stream of binance cannot be opened: ')), JSON.stringify(data));
    up.binance.fail(null);
    await told(client, ({ alerts }) => alerts.length === 0);
    inOrder(client);
  });

  const all = (up) => [up.coingecko, up.coinmarketcap, up.alternative_me, up.bitget.rest, up.binance, up.bitget];
  const silence = (up) => all(up).forEach((it) => it.fail(it.stream ? 'refuse' : 'server_error'));

  withProviders('is told, too, where no cycle brings any data', { before: silence }, async ({ up, hub }) => {
    const client = await signIn(hub);
    await subscribe(client, 'health');
    const { data } = await told(client, ({ status }) => status === 'down');
    assert.equal(data.alerts[0], 'There are no prices: nobody has told any yet.');
    await told(client, ({ alerts }) => ['Prices', 'Candles'].every((it) => alerts.includes(`${it} come from nobody.`)));
    for (const it of all(up)) it.fail(null);
    // What is asked for seldom is asked again later.
    await told(client, ({ status, alerts }) => status !== 'down' && !alerts.some((it) => /There are no prices|come from|The stream of/.test(it)));
    inOrder(client);
  });

  test('says how the database is', { timeout: 120_000 }, async (t) => {
    const hub = await startHub({ vars: FAST });
    t.after(() => hub.stop());
    await hub.db.prepare('ALTER TABLE prices_latest RENAME TO elsewhere').run();
    const client = await signIn(hub);
    await subscribe(client, 'health');
    const { data } = await told(client, ({ services }) => services.database === 'degraded');
    assert.deepEqual([data.status, data.alerts], ['healthy', ['The database does not take some of the rows: they wait.']]);
    await hub.db.prepare('ALTER TABLE elsewhere RENAME TO prices_latest').run();
    await told(client, isWell); // prices are stored once a minute
    inOrder(client);
  });

  test('is published by nobody else', { timeout: 60_000 }, async (t) => {
    const hub = await startHub({ vars: FAST });
    t.after(() => hub.stop());
    const jwt = await token({ sub: 'engine', scope: 'publish feed' }, hub.secret);
    const answer = await hub.fetch('/api/v1/publish', {
      method: 'POST',
      headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
      body: JSON.stringify({ channel: 'health', data: { status: 'healthy' } }),
    });
    const problem = await answer.json();
    assert.deepEqual([answer.status, problem.field], [400, 'channel']);
    assert.match(problem.detail, /nobody but the hub itself publishes on 'health'/);
  });
});
