import { verdict } from '../closing.js';
import type { ErrorBody, Frame } from '../frames.js';
import { heartbeat } from '../heartbeat.js';
import { type Held, ledger } from '../ledger.js';
import type { SocketClass } from '../types.js';
import type { Host, Link } from './link.js';

const PING = '{"type":"ping"}'; // in these bytes the hub's runtime answers without waking it
const MOST_NAMES = 100; // of 128 bytes, thrice: well below the 64 KiB of a message
const ANSWER_MS = 10_000;

interface Handlers {
  onopen: () => void;
  onmessage: (event: { data: unknown }) => void;
  onerror: () => void;
  onclose: (event: { code: number; reason: string }) => void;
}

/** A WebSocket, its `auth`, and one request at a time, so that each answer is known to be whose. */
export function websocket(host: Host): Link {
  const { subscriptions } = host;
  const timer = host.timer();
  let socket: InstanceType<SocketClass> & Handlers;
  let pulse: ReturnType<typeof heartbeat> | undefined;
  let heard = false;
  let ready = false;
  let proving = false; // an answer to `auth` is expected
  let isIn = false; // with a token
  let renewed = false;

  const book = ledger(host);
  let asked: string[] | undefined; // what the answer is expected to
  let again: string[] = []; // of what is held, what is still to be asked for once more, before anything new
  let blocked = false;

  const write = (message: object) => socket.send(JSON.stringify(message));

  const later = (ms: number, block?: boolean) => {
    blocked = !!block;
    timer(() => {
      asked = undefined;
      blocked = false;
      sync();
    }, ms);
  };

  const ask = (type: string, channels: string[], expected: string[]) => {
    asked = expected;
    later(ANSWER_MS);
    write({ type, channels, recover: subscriptions.places(expected) });
  };

  const sync = () => {
    if (!ready || asked || blocked || !host.live()) return;
    const [drop, more] = book.next();
    if (drop[0]) return ask('unsubscribe', drop, []);
    again = again.filter((name) => book.held().includes(name));
    const add = (again[0] ? again : more).slice(0, MOST_NAMES);
    if (add[0]) ask('subscribe', add, add);
  };

  const holds = (frame: Held) => {
    const told = Object.keys(frame.positions ?? {});
    const answered = asked && (!told[0] || told.some((name) => asked?.includes(name))) && asked;
    const names = answered || [];
    again = again.slice(names.length);
    const pause = book.holds(frame, names);
    if (!answered || blocked) return;
    asked = undefined;
    timer();
    if (pause) later(pause, true);
    else sync();
  };

  const prove = () =>
    host.prove((token) => {
      if (!token) return renewed ? host.end('no token', 'now', 4002) : begin();
      proving = true;
      write({ type: 'auth', token, batch: true });
    });

  const begin = () => {
    isIn = proving;
    if (renewed) subscriptions.wait((again = book.held()));
    ready = true;
    proving = renewed = false;
    pulse ??= heartbeat(host.timer, () => socket.send(PING), host.took, () => host.end('silence', 'again', 4004));
    if (isIn) host.opened();
    sync();
  };

  const refused = (error: ErrorBody) => {
    const { code, message } = error;
    const wait = / try again in (\d+) s/.exec(message);
    if (book.failed(error)) return;
    if (code === 'EXPIRED_TOKEN' && host.getToken && !renewed) {
      renewed = true;
      ready = proving = false;
      asked = undefined;
      prove();
    } else if (proving ? /TOKEN|UNAUTH/.test(code) : asked && !isIn && code === 'UNAUTHORIZED') {
      host.end(message, 'auth', 4001);
    } else if (wait) later(+(wait[1] as string) * 1000, true);
  };

  const hear = (frame: Frame): void => {
    // What stands between may let through the handshake and nothing else; and a closed hub answers pings, too.
    const isClosed = frame.type === 'error' && frame.error.code === 'UNAUTHORIZED' && !frame.error.channel;
    if (ready && !(frame.type === 'pong' ? asked : isClosed)) host.opened();
    if (!host.live()) return; // who heard the message before may have ended it
    switch (frame.type) {
      case 'batch':
        return frame.messages.forEach((it) => host.tried(() => hear(it)));
      case 'pong':
        pulse?.pong();
        return sync(); // a ping may be all that was asked so far
      case 'auth_success':
        return begin();
      case 'error':
        return refused(frame.error);
      case 'subscribed':
      case 'unsubscribed':
        return holds(frame);
      default:
        host.frame(frame);
    }
  };

  socket = new (host.WebSocket as SocketClass)(host.url, 'cryptointel.v1') as typeof socket;
  socket.onopen = prove;
  socket.onmessage = ({ data }) => {
    heard = true;
    host.tried(() => hear(JSON.parse(data as string)));
  };
  socket.onerror = () => {}; // what matters follows as a close; `ws` throws an error that nobody handles
  socket.onclose = ({ code: told, reason }) => {
    const code = told || 1006; // Deno says 0
    host.end(reason || `${code}`, heard || code !== 1006 ? verdict(code, host) : 'retry', code);
  };

  return { sync, send: (text) => socket.send(text), doubt: () => pulse?.doubt(), close: () => socket.close(1000) };
}
