// Server-Sent Events: the same messages, rules and limits as on the WebSocket, over a plain GET.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect as dial } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { address, listen } from './support/events.js';
import { connect, startHub, token } from './support/index.js';
import { mention, notification, publish, see } from './support/publish.js';
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

const titles = (messages) => messages.filter(({ type }) => type === 'mention_alert').map(({ channel, data }) => `${channel.slice(9)} ${data.title}`);
const subscribers = async (channel) => (await see(hub, `/api/v1/presence?channel=${encodeURIComponent(channel)}`)).body.subscribers;
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

describe('the end of a stream', () => {
  test('comes with its token, after the error that says so', async () => {
    const jwt = await token({ exp: Math.floor(Date.now() / 1000) + 2 }, hub.secret);
    const stream = await listen(hub, ['mentions:expiring'], { jwt });
    await stream.next('subscribed');
    assert.equal(await stream.ended, 'ended');
    assert.equal(stream.heard.at(-1).error.code, 'EXPIRED_TOKEN');
    await until(async () => (await subscribers('mentions:expiring')) === 0);
  });

  test('is told to the shard at once when the client cuts it off', async () => {
    const jwt = await token({}, hub.secret);
    const { hostname, port } = new URL(hub.url);
    const sockets = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const socket = dial(Number(port), hostname);
        socket.write(`GET ${address(['mentions:cut'])} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${jwt}\r\n\r\n`);
        await new Promise((resolve) => socket.once('data', resolve));
        return socket;
      }),
    );
    assert.equal(await subscribers('mentions:cut'), 2);
    sockets[0].resetAndDestroy();
    await until(async () => (await subscribers('mentions:cut')) === 1, { timeout: 2_000 });
    sockets[1].resetAndDestroy();
    await until(async () => (await subscribers('mentions:cut')) === 0, { timeout: 2_000 });
  });

  test('is told with the next comment when the client hangs up politely: that alone is no end in HTTP/1.1', async () => {
    await hub.fail({ intervals: 50 });
    const streams = await Promise.all(Array.from({ length: 3 }, () => listen(hub, ['mentions:leaving'])));
    await Promise.all(streams.map((stream) => stream.next('subscribed')));
    assert.equal(await subscribers('mentions:leaving'), 3);
    await streams[0].leave();
    await until(async () => (await subscribers('mentions:leaving')) === 2, { timeout: 2_000 });
    await Promise.all([streams[1].leave(), streams[2].leave()]);
    await until(async () => (await subscribers('mentions:leaving')) === 0, { timeout: 2_000 });
    await hub.fail();
  });

  test('comes to who does not read: the Worker does not hold it all, and none of it is lost', { timeout: 60_000 }, async () => {
    const entities = Array.from({ length: 40 }, (_, n) => `slow-${n}`);
    const channels = entities.map((entity) => `mentions:${entity}`);
    const long = (entity, n) => {
      const message = mention(entity, `${n}`);
      message.data.url += 'x'.repeat(1_900);
      return message;
    };
    const jwt = await token({}, hub.secret);
    const answer = await new Promise((resolve) => {
      get(`${hub.url}${address(channels)}`, { headers: { authorization: `Bearer ${jwt}` } }, resolve);
    });
    let text = '';
    answer.setEncoding('utf8').on('error', () => {});
    await new Promise((resolve) => {
      answer.on('data', (chunk) => {
        text += chunk;
        if (text.includes('\n\n')) resolve();
      });
    });
    answer.pause();
    let said = 0;
    const sayMore = async () => {
      assert.ok(said < 200, 'somebody holds all of it');
      assert.equal((await publish(hub, entities.map((entity) => long(entity, said)))).status, 200);
      said++;
    };
    while ((await subscribers(channels[0])) > 0) await sayMore();
    for (let n = 0; n < 20; n++) await sayMore(); // more than one stream brings at once
    const over = new Promise((resolve) => answer.on('end', resolve));
    answer.resume();
    await over;

    assert.ok(text.endsWith('\n\n'), 'what it has is whole');
    const got = titles([...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data)));
    assert.ok(got.length < said * entities.length, 'something was left out');
    let id = [...text.matchAll(/^id: (.*)$/gm)].at(-1)[1];
    while (got.length < said * entities.length) {
      const again = await listen(hub, channels, { headers: { 'last-event-id': id } });
      const { positions } = (await again.next('subscribed')).message;
      assert.ok(Object.values(positions).every(({ recovered }) => recovered));
      // So much is missed that it may be too much for one stream, which then brings a part of it.
      await Promise.race([again.ended, until(() => titles(again.heard).length >= said * entities.length - got.length)]);
      const more = titles(again.heard);
      assert.ok(more.length > 0, 'every stream brings the client further');
      got.push(...more);
      id = again.events.at(-1).id;
      await again.leave();
    }
    const expected = (entity) => Array.from({ length: said }, (_, n) => `${entity} ${n}`);
    for (const entity of entities) assert.deepEqual(got.filter((title) => title.startsWith(`${entity} `)), expected(entity));
  });
});

