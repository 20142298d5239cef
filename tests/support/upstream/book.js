// One pair's minutes at one exchange: its past, made up when it is listed, and what was traded since.
import { add, times } from './decimal.js';

export const MINUTE = 60_000;
const AMOUNT = '0.5'; // of every trade, in the base
const PAST_TRADES = 10; // of every minute of the past

/**
 * @typedef {object} Bar all figures are text
 * @property {number} open_at Unix milliseconds
 * @property {string} open
 * @property {string} high
 * @property {string} low
 * @property {string} close
 * @property {string} volume in the base
 * @property {string} quote_volume in the quote
 * @property {number} first number of its first trade; above `last` if there was none
 * @property {number} last number of its last trade
 */

export class Book {
  /** @type {Bar[]} oldest first */
  minutes = [];
  #next_trade = 1000;

  /** A past of so many minutes that ends at `price`, the same for the same minutes. */
  static listed(price, minutes, now = Date.now()) {
    const book = new Book();
    const [first, places] = [floor(now) - minutes * MINUTE, decimals(price)];
    const at = (minute) => {
      const left = Math.min(1, (first + minutes * MINUTE - minute) / (10 * MINUTE)); // it comes to the price at the end
      return (Number(price) * (1 + 0.004 * left * Math.sin(minute / MINUTE / 7) * Math.cos(minute / MINUTE / 3))).toFixed(places);
    };
    for (let n = 0; n < minutes; n++) {
      const open_at = first + n * MINUTE;
      const [open, close] = [at(open_at), n === minutes - 1 ? String(price) : at(open_at + MINUTE)];
      const [low, high] = [open, close].sort((a, b) => a - b);
      const volume = `${1 + (n % 7)}.25`;
      book.#push({ open_at, open, high: beyond(high, places), low, close, volume, quote_volume: times(volume, close) }, PAST_TRADES);
    }
    return book;
  }

  /** Given minutes: `[open_at, open, high, low, close, volume]`, oldest first, numbers or text. */
  static of(rows) {
    const book = new Book();
    for (const [open_at, ...figures] of rows) {
      const [open, high, low, close, volume] = figures.map(plain);
      book.#push({ open_at, open, high, low, close, volume, quote_volume: times(volume, close) }, PAST_TRADES);
    }
    return book;
  }

  /** A trade at `price`. Minutes without one are flat, as the exchanges tell them. */
  trade(price, at = Date.now()) {
    this.#fill(floor(at));
    let running = this.minutes.at(-1);
    if (running?.open_at !== floor(at)) {
      running = { open_at: floor(at), open: price, high: price, low: price, close: price, volume: '0', quote_volume: '0' };
      this.#push(running, 0);
    }
    const { high, low, volume, quote_volume } = running;
    Object.assign(running, {
      high: Number(price) > Number(high) ? price : high,
      low: Number(price) < Number(low) ? price : low,
      close: price,
      volume: add(volume, AMOUNT),
      quote_volume: add(quote_volume, times(AMOUNT, price)),
      last: this.#next_trade++,
    });
  }

  /** So many trades happen that nobody hears of. */
  skip(trades) {
    this.#next_trade += trades;
    const running = this.minutes.at(-1);
    if (running && running.last < running.first) running.first = this.#next_trade;
  }

  /**
   * The bars of that length, joined from minutes, oldest first.
   *
   * @param {{period: number, offset?: number}} length milliseconds, and where in the period it begins
   * @param {{from?: number, before?: number, limit?: number}} [which] the last `limit` that begin from `from` on and before `before`
   * @returns {Bar[]}
   */
  bars({ period, offset = 0 }, { from = 0, before = Infinity, limit = Infinity } = {}) {
    const bars = [];
    for (const minute of this.minutes) {
      const open_at = Math.floor((minute.open_at - offset) / period) * period + offset;
      if (open_at < from || open_at >= before) continue;
      if (bars.at(-1)?.open_at === open_at) bars.push(joined(bars.pop(), minute));
      else bars.push({ ...minute, open_at });
    }
    return limit === Infinity ? bars : bars.slice(-limit);
  }

  #fill(until) {
    for (let last = this.minutes.at(-1); last && last.open_at + MINUTE < until; last = this.minutes.at(-1)) {
      const { close } = last;
      this.#push({ open_at: last.open_at + MINUTE, open: close, high: close, low: close, close, volume: '0', quote_volume: '0' }, 0);
    }
  }

  #push(minute, trades) {
    this.minutes.push(Object.assign(minute, { first: this.#next_trade, last: this.#next_trade + trades - 1 }));
    this.#next_trade += trades;
  }
}

const floor = (at) => Math.floor(at / MINUTE) * MINUTE;

const decimals = (price) => (String(price).split('.')[1] ?? '').length || 2;

const plain = (figure) => (typeof figure === 'number' ? figure.toFixed(10).replace(/\.?0+$/, '') : figure);

/** A little above, in the same decimals. */
const beyond = (price, places) => (Number(price) * 1.0004).toFixed(places);

/** A bar and the minute after it. */
const joined = (bar, minute) => ({
  ...bar,
  high: Number(minute.high) > Number(bar.high) ? minute.high : bar.high,
  low: Number(minute.low) < Number(bar.low) ? minute.low : bar.low,
  close: minute.close,
  volume: add(bar.volume, minute.volume),
  quote_volume: add(bar.quote_volume, minute.quote_volume),
  last: minute.last,
});
