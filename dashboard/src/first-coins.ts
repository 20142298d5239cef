// Coins of a hub that has just begun: it has no prices before its first cycle, and the list is asked for until there is one.
import { loadCoins } from './coins.ts';
import { hub } from './hub.ts';

/** How often; and how soon after a first sign of life, which mostly is that cycle: answers may be a second old. */
const EVERY_MS = 10_000;
const SOON_MS = 1_100;

/** Asks until the function that this gives is called. */
export function askForCoins(): () => void {
  const ask = () => void loadCoins().catch(() => {}); // `failure` says it
  const timer = setInterval(ask, EVERY_MS);
  let soon: ReturnType<typeof setTimeout> | undefined;
  const stop = hub().on('message', () => (soon ??= setTimeout(ask, SOON_MS)));
  return () => {
    clearInterval(timer);
    clearTimeout(soon);
    stop();
  };
}
