// Stand-ins on loopback for all market-data providers, with a market that they agree on and a switch for every fault.
import { startAlternativeMe } from './alternative_me.js';
import { startBinance } from './binance.js';
import { startBitget } from './bitget.js';
import { startCoinGecko } from './coingecko.js';
import { startCoinMarketCap } from './coinmarketcap.js';
import { World } from './world.js';

export { HTTP_FAULTS } from './provider.js';
export { STREAM_FAULTS } from './stream.js';

/**
 * Starts all five. Each has `url`, `fail(kind)` and `stop()`; those with prices have `price(id, text)` and `set(id, changes)`,
 * which no other provider follows; those that are asked have `requests`, `asked(path)` and `lag(ms)` (Bitget's
 * history is `bitget.rest`); the streams have `connections`, `open`, `subscriptions`, `messages`, `drop()`, `tick()` and
 * `minutes(pair, rows)`.
 *
 * @param {object} [options]
 * @param {number} [options.coins] how many coins there are
 * @param {object} [options.coingecko] options of {@link startCoinGecko}; likewise the others
 */
export async function startUpstreams({ coins = 10, coingecko = {}, coinmarketcap = {}, binance = {}, bitget = {} } = {}) {
  const world = new World(coins);
  const up = {
    world,
    coingecko: await startCoinGecko(world.view(), coingecko),
    coinmarketcap: await startCoinMarketCap(world.view(), coinmarketcap),
    alternative_me: await startAlternativeMe(world),
    binance: await startBinance(world.view(), binance),
    bitget: await startBitget(world.view(), bitget),
  };
  const providers = [up.coingecko, up.coinmarketcap, up.alternative_me, up.binance, up.bitget];
  let ticking;

  /** The settings that lead a hub here. */
  const vars = {
    FEED_SOURCE: 'live',
    COINGECKO_URL: up.coingecko.url,
    COINMARKETCAP_URL: up.coinmarketcap.url,
    COINMARKETCAP_API_KEY: up.coinmarketcap.key,
    FEAR_GREED_URL: up.alternative_me.url,
    BINANCE_WS_URL: up.binance.url,
    BITGET_WS_URL: up.bitget.url,
    BITGET_REST_URL: up.bitget.rest.url,
  };

  return Object.assign(up, {
    vars,
    /** What all say of a coin from now on; `at` is when they say that it was updated, now unless told. */
    price: (id, price, more) => world.set(id, { price, ...more }),
    set: (id, changes) => world.set(id, changes),
    fearGreed: (value) => {
      world.fearGreed = String(value);
    },
    /** Both exchanges trade `pair` (`XRP/ETH`) and these are its minutes: `[open_at, o, h, l, c, volume]`. */
    minutes: (pair, rows) => [up.binance, up.bitget].forEach((venue) => venue.minutes(pair, rows)),
    /** Every stream says once what there is to say now. */
    tick: () => [up.binance, up.bitget].forEach((venue) => venue.tick()),
    /** Ticks by itself from now on, `before` each of which something may change. */
    startTicking: (every_ms = 1000, before = () => {}) => {
      clearInterval(ticking);
      let n = 0;
      ticking = setInterval(() => {
        before(n++);
        up.tick();
      }, every_ms);
    },
    stopTicking: () => clearInterval(ticking),
    stop: async () => {
      clearInterval(ticking);
      await Promise.all(providers.map((provider) => provider.stop()));
    },
  });
}
