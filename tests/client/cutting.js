// A hub on a port, for clients that are processes of their own. It cuts the first connection, and sends whoever comes back one
// message twice.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const CHANNEL = 'price:bitcoin';
const price = (offset) => ({ type: 'price_update', channel: CHANNEL, epoch: 'e', offset, data: { price: offset * 10 } });

/** What who asks for the channel gets, from the place in `recover` or from the start. */
const answer = (recover) => [
  { type: 'subscribed', channels: [CHANNEL], positions: { [CHANNEL]: { recovered: !!recover, epoch: 'e', offset: 2 } } },
  ...(recover ? [3, 3, 4] : [2]).map(price),
];

/** What a client hears of it: the price and the offset of each message. */
export const HEARD = [[20, 2], [30, 3], [40, 4]];

/** What a client asks of it to recover: nothing, then all after the first message. */
export const RECOVERED = [undefined, { [CHANNEL]: { epoch: 'e', offset: 2 } }];

/**
 * @param {object} [options]
 * @param {boolean} [options.sockets] whether WebSockets get through
 * @returns `url`; `refused`, the WebSockets that did not get through; `tokens` and `recovers` of all that asked; `stop`
 */
export async function cuttingHub({ sockets = true } = {}) {
  const hub = { refused: 0, tokens: [], recovers: [] };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, hub.url);
    if (pathname !== '/sse' || searchParams.get('channels') !== CHANNEL) return response.writeHead(404).end();
    hub.tokens.push(request.headers.authorization?.replace('Bearer ', ''));
    const recover = JSON.parse(searchParams.get('recover')) ?? undefined;
    hub.recovers.push(recover);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = answer(recover).map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
    return response.write(`retry: 3000\n${events.join('')}: \n\n`, () => recover || response.destroy());
  });
  const upgrades = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (sockets) return upgrades.handleUpgrade(request, socket, head, speak);
    hub.refused += 1;
    return socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });

  function speak(socket) {
    const send = (frame, sent) => socket.send(JSON.stringify(frame), sent);
    socket.on('message', (data) => {
      const { type, token, recover } = JSON.parse(data);
      if (type === 'ping') send({ type: 'pong' });
      if (type === 'auth') {
        hub.tokens.push(token);
        send({ type: 'auth_success', data: {}, timestamp: 0 });
      }
      if (type !== 'subscribe') return;
      hub.recovers.push(recover);
      const [subscribed, ...messages] = answer(recover);
      send(subscribed);
      send({ type: 'batch', messages }, () => recover || socket.terminate());
    });
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.url = `http://127.0.0.1:${server.address().port}`;
  hub.wsUrl = `${hub.url.replace('http', 'ws')}/ws`;
  hub.stop = () => {
    server.closeAllConnections();
    for (const socket of upgrades.clients) socket.terminate();
    return new Promise((resolve) => server.close(resolve));
  };
  return hub;
}
