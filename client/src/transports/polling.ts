import type { Message } from '../frames.js';
import type { Host, Link } from './link.js';
import { aborter, get, problem } from './request.js';

/** What the default of SIGNAL_HIGH_CONFIDENCE is; the REST API does not tell. */
const HIGH = 0.8;

interface Item {
  coin?: string;
  symbol?: string;
  token?: string;
  timestamp?: string;
}

/** One request, and for which channels. */
interface Question {
  /** Below `/api/v1/`. */
  path: string;
  names: string[];
  type: string;
}

const after = (name: string) => name.slice(name.indexOf(':') + 1);

/** Which channels have a question, which one, and what the answer's parts are on the channel. */
const ROUTES: [RegExp, string, string][] = [
  [/^price:/, 'prices?symbols=', 'price_update'],
  [/^sentiment:/, 'sentiment?tokens=', 'sentiment_update'],
  [/^market:(.+)/, 'market/$1', 'market_data'],
  [/^trending:(.+)/, 'trending?timeframe=$1', 'trending_update'],
  [/^candles:(.+):(.+)/, 'candles?limit=2&symbol=$1&interval=$2', 'candle_update'],
  [/^signals:all$/, 'signals?limit=100', 'signal_alert'],
  [/^signals:high$/, `signals?limit=100&min_confidence=${HIGH}`, 'signal_alert'],
  [/^signals:type:(.+)/, 'signals?limit=100&type=$1', 'signal_alert'],
];

/** A request can ask for so many coins. */
const MOST_COINS = 100;
/** For a token and an answer. */
const SILENCE_MS = 45_000;
/** Once it was there, the hub may fail so often in a row. */
const MOST_FAILURES = 3;

/** The fewest questions for all of these; and what cannot be asked for. */
function questions(names: string[]): { all: Question[]; left: string[] } {
  const left: string[] = [];
  const all: Question[] = [];
  for (const name of names) {
    const route = ROUTES.find(([channel]) => channel.test(name));
    if (!route) {
      left.push(name);
      continue;
    }
    const [channel, template, type] = route;
    const parts = channel.exec(name) as string[];
    const path = template.replace(/\$(.)/g, (_, n) => encodeURIComponent(parts[n] as string));
    const known = all.find((it) => it.path === path && it.names.length < MOST_COINS);
    if (known) known.names.push(name);
    else all.push({ path, names: [name], type });
  }
  return { all, left };
}

