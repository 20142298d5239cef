// A client as a careful bot is one: it knows where it is on every channel, comes back there, and counts what it gets.
import assert from 'node:assert/strict';
import { connect } from './client.js';
import { authenticate } from './session.js';
import { token } from './token.js';

export class Follower {
  /** Offsets that it got, by channel and epoch, in order. */
  got = new Map();
  /** Where it is, by channel. */
  positions = {};
  /** Channels that were not recovered, with where the hub said it stood. */
  lost = [];

  constructor(channels, { batch = false } = {}) {
    this.channels = channels;
    this.batch = batch;
  }

  /** Connects, and says where it was. */
  async follow(hub) {
    this.client = await connect(hub);
    this.client.socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    const jwt = await token({}, hub.secret);
    if (this.batch) {
      this.client.send({ type: 'auth', token: jwt, batch: true });
      await this.client.next('auth_success');
    } else {
      await authenticate(this.client, jwt);
    }
    this.client.send({ type: 'subscribe', channels: this.channels, recover: this.positions });
    this.told = await this.client.next('subscribed');
    return this.told;
  }

  /** Drops the connection, as a network does. */
  drop() {
    this.client.terminate();
  }

  count(channel) {
    return [...this.got].filter(([key]) => key.startsWith(`${channel} `)).reduce((sum, [, offsets]) => sum + offsets.length, 0);
  }

  /** Every channel's offsets of every epoch follow each other, from the first that it got. */
  assertGapless() {
    for (const [key, offsets] of this.got) {
      assert.deepEqual(offsets, offsets.map((_, n) => offsets[0] + n), key);
    }
  }

  #take(message) {
    if (message.type === 'batch') return message.messages.forEach((it) => this.#take(it));
    if (message.type === 'subscribed') return this.#resume(message.positions);
    const { channel, epoch, offset } = message;
    if (offset === undefined) return undefined;
    const key = `${channel} ${epoch}`;
    if (!this.got.has(key)) this.got.set(key, []);
    this.got.get(key).push(offset);
    this.positions[channel] = { epoch, offset };
    return undefined;
  }

  #resume(positions) {
    for (const [channel, { recovered, epoch, offset }] of Object.entries(positions)) {
      if (recovered) continue;
      if (this.positions[channel]) this.lost.push(channel);
      this.positions[channel] = { epoch, offset };
    }
  }
}