describe('a refusal', () => {
  /** Asks for what is refused. */
  async function refusal(status, code, channels, options) {
    const { status: got, headers, body } = await listen(hub, channels, options);
    assert.equal(got, status, JSON.stringify(body));
    assert.equal(body.error.code, code, body.error.message);
    assert.equal(headers.get('content-type'), 'application/json');
    return { headers, ...body.error };
  }

  test('of a token that is bad or missing is 401', async () => {
    const secret = await token({ sub: 'mallory' }, 'another-secret-of-more-than-32-bytes');
    const old = await token({ exp: Math.floor(Date.now() / 1000) - 60 }, hub.secret);
    const { headers } = await refusal(401, 'UNAUTHORIZED', ['price:BTC'], { jwt: null });
    assert.equal(headers.get('www-authenticate'), 'Bearer');
    await refusal(401, 'UNAUTHORIZED', ['price:BTC'], { jwt: null, query: { token: '' } });
    await refusal(401, 'INVALID_TOKEN', ['price:BTC'], { jwt: secret });
    await refusal(401, 'INVALID_TOKEN', ['price:BTC'], { jwt: null, query: { token: secret } });
    await refusal(401, 'EXPIRED_TOKEN', ['price:BTC'], { jwt: old });
    await refusal(401, 'INVALID_TOKEN', ['price:BTC'], { jwt: null, headers: { authorization: 'Basic YTpi' } });
    assert.ok(!JSON.stringify(hub.logs).includes(secret.slice(0, 30)));
  });

  test('of channels is 400, or 403 where they are of another', async () => {
    assert.match((await refusal(400, 'INVALID_CHANNEL', ['price:nothing', 'nothing'])).message, /price:nothing/);
    assert.match((await refusal(403, 'UNAUTHORIZED', ['user:bob'])).message, /user:bob/);
    await refusal(403, 'UNAUTHORIZED', ['moderation']);
    await refusal(400, 'INVALID_CHANNEL', ['whale?minAmount=much']);
  });

  test('of parameters is 400 and names them', async () => {
    for (const path of ['/sse', '/sse?', '/sse?channels=', '/sse?channels=,']) {
      assert.match((await refusal(400, 'INVALID_PARAMETER', [], { path })).message, /'channels'/);
    }
    const many = Array.from({ length: 51 }, (_, n) => `mentions:${n}`);
    assert.match((await refusal(400, 'INVALID_PARAMETER', many)).message, /'channels'.*50.*51/);
    assert.match((await refusal(400, 'INVALID_PARAMETER', ['whale'], { query: { recover: '[]' } })).message, /'recover'/);
    const most = await listen(hub, many.slice(1));
    assert.equal((await most.next('subscribed')).message.channels.length, 50);
    await most.leave();
  });

  test('of a method is 405, and HEAD has the headers alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { headers } = await refusal(405, 'METHOD_NOT_ALLOWED', ['whale'], { method });
      assert.equal(headers.get('allow'), 'GET, HEAD, OPTIONS');
    }
    const head = await listen(hub, ['mentions:head'], { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-type'), head.text], [200, 'text/event-stream', '']);
    assert.equal(await subscribers('mentions:head'), 0);
    assert.equal((await listen(hub, ['whale'], { method: 'HEAD', jwt: null })).status, 401);
  });

  test('without TLS is 403', async () => {
    const headers = { host: 'hub.example' };
    const status = await new Promise((resolve) => get(`${hub.url}/sse?channels=whale`, { headers }, ({ statusCode }) => resolve(statusCode)));
    assert.equal(status, 403);
  });

  test('is 503 where no shard answers', { timeout: 60_000 }, async (t) => {
    t.after(() => hub.fail());
    await hub.fail({ upgrades: Array.from({ length: 16 }, (_, n) => `json-${n}`) });
    const { headers } = await refusal(503, 'UNAVAILABLE', ['whale']);
    assert.equal(headers.get('retry-after'), '5');
  });
});

