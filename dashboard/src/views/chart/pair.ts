/** Another pair of the coin, if the hub names one where it says which pairs have candles. */
export function otherPair(said: string, symbol: string, not: string): string | undefined {
  const pairs = said.match(/[\w-]+\/[\w-]+/g) ?? [];
  return pairs.find((pair) => pair !== not && pair.startsWith(`${symbol}/`));
}
