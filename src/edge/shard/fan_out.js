// One frame to many sockets. The loop is here since a call from Wasm for every socket would cost a part of what the
// call does.

const OPEN = 1;

/**
 * @param {(WebSocket | undefined)[]} sockets
 * @param {Uint32Array} places where in `sockets` the receivers are; who has just left is not there any more
 * @param {string} text
 * @returns {number} how many open sockets the runtime refused the frame for
 */
export function sendToAll(sockets, places, text) {
  let refused = 0;
  for (let i = 0; i < places.length; i++) {
    const socket = sockets[places[i]];
    if (socket === undefined) continue;
    try {
      socket.send(text);
    } catch {
      // One whose peer has just gone is no loss: its close event follows.
      if (socket.readyState === OPEN) refused++;
    }
  }
  return refused;
}
