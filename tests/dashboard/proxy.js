// A proxy as some networks have it: it lets requests through, and WebSockets and streams only if it is told to.
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/** Stands in front of `hub`; `blocks` has the names of what does not get through: `websocket`, `sse`, `rest`. */
export async function startProxy(hub, blocks = []) {
  const { hostname, port } = new URL(hub.url);
  const blocked = new Set(blocks);
  const sockets = new Set();
  const server = createServer((asked, answer) => {
    if ((blocked.has('sse') && asked.url.startsWith('/sse')) || (blocked.has('rest') && asked.url.startsWith('/api'))) return answer.writeHead(502).end();
    const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    return asked.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (asked, socket, head) => {
    if (blocked.has('websocket')) return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    const onward = connect(Number(port), hostname, () => {
      const lines = asked.rawHeaders.reduce((all, it, n) => all + it + (n % 2 ? '\r\n' : ': '), '');
      onward.write(`GET ${asked.url} HTTP/1.1\r\n${lines}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const [one, other] of [[socket, onward], [onward, socket]]) one.on('error', () => other.destroy()).on('close', () => other.destroy());
    return onward;
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = { hub, url: `http://127.0.0.1:${server.address().port}`, blocked };
  return {
    ...own,
    /** Cuts all connections. */
    cut: () => sockets.forEach((socket) => socket.destroy()),
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
