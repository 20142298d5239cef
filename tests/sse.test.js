// Server-Sent Events: the same messages and rules as on the WebSocket, over a plain GET; and how a client comes back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { address, listen, titles } from './support/events.js';
import { startHub, token } from './support/index.js';
import { mention, notification, publish } from './support/publish.js';
import { evictBroker, evictShards, figures, signIn, subscribe, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '250' }, faulty: true });
});
after(() => hub.stop());

/** Publishes news about an entity, told apart by their titles. */
async function say(entity, ...titles) {
  const { status } = await publish(hub, titles.map((title) => mention(entity, title)));
  assert.equal(status, 200);
}

const titled = (title) => ({ data }) => data?.title === title;

describe('a stream', () => {
  test('begins with what is held; nobody on the way may keep or pack it', async () => {
    const stream = await listen(hub, ['price:bitcoin', 'mentions:first'], { headers: { 'accept-encoding': 'gzip, br' } });
    assert.equal(stream.status, 200);
    assert.equal(stream.headers.get('content-type'), 'text/event-stream');
    assert.equal(stream.headers.get('cache-control'), 'no-store');
    assert.equal(stream.headers.get('x-accel-buffering'), 'no');
    assert.equal(stream.headers.get('content-encoding'), null);
    const { type, id, message } = await stream.next();
    assert.equal(type, 'subscribed');
    assert.equal(stream.retry, 3_000);
    assert.ok(id.length < 60, id);
    assert.deepEqual(message.channels, ['price:bitcoin', 'mentions:first']);
    assert.deepEqual(Object.keys(message.positions).sort(), ['mentions:first', 'price:bitcoin']);
    assert.equal((await stream.next('price_update')).type, 'price_update');
    await stream.leave();
  });

  test('has the messages of the WebSocket byte by byte, each under its type, also those that came in a batch', async () => {
    const channels = ['price:bitcoin', 'price:ETH', 'candles:BTC/USDT:1m', 'market:summary', 'mentions:both'];
    const socket = await signIn(hub);
    const frames = new Set();
    socket.socket.on('message', (data) => frames.add(String(data)));
    await subscribe(socket, ...channels);
    const stream = await listen(hub, channels);
    await stream.next('subscribed');
    await say('both', 'one', 'two');
    await stream.next(titled('two'));
    const placed = () => stream.events.filter(({ message }) => message.offset !== undefined && message.channel !== 'market:summary');
    await until(() => placed().length >= 12);
    const events = placed();
    await until(() => events.every(({ data }) => frames.has(data)));
    for (const { type, message } of stream.events) assert.equal(type, message.type);
    assert.ok(new Set(events.map(({ type }) => type)).size >= 3);
    await stream.leave();
    await socket.close();
  });

  test('takes names one by one, with commas and filters in them', async () => {
    const whale = (amountUSD) => ({
      channel: 'whale',
      data: { token: 'BTC', type: 'buy', amount: 1, amountUSD, from: 'a', to: 'b', txHash: '0x1', impact: 'high', timestamp: Date.now() },
    });
    const names = ['mentions:a,b', 'whale?tokens=BTC,ETH&minAmount=1000', 'mentions:c d'];
    const stream = await listen(hub, names);
    assert.deepEqual((await stream.next('subscribed')).message.channels, names);
    await publish(hub, [whale(999), whale(1_000)]);
    assert.equal((await stream.next('whale_activity_alert')).message.data.amountUSD, 1_000);
    await stream.leave();
    const again = await listen(hub, [], { path: '/sse?channels=mentions:a%2Cb,mentions:e&channels=mentions:c+d' });
    assert.deepEqual((await again.next('subscribed')).message.channels, ['mentions:a,b', 'mentions:e', 'mentions:c d']);
    await again.leave();
  });

  test('says what is wrong with some channels, and streams the others', async () => {
    const stream = await listen(hub, ['mentions:good', 'price:nothing', 'user:bob']);
    assert.deepEqual((await stream.next()).message.channels, ['mentions:good']);
    const errors = [await stream.next('error'), await stream.next('error')].map(({ message }) => [message.error.code, message.error.channel]);
    assert.deepEqual(errors, [['UNAUTHORIZED', 'user:bob'], ['INVALID_CHANNEL', 'price:nothing']]);
    await say('good', 'it goes on');
    await stream.next(titled('it goes on'));
    await stream.leave();
  });

  test('is for its user: news that nobody else gets', async () => {
    const [alice, bob] = await Promise.all([listen(hub, ['user:alice']), listen(hub, ['user:bob'], { jwt: await token({ sub: 'bob' }, hub.secret) })]);
    await Promise.all([alice.next('subscribed'), bob.next('subscribed')]);
    await publish(hub, [notification('alice', 'for alice'), notification('bob', 'for bob')]);
    await Promise.all([alice.next(titled('for alice')), bob.next(titled('for bob'))]);
    assert.equal(alice.heard.length + bob.heard.length, 4);
    await Promise.all([alice.leave(), bob.leave()]);
  });

  test('is read by the EventSource of browsers, which comes back to where it was', async (t) => {
    const jwt = await token({ sub: 'browser' }, hub.secret);
    const source = new EventSource(`${hub.url}${address(['mentions:browser', 'mentions:other'], { token: jwt })}`);
    t.after(() => source.close());
    const got = [];
    const told = [];
    source.addEventListener('mention_alert', ({ data }) => got.push(JSON.parse(data)));
    source.addEventListener('subscribed', ({ data }) => told.push(JSON.parse(data)));
    await until(() => told.length === 1);
    await say('browser', '1', '2');
    await say('other', '3');
    await until(() => got.length === 3);
    const cut = await hub.fetch('/api/v1/disconnect', {
      method: 'POST',
      headers: { authorization: `Bearer ${await token({ sub: 'root', scope: 'admin' }, hub.secret)}`, 'content-type': 'application/json' },
      body: '{"user":"browser"}',
    });
    assert.deepEqual(await cut.json(), { closed: 1 });
    await until(() => source.readyState === EventSource.CONNECTING);
    await say('other', '4');
    await say('browser', '5', '6');
    await until(() => told.length === 2);
    assert.deepEqual(Object.values(told[1].positions).map(({ recovered }) => recovered), [true, true]);
    await say('browser', '7');
    await until(() => got.length >= 7);
    const of = (entity) => titles(got).filter((title) => title.startsWith(entity));
    assert.deepEqual([of('browser'), of('other')], [['browser 1', 'browser 2', 'browser 5', 'browser 6', 'browser 7'], ['other 3', 'other 4']]);
  });

  test('sends a comment when time has passed, and more of them', async () => {
    await hub.fail({ intervals: 20 });
    const stream = await listen(hub, ['mentions:comments']);
    await until(() => stream.comments >= 3);
    assert.deepEqual((await (await hub.fetch('/faults')).json()).intervals, [15_000]);
    await hub.fail();
    await stream.leave();
  });
});

