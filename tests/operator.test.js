// What operators see and do, and what Prometheus reads.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHub } from './support/index.js';
import { mention, post, publish, see } from './support/publish.js';
import { evictShards, figures, hungUp, settle, signIn, subscribe, until } from './support/session.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { SHARDS: '2', MAX_SHARDS: '2' } });
});
after(() => hub.stop());

const disconnect = (whom, options) => post(hub, '/api/v1/disconnect', whom, { scope: 'admin', ...options });

async function seen(path) {
  const { status, body, text } = await see(hub, path);
  assert.equal(status, 200, text);
  return body;
}

const presence = (channel) => seen(`/api/v1/presence?channel=${encodeURIComponent(channel)}`);

test('without the scope of an operator nothing is seen or done', async () => {
  const client = await signIn(hub, { sub: 'victim' });
  for (const scope of ['', 'publish feed moderator', null]) {
    const status = scope === null ? 401 : 403;
    assert.equal((await disconnect({ user: 'victim' }, { scope })).status, status);
    assert.equal((await see(hub, '/api/v1/channels', { scope })).status, status);
    assert.equal((await see(hub, '/api/v1/presence?channel=price:BTC', { scope })).status, status);
  }
  await settle(client);
});

describe('disconnect', () => {
  test('closes all of a user, on every shard, and nobody else', async () => {
    const alices = await Promise.all(Array.from({ length: 6 }, () => signIn(hub, { sub: 'leaving' })));
    const bob = await signIn(hub, { sub: 'staying' });
    const { status, body } = await disconnect({ user: 'leaving' });
    assert.deepEqual([status, body], [200, { closed: 6 }]);
    for (const alice of alices) {
      const { code, reason } = await hungUp(alice);
      assert.deepEqual([code, reason], [4003, 'disconnected by the operator']);
    }
    await settle(bob);
    assert.deepEqual((await disconnect({ user: 'leaving' })).body, { closed: 0 });
  });

  test('closes one connection by its id, also one that sleeps', async () => {
    const [one, other] = await Promise.all([signIn(hub, { sub: 'twice' }), signIn(hub, { sub: 'twice' })]);
    await evictShards(hub, 2);
    assert.deepEqual((await disconnect({ connection: one.welcome.data.connection_id })).body, { closed: 1 });
    assert.equal((await hungUp(one)).code, 4003);
    await settle(other);
  });

  test('finds who is on a shard that the broker does not know', async (t) => {
    const own = await startHub({ vars: { SHARDS: '2', MAX_SHARDS: '2' }, faulty: true });
    t.after(() => own.stop());
    await own.fail({ sql: 'INTO checkpoint' }); // it cannot note which shards there are
    const clients = await Promise.all(Array.from({ length: 4 }, () => signIn(own, { sub: 'leaving' })));
    assert.deepEqual((await figures(own)).broker.lag, {});
    const { body } = await post(own, '/api/v1/disconnect', { user: 'leaving' }, { scope: 'admin' });
    assert.deepEqual(body, { closed: 4 });
    for (const client of clients) assert.equal((await hungUp(client)).code, 4003);
  });

  test('names what is wrong', async () => {
    for (const [body, field] of [
      [{}, 'user'],
      [{ user: 7 }, 'user'],
      [{ connection: 'x' }, 'connection'],
      [{ user: 'a', reason: 'x' }, 'reason'],
      ['nonsense', ''],
    ]) {
      const { status, body: problem } = await disconnect(body);
      assert.deepEqual([status, problem.field], [400, field]);
    }
  });
});

