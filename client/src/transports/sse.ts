import type { Frame } from '../frames.js';
import { ledger } from '../ledger.js';
import { platform } from '../platform.js';
import type { Host, Link } from './link.js';
import { aborter, get, problem } from './request.js';

/** The hub sends something at least every 15 s. */
const SILENCE_MS = 45_000;
/** From the beginning of a stream to that of the next: the hub allows ten connections a minute. */
const SPACE_MS = 2_000;
/** After the first few of a minute. */
const MORE_SPACE_MS = 10_000;
const FEW = 3;
const MINUTE_MS = 60_000;

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

interface Stream extends ReturnType<typeof aborter> {
  /** What it is of: what was asked for, then what the hub says. */
  names: string[];
}

/** A stream of Server-Sent Events; another one when further channels are wanted. */
export function sse(host: Host): Link {
  const { failed, end } = host;
  const quiet = host.timer();
  const limit = host.timer();
  const pause = host.timer();
  const book = ledger(host);
  let mine: Stream | undefined; // heard
  let next: Stream | undefined; // asked for, and to be heard instead
  let begun = 0; // since there was none for a minute
  let earliest = 0; // the next may begin

  const hear = (me: Stream, frame: Frame, asked: string[]) => {
    if (frame.type === 'subscribed') {
      host.opened(); // what stands between may hold back all but the headers
      pause(sync, book.holds(frame, asked));
      me.names = book.held();
    } else if (frame.type !== 'error') host.frame(frame as never);
    else if (!book.failed(frame.error) && frame.error.code === 'EXPIRED_TOKEN') end('expired', host.getToken ? 'now' : 'stop', 4002);
  };

  const stream = async (me: Stream, asked: string[], token?: string) => {
    const isMine = () => host.live() && (mine === me || next === me);
    const alive = () => quiet(() => end('silence', 'retry'), SILENCE_MS);
    try {
      const answer = await get(host, me, `/sse?${book.query(asked)}`, token);
      if (!answer.ok) {
        const [code, message, verdict, rest] = await problem(answer);
        if (!isMine()) return;
        failed(code, message);
        if (!mine || answer.status !== 429) return end(message, verdict, 1006, rest);
        // The one that there is goes on.
        next = undefined;
        limit();
        earliest = Math.max(earliest, Date.now() + rest);
        return sync();
      }
      const reader = (answer.body as { getReader(): Reader }).getReader(); // where there is none that is an end like others
      if (isMine()) {
        mine?.abort();
        mine = me;
        next = undefined;
        limit();
        alive();
      }
      const decoder = new platform.TextDecoder();
      const parse = parser((data) => {
        if (isMine()) host.tried(() => hear(me, JSON.parse(data), asked));
      });
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

  const close = () => {
    mine?.abort();
    next?.abort();
    mine = next = undefined;
  };

  const sync = () => {
    if (!host.live()) return;
    const names = book.all();
    if (!names[0]) {
      quiet();
      limit();
      close();
      return host.opened();
    }
    // What is not wanted any more is no reason for another one.
    if (names.every((name) => (next ?? mine)?.names.includes(name))) return;
    const rest = earliest - Date.now();
    if (rest > 0) return pause(sync, rest);
    if (-rest > MINUTE_MS) begun = 0;
    earliest = Date.now() + (begun++ < FEW ? SPACE_MS : MORE_SPACE_MS);
    next?.abort();
    const me = (next = Object.assign(aborter(), { names }));
    limit(() => end('silence', 'retry'), SILENCE_MS);
    host.prove((token) => {
      if (next === me) stream(me, names, token);
    });
  };

  if (!host.fetch || platform.navigator?.product === 'ReactNative') throw 'unsupported'; // its fetch would wait for the end
  sync();
  return { sync, close };
}
