// A WebSocket client that remembers what it received, so that a test can wait for a message instead of for time.
import WebSocket from 'ws';

const PATIENCE_MS = 10_000; // generous: a hub that is slow must not look like a hub that is wrong
const SHOWN = 10;

/**
 * Connects to a hub and returns the open {@link Client}. A refused upgrade rejects with an error that carries
 * `status`, `headers` and `body`.
 *
 * @param hub from `startHub`
 * @param {object} [options]
 * @param {string} [options.path] default `/ws`
 * @param {string} [options.token] goes into the query, as Wallet clients send it
 * @param {Record<string, string>} [options.headers] among them `CF-Connecting-IP` (the client's address), `Host` and
 *   `X-Forwarded-Proto` (the URL it used), which workerd takes from here when it runs locally
 * @param {string | string[]} [options.protocol] Sec-WebSocket-Protocol
 */
export async function connect(hub, { path = '/ws', token, headers, protocol } = {}) {
  const url = new URL(path, hub.wsUrl);
  if (token !== undefined) url.searchParams.set('token', token);
  const client = new Client(new WebSocket(url, protocol ?? [], { headers, perMessageDeflate: false }));
  hub.clients?.add(client);
  client.closed.then(() => hub.clients?.delete(client));
  await client.opened;
  return client;
}

export class Client {
  /** Everything received so far: JSON text as values, other text as strings, binary frames as Buffers. */
  messages = [];
  #unread = [];
  #waiting = new Set();
  #closed;

  constructor(socket) {
    this.socket = socket;
    socket.once('upgrade', ({ headers }) => (this.headers = headers)); // those of the answer
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (request, response) => refused(response).then(reject));
      socket.on('error', reject); // once open, what matters of an error is the close that follows
    });
    /** Settles when the socket is closed: `{ code, reason }`. */
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve((this.#closed = { code, reason: String(reason) })));
      this.opened.catch(() => resolve((this.#closed ??= { code: 1006, reason: 'refused' })));
    });
    this.closed.then(() => this.#retry());
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? data : parsed(String(data));
      this.messages.push(message);
      this.#unread.push(message);
      this.#retry();
    });
  }

  /** Sends an object as JSON, a string as a text frame, a Buffer as a binary one. */
  send(message) {
    const raw = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(raw ? message : JSON.stringify(message));
  }

  /**
   * The first message not yet handed out by `next` that matches: any one, one of this `type`, or one that the
   * predicate accepts. Those it passes over stay for later calls.
   *
   * @param {string | ((message) => boolean)} [match]
   */
  next(match = () => true, { timeout = PATIENCE_MS } = {}) {
    const accepts = typeof match === 'string' ? (message) => message?.type === match : match;
    const problem = new Error(); // made here for the stack of the test that waits
    return new Promise((resolve, reject) => {
      const settle = (finish, value) => {
        clearTimeout(timer);
        this.#waiting.delete(attempt);
        finish(value);
      };
      const fail = (why) => {
        problem.message = `no message matching ${match}: ${why}\n${this.#received()}`;
        settle(reject, problem);
      };
      const attempt = () => {
        const at = this.#unread.findIndex((message) => accepts(message));
        if (at >= 0) settle(resolve, this.#unread.splice(at, 1)[0]);
        else if (this.#closed) fail(`the socket closed (${this.#closed.code} ${this.#closed.reason})`);
      };
      const timer = setTimeout(() => fail(`waited ${timeout} ms`), timeout);
      this.#waiting.add(attempt);
      attempt();
    });
  }

  /** Forgets what has not been handed out yet, or what of it the predicate accepts. */
  skip(match = () => true) {
    this.#unread = this.#unread.filter((message) => !match(message));
  }

  /** Closes the socket and waits until it is. */
  close(code = 1000, reason = '') {
    this.socket.close(code, reason);
    return this.closed;
  }

  /** Cuts the connection without a closing handshake. */
  terminate() {
    this.socket.terminate();
  }

  #retry() {
    for (const attempt of [...this.#waiting]) attempt();
  }

  #received() {
    const shown = this.messages.slice(-SHOWN).map((message) => `  ${JSON.stringify(message).slice(0, 300)}`);
    return [`received ${this.messages.length} messages, of which the last are:`, ...shown].join('\n');
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function refused(response) {
  const body = (await response.setEncoding('utf8').toArray()).join('');
  const error = new Error(`the upgrade was answered with ${response.statusCode}: ${body.slice(0, 300)}`);
  return Object.assign(error, { status: response.statusCode, headers: response.headers, body });
}
