// CoinGecko's REST API: https://docs.coingecko.com/reference/introduction
import { MINUTE, Book } from './book.js';
import { Figure, digits, quoted } from './json.js';
import { startProvider } from './provider.js';
import { change24h, updatedAt } from './world.js';

export const MARKETS = '/api/v3/coins/markets';
export const GLOBAL = '/api/v3/global';
export const TRENDING = '/api/v3/search/trending';

const OHLC = /^\/api\/v3\/coins\/([^/]+)\/ohlc$/;
const BAR_MINUTES = { 1: 30, 7: 240, 14: 240, 30: 240, 90: 5760, 180: 5760, 365: 5760 };
const ORDERS = {
  market_cap_desc: () => 0, // as they come
  market_cap_asc: (a, b) => a.market_cap - b.market_cap,
  volume_desc: (a, b) => b.volume - a.volume,
  volume_asc: (a, b) => a.volume - b.volume,
  id_asc: (a, b) => (a.id < b.id ? -1 : 1),
  id_desc: (a, b) => (a.id < b.id ? 1 : -1),
};

/**
 * @param {import('./world.js').View} view
 * @param {{key?: string}} [options] the demo key that it wants; keyless otherwise
 */
export async function startCoinGecko(view, { key } = {}) {
  const routes = { [MARKETS]: markets, [GLOBAL]: global, [TRENDING]: trending };
  const answer = (request) => {
    const refusal = refusedCaller(request, key);
    if (refusal) return refusal;
    const coin = OHLC.exec(request.path)?.[1];
    if (coin) return ohlc(view, coin, request);
    return routes[request.path]?.(view, request) ?? { status: 404, value: { error: 'Incorrect path.' } };
  };
  const error = (code, message) => ({ status: { error_code: code, error_message: message } });
  const provider = await startProvider({
    answer,
    limited: () => error(429, "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing to subscribe to our API plans for higher rate limits."),
    refused: () => ({ value: { error: 'Service is temporarily unavailable' } }),
  });
  return { ...provider, set: (id, changes) => view.set(id, changes), price: (id, price, more) => view.set(id, { price, ...more }) };
}

function refusedCaller({ headers }, key) {
  const refusal = (status, error_code, error_message) => ({ status, value: { status: { error_code, error_message } } });
  if (!headers['user-agent']) return { status: 403, value: { error: 'Forbidden: send a User-Agent' } };
  if (headers['x-cg-pro-api-key']) return refusal(400, 10010, 'If you are using Pro API key, please change your root URL from api.coingecko.com to pro-api.coingecko.com');
  if (key !== undefined && headers['x-cg-demo-api-key'] !== key) return refusal(401, 10002, 'API Key Missing');
  return undefined;
}

function markets(view, { query }) {
  if (!query.has('vs_currency')) return { status: 422, value: { error: 'Missing parameter vs_currency' } };
  if (query.get('vs_currency') !== 'usd') return { status: 400, value: { error: 'invalid vs_currency' } };
  const [per_page, page] = [clamped(query.get('per_page'), 100, 250), clamped(query.get('page'), 1, Infinity)];
  const order = ORDERS[query.get('order') ?? 'market_cap_desc'] ?? ORDERS.market_cap_desc;
  const ranked = view.coins().map((coin, n) => ({ ...coin, rank: n + 1 }));
  const rows = ranked.sort(order).slice((page - 1) * per_page, page * per_page);
  const spans = (query.get('price_change_percentage') ?? '').split(',').filter(Boolean);
  return { value: rows.map((coin) => row(coin, spans)) };
}

