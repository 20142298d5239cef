// Binance's market streams: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
import { MINUTE } from './book.js';
import { times } from './decimal.js';
import { startUpstream } from './http.js';
import { quoted } from './json.js';
import { Stream } from './stream.js';
import { Venue, controlled } from './venue.js';
import { updatedAt } from './world.js';

const MAX_STREAMS = 1024;
const MESSAGES_PER_SECOND = 5;
const SKIPPED_TRADES = 100; // before each trade, while there is a gap
const MS = { '1m': 1, '5m': 5, '15m': 15, '30m': 30, '1h': 60, '4h': 240, '1d': 1440 };
const NAME = /^([a-z0-9]+)@(?:(miniTicker)|kline_(1m|5m|15m|30m|1h|4h|1d))$/;

/**
 * @param {import('./world.js').View} view
 * @param {{ping_ms?: number, listed_minutes?: number}} [options] the server pings this often
 */
export async function startBinance(view, { ping_ms = 20_000, ...options } = {}) {
  const venue = new Venue(view, options);
  const upstream = await startUpstream();
  const stream = new Stream(upstream.server, {
    serves: (url) => url.pathname === '/stream' || /^\/ws(\/|$)/.test(url.pathname),
    opened,
    heard,
    messages_per_second: MESSAGES_PER_SECOND,
  });
  const pinging = setInterval(() => {
    if (stream.fault !== 'silent') for (const { socket } of stream.open) socket.ping(String(Date.now()));
  }, ping_ms);

  /** Sends what every subscription has to say now. */
  function tick() {
    for (const pair of stream.subscriptions.map(candlesOf).filter(Boolean)) venue.book(pair);
    if (stream.fault === 'gap') venue.skip(SKIPPED_TRADES);
    venue.trade();
    for (const connection of stream.open) for (const name of connection.names.keys()) tell(connection, name);
  }

  function tell(connection, name) {
    const [, symbol, ticker, interval] = NAME.exec(name) ?? [];
    const pair = symbol?.toUpperCase();
    const events = ticker ? miniTicker(venue, pair) : klines(venue, pair, interval, connection.names.get(name));
    for (const event of events) connection.push(connection.combined ? { stream: name, data: event } : event);
  }

  const own = {
    url: upstream.url.replace('http', 'ws'),
    tick,
    stop: () => {
      clearInterval(pinging);
      stream.stop();
      return upstream.stop();
    },
  };
  return controlled(own, { view, venue, stream });
}

/** The streams that its address names: `/stream?streams=a/b` with an envelope, `/ws/a/b` without. */
function opened(connection) {
  const { url } = connection;
  connection.combined = url.pathname === '/stream';
  const names = connection.combined ? (url.searchParams.get('streams') ?? '') : url.pathname.slice('/ws'.length);
  subscribe(connection, names.split('/').filter(Boolean));
}

/** Beyond the limit it does not say what it does; here it ends the connection. Names that do not exist are taken, too. */
function subscribe(connection, names) {
  for (const name of names) if (!connection.names.has(name)) connection.names.set(name, {});
  if (connection.names.size > MAX_STREAMS) connection.socket.close(1008, 'Too many streams');
}

function heard(connection, text) {
  const request = parsed(text);
  if (request === undefined) return connection.send({ code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' });
  const { method, params, id } = request;
  const refused = (msg) => connection.send({ error: { code: 2, msg: `Invalid request: ${msg}` }, id: id ?? null });
  const known = Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 36) || id === null;
  if (typeof method !== 'string') return refused('missing field `method`');
  if (!known) return refused('request ID must be an unsigned integer');
  const lists = Array.isArray(params) && params.every((name) => typeof name === 'string');
  if (/SUBSCRIBE$/.test(method) && !lists) return refused('params must be a list of strings');
  switch (method) {
    case 'SUBSCRIBE':
      subscribe(connection, params);
      return connection.send({ result: null, id });
    case 'UNSUBSCRIBE':
      for (const name of params) connection.names.delete(name);
      return connection.send({ result: null, id });
    case 'LIST_SUBSCRIPTIONS':
      return connection.send({ result: [...connection.names.keys()], id });
    default:
      return refused(`unknown variant \`${method}\``);
  }
}

/** The pair of a stream of candles; others need no book. */
function candlesOf(stream) {
  const [, symbol, , interval] = NAME.exec(stream) ?? [];
  return interval && symbol.toUpperCase();
}

/** A pair's last 24 hours; nothing of a pair that is not traded. */
function miniTicker(venue, pair) {
  const coin = pair && venue.view.traded(pair);
  if (!coin) return [];
  const { price, open, volume } = coin;
  const [low, high] = [price, open].sort((a, b) => a - b);
  const base = (Number(volume) / 10 / Number(price)).toFixed(8);
  return [
    {
      e: '24hrMiniTicker',
      E: updatedAt(coin),
      s: pair,
      c: quoted(price),
      o: quoted(open),
      h: quoted(high),
      l: quoted(low),
      v: base,
      q: times(base, plain(price)),
    },
  ];
}

/** The running candle, after the final state of the one before if that was not told yet. */
function klines(venue, pair, interval, told) {
  const book = pair && venue.book(pair);
  if (!book) return [];
  const period = MS[interval] * MINUTE;
  const bars = book.bars({ period }, { from: Date.now() - 2 * period });
  const running = bars.at(-1);
  const events = bars.filter((bar) => bar.open_at === told.open_at && bar !== running).map((bar) => kline(pair, interval, period, bar, true));
  if (running) events.push(kline(pair, interval, period, running, false));
  told.open_at = running?.open_at;
  return events;
}

function kline(pair, interval, period, bar, closed) {
  const none = bar.last < bar.first;
  return {
    e: 'kline',
    E: Date.now(),
    s: pair,
    k: {
      t: bar.open_at,
      T: bar.open_at + period - 1,
      s: pair,
      i: interval,
      f: none ? -1 : bar.first,
      L: none ? -1 : bar.last,
      o: quoted(bar.open),
      c: quoted(bar.close),
      h: quoted(bar.high),
      l: quoted(bar.low),
      v: bar.volume,
      n: Math.max(0, bar.last - bar.first + 1),
      x: closed,
      q: bar.quote_volume,
      V: '0',
      Q: '0',
      B: '0',
    },
  };
}

/** Without the exponent that arithmetic in text cannot read. */
const plain = (price) => (/e/i.test(price) ? Number(price).toFixed(12) : price);

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return undefined;
  }
}
