import type { Timer } from './timers.js';

const EVERY_MS = 30_000;
const PATIENCE_MS = 45_000;
/** When there is reason to doubt. */
const IMPATIENCE_MS = 5_000;

/** Pings every 30 s, says how long the answer took, and that there was none for 45 s. */
export function heartbeat(timer: () => Timer, ping: () => void, took: (ms: number) => void, dead: () => void) {
  const next = timer();
  const limit = timer();
  let waits = 0; // for a pong, so long
  let sent = 0;
  const beat = (patience: number) => {
    next(() => beat(PATIENCE_MS), EVERY_MS);
    sent = Date.now();
    if (!waits || patience < waits) limit(dead, (waits = patience));
    ping();
  };
  beat(PATIENCE_MS);
  return {
    pong() {
      if (waits) took(Date.now() - sent);
      waits = 0;
      limit();
    },
    /** Asks at once, and does not wait for long. */
    doubt: () => beat(IMPATIENCE_MS),
  };
}