/** All that a row has, so that reading it costs what it costs. */
function row(coin, spans) {
  const { id, symbol, name, price, open, volume, market_cap, rank } = coin;
  const change = digits(change24h(coin));
  const [high, low] = [Math.max(price, open), Math.min(price, open)];
  const supply = Number(market_cap) / Number(price);
  return {
    id,
    symbol: symbol.toLowerCase(),
    name,
    image: `https://coin-images.coingecko.com/coins/images/${rank}/large/${id}.png?1696501400`,
    current_price: new Figure(price),
    market_cap: new Figure(market_cap),
    market_cap_rank: rank,
    fully_diluted_valuation: digits(market_cap),
    total_volume: new Figure(volume),
    high_24h: high,
    low_24h: low,
    price_change_24h: price - open,
    price_change_percentage_24h: change,
    market_cap_change_24h: (market_cap * (price - open)) / price,
    market_cap_change_percentage_24h: change,
    circulating_supply: supply,
    total_supply: supply,
    max_supply: null,
    ath: high * 1.6,
    ath_change_percentage: -38.39571,
    ath_date: '2025-10-06T18:57:42.558Z',
    atl: low / 1145,
    atl_change_percentage: 114443.23093,
    atl_date: '2013-07-06T00:00:00.000Z',
    roi: null,
    last_updated: new Date(updatedAt(coin)).toISOString(),
    ...Object.fromEntries(spans.map((span) => [`price_change_percentage_${span}_in_currency`, changeOver(coin, span)])),
  };
}

/** Per cent; of all spans but a day what a test `set` as `change_1h` or `change_7d`. */
function changeOver(coin, span) {
  return digits(span === '24h' ? change24h(coin) : (coin[`change_${span}`] ?? '0.5823392426906319'));
}

function global(view) {
  const coins = view.coins();
  const [cap, volume] = [sum(coins, 'market_cap'), sum(coins, 'volume')];
  const of = (id) => (Number(view.coin(id)?.market_cap ?? 0) / cap) * 100;
  return {
    value: {
      data: {
        active_cryptocurrencies: 17397,
        upcoming_icos: 0,
        ongoing_icos: 49,
        ended_icos: 3376,
        markets: 1476,
        total_market_cap: { btc: cap / 77671, usd: new Figure(cap) },
        total_volume: { btc: volume / 77671, usd: new Figure(volume) },
        market_cap_percentage: { btc: new Figure(of('bitcoin')), eth: of('ethereum') },
        market_cap_change_percentage_24h_usd: -1.6081983639177684,
        volume_change_percentage_24h_usd: 33.064521460740046,
        updated_at: Math.floor(Date.now() / 1000),
      },
    },
  };
}

/** The seven smallest coins, as if that were what people look for; there is no other list of them. */
function trending(view) {
  const coins = view.coins().map((coin, n) => ({ ...coin, rank: n + 1 }));
  const items = coins.slice(-7).map((coin, score) => ({
    item: {
      id: coin.id,
      coin_id: coin.rank,
      name: coin.name,
      symbol: coin.symbol,
      market_cap_rank: coin.rank,
      slug: coin.id,
      score,
      data: {
        price: new Figure(coin.price),
        price_btc: quoted('0.00000000007821066970851871'),
        price_change_percentage_24h: { usd: digits(change24h(coin)) },
        market_cap: dollars(coin.market_cap),
        total_volume: dollars(coin.volume),
        content: null,
      },
    },
  }));
  return { value: { coins: items, nfts: [], categories: [] } };
}

function ohlc(view, id, { query }) {
  const coin = view.coin(id);
  if (!coin) return { status: 404, value: { error: 'coin not found' } };
  const days = Number(query.get('days'));
  const minutes = BAR_MINUTES[days];
  if (query.get('vs_currency') !== 'usd' || !minutes) return { status: 400, value: { error: 'Invalid days parameter' } };
  const bars = Book.listed(coin.price, Math.min(days, 3) * 1440).bars({ period: minutes * MINUTE });
  const end = (bar) => Math.min(bar.open_at + minutes * MINUTE, Date.now());
  return { value: bars.map((bar) => [end(bar), ...[bar.open, bar.high, bar.low, bar.close].map((price) => new Figure(price))]) };
}

const sum = (coins, key) => coins.reduce((all, coin) => all + Number(coin[key]), 0);

const dollars = (text) => `$${Math.round(Number(text)).toLocaleString('en-US')}`;

const clamped = (text, otherwise, most) => Math.min(most, Math.max(1, Number(text ?? otherwise) || otherwise));
