// The REST API: its document, tokens, HTTP and limits. Every answer, good or bad, is held against docs/openapi.json.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startHub, token } from './support/index.js';
import { check, document, examples } from './support/openapi.js';
import { FEED, MESSAGES } from './support/publish.js';
import { LONG_AGO, ask, problem, storeSignal, withHub } from './support/rest.js';
import { until } from './support/session.js';

/** What a message may lack, of the channels whose messages have a schema of their own here. */
const OPTIONAL = {
  whale_activity_alert: ['exchange'],
  task_status_update: ['progress', 'qualityScore', 'cost', 'errorMessage'],
  budget_alert: ['agentId', 'agentName'],
};

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.equal(validator.version, '3.1');
  });

  test('describes what may be published, and nothing that may not', () => {
    const fits = (message) => check('/components/schemas/Publication', message, message.channel);
    for (const { type, ...message } of MESSAGES) {
      fits({ type, ...message });
      const isForUser = message.channel.startsWith('user:');
      if (isForUser) assert.throws(() => fits(message), 'only there the type must be given');
      else fits(message);
      assert.throws(() => fits({ type, ...message, more: 1 }));
      if (!FEED.test(message.channel)) {
        assert.throws(() => fits({ type, ...message, data: { ...message.data, more: 1 } }), type);
        for (const field of Object.keys(message.data)) {
          const { [field]: _, ...data } = message.data;
          const without = { type, ...message, data };
          if (OPTIONAL[type]?.includes(field)) fits(without);
          else assert.throws(() => fits(without), `${type} without ${field}`);
        }
      }
      const others = MESSAGES.filter((other) => other.type !== type && (isForUser || other.channel.startsWith('user:')));
      for (const other of others) assert.throws(() => fits({ ...other, type }), `${other.type} as ${type}`);
    }
  });

  test('has an example for every answer, and each fits its schema', () => {
    let count = 0;
    for (const { name, example, check } of examples()) {
      assert.ok(example !== undefined, `${name} has no example`);
      check();
      count++;
    }
    assert.ok(count > 50, `${count} examples`);
  });
});

describe('tokens', () => {
  let hub;
  let open;
  before(async () => {
    hub = await startHub();
    open = await startHub({ vars: { PUBLIC_READ: '1' } });
    await open.dispatchScheduled();
  });
  after(() => Promise.all([hub.stop(), open.stop()]));

  test('one is needed', async () => {
    const { headers, body } = await problem(hub, '/api/v1/signals', 401, { jwt: null });
    assert.equal(headers.get('www-authenticate'), 'Bearer realm="cryptointel"');
    assert.match(body.type, /unauthorized$/);
  });

  test('none is needed where reading is public', async () => {
    assert.equal((await ask(open, '/api/v1/signals', { jwt: null })).status, 200);
    assert.equal((await ask(open, '/api/v1/prices', { jwt: null })).status, 200);
  });

  test('a bad one is refused even where none is needed', async () => {
    for (const at of [hub, open]) {
      const expired = await token({ exp: Math.floor(Date.now() / 1000) - 60 }, at.secret);
      const foreign = await token({}, 'another secret of thirty-two bytes');
      for (const jwt of [expired, foreign, 'nonsense']) {
        const { headers, body } = await problem(at, '/api/v1/signals', 401, { jwt });
        assert.match(headers.get('www-authenticate'), /error="invalid_token"/);
        assert.match(body.type, /invalid-token$/);
      }
      const { body } = await problem(at, '/api/v1/signals', 401, { jwt: null, headers: { authorization: 'Basic YTpi' } });
      assert.match(body.detail, /Bearer/);
    }
    assert.match((await problem(hub, '/api/v1/signals', 401, { jwt: 'secret-looking-text' })).text, /^(?!.*secret-looking)/);
  });

  test('one in the query is an error that does not show it', async () => {
    const jwt = await token({}, hub.secret);
    const { text } = await problem(hub, `/api/v1/signals?token=${jwt}`, 400);
    assert.ok(!text.includes(jwt.slice(0, 10)));
  });
});

