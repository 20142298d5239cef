/** A line through these values, the least at the bottom and the greatest at the top: the `d` of an SVG path. */
export function path(values: readonly number[], width: number, height: number, [low, high] = range(values)): string {
  if (values.length < 2) return '';
  const step = width / (values.length - 1);
  const y = upwards(height, low, high);
  return values.map((value, n) => `${n === 0 ? 'M' : 'L'}${round(n * step)} ${round(y(value))}`).join('');
}

/** One value of a line over time; `at` in milliseconds. */
export interface Point {
  at: number;
  value: number | null;
}

/** The place of a line over time: from zero up to `high`, from `begin` to `end`; what lies apart by more than `gap` is not one line. Milliseconds. */
export interface Frame {
  width: number;
  height: number;
  high: number;
  begin: number;
  end: number;
  gap: number;
}

/** A line over time, oldest value first: the `d` of an SVG path. It ends where a value is not known; one alone is a dot. */
export function pathOverTime(points: readonly Point[], { width, height, high, begin, end, gap }: Frame): string {
  const y = upwards(height, 0, high);
  let d = '';
  let last: number | undefined;
  for (const { at, value } of points) {
    if (value === null) {
      last = undefined;
      continue;
    }
    const place = `${round(((at - begin) / (end - begin)) * width)} ${round(y(value))}`;
    d += last !== undefined && at - last <= gap ? `L${place}` : `M${place}h0.1`;
    last = at;
  }
  return d;
}

/** The least and the greatest. */
export function range(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Where a value is, from above, with room for the line's own width. */
const upwards = (height: number, low: number, high: number) => (value: number) => (high > low ? height - 1 - ((value - low) / (high - low)) * (height - 2) : height / 2);

const round = (n: number) => Math.round(n * 10) / 10;
