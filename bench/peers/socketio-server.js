// node socketio-server.js PORT: the hub with Socket.IO, as its documentation has it: a room for each channel.
import { Server } from 'socket.io';
import { publishing } from './http.js';
import { verify } from './jwt.js';
import { MAX_CHANNELS, MAX_MESSAGE_BYTES, known, typeOf } from './limits.js';

const secret = process.env.JWT_SECRET;

const server = publishing(secret, ({ channel, data }) => io.to(channel).emit(typeOf(channel), { channel, data }));
const io = new Server(server, { transports: ['websocket'], maxHttpBufferSize: MAX_MESSAGE_BYTES, serveClient: false });

io.use(async (socket, next) => {
  try {
    const { sub } = await verify(socket.handshake.auth.token, secret);
    socket.data.subject = sub;
    next();
  } catch (error) {
    next(error);
  }
});

io.on('connection', (socket) => {
  socket.on('subscribe', ({ channels }) => {
    const wanted = known(channels);
    if (socket.rooms.size + wanted.length > MAX_CHANNELS + 1) return; // one is the socket's own
    socket.join(wanted);
    socket.emit('subscribed', { channels: wanted });
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
