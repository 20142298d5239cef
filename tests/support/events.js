// A client of Server-Sent Events that shows all there is to see: status, headers, each event as it came, comments, the end.
import { see } from './publish.js';
import { token } from './token.js';
import { until } from './session.js';

/** The address of a stream of these channels, as a browser would write it. */
export function address(channels, query = {}) {
  const names = channels.map((name) => encodeURIComponent(name)).join(',');
  return `/sse?${new URLSearchParams({ ...query })}&channels=${names}`;
}

/**
 * Asks for a stream and reads it as it comes.
 *
 * @param hub from `startHub`
 * @param {string[]} channels
 * @param {object} [options]
 * @param {string | null} [options.jwt] sent as `Authorization`; `null` sends none; without it, alice's
 * @param {Record<string, string>} [options.query] besides `channels`
 * @param {Record<string, string>} [options.headers]
 * @param {string} [options.path] in place of what `channels` and `query` give
 */
export async function listen(hub, channels, { jwt, query, headers = {}, method = 'GET', path = address(channels, query) } = {}) {
  const authorization = jwt === null ? {} : { authorization: `Bearer ${jwt ?? (await token({}, hub.secret))}` };
  const abort = new AbortController();
  const response = await hub.fetch(path, { method, headers: { ...authorization, ...headers }, signal: abort.signal });
  const listener = new Listener(response, abort);
  if (response.status === 200 && method === 'GET') {
    listener.read();
    hub.clients.add(listener);
    listener.ended.then(() => hub.clients.delete(listener));
  } else {
    listener.text = await response.text();
  }
  return listener;
}

export class Listener {
  /** All events so far: `{ type, id, data, message }`, `id` as it is after the event, `message` what `data` says. */
  events = [];
  /** Lines that are comments. */
  comments = 0;
  /** What `retry` said last. */
  retry = undefined;
  #unread = 0;
  #abort;
  #id = '';

  constructor(response, abort) {
    this.status = response.status;
    this.headers = response.headers;
    this.response = response;
    this.#abort = abort;
  }

  /** What was said in place of a stream. */
  get body() {
    return JSON.parse(this.text);
  }

  /** What the events say, but for the hub's status, which may come at any time. */
  get heard() {
    return this.events.map(({ message }) => message).filter(({ type }) => type !== 'system_status');
  }

  read() {
    /** Settles when the stream is over: whether the hub ended it, or it broke. */
    this.ended = this.#read().then(
      () => 'ended',
      () => 'broken',
    );
  }

  /** The next event that matches, among those not passed over yet. */
  async next(match = () => true) {
    const accepts = typeof match === 'string' ? ({ type }) => type === match : match;
    const found = () => this.events.findIndex((event, n) => n >= this.#unread && accepts(event.message, event));
    const at = await until(() => found() + 1, { pause: 5 });
    this.#unread = at;
    return this.events[at - 1];
  }

  /** Goes away, as a client does that is closed. */
  leave() {
    this.#abort.abort();
    return this.ended;
  }

  terminate() {
    this.#abort.abort();
  }

  async #read() {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of this.response.body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) this.#take(block.split('\n'));
    }
  }

  #take(lines) {
    const data = [];
    let type = 'message';
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === '') this.comments++;
      if (field === 'retry') this.retry = Number(value);
      if (field === 'event') type = value;
      if (field === 'id') this.#id = value;
      if (field === 'data') data.push(value);
    }
    if (data.length === 0) return;
    const text = data.join('\n');
    this.events.push({ type, id: this.#id, data: text, message: JSON.parse(text), lines });
  }
}

/** The news among these messages: whose, and their titles. */
export const titles = (messages) => messages.filter(({ type }) => type === 'mention_alert').map(({ channel, data }) => `${channel.slice(9)} ${data.title}`);

/** How many connections hold a channel. */
export const subscribers = async (hub, channel) => (await see(hub, `/api/v1/presence?channel=${encodeURIComponent(channel)}`)).body.subscribers;
