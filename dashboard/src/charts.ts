// Which coins have a chart. The hub has no list of its pairs; but whoever asks for the messages of channels is told which of them there
// are, and that is no error of the question. So nothing is asked for that is not there.
import { signal } from '@preact/signals';
import { coins } from './coins.ts';
import { ask } from './rest.ts';

/** What prices are in, the usual one first. */
const QUOTES = ['USDT', 'USD', 'USDC', 'EUR', 'BTC', 'ETH'];
/** So many names make an address that nobody in between finds too long, and are no more than the hub reads. */
const MOST = 100;

/** The pair that a coin's chart is of, by ticker; `null`: it has none. Of those that are missing nobody knows. */
export const charts = signal<ReadonlyMap<string, string | null>>(new Map());

const learn = (found: Iterable<[symbol: string, pair: string | null]>) => (charts.value = new Map([...charts.value, ...found]));

/** Those of these pairs that there are, in this order. Throws `Refused`. */
async function among(pairs: readonly string[]): Promise<string[]> {
  const channelOf = (pair: string) => `candles:${pair}:1m`;
  const names = pairs.map((pair) => encodeURIComponent(channelOf(pair)));
  const [subscribed] = await ask<[{ channels: string[] }]>(`messages?channels=${names}`);
  return pairs.filter((pair) => subscribed.channels.includes(channelOf(pair)));
}

/** Finds the pair of a coin's chart, unless that is known. Throws `Refused`. */
export async function findChart(symbol: string): Promise<void> {
  if (charts.value.has(symbol)) return;
  const pairs = QUOTES.filter((quote) => quote !== symbol).map((quote) => `${symbol}/${quote}`);
  const [pair = null] = await among(pairs);
  learn([[symbol, pair]]);
}

const asked = new Set<string>();

/** Finds which of the first coins have a chart of the usual kind. Without an answer they are as before: nobody knows. */
export async function findCharts(): Promise<void> {
  const symbols = coins.value.slice(0, MOST).map(({ symbol }) => symbol);
  const fresh = [...new Set(symbols)].filter((symbol) => !asked.has(symbol) && !charts.value.has(symbol) && symbol !== QUOTES[0]);
  if (fresh.length === 0) return;
  fresh.forEach((symbol) => asked.add(symbol));
  try {
    const pairs = await among(fresh.map((symbol) => `${symbol}/${QUOTES[0]}`));
    learn(pairs.map((pair) => [pair.slice(0, pair.indexOf('/')), pair]));
  } catch {
    fresh.forEach((symbol) => asked.delete(symbol));
  }
}
