// The client class of the ticket, with the four methods that it calls and does not define, and an `auth` first in
// every `onopen`. It must live through a restart of the server without being told.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startHub, token } from './support/index.js';
import { until } from './support/session.js';

class CryptoIntelWebSocket {
  constructor(url, options = {}) {
    this.url = url;
    this.options = options;
    this.ws = null;
    this.subscriptions = new Set();
    this.messageQueue = [];
    this.reconnectAttempts = 0;
    this.listeners = new Map();
  }

  connect() {
    this.ws = new WebSocket(this.url);

    this.ws.onopen = () => {
      this.reconnectAttempts = 0;
      this.ws.send(JSON.stringify({ type: 'auth', token: this.options.token })); // added
      this.flushMessageQueue();
      this.resubscribe();
    };

    this.ws.onmessage = (event) => {
      this.handleMessage(JSON.parse(event.data));
    };

    this.ws.onclose = () => {
      this.reconnect();
    };

    this.ws.onerror = () => {}; // added: without it, `ws` throws where a browser would only call onclose
  }

  subscribe(channels, callback) {
    if (!Array.isArray(channels)) channels = [channels];

    channels.forEach(channel => {
      this.subscriptions.add(channel);
      if (!this.listeners.has(channel)) {
        this.listeners.set(channel, new Set());
      }
      this.listeners.get(channel).add(callback);
    });

    this.send({
      type: 'subscribe',
      channels
    });
  }

  reconnect() {
    const delay = Math.min(1000 * Math.pow(2, this.reconnectAttempts), 30000);
    this.reconnectAttempts++;

    setTimeout(() => {
      this.connect();
    }, delay);
  }

  // The four that the ticket leaves out.

  send(message) {
    if (this.ws?.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(message));
    else this.messageQueue.push(message);
  }

  handleMessage(message) {
    this.received.push(message);
    this.listeners.get(message.channel)?.forEach((callback) => callback(message.data));
  }

  flushMessageQueue() {
    for (const message of this.messageQueue.splice(0)) this.send(message);
  }

  resubscribe() {
    if (this.subscriptions.size > 0) this.send({ type: 'subscribe', channels: [...this.subscriptions] });
  }

  // For the test.
  received = [];

  stop() {
    this.reconnect = () => {};
    this.ws.terminate();
  }
}

let folder;
let hub;
let client;
const VARS = { FEED_INTERVAL_MS: '250', JWT_SECRET: 'a-secret-that-outlives-the-restart-of-the-server' };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cryptointel-'));
  hub = await startHub({ vars: VARS, persist: folder });
});
after(async () => {
  client?.stop();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
});

test("the ticket's client subscribes, receives and survives a restart of the server", { timeout: 120_000 }, async () => {
  client = new CryptoIntelWebSocket(`${hub.wsUrl}/ws`, { token: await token({}, hub.secret) });
  const prices = [];
  const summaries = [];
  // As in the document: subscribe first, connect afterwards; the queue keeps it.
  client.subscribe(['price:bitcoin', 'price:ethereum'], (data) => prices.push(data));
  client.subscribe('market:summary', (data) => summaries.push(data));
  client.connect();

  await until(() => prices.filter(({ symbol }) => symbol === 'BTC').length >= 3 && summaries.length > 0);
  assert.ok(prices.some(({ symbol }) => symbol === 'ETH'));
  assert.ok(prices.every(({ price, source }) => price > 0 && source === 'simulated'));

  const { port } = hub;
  const rows = (await hub.db.prepare('SELECT count(*) AS n FROM prices_latest').first()).n;
  await hub.stop();
  await until(() => client.ws.readyState === WebSocket.CLOSED);
  prices.length = 0;
  summaries.length = 0;
  hub = await startHub({ vars: VARS, persist: folder, port });

  await until(() => prices.length >= 4 && summaries.length > 0, { timeout: 60_000 });
  assert.ok(['BTC', 'ETH'].every((symbol) => prices.some((price) => price.symbol === symbol)));
  assert.equal(client.received.filter(({ type }) => type === 'auth_success').length, 2);
  assert.deepEqual(client.received.filter(({ type }) => type === 'error'), []);
  assert.ok((await hub.db.prepare('SELECT count(*) AS n FROM prices_latest').first()).n >= rows, 'what was stored is still there');

  // Both of its ways to subscribe were used on the way; one subscription came of them.
  const [first] = prices;
  assert.equal(prices.filter(({ timestamp, symbol }) => timestamp === first.timestamp && symbol === first.symbol).length <= 2, true);
});
