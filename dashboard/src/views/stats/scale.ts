// How high a graph is.
import { range } from '../../parts/path.ts';

const ROUND = [1, 2, 3, 4, 5, 6, 8, 10];
/** Air above the highest value. */
const AIR = 1.1;

/** A round figure above all of these, with some air; 1 if none is above zero. */
export function top(values: readonly (number | null)[]): number {
  const [, high] = range(values.filter((it) => it !== null));
  if (!(high > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(high));
  const least = (high / unit) * AIR;
  return (ROUND.find((it) => it >= least) ?? 20) * unit;
}
