// Who a client is: tokens that are refused, tokens that expire, tokens that are renewed, and that none of them leaks.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign as rsaSign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect, startHub, token } from './support/index.js';
import { startMarket } from './support/market.js';
import { authenticate, evictShards, held, hungUp, on, refusal, refused, settle, signIn, subscribe } from './support/session.js';

const LEEWAY_S = 30;
const now = () => Math.floor(Date.now() / 1000);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token put together by hand: any header, any claims, any signature. */
function forge(header, claims, signature) {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${typeof signature === 'function' ? signature(signed) : signature}`;
}

const hmac = (algorithm, secret) => (signed) => createHmac(algorithm, secret).update(signed).digest('base64url');

describe('a refused token', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { MESSAGES_PER_MINUTE: '0', AUTH_TIMEOUT_S: '60' } });
  });
  after(() => hub.stop());

  const good = () => ({ sub: 'alice', exp: now() + 3600 });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const HS256 = { alg: 'HS256', typ: 'JWT' };

  /** Name, code, what the message says, and how the token is made. */
  const CASES = [
    ['alg none, unsigned', 'INVALID_TOKEN', /'none'/, () => forge({ alg: 'none' }, good(), '')],
    ['alg none, signed', 'INVALID_TOKEN', /'none'/, (s) => forge({ alg: 'none' }, good(), hmac('sha256', s))],
    ['alg NONE', 'INVALID_TOKEN', /'none'/, () => forge({ alg: 'NONE' }, good(), '')],
    ['no alg', 'INVALID_TOKEN', /alg/, (s) => forge({ typ: 'JWT' }, good(), hmac('sha256', s))],
    ['HS384', 'INVALID_TOKEN', /HS384/, (s) => forge({ alg: 'HS384' }, good(), hmac('sha384', s))],
    ['HS512', 'INVALID_TOKEN', /HS512/, (s) => forge({ alg: 'HS512' }, good(), hmac('sha512', s))],
    ['RS256', 'INVALID_TOKEN', /RS256/, () =>
      forge({ alg: 'RS256' }, good(), (signed) => rsaSign('sha256', Buffer.from(signed), rsa.privateKey).toString('base64url'))],
    ['a wrong key', 'INVALID_TOKEN', /signature/, () => forge(HS256, good(), hmac('sha256', 'another-secret-of-more-than-32-bytes'))],
    ['an empty key', 'INVALID_TOKEN', /signature/, () => forge(HS256, good(), hmac('sha256', ''))],
    ['changed claims', 'INVALID_TOKEN', /signature/, (s) => {
      const [header, , signature] = forge(HS256, good(), hmac('sha256', s)).split('.');
      return `${header}.${base64url({ ...good(), scope: 'admin' })}.${signature}`;
    }],
    ['one byte less', 'INVALID_TOKEN', /./, (s) => forge(HS256, good(), hmac('sha256', s)).slice(0, -1)],
    ['without its signature', 'INVALID_TOKEN', /./, (s) => forge(HS256, good(), hmac('sha256', s)).split('.').slice(0, 2).join('.')],
    ['padded', 'INVALID_TOKEN', /padding/, (s) => `${forge(HS256, good(), hmac('sha256', s))}=`],
    ['with bytes appended', 'INVALID_TOKEN', /./, (s) => `${forge(HS256, good(), hmac('sha256', s))}AAAA`],
    ['with a part appended', 'INVALID_TOKEN', /three parts/, (s) => `${forge(HS256, good(), hmac('sha256', s))}.x`],
    ['with a space', 'INVALID_TOKEN', /./, (s) => ` ${forge(HS256, good(), hmac('sha256', s))}`],
    ['empty', 'INVALID_TOKEN', /empty/, () => ''],
    ['garbage', 'INVALID_TOKEN', /./, () => 'your-jwt-token'],
    ['over 8 KB', 'INVALID_TOKEN', /8192/, (s) => forge(HS256, { ...good(), note: 'x'.repeat(9_000) }, hmac('sha256', s))],
    ['no exp', 'INVALID_TOKEN', /exp/, (s) => forge(HS256, { sub: 'alice' }, hmac('sha256', s))],
    ['exp as text', 'INVALID_TOKEN', /exp/, (s) => forge(HS256, { sub: 'alice', exp: `${now() + 60}` }, hmac('sha256', s))],
    ['exp in milliseconds', 'INVALID_TOKEN', /exp/, (s) => forge(HS256, { sub: 'alice', exp: Date.now() + 60_000 }, hmac('sha256', s))],
    ['no sub', 'INVALID_TOKEN', /sub/, (s) => forge(HS256, { exp: now() + 60 }, hmac('sha256', s))],
    ['not valid yet', 'INVALID_TOKEN', /nbf/, (s) => forge(HS256, { ...good(), nbf: now() + LEEWAY_S + 30 }, hmac('sha256', s))],
    ['issued in the future', 'INVALID_TOKEN', /iat/, (s) => forge(HS256, { ...good(), iat: now() + LEEWAY_S + 30 }, hmac('sha256', s))],
    ['expired beyond the leeway', 'EXPIRED_TOKEN', /expired/, (s) => forge(HS256, { sub: 'alice', exp: now() - LEEWAY_S - 1 }, hmac('sha256', s))],
    ['expired and of a wrong key', 'INVALID_TOKEN', /signature/, () => forge(HS256, { sub: 'alice', exp: 1 }, hmac('sha256', 'x'.repeat(40)))],
  ];
  for (const [name, code, said, make] of CASES) {
    test(`${name}: ${code}; the connection stays, and stays nobody's`, async () => {
      const client = await connect(hub);
      const jwt = make(hub.secret);
      const error = await refused(client, { type: 'auth', token: jwt }, code);
      assert.match(error.message, said);
      assert.ok(jwt.length < 10 || !error.message.includes(jwt.slice(0, 40)), 'the message shows the token');
      await refused(client, { type: 'subscribe', channels: ['price:bitcoin'] }, 'UNAUTHORIZED');
      await authenticate(client, await token({}, hub.secret));
      await subscribe(client, 'price:bitcoin');
    });
  }

  test('does not take away what an earlier one gave', async () => {
    const client = await signIn(hub);
    await subscribe(client, 'price:bitcoin');
    await refused(client, { type: 'auth', token: 'nonsense' }, 'INVALID_TOKEN');
    await refused(client, { type: 'auth', token: await token({ exp: now() - 60 }, hub.secret) }, 'EXPIRED_TOKEN');
    assert.deepEqual(await held(client), ['price:bitcoin']);
    client.skip();
    await subscribe(client, 'price:ethereum');
  });

  test('a new token must be for the same subject', async () => {
    const client = await signIn(hub, { sub: 'alice' });
    await subscribe(client, 'price:bitcoin');
    await refused(client, { type: 'auth', token: await token({ sub: 'mallory' }, hub.secret) }, 'UNAUTHORIZED');
    assert.deepEqual(await held(client), ['price:bitcoin']);
    assert.equal((await authenticate(client, await token({ sub: 'alice' }, hub.secret))).data.subject, 'alice');
  });

  test('clocks may differ by the leeway', async () => {
    for (const claims of [{ nbf: now() + LEEWAY_S - 5 }, { iat: now() + LEEWAY_S - 5 }, { exp: now() - LEEWAY_S + 10 }]) {
      await signIn(hub, claims);
    }
  });
});

