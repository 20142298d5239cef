// Polling: what was published on channels since the last time, over a plain GET. Every answer is held against docs/openapi.json.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startHub, token } from './support/index.js';
import { mention, notification, publish } from './support/publish.js';
import { ask, problem, withHub } from './support/rest.js';
import { evictBroker, on, signIn, subscribe, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { API_REQUESTS_PER_15_MIN: '0', MAX_CHANNELS: '5' } });
});
after(() => hub.stop());

const path = (channels, places) =>
  `/api/v1/messages?channels=${channels.map(encodeURIComponent)}${places ? `&recover=${encodeURIComponent(JSON.stringify(places))}` : ''}`;

/** Asks, and parts the answer: where the channels stand, messages, errors. */
async function poll(channels, places, options) {
  const { status, headers, body } = await ask(options?.hub ?? hub, path(channels, places), options);
  assert.equal(status, 200, JSON.stringify(body));
  const [subscribed, ...rest] = body.data;
  assert.equal(subscribed.type, 'subscribed');
  const errors = rest.filter(({ type }) => type === 'error').map(({ error }) => error);
  return { headers, held: subscribed.channels, positions: subscribed.positions, messages: rest.filter(({ type }) => type !== 'error'), errors };
}

/** Publishes news about an entity, told apart by their titles. */
async function say(entity, ...titles) {
  const { status } = await publish(hub, titles.map((title) => mention(entity, title)));
  assert.equal(status, 200);
}

const titles = ({ messages }) => messages.map(({ data }) => data.title);

test('who asks again from where it was gets each message once and in order, also of another life of the broker', async () => {
  const channels = ['mentions:poll'];
  await say('poll', 'before');
  let answer = await poll(channels);
  assert.deepEqual(titles(answer), [], 'news has no current value');
  assert.equal(answer.positions['mentions:poll'].recovered, false);
  const told = [];
  for (const some of [['1', '2'], [], ['3'], ['4', '5', '6']]) {
    if (some.length) await say('poll', ...some);
    if (some.length === 1) await evictBroker(hub);
    answer = await poll(channels, answer.positions);
    assert.equal(answer.positions['mentions:poll'].recovered, true);
    told.push(...titles(answer));
  }
  assert.deepEqual(told, ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual(answer.held, channels);
});

test('a price begins with its current value; the messages are the WebSocket\'s, word by word', async () => {
  const live = await startHub({ vars: { FEED_INTERVAL_MS: '250', API_REQUESTS_PER_15_MIN: '0' } });
  try {
    const socket = await signIn(live);
    const frames = new Map();
    socket.socket.on('message', (data) => frames.set(String(data), JSON.parse(data)));
    await subscribe(socket, 'price:BTC', 'price:ETH', 'candles:BTC/USDT:1m');
    await on(socket, 'price:BTC');
    const channels = ['price:BTC', 'price:ETH', 'candles:BTC/USDT:1m'];
    const jwt = await token({}, live.secret);
    const first = await poll(channels, undefined, { hub: live, jwt });
    assert.deepEqual(first.messages.map(({ channel }) => channel), channels);
    const seen = [...first.messages];
    let { positions } = first;
    await until(async () => {
      const next = await poll(channels, positions, { hub: live, jwt });
      assert.ok(Object.values(next.positions).every(({ recovered }) => recovered));
      seen.push(...next.messages);
      positions = next.positions;
      return seen.filter(({ channel }) => channel === 'price:BTC').length > 5;
    });
    for (const channel of channels) {
      const offsets = seen.filter((it) => it.channel === channel).map(({ offset }) => offset);
      assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n), channel);
    }
    await until(() => seen.every((message) => frames.has(JSON.stringify(message))) || [...frames.values()].some(({ offset, channel }) => channel === 'price:BTC' && offset > positions[channel].offset));
    const texts = new Set([...frames.values()].map((frame) => JSON.stringify(frame)));
    assert.deepEqual(seen.slice(channels.length).filter((message) => !texts.has(JSON.stringify(message))), []);
    await socket.close();
  } finally {
    await live.stop();
  }
});

test('a place that is gone is said to be, and the client goes on from now', async () => {
  await say('gone', 'one');
  const { positions } = await poll(['mentions:gone']);
  const { epoch } = positions['mentions:gone'];
  for (const place of [{ epoch: '1', offset: 0 }, { epoch, offset: 99 }]) {
    const answer = await poll(['mentions:gone'], { 'mentions:gone': place });
    assert.deepEqual(answer.positions['mentions:gone'], { recovered: false, epoch, offset: 1 });
  }
  await publish(hub, Array.from({ length: 301 }, (_, n) => mention('gone', `${n}`)));
  const lost = await poll(['mentions:gone'], positions);
  assert.deepEqual(lost.positions['mentions:gone'], { recovered: false, epoch, offset: 302 });
  assert.deepEqual(titles(lost), []);
});