describe('HTTP', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { PUBLIC_READ: '1', ALLOWED_ORIGINS: 'https://app.example' } });
    await storeSignal(hub, { id: 'signal_1', at: LONG_AGO });
  });
  after(() => hub.stop());

  const path = '/api/v1/signals';

  test('an answer that the client has is not sent again', async () => {
    const first = await ask(hub, path, { jwt: null });
    const etag = first.headers.get('etag');
    for (const known of [etag, '*', `"other", ${etag}`, `W/${etag}`]) {
      const again = await ask(hub, path, { jwt: null, headers: { 'if-none-match': known } });
      assert.equal(again.status, 304, known);
      assert.equal(again.headers.get('etag'), etag);
      assert.equal(again.headers.get('cache-control'), 'private, max-age=5');
      assert.equal(again.headers.get('vary'), 'Origin, Authorization');
    }
    assert.equal((await ask(hub, path, { jwt: null, headers: { 'if-none-match': '"other"' } })).status, 200);
    await storeSignal(hub, { id: 'signal_2', at: LONG_AGO + 1 });
    const changed = await ask(hub, path, { jwt: null, headers: { 'if-none-match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
  });

  test('HEAD says what GET says, without the body', async () => {
    const get = await ask(hub, path, { jwt: null });
    const head = await ask(hub, path, { jwt: null, method: 'HEAD' });
    assert.equal(head.status, 200);
    for (const name of ['etag', 'content-type', 'cache-control', 'vary']) assert.equal(head.headers.get(name), get.headers.get(name), name);
    assert.equal((await ask(hub, `${path}?limit=0`, { jwt: null, method: 'HEAD' })).status, 400);
  });

  test('another method is 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { body } = await problem(hub, path, 405, { jwt: null, method });
      assert.equal(body.title, 'The method is not allowed');
    }
  });

  test('an unknown path is a 404 problem', async () => {
    for (const unknown of ['/api/v1/nothing', '/api/', '/api/v1/prices/', '/api/v2/prices']) {
      const response = await hub.fetch(unknown);
      assert.equal(response.status, 404, unknown);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal((await response.json()).status, 404);
    }
  });

  test('a page of an allowed origin may read, and what it may send is told', async () => {
    const { status, headers } = await ask(hub, path, { jwt: null, headers: { origin: 'https://app.example' } });
    assert.equal(status, 200);
    assert.equal(headers.get('access-control-allow-origin'), 'https://app.example');
    assert.equal(headers.get('access-control-allow-credentials'), null);
    assert.match(headers.get('access-control-expose-headers'), /ETag.*RateLimit/);
    const preflight = await hub.fetch(path, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example');
    assert.match(preflight.headers.get('access-control-allow-headers'), /Authorization/);
    assert.match(preflight.headers.get('access-control-allow-methods'), /GET/);
    const refused = await ask(hub, `${path}?limit=0`, { jwt: null, headers: { origin: 'https://app.example' } });
    assert.equal(refused.headers.get('access-control-allow-origin'), 'https://app.example', 'it may read why not');
  });

  test('a page of another origin may not, not even ask', async () => {
    const headers = { origin: 'https://evil.example' };
    const refused = await problem(hub, path, 403, { jwt: null, headers });
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
    assert.equal(refused.headers.get('vary'), 'Origin, Authorization');
    const preflight = await hub.fetch(path, { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  });

  test('plain http from afar is a 403 problem', async () => {
    const response = await new Promise((resolve, reject) => {
      http.get(`${hub.url}${path}`, { headers: { host: 'hub.example' } }, resolve).on('error', reject);
    });
    const chunks = await response.toArray();
    assert.equal(response.statusCode, 403);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    assert.match(JSON.parse(Buffer.concat(chunks)).type, /tls-required$/);
  });

  test('refusals are counted', async () => {
    await ask(hub, `${path}?limit=0`, { jwt: null });
    const errors = await until(async () => {
      const { errors } = await (await hub.fetch('/ws/stats')).json();
      return errors.INVALID_PARAMETER > 0 && errors;
    });
    // What strangers try out is not, and the tests above did.
    assert.deepEqual([errors.METHOD_NOT_ALLOWED, errors.NOT_FOUND], [undefined, undefined]);
  });
});

withHub('a wrong setting is a 500 problem that names it', { JWT_SECRET: 'short' }, async (hub) => {
  const { body } = await problem(hub, '/api/v1/prices', 500, { jwt: null });
  assert.match(body.detail, /^JWT_SECRET/);
});

withHub('a database that fails is a 503 problem, logged', {}, async (hub) => {
  await hub.db.exec('DROP TABLE signals');
  await hub.db.exec('DROP TABLE candles');
  for (const path of ['/api/v1/signals', '/api/v1/candles?symbol=BTC/USDT&interval=1m']) {
    const { body, headers } = await problem(hub, path, 503);
    assert.match(body.type, /unavailable$/);
    assert.equal(headers.get('retry-after'), '5');
    assert.ok(!body.detail.includes('no such table'), 'what is inside is for the log');
  }
  await until(() => hub.logs.some(({ message }) => message.includes('database_failed')));
});

describe('requests in a quarter of an hour', () => {
  const from = (address) => ({ headers: { 'CF-Connecting-IP': address } });
  const path = '/api/v1/signals';

  withHub('one more than the limit is 429, for each network by itself', { API_REQUESTS_PER_15_MIN: '3' }, async (hub) => {
    for (const left of [2, 1, 0]) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(headers.get('ratelimit-policy'), '"network";q=3;w=900');
      assert.match(headers.get('ratelimit'), new RegExp(`^"network";r=${left};t=(900|8\\d\\d)$`));
    }
    for (let n = 0; n < 3; n++) {
      const { body, headers } = await problem(hub, path, 429, from('203.0.113.1'));
      assert.match(body.detail, /More than 3 requests in 15 minutes/);
      assert.match(headers.get('ratelimit'), /^"network";r=0;t=\d+$/);
      const wait = Number(headers.get('retry-after'));
      assert.ok(wait > 800 && wait <= 900, `${wait}`);
    }
    assert.equal((await ask(hub, path, from('203.0.113.2'))).status, 200);
    await ask(hub, '/api/v1/openapi.json', from('203.0.113.1'));
    const preflight = await hub.fetch(path, { method: 'OPTIONS', ...from('203.0.113.1') });
    assert.equal(preflight.status, 204, 'a preflight counts for nothing');
  });

  withHub('an IPv6 subscriber is his /64', { API_REQUESTS_PER_15_MIN: '2' }, async (hub) => {
    assert.equal((await ask(hub, path, from('2001:db8:1:2::1'))).status, 200);
    assert.equal((await ask(hub, path, from('2001:db8:1:2:ffff::2'))).status, 200);
    await problem(hub, path, 429, from('2001:db8:1:2:aaaa::3'));
    assert.equal((await ask(hub, path, from('2001:db8:1:3::1'))).status, 200);
  });

  withHub('bad requests and bad tokens count', { API_REQUESTS_PER_15_MIN: '2' }, async (hub) => {
    await problem(hub, `${path}?limit=0`, 400, from('203.0.113.1'));
    await problem(hub, path, 401, { jwt: 'nonsense', ...from('203.0.113.1') });
    await problem(hub, path, 429, { jwt: 'nonsense', ...from('203.0.113.1') });
  });

  withHub("the document's 100 is the default, and outlives an eviction", { API_REQUESTS_PER_15_MIN: undefined }, async (hub) => {
    const evict = () => Promise.all(Array.from({ length: 16 }, (_, n) => hub.evict('RequestLimiter', `limiter-${n}`).catch(() => {})));
    for (let n = 1; n <= 100; n++) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(Number(headers.get('ratelimit').match(/r=(\d+)/)[1]), 100 - n);
      if (n % 30 === 0) await evict();
    }
    await evict();
    await problem(hub, path, 429, from('203.0.113.1'));
  });

  withHub('0 turns it off', { API_REQUESTS_PER_15_MIN: '0' }, async (hub) => {
    for (let n = 0; n < 120; n++) {
      const { status, headers } = await ask(hub, path, from('203.0.113.1'));
      assert.equal(status, 200);
      assert.equal(headers.get('ratelimit'), null);
    }
  });
});
