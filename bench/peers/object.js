// The peer to beat: a Durable Object as it is written by hand. Sockets hibernate; who a client is lies in its
// attachment; an index in memory says who holds a channel. Each message is one string, made once, sent to each holder.
import { DurableObject } from 'cloudflare:workers';
import { verify } from './jwt.js';
import { MAX_CHANNELS, MAX_MESSAGE_BYTES, known, typeOf } from './limits.js';

export { default } from './worker.js';

export class Hub extends DurableObject {
  /** Channel to the sockets that hold it. */
  #holders = new Map();
  /** Channel to the number of its last message. */
  #offsets = new Map();

  constructor(state, env) {
    super(state, env);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'));
    for (const socket of state.getWebSockets()) this.hold(socket, socket.deserializeAttachment());
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
    this.release(socket, socket.deserializeAttachment());
    socket.close([1005, 1006, 1015].includes(code) ? 1000 : code);
  }

  webSocketError(socket) {
    this.release(socket, socket.deserializeAttachment());
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
    const after = { ...before, channels };
    this.release(socket, before);
    socket.serializeAttachment(after);
    this.hold(socket, after);
    socket.send(JSON.stringify({ type: 'subscribed', channels }));
  }

  #publish({ messages }) {
    const numbered = messages.map(({ channel, data }) => {
      const offset = (this.#offsets.get(channel) ?? 0) + 1;
      this.#offsets.set(channel, offset);
      return { channel, data, offset };
    });
    this.deliver(numbered);
    return Response.json({ messages: numbered.map(({ channel, offset }) => ({ channel, offset })) });
  }

  /** Notes which channels a socket holds. */
  hold(socket, { channels }) {
    for (const channel of channels) {
      if (!this.#holders.has(channel)) this.#holders.set(channel, new Set());
      this.#holders.get(channel).add(socket);
    }
  }

  /** Forgets it. */
  release(socket, { channels }) {
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

/** A socket that has just closed throws; its close event follows. */
export function send(socket, text) {
  try {
    socket.send(text);
  } catch {}
}