describe('Last-Event-ID', () => {
  const channels = ['mentions:x', 'mentions:y', 'signals:all'];

  test('resumes all channels from any event: no gap and nothing twice', async () => {
    const first = await listen(hub, channels);
    await first.next('subscribed');
    for (const n of [1, 2, 3]) {
      await publish(hub, [mention('x', `x${n}`), mention('y', `y${n}`)]);
      await say('x', `x${n}+`);
    }
    await first.next(titled('x3+'));
    await first.leave();
    await publish(hub, [mention('y', 'away'), mention('x', 'away')]);
    await say('y', 'last');

    const all = titles(first.heard);
    assert.equal(all.length, 9);
    for (const [n, event] of first.events.entries()) {
      const query = n % 2 ? { lastEventId: event.id } : {};
      const headers = n % 2 ? {} : { 'last-event-id': event.id };
      const again = await listen(hub, channels, { headers, query });
      const { message } = await again.next('subscribed');
      assert.ok(Object.values(message.positions).every(({ recovered }) => recovered), event.id);
      const had = titles(first.events.slice(0, n + 1).map(({ message: it }) => it));
      const missed = [...all, 'y away', 'x away', 'y last'].filter((title) => !had.includes(title));
      await until(() => titles(again.heard).length >= missed.length);
      const of = (list, entity) => list.filter((title) => title.startsWith(entity));
      for (const entity of ['x', 'y']) assert.deepEqual(of(titles(again.heard), entity), of(missed, entity), `after event ${n}`);
      await again.leave();
    }
  });

  test('of a resumption that broke off resumes again', async () => {
    const entity = 'twice';
    const first = await listen(hub, [`mentions:${entity}`]);
    const { id } = await first.next('subscribed');
    await first.leave();
    await say(entity, '1', '2', '3');
    const second = await listen(hub, [`mentions:${entity}`], { headers: { 'last-event-id': id } });
    const told = await second.next('subscribed');
    const one = await second.next(titled('1'));
    await second.next(titled('3'));
    await second.leave();
    for (const [at, missed] of [[told.id, 3], [one.id, 2]]) {
      const third = await listen(hub, [`mentions:${entity}`], { headers: { 'last-event-id': at } });
      await third.next(titled('3'));
      assert.equal(titles(third.heard).length, missed);
      await third.leave();
    }
  });

  test('that does not fit is as if there was none', async () => {
    const first = await listen(hub, ['mentions:fits']);
    const { id } = await first.next('subscribed');
    await first.leave();
    await say('fits', 'missed');
    const others = [['mentions:fits', 'mentions:more'], ['mentions:elsewhere']];
    for (const names of others) {
      const stream = await listen(hub, names, { headers: { 'last-event-id': id } });
      const { positions } = (await stream.next('subscribed')).message;
      assert.ok(Object.values(positions).every(({ recovered }) => !recovered));
      await stream.leave();
    }
    for (const bad of ['0', 'rubbish', '../..', `${id}.1`, '9'.repeat(6_000)]) {
      const stream = await listen(hub, ['mentions:fits'], { headers: { 'last-event-id': bad } });
      assert.equal((await stream.next('subscribed')).message.positions['mentions:fits'].recovered, false, bad);
      await stream.leave();
    }
  });

  test('gives way to places that the client kept by itself', async () => {
    const first = await listen(hub, ['mentions:kept']);
    const { id, message } = await first.next('subscribed');
    const { epoch, offset } = message.positions['mentions:kept'];
    await first.leave();
    await say('kept', '1', '2', '3');
    const recover = JSON.stringify({ 'mentions:kept': { epoch, offset: offset + 2 } });
    const stream = await listen(hub, ['mentions:kept'], { headers: { 'last-event-id': id }, query: { recover } });
    assert.equal((await stream.next('subscribed')).message.positions['mentions:kept'].recovered, true);
    await stream.next(titled('3'));
    assert.deepEqual(titles(stream.heard), ['kept 3']);
    await stream.leave();
  });
});

