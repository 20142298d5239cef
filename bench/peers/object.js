// The peer to beat: a Durable Object as it is written by hand. Each message is one string, made once, sent to each socket
// that holds its channel.
import { hubWith, send } from './hub.js';
import { typeOf } from './limits.js';

export { default } from './worker.js';

class ByChannel {
  /** Channel to the sockets that hold it. */
  #holders = new Map();

  hold(socket, channels) {
    for (const channel of channels) {
      if (!this.#holders.has(channel)) this.#holders.set(channel, new Set());
      this.#holders.get(channel).add(socket);
    }
  }

  release(socket, channels) {
    for (const channel of channels) {
      const holders = this.#holders.get(channel);
      holders?.delete(socket);
      if (holders?.size === 0) this.#holders.delete(channel);
    }
  }

  deliver(messages) {
    for (const { channel, data } of messages) {
      const holders = this.#holders.get(channel);
      if (!holders) continue;
      const text = JSON.stringify({ type: typeOf(channel), channel, data });
      for (const socket of holders) send(socket, text);
    }
  }
}

export const Hub = hubWith(ByChannel);