describe('issuer and audience', () => {
  test('are checked when they are configured', async (t) => {
    const hub = await startHub({ vars: { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'hub', MESSAGES_PER_MINUTE: '0' } });
    t.after(() => hub.stop());
    const client = await connect(hub);
    const refuse = async (claims, said) =>
      assert.match((await refused(client, { type: 'auth', token: await token(claims, hub.secret) }, 'INVALID_TOKEN')).message, said);
    await refuse({}, /iss/);
    await refuse({ iss: 'https://evil.example', aud: 'hub' }, /iss/);
    await refuse({ iss: 'https://id.example' }, /aud/);
    await refuse({ iss: 'https://id.example', aud: ['other'] }, /aud/);
    for (const aud of ['hub', ['other', 'hub']]) await signIn(hub, { iss: 'https://id.example', aud });
  });
});

describe('expiry during a connection', () => {
  let hub;
  let market;
  before(async () => {
    market = await startMarket();
    hub = await startHub({ vars: { ...market.vars, MESSAGES_PER_MINUTE: '0' } });
  });
  after(async () => {
    await hub.stop();
    await market.stop();
  });

  let price = 70_000;
  /** Moves the market and returns when the witness has seen it. */
  async function tick(witness) {
    market.set('bitcoin', { current_price: ++price });
    await witness.next(({ data }) => data?.price === price);
    return price;
  }

  const expiring = (client) => client.next(({ error }) => error?.code === 'EXPIRED_TOKEN');

  test('EXPIRED_TOKEN, delivery pauses; a new token of the same subject resumes it with the latest value', async () => {
    const witness = await signIn(hub, { sub: 'witness' });
    await subscribe(witness, 'price:bitcoin');
    const client = await signIn(hub, { exp: now() + 2 });
    await subscribe(client, 'price:bitcoin', 'signals:all');
    const { error } = await expiring(client);
    assert.ok(Date.parse(error.timestamp) >= Date.parse(client.welcome.data.expires_at));
    const heard = client.messages.length;
    await tick(witness);
    await tick(witness);
    await refused(client, { type: 'subscribe', channels: ['price:ethereum'] }, 'EXPIRED_TOKEN');
    await refused(client, { type: 'auth', token: await token({ sub: 'mallory' }, hub.secret) }, 'UNAUTHORIZED');
    assert.deepEqual(client.messages.slice(heard).filter(({ channel, type }) => channel && type !== 'error'), [], 'delivery is paused');
    client.skip();
    await authenticate(client, await token({}, hub.secret));
    assert.equal((await on(client, 'price:bitcoin')).data.price, price, 'what it missed, as far as it still matters');
    assert.deepEqual(await held(client), ['price:bitcoin', 'signals:all']);
    const next = await tick(witness);
    assert.equal((await on(client, 'price:bitcoin')).data.price, next);
  });

  test('a token renewed in time never pauses', async () => {
    const witness = await signIn(hub, { sub: 'witness' });
    await subscribe(witness, 'price:bitcoin');
    const client = await signIn(hub, { exp: now() + 2 });
    await subscribe(client, 'price:bitcoin');
    await authenticate(client, await token({}, hub.secret));
    const other = await signIn(hub, { sub: 'other', exp: now() + 2 });
    await expiring(other);
    client.skip();
    const latest = await tick(witness);
    await client.next(({ data }) => data?.price === latest);
    assert.ok(!client.messages.some(({ type }) => type === 'error'));
  });

  test('the leeway is for a first token: one that has lapsed renews nothing', async () => {
    const jwt = await token({ exp: now() + 2 }, hub.secret);
    const client = await connect(hub);
    await authenticate(client, jwt);
    await subscribe(client, 'price:bitcoin');
    await refused(client, { type: 'auth', token: await token({ exp: now() - 10 }, hub.secret) }, 'EXPIRED_TOKEN');
    assert.deepEqual(await held(client), ['price:bitcoin'], 'the one it has is as good as before');
    await expiring(client);
    await refused(client, { type: 'auth', token: jwt }, 'EXPIRED_TOKEN');
    await refused(client, { type: 'subscribe', channels: [] }, 'EXPIRED_TOKEN');
    await authenticate(client, await token({}, hub.secret));
  });

  test('a new token may also end sooner than the old one', async () => {
    const client = await signIn(hub, { exp: now() + 3600 });
    await subscribe(client, 'price:bitcoin');
    const exp = now() + 2;
    const welcome = await authenticate(client, await token({ exp }, hub.secret));
    assert.equal(Date.parse(welcome.data.expires_at), exp * 1000);
    await expiring(client);
  });

  test('a token within the leeway works until the leeway ends', async () => {
    const exp = now() - LEEWAY_S + 3;
    const client = await signIn(hub, { exp });
    assert.equal(Date.parse(client.welcome.data.expires_at), (exp + LEEWAY_S) * 1000);
    await expiring(client);
  });

  test('without a new token within 30 s the connection is closed with 4002, evicted or not', { timeout: 90_000 }, async () => {
    const [silent, failing, evicted] = await Promise.all(
      ['silent', 'failing', 'evicted'].map((sub) => signIn(hub, { sub, exp: now() + 1 })),
    );
    await Promise.all([silent, failing, evicted].map(expiring));
    const started = Date.now();
    await refused(failing, { type: 'auth', token: 'nonsense' }, 'INVALID_TOKEN');
    await evictShards(hub);
    for (const client of [silent, failing, evicted]) {
      const { code } = await hungUp(client, { timeout: 60_000 });
      assert.equal(code, 4002);
    }
    const waited = Date.now() - started;
    assert.ok(waited > 27_000 && waited < 45_000, `${waited} ms`);
  });
});

