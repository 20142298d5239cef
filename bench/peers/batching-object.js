// The same object, but it sends each socket one frame a tick: sockets with the same channels are a group, and the frame
// of a group is made once.
import { hubWith, send } from './hub.js';
import { typeOf } from './limits.js';

export { default } from './worker.js';

class BySet {
  /** Set of channels, as one string, to `{ channels, sockets }`. */
  #groups = new Map();

  hold(socket, channels) {
    const key = keyOf(channels);
    if (!this.#groups.has(key)) this.#groups.set(key, { channels: new Set(channels), sockets: new Set() });
    this.#groups.get(key).sockets.add(socket);
  }

  release(socket, channels) {
    const key = keyOf(channels);
    const group = this.#groups.get(key);
    group?.sockets.delete(socket);
    if (group?.sockets.size === 0) this.#groups.delete(key);
  }

  deliver(messages) {
    const texts = messages.map(({ channel, data }) => [channel, JSON.stringify({ type: typeOf(channel), channel, data })]);
    for (const { channels, sockets } of this.#groups.values()) {
      const held = texts.filter(([channel]) => channels.has(channel)).map(([, text]) => text);
      if (held.length === 0) continue;
      const frame = held.length === 1 ? held[0] : `{"type":"batch","messages":[${held}]}`;
      for (const socket of sockets) send(socket, frame);
    }
  }
}

function keyOf(channels) {
  return channels.toSorted().join();
}

export const Hub = hubWith(BySet);
