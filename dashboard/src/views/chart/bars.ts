// One row of candles from two sources: the past, and what is told live. No bar twice, and none left behind unfinished.
import type { CandleData } from '@cryptointel/client';

export type Bar = Pick<CandleData, 'time' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'closed'>;

/** When a bar begins, milliseconds. */
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

/** What is known, with an answer that came later. One that does not reach back to it stands alone: nobody knows what lies between. */
export function renewed(known: readonly Bar[], past: readonly Bar[], step: number): Bar[] {
  const [last, first] = [known.at(-1), past[0]];
  return last && first && at(first) > at(last) + step ? [...past] : joined(known, past);
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

/** Whether bars are missing after this time, milliseconds. There may be none: a minute without a trade has no bar. */
export const skips = (bars: readonly Bar[], since: number, step: number): boolean =>
  bars.some((bar, n) => at(bar) > since && n > 0 && at(bar) - at(bars[n - 1] as Bar) > step);

/** The bars with the times between them at which there is none, milliseconds; of each hole as many as `most`. */
export function spaced(bars: readonly Bar[], step: number, most = 300): (Bar | number)[] {
  const all: (Bar | number)[] = [];
  let next = Infinity;
  for (const bar of bars) {
    for (let n = 0; n < most && next < at(bar); n++, next += step) all.push(next);
    all.push(bar);
    next = at(bar) + step;
  }
  return all;
}

/** Keeps the newest state of a bar that was told, of as many bars as `most`: the oldest one goes. */
export function keep(heard: Map<number, Bar>, bar: Bar, most: number): void {
  if (bar.closed || !heard.get(at(bar))?.closed) heard.set(at(bar), bar);
  if (heard.size > most) heard.delete(Math.min(...heard.keys()));
}