describe('an eviction', () => {
  test('of the shard under open streams loses nothing and repeats nothing', async () => {
    const streams = await Promise.all(Array.from({ length: 5 }, () => listen(hub, ['mentions:evicted', 'price:bitcoin'])));
    await Promise.all(streams.map((stream) => stream.next('subscribed')));
    for (let n = 0; n < 4; n++) {
      await evictShards(hub); // it would not sleep if a stream kept it awake, nor would the sockets outlive it
      if (n % 2) await evictBroker(hub);
      await say('evicted', `${n}`);
      await Promise.all(streams.map((stream) => stream.next(titled(`${n}`))));
    }
    for (const stream of streams) {
      assert.deepEqual(titles(stream.heard), ['evicted 0', 'evicted 1', 'evicted 2', 'evicted 3']);
      const prices = stream.heard.filter(({ type }) => type === 'price_update').map(({ offset }) => offset);
      assert.deepEqual(prices, prices.map((_, n) => prices[0] + n));
      await stream.leave();
    }
  });

  test('finds no word of a stream to its shard: not one message wakes it', async () => {
    await hub.fail({ intervals: 20 });
    const stream = await listen(hub, ['mentions:silent']);
    await stream.next('subscribed');
    await say('silent', 'before');
    await stream.next(titled('before'));
    const { messages } = await figures(hub);
    await until(() => stream.comments >= 10);
    await say('silent', 'after');
    await stream.next(titled('after'));
    assert.equal((await figures(hub)).messages.in, messages.in);
    await hub.fail();
    await stream.leave();
  });
});
