// In which order coins stand, and which of them at all.

export type Key = 'name' | 'price' | 'change' | 'volume';
export type Direction = 'ascending' | 'descending';

export interface Sort {
  key: Key;
  direction: Direction;
}

/** As much of a coin as is sorted and searched by. */
export interface Sortable {
  id: string;
  symbol: string;
  name: string;
  price: number;
  change: number | null;
  volume: number | null;
}

/** What a heading does: turns around what it orders by already; else names run from A, figures from the greatest. */
export function turned(sort: Sort, key: Key): Sort {
  if (sort.key !== key) return { key, direction: key === 'name' ? 'ascending' : 'descending' };
  return { key, direction: sort.direction === 'ascending' ? 'descending' : 'ascending' };
}

/** The coins whose name, ticker or id has the text in it, in order. What is not known comes last, either way. */
export function ordered<C extends Sortable>(all: readonly C[], query: string, { key, direction }: Sort): C[] {
  const text = query.trim().toLowerCase();
  const found = all.filter(({ id, symbol, name }) => [id, symbol, name].some((it) => it.toLowerCase().includes(text)));
  const turn = direction === 'ascending' ? 1 : -1;
  return found.sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byId(a, b);
    const order = typeof x === 'string' ? x.localeCompare(y as string, 'en') : x - (y as number);
    return order * turn || byId(a, b);
  });
}

const byId = (a: Sortable, b: Sortable) => (a.id < b.id ? -1 : 1);
