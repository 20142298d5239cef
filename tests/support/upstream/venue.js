// What the two exchanges have in common: the books of the pairs that they trade.
import { Book } from './book.js';

const LISTED_MINUTES = 2880; // two days of past are enough for every test, and quick to join

export class Venue {
  #books = new Map();

  /** @param {import('./world.js').View} view */
  constructor(view, { listed_minutes = LISTED_MINUTES } = {}) {
    this.view = view;
    this.listed_minutes = listed_minutes;
  }

  /** The book of the pair that it calls `name` (`BTCUSDT`), if it trades it. */
  book(name) {
    const coin = this.view.traded(name);
    if (!this.#books.has(name) && coin) this.#books.set(name, Book.listed(coin.price, this.listed_minutes));
    return this.#books.get(name);
  }

  /** Gives a pair (`XRP/ETH`) these minutes instead of a made-up past: `[open_at, o, h, l, c, volume]`. */
  minutes(pair, rows) {
    this.#books.set(pair.replace('/', ''), Book.of(rows));
  }

  /** One trade of every pair that has a book, at its price of now, whether or not anybody listens. */
  trade() {
    for (const [name, book] of this.#books) book.trade(this.view.traded(name)?.price ?? book.minutes.at(-1).close);
  }

  /** So many trades of every pair happen that nobody hears of. */
  skip(trades) {
    for (const book of this.#books.values()) book.skip(trades);
  }
}

/**
 * What a test may do with either exchange, and see of it: added to what is its own.
 *
 * @param {{view: import('./world.js').View, venue: Venue, stream: import('./stream.js').Stream}} parts
 */
export function controlled(own, { view, venue, stream }) {
  const common = {
    stream,
    set: (id, changes) => view.set(id, changes),
    price: (id, price, more) => view.set(id, { price, ...more }),
    minutes: (pair, rows) => venue.minutes(pair, rows),
    fail: (kind) => stream.fail(kind),
    drop: () => stream.drop(),
    /** How many upgrades were granted, how many are open now. */
    get connections() {
      return stream.connections;
    },
    get open() {
      return stream.open.length;
    },
    get subscriptions() {
      return stream.subscriptions;
    },
    get messages() {
      return stream.messages;
    },
  };
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(common));
}