describe('another hub', () => {
  const withHub = (name, vars, run) =>
    test(name, async (t) => {
      const own = await startHub({ vars: { FEED_INTERVAL_MS: '250', ...vars } });
      t.after(() => own.stop());
      await run(own);
    });

  withHub('may be read without a token where reading is public, and what is somebody’s may not', { PUBLIC_READ: '1' }, async (own) => {
    const stream = await listen(own, ['price:bitcoin', 'user:alice'], { jwt: null });
    assert.deepEqual((await stream.next('subscribed')).message.channels, ['price:bitcoin']);
    assert.equal((await stream.next('error')).message.error.code, 'UNAUTHORIZED');
    await stream.next('price_update');
    await stream.leave();
    assert.equal((await listen(own, ['user:alice'], { jwt: null })).status, 401);
    assert.equal((await listen(own, ['price:bitcoin'], { jwt: 'x' })).status, 401);
  });

  withHub('tells how it is to the first who comes', {}, async (own) => {
    const stream = await listen(own, ['mentions:quiet']);
    const { id, message, lines } = await stream.next('system_status');
    assert.match(message.data.status, /^(healthy|degraded|down)$/);
    assert.equal(stream.events[0].type, 'subscribed');
    assert.equal(id, stream.events[0].id, 'the client is where it was');
    assert.ok(!lines.some((line) => line.startsWith('id:')));
    await stream.leave();
  });

  withHub('that is full refuses with 503, and has room again when a stream leaves', { MAX_CONNECTIONS: '4', MAX_SHARDS: '2' }, async (own) => {
    const streams = [];
    for (let n = 0; n < 4; n++) streams.push(await listen(own, ['price:bitcoin']));
    assert.ok(streams.every(({ status }) => status === 200), 'a full shard is passed over');
    const refused = await listen(own, ['price:bitcoin']);
    assert.deepEqual([refused.status, refused.body.error.code], [503, 'CONNECTION_FULL']);
    assert.ok(refused.headers.get('retry-after'));
    await assert.rejects(signIn(own), /CONNECTION_FULL|1013/);
    await streams[2].leave();
    const again = await until(async () => {
      const stream = await listen(own, ['price:bitcoin']);
      return stream.status === 200 && stream;
    });
    await again.next('subscribed');
  });

  withHub('counts streams among the connections of an address', { CONNECTIONS_PER_MINUTE: undefined }, async (own) => {
    const headers = { 'cf-connecting-ip': '203.0.113.9' };
    let last;
    for (let n = 0; n < 11 && last?.status !== 429; n++) {
      last = await listen(own, ['whale'], { headers });
    }
    assert.equal(last.status, 429);
    assert.deepEqual([last.body.error.code, last.headers.get('retry-after')], ['RATE_LIMITED', '60']);
    await assert.rejects(connect(own, { headers }), { status: 429 });
  });

  withHub('lets pages of its origins ask, and no others', { ALLOWED_ORIGINS: 'https://app.example' }, async (own) => {
    const origin = 'https://app.example';
    const asks = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,last-event-id' };
    const preflight = await own.fetch(address(['whale']), { method: 'OPTIONS', headers: asks });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), origin);
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,last-event-id');
    assert.match(preflight.headers.get('access-control-allow-methods'), /GET/);
    const stream = await listen(own, ['whale'], { headers: { origin } });
    assert.deepEqual([stream.status, stream.headers.get('access-control-allow-origin')], [200, origin]);
    assert.match(stream.headers.get('vary'), /Origin/);
    await stream.leave();
    const refused = await listen(own, ['nothing'], { headers: { origin } });
    assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [400, origin]);
    for (const method of ['GET', 'OPTIONS']) {
      const stranger = await listen(own, ['whale'], { method, headers: { origin: 'https://evil.example' } });
      assert.deepEqual([stranger.status, stranger.body.error.code], [403, 'ORIGIN_NOT_ALLOWED']);
      assert.equal(stranger.headers.get('access-control-allow-origin'), null);
    }
  });

  withHub('has fifty streams at once, each a connection of its own among the others', {}, async (own) => {
    const socket = await signIn(own);
    await subscribe(socket, 'mentions:fifty');
    const streams = await Promise.all(Array.from({ length: 50 }, (_, n) => listen(own, ['mentions:fifty', `mentions:own-${n}`, 'price:bitcoin'])));
    await Promise.all(streams.map((stream) => stream.next('subscribed')));
    const own1 = Array.from({ length: 50 }, (_, n) => mention(`own-${n}`, `for ${n}`));
    assert.equal((await publish(own, [mention('fifty', 'for all'), ...own1])).status, 200);
    await Promise.all(streams.map(async (stream, n) => {
      await until(() => titles(stream.heard).length === 2);
      assert.deepEqual(titles(stream.heard).sort(), [`fifty for all`, `own-${n} for ${n}`].sort());
    }));
    await socket.next(titled('for all'));
    await until(async () => (await (await own.fetch('/ws/stats')).json()).connections.active === 51);
    await Promise.all(streams.map((stream) => stream.leave()));
    await until(async () => (await (await own.fetch('/ws/stats')).json()).connections.active === 1);
  });
});
