// A hub that is not there: sockets, streams and answers that a test speaks for, and time that passes when it says so.
import { afterEach } from 'node:test';

/** Lets all that is ready run. */
export async function settle() {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
}

const real = { now: Date.now, random: Math.random, setTimeout, clearTimeout };
/** Puts these where programs look for time, chance and timers. */
function install({ now, random, setTimeout, clearTimeout }) {
  Object.assign(globalThis, { setTimeout, clearTimeout });
  Object.assign(Date, { now });
  Object.assign(Math, { random });
}
afterEach(() => install(real));

/** Time that passes when a test says so, from the moment that this is made to the end of the test. */
export class FakeClock {
  time = 1_000_000;
  timers = new Map();
  chance = 0.5;
  #next = 1;

  now = () => this.time;
  random = () => this.chance;
  setTimeout = (run, ms) => {
    if (!(ms < 2 ** 31)) throw new RangeError(`no timer waits ${ms} ms`);
    this.timers.set(this.#next, { run, at: this.time + ms, ms });
    return this.#next++;
  };
  clearTimeout = (id) => this.timers.delete(id);

  constructor() {
    install(this);
  }

  /** How long the pending timers were set for. */
  get waits() {
    return [...this.timers.values()].map(({ ms }) => ms).sort((a, b) => a - b);
  }

  /** Lets so much time pass, one timer after the other. */
  async pass(ms) {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].run();
      await settle();
    }
    this.time = end;
  }
}

/** A server of WebSockets, and the class of its clients. */
export function fakeSockets() {
  const sockets = [];
  class FakeSocket {
    readyState = 0;
    sent = [];
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      sockets.push(this);
    }
    send(text) {
      if (this.readyState !== 1) throw new Error('not open');
      this.sent.push(JSON.parse(text));
      this.onsent?.(JSON.parse(text), text);
    }
    close(code) {
      if (this.readyState < 2) this.closedWith = code;
      this.readyState = 3;
    }
    open() {
      this.readyState = 1;
      this.onopen({});
      return settle();
    }
    hear(...frames) {
      for (const frame of frames) this.onmessage({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
      return settle();
    }
    /** The server, or the network, ends it. */
    drop(code = 1006, reason = '') {
      this.readyState = 3;
      this.onerror?.({});
      this.onclose({ code, reason });
      return settle();
    }
    /** What was sent of this type. */
    of(type) {
      return this.sent.filter((message) => message.type === type);
    }
  }
  return { sockets, WebSocket: FakeSocket, last: () => sockets.at(-1), open: () => sockets.filter(({ readyState }) => readyState < 2) };
}

/** A hub that answers: offsets, recovery from what it keeps, one name for each channel. */
export function fakeHub({ names = {}, kept = 300, token } = {}) {
  const fake = fakeSockets();
  const channels = new Map();
  const of = (name) => {
    const id = names[name] ?? name;
    if (!channels.has(id)) channels.set(id, { epoch: 'e1', log: [] });
    return channels.get(id);
  };
  const envelope = (name, { epoch, offset, data, type }) => ({ type, channel: name, offset, epoch, data });
  const same = (a, b) => (names[a] ?? a) === (names[b] ?? b);
  const hub = {
    ...fake,
    refuses: new Set(),
    of,
    publish(name, data, type = 'price_update') {
      const channel = of(name);
      const message = { epoch: channel.epoch, offset: (channel.log.at(-1)?.offset ?? channel.from ?? 0) + 1, data, type };
      channel.log.push(message);
      for (const socket of fake.sockets) {
        if (socket.readyState !== 1 || !socket.serves) continue;
        const held = socket.held.find((it) => same(it, name));
        if (held) socket.hear(envelope(held, message));
      }
      return settle();
    },
    same,
    /** What a subscription changes in what is `held`, and what is told then: of a channel that is named twice once, under the last name. */
    take(held, asked, recover) {
      const taken = new Map();
      const used = new Set([...held, ...asked]);
      for (const name of asked) {
        const at = held.findIndex((it) => same(it, name));
        const id = names[name] ?? name;
        if (at < 0) held.push(name);
        else held[at] = name;
        const since = Object.entries(recover).find(([it]) => same(it, name))?.[1];
        taken.set(id, { name, since, fresh: taken.get(id)?.fresh ?? at < 0 });
      }
      const positions = {};
      const after = [];
      for (const { name, since, fresh } of taken.values()) {
        const { epoch, log, from = 0 } = of(name);
        const offset = log.at(-1)?.offset ?? from;
        const missed = since?.epoch === epoch && offset - since.offset <= kept ? log.filter((it) => it.offset > since.offset) : undefined;
        positions[name] = { recovered: !!missed, epoch, offset };
        const first = missed ?? ((fresh || since) && log.at(-1)?.type !== 'signal_alert' ? log.slice(-1) : []);
        after.push(...first.map((it) => envelope(name, it)));
      }
      const aliases = {};
      for (const name of used) {
        const [last] = [...taken.values()].filter((it) => same(it.name, name) && it.name !== name);
        if (last) aliases[name] = last.name;
      }
      return { positions, after, ...(Object.keys(aliases).length && { aliases }) };
    },
    /** The answer to a poll. */
    poll({ raw }) {
      const query = Object.fromEntries(raw.split('?')[1].split('&').map((pair) => pair.split('=')));
      const asked = query.channels.split(',').map(decodeURIComponent);
      const held = [];
      const { after, ...told } = hub.take(held, asked.filter((name) => !hub.refuses.has(name)), JSON.parse(decodeURIComponent(query.recover ?? '{}')));
      return polled([{ type: 'subscribed', channels: held, ...told }, ...after, ...refusals(asked)]);
    },
    /** The socket is open, and this hub speaks for the other side. */
    async serve(socket = fake.last()) {
      Object.assign(socket, { serves: true, held: [] });
      socket.onsent = (message) => Promise.resolve().then(() => socket.readyState === 1 && reply(socket, message));
      await socket.open();
      return socket;
    },
  };
  function reply(socket, { type, channels: asked, recover = {}, token: given }) {
    const { held } = socket;
    if (type === 'ping') return socket.hear({ type: 'pong' });
    if (type === 'auth') {
      const bad = token?.(given);
      if (bad) return socket.hear({ type: 'error', error: { code: bad === true ? 'INVALID_TOKEN' : bad, message: 'no', timestamp: '' } });
      return socket.hear({ type: 'auth_success', data: {}, timestamp: 0 });
    }
    if (type === 'unsubscribe') {
      socket.held = held.filter((name) => !asked.some((it) => same(it, name)));
      return socket.hear({ type: 'unsubscribed', channels: socket.held });
    }
    if (type !== 'subscribe') return undefined;
    const { after, ...told } = hub.take(held, asked.filter((name) => !hub.refuses.has(name)), recover);
    return socket.hear({ type: 'subscribed', channels: [...held], ...told }, ...refusals(asked), ...after);
  }
  function refusals(asked) {
    const refused = asked.filter((name) => hub.refuses.has(name));
    return refused.map((channel) => ({ type: 'error', error: { code: 'INVALID_CHANNEL', message: `Channel '${channel}' does not exist`, channel, timestamp: '' } }));
  }
  return hub;
}

/** An answer over HTTP. */
export function answer(status, body, headers = {}) {
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    json: () => (body === undefined ? Promise.reject(new Error('no JSON')) : Promise.resolve(body)),
  };
}

