// The built Worker with a switch for every fault: what a test cannot bring about from outside, and the product has no
// code for. `POST /faults` sets them; everything else is the hub's.
import * as hub from '../../../build/index.js';

export { MarketFeed, RequestLimiter } from '../../../build/index.js';

/** What is broken now. All objects of a local workerd share this. */
let faults = {};

export default class extends hub.default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/faults') return super.fetch(request);
    faults = await request.json();
    return new Response(null, { status: 204 });
  }
}

/** What becomes of deliveries to a shard, by its name. */
const deliveries = {
  /** It never answers, until it comes back: then all that it was sent arrives at once, late. */
  hangs: async (name, deliver) => {
    while (faults.shards?.[name] === 'hangs') await scheduler.wait(20);
    return deliver();
  },
  /** Nothing reaches it. */
  deaf: async () => new Response('a fault', { status: 500 }),
  /** It takes everything, but nobody hears that it did. */
  mute: async (name, deliver) => {
    await deliver();
    return new Response('a fault', { status: 500 });
  },
};

export class WebSocketConnection extends hub.WebSocketConnection {
  constructor(ctx, env) {
    super(ctx, env);
    this.shard = ctx.id.name;
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/deliver') {
      const faulty = deliveries[faults.shards?.[this.shard]] ?? ((_, deliver) => deliver());
      return faulty(this.shard, () => super.fetch(request));
    }
    if (!pathname.startsWith('/connect')) return super.fetch(request);
    while (faults.upgrades?.includes(this.shard)) await scheduler.wait(20);
    const { status, headers, webSocket } = await super.fetch(request);
    return new Response(null, { status, webSocket, headers: { ...Object.fromEntries(headers), 'x-shard': this.shard } });
  }
}

export class Broker extends hub.Broker {
  constructor(ctx, env) {
    breakable(Object.getPrototypeOf(ctx.storage.sql));
    super(ctx, env);
  }
}

/** Lets statements fail that contain `faults.sql`. */
function breakable(sql) {
  if (sql.isBreakable) return;
  const { exec } = sql;
  sql.isBreakable = true;
  sql.exec = function (statement, ...bindings) {
    if (faults.sql && statement.includes(faults.sql)) throw new Error('database or disk is full: SQLITE_FULL');
    return exec.call(this, statement, ...bindings);
  };
}
