// What is not heard live is asked for: once a minute, as soon as somebody looks at the page again, and when the connection is back.
import { effect } from '@preact/signals';
import { status } from './hub.ts';

const EVERY_MS = 60_000;

/**
 * Asks now, unless that was done less than a minute ago (`askedAt`, milliseconds), and again and again while the page is connected
 * and seen, until the function that this gives is called. `ask` says itself what went wrong.
 */
export function keepAsking(ask: () => Promise<unknown>, askedAt = -Infinity): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const again = () => {
    clearTimeout(timer);
    if (isOver) return;
    const rest = askedAt + EVERY_MS - Date.now();
    if (rest <= 0) {
      askedAt = Date.now();
      void ask().catch(() => {});
    }
    timer = setTimeout(next, rest <= 0 ? EVERY_MS : rest);
  };
  const next = () => {
    if (!document.hidden && status.peek().state === 'open') again();
  };
  again();
  let was = status.peek().state;
  const stop = effect(() => {
    const { state } = status.value;
    if (state === 'open' && was !== 'open') {
      if (was !== 'connecting') askedAt = -Infinity; // the first try was no loss
      next();
    }
    was = state;
  });
  document.addEventListener('visibilitychange', next);
  return () => {
    isOver = true;
    clearTimeout(timer);
    stop();
    document.removeEventListener('visibilitychange', next);
  };
}
