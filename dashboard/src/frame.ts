// What comes between two frames of the screen is shown in one: the newest of each thing.
import { batch } from '@preact/signals';

const waiting = new Map<unknown, () => void>();

/** Runs this before the next frame; of several with the same key only the newest. While the page is hidden they wait. */
export function inFrame(key: unknown, run: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(show);
  waiting.set(key, run);
}

function show() {
  const all = [...waiting.values()];
  waiting.clear();
  batch(() => all.forEach((run) => run()));
}
