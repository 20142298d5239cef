// node ws-server.js PORT: the hub on Node with `ws`, the WebSocket library that most servers there use.
import { WebSocketServer } from 'ws';
import { publishing } from './http.js';
import { verify } from './jwt.js';
import { MAX_CHANNELS, MAX_MESSAGE_BYTES, known, typeOf } from './limits.js';

const secret = process.env.JWT_SECRET;
const holders = new Map();

const server = publishing(secret, ({ channel, data }) => {
  const text = Buffer.from(JSON.stringify({ type: typeOf(channel), channel, data }));
  for (const socket of holders.get(channel) ?? []) socket.send(text, { binary: false });
});
const sockets = new WebSocketServer({ server, path: '/ws', maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });

sockets.on('connection', (socket) => {
  const held = new Set();
  let subject;
  const reply = (message) => socket.send(JSON.stringify(message));

  const handlers = {
    async auth({ token }) {
      const { sub, exp } = await verify(token, secret);
      subject = sub;
      reply({ type: 'auth_success', data: { subject, expires_at: exp } });
    },
    subscribe({ channels }) {
      if (!subject) throw new Error('authenticate first');
      const wanted = known(channels);
      if (held.size + wanted.length > MAX_CHANNELS) throw new Error('too many channels');
      for (const channel of wanted) {
        held.add(channel);
        if (!holders.has(channel)) holders.set(channel, new Set());
        holders.get(channel).add(socket);
      }
      reply({ type: 'subscribed', channels: [...held] });
    },
    ping: () => reply({ type: 'pong' }),
  };

  socket.on('message', async (text) => {
    try {
      const message = JSON.parse(text);
      if (!Object.hasOwn(handlers, message.type)) throw new Error(`'${message.type}' is no type of message`);
      await handlers[message.type](message);
    } catch (error) {
      reply({ type: 'error', error: { message: error.message } });
    }
  });
  socket.on('close', () => {
    for (const channel of held) holders.get(channel).delete(socket);
  });
  socket.on('error', () => {}); // the close follows
});

server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
