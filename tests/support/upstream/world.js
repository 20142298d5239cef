// What all providers agree on until a test makes one of them say something else.
import { readFileSync } from 'node:fs';

const CATALOG = new URL('../../../src/model/coins.csv', import.meta.url);

/** Dollars, as CoinGecko's examples have them; the others get a plausible one. */
const KNOWN = { bitcoin: '77671', ethereum: '2135.41', tether: '0.9998', ripple: '2.4175', binancecoin: '645.07', solana: '150.25' };

/**
 * @typedef {object} Coin all figures are text, and are written with these digits
 * @property {string} id CoinGecko's
 * @property {string} symbol
 * @property {string} name
 * @property {string} price US dollars
 * @property {string} open the price 24 hours ago
 * @property {string} volume traded over 24 hours, US dollars
 * @property {string} market_cap US dollars
 * @property {number} [at] when it was updated, Unix milliseconds; now, unless told
 */

/** The market as it is: `count` coins, largest first. */
export class World {
  /** The index of fear and greed, 0 to 100. */
  fearGreed = '47';
  #views = [];

  constructor(count) {
    const known = readFileSync(CATALOG, 'utf8').trim().split('\n').map((line) => line.split(','));
    const rows = Array.from({ length: count }, (_, n) => known[n] ?? [`coin-${n + 1}`, `C${n + 1}`, `Coin ${n + 1}`]);
    this.coins = new Map(rows.map(([id, symbol, name], n) => [id, coin(id, symbol, name, n + 1)]));
  }

  /** How one provider sees it. */
  view() {
    const view = new View(this);
    this.#views.push(view);
    return view;
  }

  /** Changes what all providers say of a coin, or adds one. */
  set(id, changes) {
    const known = this.coins.get(id) ?? coin(id, id.slice(0, 10).toUpperCase(), id, this.coins.size + 1);
    this.coins.set(id, { ...known, at: undefined, ...texts(changes) });
    for (const view of this.#views) view.forget(id);
  }
}

/** The market as one provider sees it. */
export class View {
  #own = new Map();

  constructor(world) {
    this.world = world;
  }

  /** Makes this provider alone say something else of a coin. */
  set(id, changes) {
    if (!this.world.coins.has(id)) throw new Error(`there is no coin '${id}'`);
    this.#own.set(id, { ...this.#own.get(id), at: undefined, ...texts(changes) });
  }

  forget(id) {
    this.#own.delete(id);
  }

  /** @returns {Coin[]} largest first */
  coins() {
    const coins = [...this.world.coins.values()].map((coin) => ({ ...coin, ...this.#own.get(coin.id) }));
    return coins.sort((a, b) => Number(b.market_cap) - Number(a.market_cap));
  }

  /** @returns {Coin | undefined} */
  coin(id) {
    const coin = this.world.coins.get(id);
    return coin && { ...coin, ...this.#own.get(id) };
  }

  /** The coin that an exchange trades as `name` (`BTCUSDT`) for dollars. */
  traded(name) {
    const symbol = /^([A-Z0-9]+)USD[TC]$/.exec(name)?.[1];
    const id = symbol && [...this.world.coins.values()].find((coin) => coin.symbol === symbol)?.id;
    return id && this.coin(id);
  }
}

/** Its change over 24 hours, per cent. */
export const change24h = ({ price, open }) => ((Number(price) / Number(open) - 1) * 100).toFixed(5);

/** When it was updated, Unix milliseconds. */
export const updatedAt = ({ at }) => at ?? Date.now();

function coin(id, symbol, name, rank) {
  const price = KNOWN[id] ?? (9000 / rank ** 2.1).toPrecision(6);
  const cap = 1_555_886_872_303 / rank ** 1.4;
  return {
    id,
    symbol,
    name,
    price,
    open: (Number(price) * (1.009 - rank / 5000)).toPrecision(8),
    volume: (cap / 47).toFixed(2),
    market_cap: cap.toFixed(2),
  };
}

const texts = (changes) => Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, key === 'at' ? value : String(value)]));
