// How a short line of prices is drawn, and which way it goes.
import { range } from '../../parts/path.ts';

/** What is drawn from bottom to top is at least so much of the price: else a stable coin's last digit looks like a crash. */
const LEAST = 0.001;
/** A part of the height that nobody sees. */
const UNSEEN = 0.04;

/** The prices at the bottom and at the top. */
export function bounds(prices: readonly number[]): [low: number, high: number] {
  const [low, high] = range(prices);
  const air = Math.max(0, ((low + high) / 2) * LEAST - (high - low)) / 2;
  return [low - air, high + air];
}

/** `0` where the end is as high as the beginning, to the eye. */
export function direction(prices: readonly number[]): -1 | 0 | 1 {
  const [low, high] = bounds(prices);
  const rise = (prices.at(-1) ?? 0) - (prices[0] ?? 0);
  if (!(Math.abs(rise) > (high - low) * UNSEEN)) return 0;
  return rise > 0 ? 1 : -1;
}
