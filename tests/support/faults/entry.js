// The built Worker with a switch for every fault: what a test cannot bring about from outside, and the product has no
// code for. `POST /faults` sets them, `GET /faults` says what happened since; everything else is the hub's.
import * as hub from '../../../build/index.js';

export { RequestLimiter } from '../../../build/index.js';

/** What is broken now. All objects of a local workerd share this. */
let faults = {};
/** Since then: how many deliveries each shard, by its name, had at once at most, how many statements were to fail, and
 * how long the intervals were to be, milliseconds. */
let seen;
const forget = () => (seen = { atOnce: {}, statements: 0, intervals: [] });
forget();
/** How often the feed and the broker were asked what, ever, by name and path. */
const asked = {};

export default class extends hub.default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/faults') return super.fetch(request);
    if (request.method === 'GET') return Response.json({ ...seen, asked });
    faults = await request.json();
    forget();
    return new Response(null, { status: 204 });
  }
}

/** In place of what they are to be, intervals last `faults.intervals` milliseconds. */
const { setInterval } = globalThis;
globalThis.setInterval = (work, time, ...more) => {
  seen.intervals.push(time);
  return setInterval(work, faults.intervals ?? time, ...more);
};

/** What becomes of deliveries to a shard, by its name. */
const deliveries = {
  /** It never answers, until it comes back: then all that it was sent arrives at once, late. */
  hangs: async (name, deliver) => {
    while (faults.shards?.[name] === 'hangs') await scheduler.wait(20);
    return deliver();
  },
  /** It takes everything, but has so much to do that its answer comes after six seconds. */
  slow: async (name, deliver) => {
    const answer = await deliver();
    await scheduler.wait(6_000);
    return answer;
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
    this.underWay = 0;
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/deliver') {
      const faulty = deliveries[faults.shards?.[this.shard]] ?? ((_, deliver) => deliver());
      seen.atOnce[this.shard] = Math.max(seen.atOnce[this.shard] ?? 0, ++this.underWay);
      return faulty(this.shard, () => super.fetch(request)).finally(() => this.underWay--);
    }
    if (!pathname.startsWith('/connect')) return super.fetch(request);
    while (faults.upgrades?.includes(this.shard)) await scheduler.wait(20);
    const { status, headers, webSocket } = await super.fetch(request);
    return new Response(null, { status, webSocket, headers: { ...Object.fromEntries(headers), 'x-shard': this.shard } });
  }
}

/** `faults.feed`, `faults.broker`: whoever asks that object waits. */
const slow = (name, Base) =>
  class extends Base {
    async fetch(request) {
      const question = `${name}${new URL(request.url).pathname}`;
      asked[question] = (asked[question] ?? 0) + 1;
      while (faults[name] === 'hangs') await scheduler.wait(20);
      return super.fetch(request);
    }
  };

export class MarketFeed extends slow('feed', hub.MarketFeed) {}

export class Broker extends slow('broker', hub.Broker) {
  constructor(ctx, env) {
    breakable(Object.getPrototypeOf(ctx.storage.sql));
    slowable(Object.getPrototypeOf(ctx.storage));
    super(ctx, env);
  }
}

/** Lets statements fail that contain `faults.sql`, `above` so many bytes, but for the first `passes` and each `spares`th. */
function breakable(sql) {
  if (sql.isBreakable) return;
  const { exec } = sql;
  sql.isBreakable = true;
  sql.exec = function (statement, ...bindings) {
    const { sql: broken, above = 0, passes = 0, spares = Infinity } = faults;
    const bytes = bindings.reduce((sum, it) => sum + (it?.byteLength ?? 0), 0);
    if (broken && statement.includes(broken) && bytes >= above) {
      seen.statements++;
      if (seen.statements > passes && seen.statements % spares !== 0) throw new Error('database or disk is full: SQLITE_FULL');
    }
    return exec.call(this, statement, ...bindings);
  };
}

/** Lets the disk take `faults.disk` milliseconds. */
function slowable(storage) {
  if (storage.isSlowable) return;
  const { sync } = storage;
  storage.isSlowable = true;
  storage.sync = async function () {
    if (faults.disk) await scheduler.wait(faults.disk);
    return sync.call(this);
  };
}
