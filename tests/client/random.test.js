// Whatever a network does to it: each message once and in order, one connection at a time, and nothing left in the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeFetch, price, stream } from './fake.js';
import { rig } from './support.js';

/** Numbers that are the same in every run (mulberry32). */
function chances(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = { 'price:BTC': 'bitcoin', 'price:bitcoin': 'bitcoin' };
const CHANNELS = ['price:BTC', 'price:bitcoin', 'price:a', 'price:b', 'mentions:x'];

/** A stream of the same hub: it ends when its test wants it to. */
function streams(server, chance) {
  const all = [];
  const answer = ({ url }) => {
    if (chance() < 0.3) return undefined;
    const names = url.searchParams.get('channels').split(',').map(decodeURIComponent);
    const recover = JSON.parse(url.searchParams.get('recover') ?? '{}');
    const it = stream();
    it.held = [];
    const { after, ...told } = server.take(it.held, names, recover);
    it.hear({ type: 'subscribed', channels: it.held, ...told }, ...after);
    all.push(it);
    return it.answer;
  };
  return { all, answer };
}

for (let seed = 1; seed <= 150; seed++) {
  test(`network ${seed}`, async () => {
    const chance = chances(seed);
    let server;
    const given = streams({ take: (...them) => server.take(...them) }, chance);
    const http = fakeFetch(given.answer);
    const it = rig({ hub: { names: NAMES }, fetch: http.fetch, transports: seed % 2 ? ['websocket'] : ['websocket', 'sse'] });
    server = it.server;
    Math.random = chance;
    const listeners = new Map();
    const sent = new Map(CHANNELS.map((name) => [NAMES[name] ?? name, 0]));
    it.client.connect();
    for (let step = 0; step < 80; step++) {
      const pick = CHANNELS[Math.floor(chance() * CHANNELS.length)];
      const dice = chance();
      const socket = server.last();
      if (dice < 0.15) {
        if (!listeners.has(pick)) listeners.set(pick, it.listen(pick));
      } else if (dice < 0.18) {
        listeners.get(pick)?.stop();
        listeners.delete(pick);
      } else if (dice < 0.6) {
        const id = NAMES[pick] ?? pick;
        sent.set(id, sent.get(id) + 1);
        await server.publish(pick, price(id, sent.get(id)));
        const message = server.of(pick).log.at(-1);
        for (const open of given.all) {
          const held = open.held.find((name) => (NAMES[name] ?? name) === id);
          if (held && !open.over) await open.hear({ ...message, channel: held });
        }
      } else if (dice < 0.75) {
        if (socket?.readyState === 0) await (chance() < 0.6 ? server.serve(socket) : socket.drop());
      } else if (dice < 0.85) {
        if (socket?.readyState === 1) await socket.drop([1006, 1012, 4000][Math.floor(chance() * 3)]);
        for (const open of given.all.splice(0)) {
          open.over = true;
          await open.end();
        }
      } else if (dice < 0.9) {
        it.client.wake();
      } else await it.clock.pass(chance() * 20_000);
      assert.ok(server.open().length <= 1, 'one socket at a time');
    }
    // In the end the network is good again: everybody has all, from where they began.
    for (let n = 0; n < 200 && !(it.client.status.transport === 'websocket' && it.client.status.state === 'open'); n++) {
      if (server.last()?.readyState === 0) await server.serve();
      else await it.clock.pass(5000);
    }
    await it.clock.pass(12_000);
    for (const [name, heard] of listeners) {
      const offsets = heard.offsets();
      const last = server.of(name).log.at(-1)?.offset;
      assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n), `${name}: once and in order`);
      if (last !== undefined && (offsets.length || name.startsWith('price:'))) assert.equal(offsets.at(-1), last, `${name}: up to the last one`);
    }
    assert.deepEqual(it.of('gap'), []);
    assert.deepEqual(it.of('error').filter(({ code }) => code !== 'UNREACHABLE'), []);
    it.client.disconnect();
    assert.deepEqual(it.clock.waits, []);
    assert.equal(server.open().length, 0);
  });
}
