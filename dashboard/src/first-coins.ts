// Coins of a hub that has no list of them: it has none before its first cycle, and never one where others publish all prices. The list
// is asked for until there is one, and meanwhile what comes is shown.
import { hearFirst, loadCoins } from './coins.ts';
import { hub } from './hub.ts';
import { WELL_KNOWN } from './well-known.ts';

/** How often at first, and at most: a hub may stay like this, and answers 100 questions in a quarter of an hour. */
const FIRST_MS = 10_000;
const LATER_MS = 60_000;
/** How soon after a first sign of life, which mostly is the first cycle: answers may be a second old. */
const SOON_MS = 1_100;

/** Asks and listens until the function that this gives is called. */
export function askForCoins(): () => void {
  const ask = () => void loadCoins().catch(() => {}); // `failure` or `isWaiting` say it
  let rest = FIRST_MS;
  const next = () => {
    ask();
    rest = Math.min(rest * 2, LATER_MS);
    timer = setTimeout(next, rest);
  };
  let timer = setTimeout(next, rest);
  let soon: ReturnType<typeof setTimeout> | undefined;
  const stops = WELL_KNOWN.map((id) => hub().subscribe(`price:${id}`, (data) => hearFirst(id, data)));
  stops.push(hub().on('message', () => (soon ??= setTimeout(ask, SOON_MS))));
  return () => {
    clearTimeout(timer);
    clearTimeout(soon);
    stops.forEach((stop) => stop());
  };
}
