import { effect, signal } from '@preact/signals';

const NAME = 'least-confidence';

function remembered(): number {
  try {
    const text = Number(localStorage.getItem(NAME));
    return text >= 0 && text <= 95 ? text : 0;
  } catch {
    return 0;
  }
}

/** Signals with less confidence are not shown: percent. It is remembered. */
export const least = signal(remembered());

effect(() => {
  try {
    localStorage.setItem(NAME, String(least.value));
  } catch {
    // Storage is forbidden.
  }
});