test('of more than an answer holds the rest comes with the next ones', async () => {
  const start = await poll(['mentions:much']);
  const all = Array.from({ length: 300 }, (_, n) => mention('much', `${n}`));
  for (const { data } of all) data.url = `https://news.example/${'x'.repeat(1_900)}`;
  assert.equal((await publish(hub, all)).status, 200);
  const told = [];
  let { positions } = start;
  let answers = 0;
  await until(async () => {
    const answer = await poll(['mentions:much', 'mentions:poll'], positions);
    assert.equal(answer.positions['mentions:much'].recovered, true);
    told.push(...titles(answer));
    positions = { 'mentions:much': answer.positions['mentions:much'] };
    answers++;
    return told.length >= 300;
  });
  assert.deepEqual(told, Array.from({ length: 300 }, (_, n) => `${n}`));
  assert.ok(answers > 1);
});

test('of a choice its messages come, and the place goes on with those that do not', async () => {
  const name = 'tasks?taskId=t1';
  const task = (taskId) => ({
    channel: 'tasks:alice',
    data: { taskId, agentId: 'agent-1', status: 'processing', timestamp: Date.parse('2025-12-02T12:30:00Z') },
  });
  const begin = await poll([name]);
  const { status, body } = await publish(hub, [task('t1'), task('t2')]);
  assert.equal(status, 200, JSON.stringify(body));
  const answer = await poll([name], begin.positions);
  assert.deepEqual(answer.messages.map(({ data, channel }) => [data.taskId, channel]), [['t1', name]]);
  assert.equal(answer.positions[name].offset, begin.positions[name].offset + 2);
});

test('what a client may not have is refused by its name, and the rest is given', async () => {
  await publish(hub, [notification('alice', 'hers'), notification('bob', 'his')]);
  const channels = ['user:alice', 'user:bob', 'moderation', 'price:nosuchcoin', 'nonsense', 'mentions:poll'];
  const { held, errors } = await poll(channels);
  assert.deepEqual(held, ['user:alice', 'mentions:poll']);
  const told = errors.map(({ code, channel }) => [code, channel]).sort();
  assert.deepEqual(told, [
    ['INVALID_CHANNEL', 'nonsense'],
    ['INVALID_CHANNEL', 'price:nosuchcoin'],
    ['UNAUTHORIZED', 'moderation'],
    ['UNAUTHORIZED', 'user:bob'],
  ]);
  const moderator = await poll(['moderation'], undefined, { jwt: await token({ scope: 'moderator' }, hub.secret) });
  assert.deepEqual([moderator.held, moderator.errors], [['moderation'], []]);
});

test('of more channels than a client may hold it gets the first ones, and is told so', async () => {
  const names = Array.from({ length: 7 }, (_, n) => `mentions:many-${n}`);
  const { held, errors } = await poll(names);
  assert.deepEqual(held, names.slice(0, 5));
  assert.deepEqual(errors.map(({ code }) => code), ['RATE_LIMITED']);
  assert.match(errors[0].message, /mentions:many-5/);
});

test('nothing new is 304, also for whoever may not keep it', async () => {
  const { positions } = await poll(['mentions:poll']);
  const url = path(['mentions:poll'], positions);
  const { headers } = await ask(hub, url);
  assert.equal(headers.get('cache-control'), 'private, max-age=2');
  const tag = headers.get('etag');
  assert.equal((await ask(hub, url, { headers: { 'if-none-match': tag } })).status, 304);
  await say('poll', 'news');
  assert.equal((await ask(hub, url, { headers: { 'if-none-match': tag } })).status, 200);
  assert.equal((await ask(hub, url, { method: 'HEAD' })).status, 200);
});

test('a bad question is refused with what is wrong', async () => {
  for (const [query, parameter] of [
    ['', 'channels'],
    ['channels=', 'channels'],
    [`channels=${Array.from({ length: 51 }, (_, n) => `mentions:${n}`)}`, 'channels'],
    ['channels=price:bitcoin&recover=nonsense', 'recover'],
    ['channels=price:bitcoin&recover={"price:bitcoin":{"epoch":1,"offset":1}}', 'recover'],
    ['channels=price:bitcoin&token=x', 'token'],
  ]) {
    const { body } = await problem(hub, `/api/v1/messages?${query}`, 400);
    assert.equal(body.parameter, parameter, query);
    assert.match(body.detail, new RegExp(`'${parameter}'`));
  }
  await problem(hub, path(['price:bitcoin']), 401, { jwt: null });
});

withHub('without a token the public channels are read where that is allowed, within the limit', { PUBLIC_READ: '1', API_REQUESTS_PER_15_MIN: '3' }, async (open) => {
  const jwt = null;
  const { held, errors } = await poll(['price:bitcoin', 'user:alice', 'tasks'], undefined, { hub: open, jwt });
  assert.deepEqual(held, ['price:bitcoin']);
  assert.deepEqual(errors.map(({ code, channel }) => [code, channel]), [
    ['UNAUTHORIZED', 'user:alice'],
    ['UNAUTHORIZED', 'tasks'],
  ]);
  await poll(['price:bitcoin'], undefined, { hub: open, jwt });
  await poll(['price:bitcoin'], undefined, { hub: open, jwt });
  const { headers } = await problem(open, path(['price:bitcoin']), 429, { jwt });
  assert.ok(Number(headers.get('retry-after')) > 0);
});
