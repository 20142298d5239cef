// Which coins have a chart: the hub lists its pairs.
import { signal } from '@preact/signals';
import { ask } from './rest.ts';

/** What prices are in, the usual one first. */
const QUOTES = ['USDT', 'USD', 'USDC', 'EUR', 'BTC', 'ETH'];

/** The pair that a coin's chart is of, by ticker; `null` before the hub has said. */
export const charts = signal<ReadonlyMap<string, string> | null>(null);

let asked: Promise<void> | undefined;

/** Learns them, unless they are known; or anew, since another deployment may have others. Throws `Refused`. */
export function findCharts(isAnew = false): Promise<void> {
  if (charts.value && !isAnew) return Promise.resolve();
  asked ??= ask<{ pair: string }[]>('pairs')
    .then((pairs) => void (charts.value = byTicker(pairs.map(({ pair }) => pair))))
    .finally(() => (asked = undefined));
  return asked;
}

/** Of several pairs of a coin the one with the most usual quote. */
function byTicker(pairs: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const usual = (quote: string) => pairs.filter((pair) => pair.endsWith(`/${quote}`));
  for (const pair of [...QUOTES.flatMap(usual), ...pairs]) {
    const ticker = pair.slice(0, pair.indexOf('/'));
    if (!found.has(ticker)) found.set(ticker, pair);
  }
  return found;
}
