// Which pair a coin's chart is of.

/** What prices are in, as most exchanges have it. */
const QUOTE = 'USDT';

/** All pairs that have candles, once the hub has named them; refusing one it does. */
let known: readonly string[] | undefined;
const refused = new Set<string>();

/** The pairs that a refusal names, but for the refused one. */
export const named = (said: string, not: string): string[] => (said.match(/[\w-]+\/[\w-]+/g) ?? []).filter((pair) => pair !== not);

/** Remembers which pair was refused, and those that there are. */
export function learn(said: string, not: string): void {
  refused.add(not);
  const pairs = named(said, not);
  if (pairs.length > 0) known = pairs;
}

/** The pair to ask for: the usual one unless the hub is known to have another, or none. No coin is traded against itself. */
export function pairOf(symbol: string, pairs = known): string | undefined {
  const usual = `${symbol}/${QUOTE}`;
  const mayBe = symbol !== QUOTE && !refused.has(usual) && (pairs?.includes(usual) ?? true);
  return mayBe ? usual : pairs?.find((pair) => pair.startsWith(`${symbol}/`));
}
