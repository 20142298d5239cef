// What the tests of the client library begin with.
import { CryptoIntelWebSocket } from '../../client/dist/index.js';
import { FakeClock, fakeFetch, fakeHub, fakeSockets, price, settle } from './fake.js';

export { CryptoIntelWebSocket };

export const URL_OF_HUB = 'wss://hub.example/ws';

/** A client of a hub that is not there, and all that it says. */
export function rig({ hub = {}, fetch, ...options } = {}) {
  const clock = new FakeClock();
  const server = hub === null ? fakeSockets() : fakeHub(hub);
  const transports = fetch ? ['websocket', 'sse', 'polling'] : ['websocket'];
  const client = new CryptoIntelWebSocket(URL_OF_HUB, { WebSocket: server.WebSocket, fetch, transports, ...options });
  const events = [];
  for (const type of ['open', 'close', 'error', 'status', 'gap']) client.on(type, (event) => events.push({ type, ...event }));
  const of = (type) => events.filter((event) => event.type === type);
  /** Subscribes, and gives what is heard. */
  const listen = (channels) => {
    const heard = [];
    heard.stop = client.subscribe(channels, (data, message) => heard.push({ data, message }));
    heard.offsets = () => heard.map(({ message }) => message.offset);
    heard.prices = () => heard.map(({ data }) => data.price);
    return heard;
  };
  /** Connects to a hub that answers. */
  const connect = async () => {
    client.connect();
    await settle();
    await server.serve();
  };
  return { clock, server, client, events, of, listen, connect, settle };
}

/** A client whose WebSockets never open, and whose other requests this answers. */
export async function fallen(handler, options = {}) {
  const http = fakeFetch((request) => handler(request, it.server));
  const it = { ...rig({ fetch: http.fetch, ...options }), http };
  it.polls = () => http.requests.filter(({ path }) => path === '/api/v1/messages').map(({ url }) => ({ channels: url.searchParams.get('channels'), recover: JSON.parse(url.searchParams.get('recover')) }));
  options.begin?.(it.server);
  it.heard = it.listen(options.channels ?? ['price:a']);
  it.client.connect();
  await settle();
  await it.server.last().drop();
  await it.clock.pass(500);
  await it.server.last().drop();
  await settle();
  return it;
}

export const stands = (positions, channels = Object.keys(positions)) => ({ type: 'subscribed', channels, positions });
export const at = (offset, epoch = 'e1') => ({ recovered: false, epoch, offset });
export const message = (offset, channel = 'price:a') => ({ type: 'price_update', channel, epoch: 'e1', offset, data: price('A', offset) });