describe('PUBLIC_READ=1', () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { PUBLIC_READ: '1', FEED_INTERVAL_MS: '250', AUTH_TIMEOUT_S: '1' } });
  });
  after(() => hub.stop());

  test('the printed snippets run as they are, without a token', async () => {
    const client = await connect(hub);
    assert.deepEqual(await subscribe(client, 'price:bitcoin', 'signals:high'), ['price:bitcoin', 'signals:high']);
    await on(client, 'price:bitcoin');
    assert.deepEqual(await held(client), ['price:bitcoin', 'signals:high']);
  });

  test('a token is still checked, and a bad one takes nothing away', async () => {
    const client = await connect(hub);
    await subscribe(client, 'price:bitcoin');
    await refused(client, { type: 'auth', token: 'your-jwt-token' }, 'INVALID_TOKEN');
    assert.deepEqual(await held(client), ['price:bitcoin']);
    assert.equal((await authenticate(client, await token({}, hub.secret))).data.subject, 'alice');
  });
});

describe('nothing secret gets out', () => {
  test('neither into logs nor into answers', async (t) => {
    const key = 'a-key-of-the-provider-that-nobody-may-see';
    const hub = await startHub({ vars: { MESSAGES_PER_MINUTE: '5', COINGECKO_API_KEY: key, ALLOWED_ORIGINS: undefined } });
    t.after(() => hub.stop());
    const jwt = await token({ sub: 'alice' }, hub.secret);
    const forged = forge({ alg: 'HS256' }, { sub: 'alice', exp: now() + 60 }, hmac('sha256', 'x'.repeat(32)));
    const answers = [];

    const client = await connect(hub);
    for (const message of [
      { type: 'auth', token: forged },
      { type: jwt },
      { type: 'auth', token: jwt },
      { type: 'subscribe', channels: [] },
      `{"type":"auth","token":"${jwt}"`,
      { type: 'auth', token: jwt },
    ]) client.send(message);
    await refusal(client, 'INVALID_TOKEN');
    await client.next(({ error }) => error?.code === 'RATE_LIMITED');
    answers.push(...client.messages.filter(({ error }) => error?.code !== 'INVALID_MESSAGE'));

    // Where other systems' clients put their tokens.
    const attempts = [
      { path: `/ws?token=${jwt}` },
      { path: `/ws?access_token=${jwt}`, headers: { origin: 'https://evil.example' } },
      { path: '/ws', protocol: jwt },
      { path: '/ws', headers: { authorization: `Bearer ${jwt}`, origin: 'https://evil.example' } },
      { path: `/no-such-path?token=${jwt}` },
    ];
    for (const attempt of attempts) answers.push(await connect(hub, attempt).then((it) => it.messages, (error) => error.body));
    for (const path of [`/ws?token=${jwt}`, `/ws/stats?token=${jwt}`, `/health?token=${jwt}`]) answers.push(await (await hub.fetch(path)).text());
    await hub.dispatchScheduled();

    const [, payload, signature] = jwt.split('.');
    const logs = JSON.stringify(hub.logs);
    assert.match(logs, /refused/, 'refused connections are logged');
    for (const secret of [hub.secret, key, payload.slice(0, 20), signature.slice(0, 20), forged.split('.')[2]]) {
      assert.ok(!logs.includes(secret), `the logs show ${secret}`);
    }
    for (const secret of [hub.secret, key, signature]) {
      assert.ok(!JSON.stringify(answers).includes(secret), `an answer shows ${secret}`);
    }
  });
});