/** The answer to a poll: these frames. */
export const polled = (frames) => ({ ...answer(200, { data: frames }), body: { data: frames } });

/** A stream of events that a test writes. */
export function stream() {
  const chunks = [];
  let wake;
  const more = (chunk) => {
    chunks.push(chunk);
    wake?.();
    return settle();
  };
  const bytes = new TextEncoder();
  return {
    answer: {
      ...answer(200),
      body: {
        getReader: () => ({
          async read() {
            while (!chunks.length) await new Promise((resolve) => (wake = resolve));
            const chunk = chunks.shift();
            if (chunk instanceof Error) throw chunk;
            return chunk === undefined ? { done: true } : { done: false, value: chunk };
          },
        }),
      },
    },
    write: (text) => more(typeof text === 'string' ? bytes.encode(text) : text),
    hear: (...frames) => more(bytes.encode(frames.map((frame) => `event: ${frame.type}\nid: 7\ndata: ${JSON.stringify(frame)}\n\n`).join(''))),
    end: () => more(undefined),
    fail: () => more(new Error('the network is gone')),
  };
}

/** A `fetch` that a test answers: `handler(url, headers)` gives an answer, or throws. */
export function fakeFetch(handler) {
  const requests = [];
  const fetch = async (url, { headers, signal }) => {
    const request = { url: new URL(url), raw: url, headers, signal, path: new URL(url).pathname };
    requests.push(request);
    const given = await handler(request);
    if (!given) throw new TypeError('fetch failed');
    return given;
  };
  return { requests, fetch };
}

export const price = (symbol, value, second = value) => ({ symbol, price: value, timestamp: new Date(1_764_678_600_000 + second * 1000).toISOString() });
