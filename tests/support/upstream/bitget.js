// Bitget v2, the candle stream and the candles of the past:
// https://www.bitget.com/api-doc/spot/websocket/public/Candlesticks-Channel
// https://www.bitget.com/api-doc/spot/market/Get-Candle-Data
import { MINUTE } from './book.js';
import { quoted } from './json.js';
import { startProvider } from './provider.js';
import { Stream } from './stream.js';
import { Venue, controlled } from './venue.js';

export const CANDLES = '/api/v2/spot/market/candles';

const SNAPSHOT_ROWS = 500;
const MESSAGES_PER_SECOND = 10;
const DAY = 1440 * MINUTE;
const HONG_KONG = 960 * MINUTE; // its midnight, in UTC
const MONDAY = 4 * DAY; // 1970 began on a Thursday

/** What REST and the stream call an interval, and when its candles begin: days are Hong Kong's, unless they say `utc`. */
const INTERVALS = [
  { rest: '1min', channel: 'candle1m', period: MINUTE },
  { rest: '5min', channel: 'candle5m', period: 5 * MINUTE },
  { rest: '15min', channel: 'candle15m', period: 15 * MINUTE },
  { rest: '30min', channel: 'candle30m', period: 30 * MINUTE },
  { rest: '1h', channel: 'candle1H', period: 60 * MINUTE },
  { rest: '4h', channel: 'candle4H', period: 240 * MINUTE },
  { rest: '1day', channel: 'candle1D', period: DAY, offset: HONG_KONG },
  { rest: '1week', channel: 'candle1W', period: 7 * DAY, offset: MONDAY - DAY + HONG_KONG },
  { rest: '1Dutc', channel: 'candle1Dutc', period: DAY },
  { rest: '1Wutc', channel: 'candle1Wutc', period: 7 * DAY, offset: MONDAY },
];

/**
 * @param {import('./world.js').View} view
 * @param {object} [options]
 * @param {number} [options.ping_timeout_ms] without a `ping` for so long, it closes a connection
 * @param {number} [options.gap_minutes] so many minutes before the running one are missing in a snapshot while there is a gap
 * @param {number} [options.listed_minutes]
 */
export async function startBitget(view, { ping_timeout_ms = 120_000, gap_minutes = 3, ...options } = {}) {
  const venue = new Venue(view, options);
  const rest = await startProvider({
    answer: (request) => candles(venue, request),
    limited: () => refusal('429', 'Too Many Requests'),
    refused: () => ({ value: refusal('40725', 'service return an error') }),
  });
  const stream = new Stream(rest.server, {
    serves: (url) => url.pathname === '/v2/ws/public',
    opened: expectPing,
    heard,
    messages_per_second: MESSAGES_PER_SECOND,
  });

  function expectPing(connection) {
    clearTimeout(connection.patience);
    connection.patience = setTimeout(() => connection.socket.close(1000, 'no ping'), ping_timeout_ms).unref();
  }

  function heard(connection, text) {
    if (text === 'ping') {
      expectPing(connection);
      return connection.send('pong');
    }
    const { op, args } = parsed(text);
    if (!['subscribe', 'unsubscribe'].includes(op)) return connection.send({ event: 'error', code: 30003, msg: 'INVALID op' });
    if (!Array.isArray(args) || args.length === 0) return connection.send({ event: 'error', code: 30016, msg: 'Param error', op });
    for (const arg of args) (op === 'subscribe' ? subscribe : unsubscribe)(connection, arg);
  }

  function subscribe(connection, arg) {
    const interval = intervalOf(arg);
    if (arg?.instType !== 'SPOT' || !interval || !venue.book(arg.instId)) {
      const named = `instType:${arg?.instType},channel:${arg?.channel},instId:${arg?.instId}`;
      return connection.send({ event: 'error', arg, code: 30001, msg: `${named} doesn't exist`, op: 'subscribe' });
    }
    connection.names.set(nameOf(arg), arg);
    connection.send({ event: 'subscribe', arg });
    push(connection, 'snapshot', arg, seen(venue.book(arg.instId).bars(interval, { limit: SNAPSHOT_ROWS })));
  }

  function unsubscribe(connection, arg) {
    connection.names.delete(nameOf(arg));
    connection.send({ event: 'unsubscribe', arg });
  }

  /** All bars, or without those of the gap. */
  const seen = (bars) => (stream.fault === 'gap' ? bars.filter((_, n) => n === bars.length - 1 || n < bars.length - 1 - gap_minutes) : bars);

  const push = (connection, action, arg, bars) => connection.push({ action, arg, data: bars.map(row), ts: Date.now() });

  const own = {
    url: rest.url.replace('http', 'ws'),
    rest,

    /** Sends the running candle of every subscription. */
    tick: () => {
      venue.trade();
      for (const connection of stream.open) {
        for (const arg of connection.names.values()) push(connection, 'update', arg, venue.book(arg.instId).bars(intervalOf(arg), { limit: 1 }));
      }
    },
    /** Its bars of that REST granularity, as a test may expect them. */
    bars: (name, granularity, which) => venue.book(name).bars(INTERVALS.find(({ rest: it }) => it === granularity), which),
    stop: () => {
      stream.stop();
      return rest.stop();
    },
  };
  return controlled(own, { view, venue, stream });
}

const intervalOf = (arg) => INTERVALS.find(({ channel }) => channel === arg?.channel);

const nameOf = (arg) => `${arg?.channel}:${arg?.instId}`;

/** Begin, open, high, low, close, volume in the base, in the quote, in USDT. */
const row = (bar) => [
  String(bar.open_at),
  ...[bar.open, bar.high, bar.low, bar.close].map(quoted),
  bar.volume,
  bar.quote_volume,
  bar.quote_volume,
];

const refusal = (code, msg) => ({ code, msg, requestTime: Date.now(), data: null });

function candles(venue, { path, query }) {
  const bad = (code, msg) => ({ status: 400, value: refusal(code, msg) });
  if (path !== CANDLES) return { status: 404, value: refusal('40404', 'Request URL NOT FOUND') };
  const [symbol, granularity] = [query.get('symbol'), query.get('granularity')];
  if (!symbol || !granularity) return bad('400172', 'Parameter verification failed');
  const interval = INTERVALS.find(({ rest }) => rest === granularity);
  const book = venue.book(symbol);
  if (!interval) return bad('400171', `Parameter verification failed granularity ${granularity}`);
  if (!book) return bad('40034', `Parameter ${symbol} does not exist`);
  const limit = Number(query.get('limit') ?? 100);
  if (!(limit >= 1 && limit <= 1000)) return bad('40017', 'Parameter verification failed limit');
  const which = { from: Number(query.get('startTime') ?? 0), before: Number(query.get('endTime') ?? Infinity), limit };
  return { value: { code: '00000', msg: 'success', requestTime: Date.now(), data: book.bars(interval, which).map(row) } };
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
