import type { Frame, Stands } from '../frames.js';
import { ledger } from '../ledger.js';
import type { Host, Link } from './link.js';
import { aborter, get, problem } from './request.js';

/** For a token and an answer. */
const SILENCE_MS = 45_000;
/** From one request to the next at least, also where channels are new: the hub allows 100 in 15 minutes. */
const SPACE_MS = 10_000;
/** Once it was there, the hub may fail so often in a row. */
const MOST_FAILURES = 3;

/** What was published since the last time, asked for all channels at once. */
export function polling(host: Host): Link {
  const { subscriptions, failed, end, pace } = host;
  const timer = host.timer();
  const abort = aborter();
  const book = ledger(host);
  let busy = false;
  let earliest = pace.at;
  let { prove } = host;
  let patience = 1;

  const hear = (frames: Frame[], names: string[]) => {
    let positions: Record<string, Stands> = {};
    for (const frame of frames) {
      if (!host.live()) return; // who heard the message before may have ended it
      host.tried(() => {
        if (frame.type === 'subscribed') {
          positions = frame.positions;
          book.holds(frame, names);
        } else if (frame.type === 'error') book.failed(frame.error);
        else host.frame(frame as never);
      });
    }
    for (const name in positions) if (host.live()) subscriptions.stands(name, positions[name], true);
  };

  const ask = async (token?: string) => {
    const names = book.all();
    if (!names[0]) return; // all have gone while there was no token
    const answer = await get(host, abort, `/api/v1/messages?${book.query(names)}`, token);
    if (answer.ok) {
      const { data } = (await answer.json()) as { data: Frame[] };
      if (data[0]?.type !== 'subscribed') throw 'unsupported';
      patience = MOST_FAILURES;
      host.opened();
      hear(data, names);
    } else {
      const [code, message, verdict, rest] = await problem(answer);
      pace.at = Date.now() + Math.max(rest, verdict === 'auth' ? 0 : SPACE_MS);
      failed(code, message);
      // Other transports may be tried meanwhile.
      if (answer.status < 500) end(message, verdict, 1006, host.transports[1] ? 0 : rest);
      else throw message;
    }
  };

  const step = () => {
    busy = true;
    timer(() => end('silence', 'retry'), SILENCE_MS);
    const rests = () => {
      busy = false;
      earliest = Math.max(pace.at, Date.now() + SPACE_MS);
      timer(step, Math.max(host.pollInterval, earliest - Date.now()));
      sync();
    };
    prove((token) => {
      prove = (use) => use(token); // for all of this connection
      ask(token).then(rests, (cause) => {
        if (--patience) rests();
        else end(`${cause}`, 'retry');
      });
    });
  };

  const sync = () => {
    if (busy || !host.live()) return;
    const names = book.all();
    if (!names[0]) {
      timer();
      host.opened();
    } else if (names.some((name) => !book.held().includes(name))) {
      const rest = earliest - Date.now();
      if (rest > 0) timer(step, rest);
      else step();
    }
  };

  if (!host.fetch) throw 'unsupported';
  sync();
  return { sync, close: () => abort.abort() };
}
