// A market under the test's control: a stand-in for CoinGecko whose figures the test sets.
import { GLOBAL, MARKETS } from './upstream/coingecko.js';
import { startUpstream } from './upstream/http.js';

export { GLOBAL, MARKETS };

/** CoinGecko's own example for /coins/markets, as far as the hub reads it. */
export const BITCOIN = {
  id: 'bitcoin',
  symbol: 'btc',
  name: 'Bitcoin',
  current_price: 77671,
  market_cap: 1555886872303,
  market_cap_rank: 1,
  total_volume: 33235034316,
  high_24h: 78419,
  low_24h: 76696,
  price_change_24h: -747.3360347281705,
  price_change_percentage_24h: -0.95302,
  circulating_supply: 20030493.0,
  ath: 126080,
  last_updated: '2026-05-18T12:49:21.599Z',
};

const ETHEREUM = {
  ...BITCOIN,
  id: 'ethereum',
  symbol: 'eth',
  name: 'Ethereum',
  current_price: 2135.41,
  market_cap: 257700000000,
  market_cap_rank: 2,
  total_volume: 18000000000,
};

/** CoinGecko's own example for /global. */
export const WORLD = {
  data: {
    active_cryptocurrencies: 17397,
    markets: 1476,
    total_market_cap: { btc: 34570737.199462704, eth: 1259418635.423994, usd: 2621040321355.0405 },
    total_volume: { btc: 1254779.1727158197, eth: 45711847.69194817, usd: 95133256404.37308 },
    market_cap_percentage: { btc: 57.9539332566265, eth: 9.58227145398409, usdt: 7.223241338072757 },
    market_cap_change_percentage_24h_usd: -1.6081983639177684,
    volume_change_percentage_24h_usd: 33.064521460740046,
    updated_at: 1779878351,
  },
};

/**
 * Starts the stand-in with Bitcoin and Ethereum at the figures of CoinGecko's examples.
 *
 * @returns `vars` for `startHub`: as fast as the settings allow; `set(coin, changes)`; and all that `startUpstream` returns
 */
export async function startMarket() {
  const coins = { bitcoin: { ...BITCOIN }, ethereum: { ...ETHEREUM } };
  const upstream = await startUpstream({ [MARKETS]: () => Object.values(coins), [GLOBAL]: WORLD });
  return {
    ...upstream,
    vars: { FEED_SOURCE: 'live', COINGECKO_URL: upstream.url, FEED_INTERVAL_MS: '250', POLL_INTERVAL_S: '1' },
    /** Changes a coin's row, or adds a coin. */
    set: (id, changes) => {
      coins[id] = { ...BITCOIN, id, symbol: id, ...coins[id], last_updated: new Date().toISOString(), ...changes };
    },
    /** How often a path was asked for. */
    asked: (path) => upstream.requests.filter((request) => request.path === path).length,
    /** Answers a path with something else; without it, as at first. */
    answer: (path, responder) =>
      upstream.set(path, responder ?? { [MARKETS]: () => Object.values(coins), [GLOBAL]: WORLD }[path]),
  };
}
