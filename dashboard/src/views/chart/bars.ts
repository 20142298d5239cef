// One row of candles from two sources: the past, and what is told live. No bar twice, and none left behind unfinished.
import type { CandleData } from '@cryptointel/client';

export type Bar = Pick<CandleData, 'time' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'closed'>;

export const at = ({ time }: Bar): number => Date.parse(time);

/** Which of two states of one candle is the newer: what is over stays over, and volume only grows. */
export function newer(a: Bar, b: Bar): Bar {
  if (a.closed !== b.closed) return a.closed ? a : b;
  return b.volume >= a.volume ? b : a;
}

/** The bars of an answer, with what was told meanwhile; oldest first. */
export function joined(past: readonly Bar[], live: readonly Bar[]): Bar[] {
  const bars = new Map<number, Bar>();
  for (const bar of [...past, ...live]) {
    const known = bars.get(at(bar));
    bars.set(at(bar), known ? newer(known, bar) : bar);
  }
  return [...bars.values()].sort((a, b) => at(a) - at(b));
}

/** The same with one bar more, or in another state. A closed bar that is amended comes closed again, and counts. */
export function followed(bars: readonly Bar[], bar: Bar): Bar[] {
  const last = bars.at(-1);
  if (!last || at(bar) > at(last)) return [...bars, bar];
  const n = bars.findLastIndex((it) => at(it) <= at(bar));
  const known = bars[n];
  if (known && at(known) === at(bar)) return known.closed && !bar.closed ? [...bars] : bars.with(n, bar);
  return bars.toSpliced(n + 1, 0, bar);
}

/** Whether the past must be asked for again: the end of a bar was told before anybody listened, and after the answer was made. */
export const isTorn = (bars: readonly Bar[]): boolean => bars.slice(0, -1).some(({ closed }) => !closed);
