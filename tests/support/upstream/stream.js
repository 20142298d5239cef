// What the exchanges' WebSocket servers have in common: connections, a limit of messages, and a switch for every fault.
import { WebSocketServer } from 'ws';
import { write } from './json.js';

/**
 * What can go wrong with a stream: `refuse` (it is down: open connections are cut, upgrades get 503), `close` (it closes
 * every connection, also new ones, at once), `silent` (it says nothing any more), `gap` (some of what happens is never
 * told), `garbage` (frames that are no JSON), `html_instead_of_upgrade`, `slow_upgrade` (which is never answered),
 * `wrong_types`, `negative_price`, `absurd_price`.
 */
export const STREAM_FAULTS = [
  'refuse', 'close', 'silent', 'gap', 'garbage', 'html_instead_of_upgrade', 'slow_upgrade', 'wrong_types', 'negative_price',
  'absurd_price',
];

const REFUSED = 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const NO_SUCH_PATH = 'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const PAGE = '<!doctype html><title>Access denied</title>';
const HTML = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html\r\ncontent-length: ${PAGE.length}\r\n\r\n${PAGE}`;

/** One client's connection. */
class Connection {
  /** What it is subscribed to, by name. */
  names = new Map();
  received = [];

  constructor(socket, url, fault) {
    this.socket = socket;
    this.url = url;
    this.fault = fault;
  }

  /** Sends a value as JSON, a string as it is; nothing while the stream is silent. */
  send(value) {
    if (this.fault() === 'silent') return;
    this.socket.send(typeof value === 'string' ? value : write(value, this.fault()));
  }

  /** Sends what a subscription brings, which `garbage` takes the place of. */
  push(value) {
    this.send(this.fault() === 'garbage' ? '\u0000 not <json>' : value);
  }
}

export class Stream {
  /** How many upgrades were asked for, and how many were granted. */
  upgrades = 0;
  connections = 0;
  /** Texts that clients sent: {at, text}. */
  messages = [];
  #open = new Set();
  #held = new Set();
  #fault;
  #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  /**
   * @param server an HTTP server
   * @param {object} venue
   * @param {(url: URL) => boolean} venue.serves whether there is a stream at that address
   * @param {(connection: Connection) => void} [venue.opened]
   * @param {(connection: Connection, text: string) => void} venue.heard
   * @param {number} venue.messages_per_second beyond this it closes the connection
   */
  constructor(server, venue) {
    this.venue = venue;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** The connections that are open now. */
  get open() {
    return [...this.#open];
  }

  /** What is subscribed to on all open connections, sorted. */
  get subscriptions() {
    return this.open.flatMap(({ names }) => [...names.keys()]).sort();
  }

  get fault() {
    return this.#fault;
  }

  /** Switches a fault of {@link STREAM_FAULTS} on; `null` switches it off. */
  fail(kind) {
    if (kind !== null && !STREAM_FAULTS.includes(kind)) throw new Error(`there is no fault '${kind}'`);
    this.#fault = kind ?? undefined;
    for (const socket of this.#held) socket.destroy();
    if (kind === 'refuse') this.cut();
    if (kind === 'close') this.drop();
  }

  /** Closes the open connections, once. */
  drop(code = 1001, reason = 'going away') {
    for (const { socket } of this.#open) socket.close(code, reason);
  }

  /** Cuts the open connections, once, without a word. */
  cut() {
    for (const { socket } of this.#open) socket.terminate();
  }

  stop() {
    this.cut();
    for (const socket of this.#held) socket.destroy();
  }

  #upgrade(request, socket, head) {
    this.upgrades += 1;
    const url = new URL(request.url, 'http://upstream');
    socket.on('error', () => {});
    if (this.#fault === 'refuse') socket.end(REFUSED);
    else if (this.#fault === 'html_instead_of_upgrade') socket.end(HTML);
    else if (this.#fault === 'slow_upgrade') this.#hold(socket);
    else if (!this.venue.serves(url)) socket.end(NO_SUCH_PATH);
    else this.#sockets.handleUpgrade(request, socket, head, (it) => this.#accept(it, url));
  }

  #hold(socket) {
    this.#held.add(socket);
    socket.on('close', () => this.#held.delete(socket));
  }

  #accept(socket, url) {
    this.connections += 1;
    const connection = new Connection(socket, url, () => this.#fault);
    this.#open.add(connection);
    socket.on('close', () => this.#open.delete(connection));
    socket.on('error', () => {});
    socket.on('message', (data) => this.#heard(connection, String(data)));
    if (this.#fault === 'close') socket.close(1001, 'going away');
    else this.venue.opened?.(connection);
  }

  #heard(connection, text) {
    const at = Date.now();
    this.messages.push({ at, text });
    connection.received = [...connection.received.filter((then) => at - then < 1000), at];
    if (connection.received.length > this.venue.messages_per_second) connection.socket.close(1008, 'Too many requests');
    else this.venue.heard(connection, text);
  }
}
