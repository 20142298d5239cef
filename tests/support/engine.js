// Engine.IO as bytes: requests and sockets of clients that do exactly what a test says.
import { WebSocket } from 'ws';
import { hungUp } from './session.js';

/** The sessions of a hub at one path. */
export class Engine {
  constructor(hub, path) {
    this.hub = hub;
    this.path = path;
  }

  url(query, path = this.path) {
    return `${path}?${new URLSearchParams(query)}`;
  }

  /** A request: its status and text. */
  async request(query, init) {
    const response = await this.hub.fetch(this.url(query), init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** Begins a polling session: its handshake. */
  async open() {
    const { status, text } = await this.request({ EIO: 4, transport: 'polling' });
    if (status !== 200 || text[0] !== '0') throw new Error(`no handshake: ${status} ${text}`);
    return JSON.parse(text.slice(1));
  }

  get(sid) {
    return this.request({ EIO: 4, transport: 'polling', sid });
  }

  post(sid, body) {
    return this.request({ EIO: 4, transport: 'polling', sid }, { method: 'POST', body });
  }

  /** A WebSocket, not yet open. It answers pings by itself, unless it is `silent`. */
  socket(query = {}, { silent = false } = {}) {
    return new Socket(this.hub, `${this.hub.wsUrl}${this.url({ EIO: 4, transport: 'websocket', ...query })}`, silent);
  }
}

/** What a WebSocket got, in order: text, or bytes as an array. */
export class Socket {
  #waiting = [];
  frames = [];

  constructor(hub, url, silent) {
    this.socket = new WebSocket(url);
    this.opened = new Promise((resolve, reject) => this.socket.on('open', resolve).on('error', reject));
    this.opened.catch(() => {});
    this.refused = new Promise((resolve) => this.socket.on('unexpected-response', (_, response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (part) => (text += part)).on('end', () => resolve({ status: response.statusCode, text }));
    }));
    this.closed = new Promise((resolve) => this.socket.on('close', (code) => {
      resolve({ code });
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`closed with ${code}`));
    }));
    this.socket.on('message', (data, isBinary) => {
      const frame = isBinary ? [...data] : data.toString();
      if (frame === '2' && !silent) return this.send('3');
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(frame);
      else this.frames.push(frame);
    });
    hub.clients.add(this);
  }

  /** Sends a text frame; an array as bytes. */
  send(frame) {
    this.socket.send(Array.isArray(frame) ? Uint8Array.from(frame) : frame);
  }

  /** The next frame. */
  next() {
    if (this.frames.length > 0) return Promise.resolve(this.frames.shift());
    if (this.socket.readyState > 1) return Promise.reject(new Error('closed'));
    const waiting = Promise.withResolvers();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Waits until the hub has closed it. */
  async end() {
    await this.opened;
    return hungUp(this);
  }

  terminate() {
    this.socket.terminate();
  }
}

/** A socket whose client is in the main namespace of an echo. */
export async function connected(engine, auth = '') {
  const socket = engine.socket();
  await socket.next();
  socket.send(`40${auth}`);
  socket.accepted = await socket.next();
  socket.auth = await socket.next();
  return socket;
}
