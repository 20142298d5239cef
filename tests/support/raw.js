// A request as bytes: what a client library would not send, and what it would not show of the answer.
import { connect } from 'node:net';

/** Sends a request line and headers, and then `body`; returns all that comes until the hub closes the connection. */
export function raw(hub, lines, body = '') {
  const { host, hostname, port } = new URL(hub.url);
  return new Promise((resolve, reject) => {
    const chunks = [];
    const finish = () => resolve(Buffer.concat(chunks).toString());
    const socket = connect(Number(port), hostname, () => {
      const [request, ...headers] = lines;
      socket.write([request, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n') + body);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', finish);
    // Who refuses a body need not read the rest of it.
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)));
  });
}
