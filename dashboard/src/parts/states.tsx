// What a view shows in the place of data.
import type { ComponentChildren } from 'preact';

export function Loading({ what, rows = 3 }: { what: string; rows?: number }) {
  return (
    <div class="loading" role="status">
      <span class="hidden">{what}: loading</span>
      {Array.from({ length: rows }, (_, n) => (
        <i key={n} />
      ))}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Before a hub's first prices: nothing is wrong. */
export function Waiting() {
  return (
    <p class="empty" role="status">
      Waiting for the first prices…
    </p>
  );
}

export function Failed({ what, why, again }: { what: string; why: string; again: () => void }) {
  return (
    <div class="failed" role="alert">
      <p>
        <b>{what}</b> {why}
      </p>
      <button type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
