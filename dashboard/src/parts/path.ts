/** A line through these values, the least at the bottom and the greatest at the top: the `d` of an SVG path. */
export function path(values: readonly number[], width: number, height: number, [low, high] = range(values)): string {
  if (values.length < 2) return '';
  const step = width / (values.length - 1);
  const span = high - low;
  const y = (value: number) => (span > 0 ? height - 1 - ((value - low) / span) * (height - 2) : height / 2);
  return values.map((value, n) => `${n === 0 ? 'M' : 'L'}${round(n * step)} ${round(y(value))}`).join('');
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

const round = (n: number) => Math.round(n * 10) / 10;
