// What comes between two frames of the screen is shown in one: the newest of each thing.
import { batch } from '@preact/signals';

const waiting = new Map<unknown, () => void>();

/** A page that is hidden has no frames, and still a title that is read. */
const HIDDEN_MS = 1_000;

/** Runs this before the next frame; of several with the same key only the newest. */
export function inFrame(key: unknown, run: () => void): void {
  if (waiting.size === 0) later();
  waiting.set(key, run);
}

function later() {
  if (document.hidden) setTimeout(show, HIDDEN_MS);
  else requestAnimationFrame(show);
}

// The frame that was waited for does not come any more.
document.addEventListener('visibilitychange', () => waiting.size > 0 && later());

function show() {
  const all = [...waiting.values()];
  waiting.clear();
  batch(() => all.forEach((run) => run()));
}
