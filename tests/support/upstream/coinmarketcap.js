// CoinMarketCap's REST API: https://coinmarketcap.com/api/documentation/v1/
import { Figure, digits } from './json.js';
import { startProvider } from './provider.js';
import { change24h, updatedAt } from './world.js';

export const LISTINGS = '/v1/cryptocurrency/listings/latest';
export const GLOBAL_METRICS = '/v1/global-metrics/quotes/latest';

const MESSAGES = {
  1001: 'This API Key is invalid.',
  1002: 'API key missing.',
  1008: "You've exceeded your API Key's HTTP request rate limit. Rate limits reset every minute.",
  1009: "You've exceeded your API Key's daily rate limit.",
  1010: "You've exceeded your API Key's monthly rate limit.",
  1011: "You've hit an IP rate limit.",
};

/**
 * @param {import('./world.js').View} view
 * @param {{key?: string}} [options] the key that it wants
 */
export async function startCoinMarketCap(view, { key = 'stand-in-key' } = {}) {
  let refusal_code = 1010;
  const routes = { [LISTINGS]: listings, [GLOBAL_METRICS]: globalMetrics };
  const answer = (request) => {
    const given = request.headers['x-cmc_pro_api_key'];
    if (given !== key) return { status: 401, value: { status: status(given === undefined ? 1002 : 1001) } };
    return routes[request.path]?.(view, request) ?? { status: 404, value: { statusCode: 404, error: 'Not Found', message: 'Not Found' } };
  };
  const provider = await startProvider({
    answer,
    limited: () => ({ status: status(1008) }),
    refused: () => ({ value: { status: status(refusal_code) } }),
  });
  return {
    ...provider,
    key,
    set: (id, changes) => view.set(id, changes),
    price: (id, price, more) => view.set(id, { price, ...more }),

    /** As the other providers' `fail`; `code` is the `status.error_code` of a `provider_error`, which comes with a 200. */
    fail: (kind, { code = 1010, ...options } = {}) => {
      refusal_code = code;
      provider.fail(kind, options);
    },
  };
}

const status = (error_code, credit_count = 0) => ({
  timestamp: new Date().toISOString(),
  error_code,
  error_message: error_code === 0 ? null : (MESSAGES[error_code] ?? 'An error occurred.'),
  elapsed: error_code === 0 ? 10 : 0,
  credit_count,
});

function listings(view, { query }) {
  const [start, limit] = [Number(query.get('start') ?? 1), Number(query.get('limit') ?? 100)];
  const convert = query.get('convert') ?? 'USD';
  const bad = start < 1 || limit < 1 || limit > 5000 || convert !== 'USD';
  if (bad) return { status: 400, value: { status: { ...status(400), error_message: '"limit" must be a number' } } };
  const ranked = view.coins().map((coin, n) => ({ ...coin, rank: n + 1 }));
  const data = ranked.slice(start - 1, start - 1 + limit).map(row);
  return { value: { status: { ...status(0, Math.ceil(limit / 200)), total_count: ranked.length }, data } };
}

function row(coin) {
  const updated = new Date(updatedAt(coin)).toISOString();
  return {
    id: coin.rank,
    name: coin.name,
    symbol: coin.symbol,
    slug: SLUGS[coin.id] ?? coin.id,
    cmc_rank: coin.rank,
    num_market_pairs: 500,
    circulating_supply: Number(coin.market_cap) / Number(coin.price),
    last_updated: updated,
    date_added: '2013-04-28T00:00:00.000Z',
    tags: [],
    platform: null,
    quote: {
      USD: {
        price: new Figure(coin.price),
        volume_24h: new Figure(coin.volume),
        volume_change_24h: -0.152774,
        percent_change_1h: 0.152774,
        percent_change_24h: digits(change24h(coin)),
        percent_change_7d: -4.042267,
        market_cap: new Figure(coin.market_cap),
        market_cap_dominance: 40,
        fully_diluted_market_cap: digits(coin.market_cap),
        last_updated: updated,
      },
    },
  };
}

/** Where CoinMarketCap calls a coin otherwise than CoinGecko does. */
const SLUGS = { ripple: 'xrp', binancecoin: 'bnb' };

function globalMetrics(view) {
  const coins = view.coins();
  const sum = (key) => coins.reduce((all, coin) => all + Number(coin[key]), 0);
  const share = (id) => (Number(view.coin(id)?.market_cap ?? 0) / sum('market_cap')) * 100;
  const updated = new Date().toISOString();
  const data = {
    active_cryptocurrencies: 9876,
    total_cryptocurrencies: 24_000,
    btc_dominance: new Figure(share('bitcoin')),
    eth_dominance: share('ethereum'),
    quote: {
      USD: {
        total_market_cap: new Figure(sum('market_cap')),
        total_volume_24h: new Figure(sum('volume')),
        total_market_cap_yesterday_percentage_change: -1.6081983639177684,
        last_updated: updated,
      },
    },
    last_updated: updated,
  };
  return { value: { status: status(0, 1), data } };
}
