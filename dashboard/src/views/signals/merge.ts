import type { SignalData } from '@cryptointel/client';

/** The feed keeps so many. */
const MOST = 300;

/** Both, newest first, each signal once. */
export function merged(some: readonly SignalData[], others: readonly SignalData[]): SignalData[] {
  const known = new Set(some.map(({ id }) => id));
  const all = [...some, ...others.filter(({ id }) => !known.has(id))];
  return all.sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp)).slice(0, MOST);
}
