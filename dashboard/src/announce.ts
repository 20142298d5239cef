// What a screen reader is told that nobody asked for: politely, and not more often than somebody can listen.
import { signal } from '@preact/signals';

const EVERY_MS = 5_000;

/** The text of the live region. */
export const said = signal('');

let next: string | undefined;
let quiet: ReturnType<typeof setTimeout> | undefined;

/** Says this, or, if something was said a moment ago, the newest of what comes meanwhile. */
export function announce(text: string): void {
  if (quiet !== undefined) {
    next = text;
    return;
  }
  said.value = said.value === text ? `${text}\u00a0` : text; // the same text again would not be read
  quiet = setTimeout(() => {
    quiet = undefined;
    if (next !== undefined) announce(next);
    next = undefined;
  }, EVERY_MS);
}
