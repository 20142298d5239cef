/** Prices that are heard live at once. A connection may hold 50 channels, and the market's, the signals' and a chart's are among them. */
export const MOST = 40;

/** Whom to hear next, of those that are heard and those in sight: nobody is dropped whose place is not needed. */
export function choose(held: readonly string[], seen: readonly string[], most = MOST): { add: string[]; drop: string[] } {
  const wanted = seen.slice(0, most);
  const add = wanted.filter((id) => !held.includes(id));
  const spare = held.filter((id) => !wanted.includes(id));
  return { add, drop: spare.slice(0, Math.max(0, held.length + add.length - most)) };
}
