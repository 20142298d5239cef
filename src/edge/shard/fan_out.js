// One frame to many sockets. The loop is here since a call from Wasm for every socket would cost a part of what the
// call does.

/**
 * @param {WebSocket[]} sockets
 * @param {Uint32Array} places where in `sockets` the receivers are
 * @param {string} text
 */
export function sendToAll(sockets, places, text) {
  for (let i = 0; i < places.length; i++) {
    try {
      sockets[places[i]].send(text);
    } catch {
      // Its peer has just gone: its close event follows, and concerns nobody else.
    }
  }
}