test('channels and presence say who holds what, and where it stands', async () => {
  const clients = await Promise.all(['ann', 'ann', 'ben'].map((sub) => signIn(hub, { sub })));
  await Promise.all(clients.map((client, n) => subscribe(client, 'mentions:seen', `mentions:seen-${n}`)));
  await subscribe(clients[2], 'signals:all', 'candles:BTC/USDT:1m');
  const { body } = await publish(hub, [mention('seen', '1'), mention('seen', '2')]);
  assert.deepEqual(await presence('mentions:seen'), { channel: 'mentions:seen', subscribers: 3, users: ['ann', 'ben'] });
  assert.deepEqual(await presence('mentions:unseen'), { channel: 'mentions:unseen', subscribers: 0, users: [] });
  const { channels, left_out } = await seen('/api/v1/channels');
  assert.equal(left_out, 0);
  const names = channels.map(({ channel }) => channel);
  assert.deepEqual(names, names.toSorted());
  assert.ok(names.includes('candles:BTC/USDT:1m') && names.includes('signals:all'));
  const find = (name) => channels.find(({ channel }) => channel === name);
  assert.deepEqual(find('mentions:seen'), { channel: 'mentions:seen', subscribers: 3, epoch: body.messages[1].epoch, offset: 2 });
  assert.deepEqual([find('mentions:seen-1').subscribers, find('mentions:seen-1').offset], [1, 0]);
  clients[0].terminate();
  await until(async () => (await presence('mentions:seen')).subscribers === 2);
  for (const path of ['/api/v1/presence', '/api/v1/presence?channel=nonsense', '/api/v1/channels?x=1']) {
    const { status, body: problem } = await see(hub, path);
    assert.deepEqual([status, problem.parameter], [400, path.includes('?x') ? 'x' : 'channel'], path);
  }
});

describe('metrics', () => {
  /** `{name{labels}: number}`, and a failure for every line that is not of the format. */
  async function scrape() {
    const response = await hub.fetch('/metrics');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    const samples = {};
    for (const line of text.trimEnd().split('\n')) {
      if (/^# (HELP|TYPE) cryptointel_[a-z_]+ .+$/.test(line)) continue;
      const [, series, value] = line.match(/^(cryptointel_[a-z_0-9]+(?:\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})?) (\S+)$/) ?? assert.fail(line);
      assert.ok(Number.isFinite(Number(value)) && !(series in samples), line);
      samples[series] = Number(value);
    }
    return samples;
  }

  test('tell what has happened, to anybody, and hold no secret', async () => {
    const client = await signIn(hub, { sub: 'a-secret-name' });
    await subscribe(client, 'mentions:measured');
    client.send('nonsense');
    await client.next('error');
    await publish(hub, mention('measured', 'x'));
    await client.next((message) => message.channel === 'mentions:measured');
    const samples = await until(async () => {
      await publish(hub, mention('measured', 'again')); // figures ride on acknowledgements
      const now = await scrape();
      return now['cryptointel_errors_total{code="INVALID_MESSAGE"}'] >= 1 && now.cryptointel_delivery_latency_seconds_count >= 1 && now;
    });
    assert.equal(samples['cryptointel_up{part="broker"}'], 1);
    assert.equal(samples['cryptointel_up{part="feed"}'], 1);
    const connections = Object.entries(samples).filter(([name]) => name.startsWith('cryptointel_connections{shard="json-'));
    assert.ok(connections.reduce((sum, [, count]) => sum + count, 0) >= 1);
    for (const name of ['messages_received_total', 'messages_sent_total', 'received_bytes_total', 'sent_bytes_total', 'connects_total']) {
      assert.ok(samples[`cryptointel_${name}`] > 0, name);
    }
    for (const name of ['delivery_faults_total', 'storage_faults_total', 'feed_age_seconds']) {
      assert.ok(samples[`cryptointel_${name}`] >= 0, name);
    }
    assert.ok(Object.keys(samples).some((name) => name.startsWith('cryptointel_broker_lag_seconds{shard="json-')));
    const inf = samples['cryptointel_delivery_latency_seconds_bucket{le="+Inf"}'];
    assert.equal(inf, samples.cryptointel_delivery_latency_seconds_count);
    assert.ok(!JSON.stringify(samples).includes('a-secret-name') && !JSON.stringify(samples).includes(hub.secret));
  });

  test('count who comes back', async () => {
    const reconnects = async () => (await scrape()).cryptointel_reconnects_total;
    const before = await reconnects();
    await until(async () => {
      const client = await signIn(hub, { sub: 'returning' }); // to one of two shards
      await client.close();
      await publish(hub, mention('returning', 'x')); // figures ride on acknowledgements
      return (await reconnects()) > before;
    });
  });

  test('count refusals of the API by their codes', async () => {
    await disconnect({ user: 'x' }, { scope: '' });
    await until(async () => (await scrape())['cryptointel_errors_total{code="FORBIDDEN"}'] >= 1);
  });
});