/** The REST API, one request after the other: its limit is 100 in 15 minutes. */
export function polling(host: Host): Link {
  const { subscriptions, failed, end } = host;
  const timer = host.timer();
  const abort = aborter();
  let busy = false;
  let wanted: string[] | undefined;
  let all: Question[] = [];
  let urgent: Question[] = []; // not asked yet
  let turn = 0;
  let token: { is: string | undefined } | undefined;
  let renewed = false;
  let patience = 1;
  let failures = 0; // in a row
  const known = new Set<string>(); // channels of which there was an answer
  const tags = new Map<string, string>();

  const tell = ({ names, type }: Question, data: unknown) => {
    const say = (channel: string, item: unknown, silently?: boolean) =>
      host.frame({ type, channel, data: item } as Message, silently ? 'silently' : 'polled');
    const name = names[0] as string;
    const isFirst = !known.has(name) && !subscriptions.time(name);
    names.forEach((name) => known.add(name));
    if (!Array.isArray(data)) say(name, data);
    else if (type === 'signal_alert') {
      for (const signal of data.reverse()) say(name, signal, isFirst); // who subscribes is not told the past ones either
    } else if (type === 'candle_update') {
      for (const candle of isFirst ? data.slice(-1) : data) say(name, candle);
    } else {
      const called = names.map((name) => after(name).toLowerCase());
      const by = (test: (item: Item) => boolean) => (data as Item[]).find(test);
      called.forEach((word, n) => {
        const isCalled = ({ symbol, token }: Item) => `${symbol ?? token}`.toLowerCase() === word;
        // A coin that was asked for by its id may share the ticker of another one.
        const alone = (it: Item) => isCalled(it) && !called.includes(`${it.coin}`);
        const item = by(({ coin }) => coin === word) ?? by(alone) ?? by(isCalled);
        if (item) say(names[n] as string, item);
      });
    }
  };

  /** Says when the next question may be asked, if not as usual. */
  const ask = async (it: Question): Promise<number | void> => {
    const { path, names, type } = it;
    const name = names[0] as string;
    const time = subscriptions.time(name);
    const since = type === 'signal_alert' && time ? `&since=${time}` : '';
    const url = `/api/v1/${path}${path.endsWith('s=') ? names.map((name) => encodeURIComponent(after(name))) : since}`;
    const tag = !isNew(it) && tags.get(url); // who is new has not heard what has not changed
    const answer = await get(host, abort, url, token?.is, tag ? { 'if-none-match': tag } : {});
    const { ok, status, headers } = answer;
    if (ok || status === 304) {
      const body = ok && ((await answer.json()) as { data: unknown });
      renewed = false;
      failures = 0;
      patience = MOST_FAILURES;
      host.opened();
      if (!body) return;
      if (tags.size > all.length) tags.clear(); // of times that are not asked for any more
      tags.set(url, headers.get('etag') ?? '');
      return tell(it, body.data);
    }
    const [code, message] = await problem(answer);
    if (status === 429 || (status === 401 && host.getToken && !renewed)) {
      urgent.unshift(it);
      if (status === 429) {
        host.opened(); // it is there: to connect anew would not help
        return Math.max(host.pollInterval, 1000 * Number(headers.get('retry-after')) || 0);
      }
      renewed = true;
      token = undefined;
    } else if (status === 401 || status === 403 || status >= 500) {
      failed(code, message);
      // What has nothing to say yet is asked again in its turn, unless that goes for all.
      if (status < 500 || ++failures >= Math.max(patience, all.length)) end(message, status === 401 ? 'auth' : 'retry');
    } else if (names[1]) {
      // One bad name spoils the answer: which one?
      const half = names.length >> 1;
      urgent.push({ ...it, names: names.slice(0, half) }, { ...it, names: names.slice(half) });
    } else {
      if (subscriptions.refuse(name)) failed(code, message, name);
      sync();
    }
  };

  const step = () => {
    if (busy || !all.length || !host.live()) return;
    busy = true;
    timer(() => end('silence', 'retry'), SILENCE_MS);
    const go = (): void => {
      const it = urgent.shift() ?? all[turn++ % all.length];
      // All may have gone while there was no token.
      Promise.resolve(it && ask(it)).then(
        (wait) => {
          busy = false;
          urgent = urgent.filter(isNew);
          if (urgent.length && !wait) step();
          else timer(step, wait || host.pollInterval);
        },
        (cause) => end(`${cause}`, 'retry'),
      );
    };
    if (token) go();
    else
      host.prove((is) => {
        token = { is };
        go();
      });
  };

  const isNew = ({ names }: Question) => names.some((name) => !known.has(name));

  const sync = () => {
    if (!host.live()) return;
    const names = subscriptions.wanted();
    const before = wanted ?? [];
    if (wanted && `${names}` === `${wanted}`) return;
    wanted = names;
    const { all: now, left } = questions(names);
    all = now;
    for (const name of names) {
      if (before.includes(name)) continue;
      known.delete(name); // who comes back has not heard what was told before
      if (left.includes(name)) failed('NOT_POLLABLE', `${name} cannot be polled`, name);
    }
    urgent = all.filter(isNew);
    if (!names.length) host.opened();
    else if (!all.length) end('there is nothing to poll', 'retry');
    else if (urgent.length) step();
  };

  if (!host.fetch) throw 'no fetch';
  sync();
  return { sync, close: () => abort.abort() };
}
