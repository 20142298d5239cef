// Server-Sent Events: how a stream ends, why there is none, and other settings.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect as dial } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { address, listen, subscribers, titles } from './support/events.js';
import { connect, startHub, token } from './support/index.js';
import { mention, publish } from './support/publish.js';
import { signIn, subscribe, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { FEED_INTERVAL_MS: '250' }, faulty: true });
});
after(() => hub.stop());

describe('the end of a stream', () => {
  test('comes with its token, after the error that says so', async () => {
    const jwt = await token({ exp: Math.floor(Date.now() / 1000) + 2 }, hub.secret);
    const stream = await listen(hub, ['mentions:expiring'], { jwt });
    await stream.next('subscribed');
    assert.equal(await stream.ended, 'ended');
    assert.equal(stream.heard.at(-1).error.code, 'EXPIRED_TOKEN');
    await until(async () => (await subscribers(hub, 'mentions:expiring')) === 0);
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
    assert.equal(await subscribers(hub, 'mentions:cut'), 2);
    sockets[0].resetAndDestroy();
    await until(async () => (await subscribers(hub, 'mentions:cut')) === 1, { timeout: 2_000 });
    sockets[1].resetAndDestroy();
    await until(async () => (await subscribers(hub, 'mentions:cut')) === 0, { timeout: 2_000 });
  });

  test('is told with the next comment when the client hangs up politely: that alone is no end in HTTP/1.1', async () => {
    await hub.fail({ intervals: 50 });
    const streams = await Promise.all(Array.from({ length: 3 }, () => listen(hub, ['mentions:leaving'])));
    await Promise.all(streams.map((stream) => stream.next('subscribed')));
    assert.equal(await subscribers(hub, 'mentions:leaving'), 3);
    await streams[0].leave();
    await until(async () => (await subscribers(hub, 'mentions:leaving')) === 2, { timeout: 2_000 });
    await Promise.all([streams[1].leave(), streams[2].leave()]);
    await until(async () => (await subscribers(hub, 'mentions:leaving')) === 0, { timeout: 2_000 });
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
    while ((await subscribers(hub, channels[0])) > 0) await sayMore();
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
    assert.equal(await subscribers(hub, 'mentions:head'), 0);
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
      assert.equal(stranger.headers.get('vary'), 'Origin');
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
    await socket.next(({ data }) => data?.title === 'for all');
    await until(async () => (await (await own.fetch('/ws/stats')).json()).connections.active === 51);
    await Promise.all(streams.map((stream) => stream.leave()));
    await until(async () => (await (await own.fetch('/ws/stats')).json()).connections.active === 1);
  });
});
