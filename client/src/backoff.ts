const MOST_MS = 30_000;

/** How long to wait before try number `attempt` (from 0): anything up to a bound that doubles ("full jitter"). */
export const backoff = (first: number, attempt: number): number =>
  Math.random() * Math.min(MOST_MS, first * 2 ** attempt);
