// What most tests begin with: a client that has said who it is, and the questions that they ask of it.
import assert from 'node:assert/strict';
import { connect } from './client.js';
import { token } from './token.js';

/** Connects and authenticates: `alice` for an hour, unless the claims say otherwise. */
export async function signIn(hub, claims = {}, options = {}) {
  const client = await connect(hub, options);
  client.welcome = await authenticate(client, await token(claims, hub.secret));
  return client;
}

/** Sends `auth` and returns the `auth_success`; any error is the test's failure. */
export async function authenticate(client, jwt) {
  client.send({ type: 'auth', token: jwt });
  return answer(client, 'auth_success');
}

/** Subscribes and returns the channels now held. */
export async function subscribe(client, ...channels) {
  client.send({ type: 'subscribe', channels });
  return (await answer(client, 'subscribed')).channels;
}

/** Unsubscribes and returns the channels still held; without channels, only asks for them. */
export async function unsubscribe(client, ...channels) {
  client.send({ type: 'unsubscribe', channels });
  return (await answer(client, 'unsubscribed')).channels;
}

/** The channels that the hub holds for this client. */
export const held = (client) => unsubscribe(client);

/** The next error, which must have this code. */
export async function refusal(client, code) {
  const { error } = await client.next('error');
  assert.equal(error.code, code, error.message);
  return error;
}

/** Sends a message that must be refused with this code, and returns the error. */
export async function refused(client, message, code) {
  client.send(message);
  return refusal(client, code);
}

let barriers = 0;

/**
 * Returns when the hub has handled all that this client sent before. Not the ping of the document, which the runtime
 * may answer past a busy hub, but one that it does not recognise.
 */
export async function settle(client) {
  client.skip(({ type }) => type === 'pong');
  client.send({ type: 'ping', barrier: ++barriers });
  await client.next('pong');
}

/** The next message on this channel. */
export const on = (client, channel) => client.next((message) => message.channel === channel);

async function answer(client, type) {
  const message = await client.next((it) => it.type === type || it.type === 'error');
  assert.equal(message.type, type, JSON.stringify(message));
  return message;
}

/** All that a client got but the hub's status, which may come at any time. */
export const heard = (client) => client.messages.filter(({ type }) => type !== 'system_status');

/**
 * Waits until the hub closes the socket: with which code, and after how many milliseconds. The runtime may leave the
 * TCP connection open for ten seconds more, which is no test's business.
 */
export async function hungUp(client, { timeout = 10_000 } = {}) {
  const started = Date.now();
  await until(() => client.socket.readyState > 1, { timeout, pause: 20 });
  const after = Date.now() - started;
  client.terminate();
  return { after, ...(await client.closed) };
}

/** Calls `probe` until it returns something truthy, which is the result. */
export async function until(probe, { timeout = 10_000, pause = 50 } = {}) {
  const problem = new Error(); // made here for the stack of the test that waits
  const end = Date.now() + timeout;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw Object.assign(problem, { message: `waited ${timeout} ms for: ${probe}` });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The statistics as of now: they may be a second old. */
export async function figures(hub) {
  const asked = Date.now();
  return until(async () => {
    const stats = await (await hub.fetch('/ws/stats')).json();
    return Date.parse(stats.timestamp) >= asked && stats;
  });
}

/** Puts the objects that hold sockets to sleep. */
export const evictShards = (hub, count = 1) => evictFamily(hub, 'json', count);

/** The same of another family. */
export async function evictFamily(hub, family, count = 1) {
  for (let n = 0; n < count; n++) await evict(hub, 'WebSocketConnection', `${family}-${n}`);
}

/** Puts the object that runs the feed to sleep. */
export const evictFeed = (hub) => evict(hub, 'MarketFeed', 'feed');

/** Puts the object that orders messages to sleep. */
export const evictBroker = (hub) => evict(hub, 'Broker', 'broker-0');

async function evict(hub, className, name) {
  try {
    await hub.evict(className, name);
  } catch (error) {
    // The runtime was quicker: it puts an object to sleep after ten idle seconds.
    if (!/not currently running/.test(error.message)) throw error;
  }
}
