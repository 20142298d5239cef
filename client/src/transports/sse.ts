import type { Frame } from '../frames.js';
import { ledger } from '../ledger.js';
import type { Host, Link } from './link.js';
import { aborter, get, problem } from './request.js';

/** The hub sends something at least every 15 s. */
const SILENCE_MS = 45_000;
/** From the beginning of a stream to that of the next: the hub allows few connections a minute. */
const SPACE_MS = 2_000;

const platform = globalThis as unknown as {
  TextDecoder: new () => { decode(bytes?: Uint8Array, options?: object): string };
  navigator?: { product?: string };
};

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/** Calls `hear` with the data of each event that is complete; keeps the rest. */
function parser(hear: (data: string) => void) {
  let rest = '';
  let data: string[] = [];
  return (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(5));
      else if (!line && data.length) hear(data.splice(0).join('\n'));
    }
  };
}

/** A stream of Server-Sent Events; another one when other channels are wanted. */
export function sse(host: Host): Link {
  const { subscriptions, failed, end } = host;
  const quiet = host.timer();
  const pause = host.timer();
  const book = ledger(host);
  let current = ''; // what the stream is of
  let mine = aborter();
  let since = -Infinity; // when it began

  const hear = (frame: Frame, asked: string[], isProbe: boolean) => {
    if (frame.type === 'subscribed') {
      host.opened(); // what stands between may hold back all but the headers
      pause(sync, book.holds(frame.channels, asked, frame.positions, isProbe));
      current = `${book.held()}`;
    } else if (frame.type !== 'error') host.frame(frame as never);
    else if (!book.failed(frame.error) && frame.error.code === 'EXPIRED_TOKEN') end('', host.getToken ? 'now' : 'stop', 4002);
  };

  const stream = async (me: typeof mine, asked: string[], isProbe: boolean, token?: string) => {
    const isMine = () => host.live() && mine === me;
    const places = subscriptions.places(asked);
    const recover = places ? `&recover=${encodeURIComponent(JSON.stringify(places))}` : '';
    const alive = () => quiet(() => end('silence', 'retry'), SILENCE_MS);
    alive();
    try {
      const answer = await get(host, me, `/sse?channels=${asked.map(encodeURIComponent)}${recover}`, token, { accept: 'text/event-stream' });
      if (!answer.ok) {
        const [code, message] = await problem(answer);
        if (!isMine()) return;
        failed(code, message);
        return end(message, answer.status === 401 ? 'auth' : 'retry', 1006, 1000 * +(answer.headers.get('retry-after') as string) || 0);
      }
      const reader = (answer.body as { getReader(): Reader }).getReader(); // where there is none that is an end like others
      const decoder = new platform.TextDecoder();
      const parse = parser((data) => isMine() && hear(JSON.parse(data), asked, isProbe));
      while (isMine()) {
        const { done, value } = await reader.read();
        if (!isMine()) break;
        if (done) return end('ended', 'retry');
        alive();
        parse(decoder.decode(value, { stream: true }));
      }
      await reader.cancel();
    } catch (cause) {
      if (isMine()) end(`${cause}`, 'retry');
    }
  };

  const sync = () => {
    if (!host.live()) return;
    const [drop, add, isProbe] = book.next();
    const held = book.held().filter((name) => !drop.includes(name));
    const names = isProbe ? [...held, ...add] : [...add, ...held];
    const key = `${names}`;
    if (!names[0]) host.opened();
    if (key === current) return;
    const rest = since + SPACE_MS - host.clock.now();
    if (rest > 0) return pause(sync, rest);
    current = key;
    quiet();
    mine.abort();
    const me = (mine = aborter());
    if (!names[0]) return;
    since = host.clock.now();
    host.prove((token) => {
      if (mine === me) stream(me, names, isProbe, token);
    });
  };

  if (!host.fetch || platform.navigator?.product === 'ReactNative') throw 'no streams'; // its fetch would wait for the end
  sync();
  return { sync, close: () => mine.abort() };
}
