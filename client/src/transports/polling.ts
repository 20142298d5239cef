import type { Frame, Stands } from '../frames.js';
import { ledger } from '../ledger.js';
import type { Host, Link } from './link.js';
import { aborter, get, problem } from './request.js';

/** For a token and an answer. */
const SILENCE_MS = 45_000;
/** Channels that are new need not wait for their turn, but so long after the last answer. */
const SPACE_MS = 2_000;
/** Once it was there, the hub may fail so often in a row. */
const MOST_FAILURES = 3;

/** What was published since the last time, asked for all channels at once. */
export function polling(host: Host): Link {
  const { subscriptions, failed, end } = host;
  const { now } = host.clock;
  const timer = host.timer();
  const abort = aborter();
  const book = ledger(host);
  let busy = false;
  let earliest = 0; // the next may be asked
  let token: { is: string | undefined } | undefined;
  let patience = 1;

  const hear = (frames: Frame[], names: string[], isProbe: boolean) => {
    let positions: Record<string, Stands> = {};
    for (const frame of frames) {
      if (!host.live()) return; // who heard the message before may have ended it
      host.tried(() => {
        if (frame.type === 'subscribed') book.holds(frame.channels, names, (positions = frame.positions), isProbe);
        else if (frame.type === 'error') book.failed(frame.error);
        else host.frame(frame as never);
      });
    }
    if (host.live()) for (const name in positions) subscriptions.reached(name, positions[name] as Stands);
  };

  /** Says how long to wait for the next one. */
  const ask = async (): Promise<number> => {
    const [names, isProbe] = book.all();
    if (!names[0]) return 0; // all have gone while there was no token
    const answer = await get(host, abort, `/api/v1/messages?${book.query(names)}`, token?.is);
    earliest = now() + SPACE_MS;
    if (answer.ok) {
      const { data } = (await answer.json()) as { data: Frame[] };
      patience = MOST_FAILURES;
      host.opened();
      hear(data, names, isProbe);
      return host.pollInterval;
    }
    const { status } = answer;
    const [code, message, verdict, rest] = await problem(answer);
    failed(code, message);
    if (status === 429) host.opened(); // it is there: to connect anew would not help
    else if (status < 500 || !--patience) end(message, verdict, 1006, rest);
    earliest = now() + rest;
    return Math.max(rest, host.pollInterval);
  };

  const step = () => {
    busy = true;
    timer(() => end('silence', 'retry'), SILENCE_MS);
    const go = () =>
      ask().then(
        (rest) => {
          busy = false;
          timer(step, rest);
          sync();
        },
        (cause) => end(`${cause}`, 'retry'),
      );
    if (token) go();
    else
      host.prove((is) => {
        token = { is };
        go();
      });
  };

  const sync = () => {
    if (busy || !host.live()) return;
    const [names] = book.all();
    if (!names[0]) {
      timer();
      host.opened();
    } else if (names.some((name) => !book.held().includes(name))) {
      const rest = earliest - now();
      if (rest > 0) timer(step, rest);
      else step();
    }
  };

  if (!host.fetch) throw 'no fetch';
  sync();
  return { sync, close: () => abort.abort() };
}
