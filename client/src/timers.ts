import type { Clock } from './types.js';

/** Runs a function after so many milliseconds, and no longer what it was to run before; without one, nothing. */
export type Timer = (run?: () => void, ms?: number) => void;

/** Timers that end together, for good. */
export function timers(clock: Clock) {
  const all: Timer[] = [];
  let over = false;
  return {
    timer(): Timer {
      let id: unknown;
      const timer: Timer = (run, ms = 0) => {
        clock.clearTimeout(id as never);
        if (run && !over) id = clock.setTimeout(run, ms);
      };
      all.push(timer);
      return timer;
    },
    clear() {
      over = true;
      all.forEach((timer) => timer());
    },
  };
}
