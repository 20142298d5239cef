// What both JavaScript objects are. Sockets hibernate; who a client is lies in its attachment; an index in memory, built
// again after hibernation, says who gets what.
import { DurableObject } from 'cloudflare:workers';
import { verify } from './jwt.js';
import { MAX_CHANNELS, MAX_MESSAGE_BYTES, known } from './limits.js';

/** A Durable Object that delivers by an `Index`: `hold` and `release` a socket's channels, `deliver` messages. */
export const hubWith = (Index) => class Hub extends DurableObject {
  #index = new Index();
  /** Channel to the number of its last message. */
  #offsets = new Map();

  constructor(state, env) {
    super(state, env);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'));
    for (const socket of state.getWebSockets()) this.#index.hold(socket, socket.deserializeAttachment().channels);
  }

  async fetch(request) {
    if (new URL(request.url).pathname === '/publish') return this.#publish(await request.json());
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ channels: [] });
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket, text) {
    try {
      if (typeof text !== 'string' || text.length > MAX_MESSAGE_BYTES) throw new Error('a message is JSON of at most 64 KB');
      const message = JSON.parse(text);
      if (message.type === 'auth') await this.#authenticate(socket, message);
      else if (message.type === 'subscribe') this.#subscribe(socket, message);
      else throw new Error(`'${message.type}' is no type of message`);
    } catch (error) {
      socket.send(JSON.stringify({ type: 'error', error: { message: error.message } }));
    }
  }

  webSocketClose(socket, code) {
    this.#index.release(socket, socket.deserializeAttachment().channels);
    socket.close([1005, 1006, 1015].includes(code) ? 1000 : code);
  }

  webSocketError(socket) {
    this.#index.release(socket, socket.deserializeAttachment().channels);
  }

  async #authenticate(socket, { token }) {
    const { sub, exp } = await verify(token, this.env.JWT_SECRET);
    socket.serializeAttachment({ ...socket.deserializeAttachment(), sub, exp });
    socket.send(JSON.stringify({ type: 'auth_success', data: { subject: sub, expires_at: exp } }));
  }

  #subscribe(socket, message) {
    const before = socket.deserializeAttachment();
    if (!before.sub) throw new Error('authenticate first');
    const channels = [...new Set([...before.channels, ...known(message.channels)])];
    if (channels.length > MAX_CHANNELS) throw new Error('too many channels');
    this.#index.release(socket, before.channels);
    socket.serializeAttachment({ ...before, channels });
    this.#index.hold(socket, channels);
    socket.send(JSON.stringify({ type: 'subscribed', channels }));
  }

  #publish({ messages }) {
    const numbered = messages.map(({ channel, data }) => {
      const offset = (this.#offsets.get(channel) ?? 0) + 1;
      this.#offsets.set(channel, offset);
      return { channel, data, offset };
    });
    this.#index.deliver(numbered);
    return Response.json({ messages: numbered.map(({ channel, offset }) => ({ channel, offset })) });
  }
};

/** A socket that has just closed throws; its close event follows. */
export function send(socket, text) {
  try {
    socket.send(text);
  } catch {}
}
