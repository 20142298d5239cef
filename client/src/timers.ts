// Those of the platform at the moment: a test may have put others there.
declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** A platform's timer knows not much more, and runs at once what is to wait longer. */
const MOST_MS = 1e9;

/** Runs a function after so many milliseconds, and no longer what it was to run before; without one, nothing. */
export type Timer = (run?: () => void, ms?: number) => void;

/** Timers that end together, for good. */
export function timers() {
  const all: Timer[] = [];
  let over = false;
  return {
    timer(): Timer {
      let id: unknown;
      const timer: Timer = (run, ms = 0) => {
        clearTimeout(id);
        if (run && !over) id = setTimeout(run, Math.min(ms, MOST_MS));
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
