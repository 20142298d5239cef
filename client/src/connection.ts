import { backoff } from './backoff.js';
import type { Verdict } from './closing.js';
import { platform } from './platform.js';
import { queue } from './queue.js';
import type { Subscriptions } from './subscriptions.js';
import { timers } from './timers.js';
import type { Host, Link, Open } from './transports/link.js';
import type { Events, Options, State, Status, Transport } from './types.js';

/** A connection that lasted that long was a good one: tries are counted anew. */
const GOOD_MS = 10_000;
/** While a lesser transport is in use, the better ones are tried again after a minute at first, 10 at most. */
const CLIMB_MS = 60_000;
const CLIMB_MOST_MS = 600_000;
/** While the browser says that there is no network. It may be wrong. */
const OFFLINE_MS = 30_000;

/** Options with their defaults, and what the platform has. */
export interface Settings extends Required<Omit<Options, 'token' | 'getToken' | 'WebSocket' | 'fetch' | 'baseUrl'>> {
  url: string;
  base: string;
  token?: Options['token'];
  getToken?: Options['getToken'];
  WebSocket?: Options['WebSocket'];
  fetch?: Options['fetch'];
  pace: Host['pace'];
}

/** Who is told. */
export interface Hearer extends Pick<Host, 'failed' | 'frame'> {
  emit<E extends keyof Events>(type: E, event: Events[E]): void;
}

/** A link, or a try to have one. */
interface Try {
  link?: Link;
  close(): void;
}

/** Keeps one link open: the best that there is, again and again. */
export function connection(settings: Settings, openers: readonly Open[], subscriptions: Subscriptions, hearer: Hearer) {
  const { transports, getToken } = settings;
  const { emit, failed } = hearer;
  const { timer } = timers();
  const retry = timer();
  const climb = timer();
  const waiting = queue(settings.queueSize, () => failed('QUEUE_FULL', 'dropped'));
  let status: Status = { state: 'idle', transport: transports[0] as Transport, latency: null, reconnects: 0, gaps: 0, attempts: 0 };
  let started = false;
  let current: Try | undefined;
  let probe: Try | undefined; // of a better transport, while `current` is open
  let level = 0; // in `transports`
  let openedAt: number | undefined;
  let wasOpen: boolean; // ever since `start`
  let neverOpened: number; // WebSockets in a row
  let refusedTokens: number;
  let attempts = 0;
  let failures: number; // tries in a row
  let notBefore: number; // the hub said so, by whatever transport
  let restarts: number; // the hub said to come back at once, so often since a connection was good
  let climbs: number; // that failed
  let climbAt: number; // when the better transports have their next turn, whatever becomes of this connection
  let changed = false;

  const say = (more: Partial<Status>) => {
    const next = { ...status, attempts, ...more };
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    emit('status', status);
  };

  /** Says that there is no connection. */
  const down = (state: State) => say({ state, transport: transports[level] as Transport, latency: null });

  const make = (at: number): Try => {
    const { timer, clear } = timers();
    const limit = timer();
    let live = true;
    let isOpen = false;
    let late: Verdict = 'retry'; // what it means if time is up
    const it: Try = {
      close() {
        live = false;
        clear();
        it.link?.close();
      },
    };
    const host: Host = {
      ...settings,
      ...hearer,
      subscriptions,
      timer,
      live: () => live,
      frame: (frame) => live && hearer.frame(frame),
      failed: (code, message, channel) => live && failed(code, message, channel),
      prove(use) {
        if (!live) return;
        if (!getToken) return use(settings.token);
        late = 'again'; // it is not the transport's fault
        Promise.resolve()
          .then(getToken)
          .then(
            (token) => {
              late = 'retry';
              if (live) use(token);
            },
            (cause) => {
              host.failed('TOKEN_FAILED', cause);
              host.end('no token', 'again');
            },
          );
      },
      opened() {
        if (!live || isOpen) return;
        limit();
        isOpen = true;
        opened(it, at);
      },
      end(reason, verdict, code = 1006, rest = 0) {
        if (!live) return;
        it.close();
        if (rest) notBefore = Date.now() + rest;
        ended(it, at, reason, verdict, code);
      },
      tried(hear) {
        try {
          hear();
        } catch (cause) {
          host.failed('INVALID_FRAME', cause);
        }
      },
      took: (latency) => it === current && say({ latency }),
    };
    limit(() => host.end('timeout', late), settings.connectTimeout);
    Promise.resolve().then(() => {
      try {
        if (live) it.link = (openers[at] as Open)(host);
      } catch (cause) {
        host.end(`${cause}`, 'retry');
      }
    });
    return it;
  };

  /** Waits for the next try. */
  const wait = (state: State, ms: number) => {
    retry(attempt, Math.max(ms, notBefore - Date.now()));
    down(state);
  };

  const listen = (how: 'addEventListener' | 'removeEventListener') => {
    platform[how]?.('online', wake);
    platform.document?.[how]?.('visibilitychange', wake);
  };

  /** Ends it all. */
  const finish = () => {
    retry();
    started = false;
    listen('removeEventListener');
    subscriptions.reset();
    down('closed');
  };

  const opened = (it: Try, at: number) => {
    if (it === probe) {
      current?.close();
      current = it;
      probe = undefined;
      subscriptions.reset();
    }
    if (at < level || !at) climbs = climbAt = 0;
    openedAt = Date.now();
    refusedTokens = failures = 0;
    level = at;
    const transport = transports[at] as Transport;
    if (transport === 'websocket') neverOpened = 0;
    if (at) climbLater();
    const reconnects = status.reconnects + +wasOpen;
    wasOpen = true;
    if (it.link?.send) waiting.drain().forEach(it.link.send); // before anybody is told, and sends more
    say({ state: 'open', transport, reconnects });
    if (current === it) emit('open', { transport });
  };

  const ended = (it: Try, at: number, reason: string, verdict: Verdict, code: number) => {
    if (it === probe) {
      probe = undefined;
      return tryBetter(at + 1);
    }
    if (it !== current) return;
    const lasted = openedAt === undefined ? -1 : Math.abs(Date.now() - openedAt);
    const transport = transports[level] as Transport;
    openedAt = current = undefined;
    climb();
    probe?.close();
    probe = undefined;
    if (lasted >= GOOD_MS && code !== 4001) attempts = restarts = 0; // who has no token lasts as long as the hub waits for one
    if (verdict === 'now' && !restarts++) attempts = 0;
    const stops = verdict === 'stop' || (verdict === 'auth' && (!getToken || refusedTokens++)) || !settings.autoReconnect;
    const isOffline = platform.navigator?.onLine === false;
    const falls = lasted < 0 && verdict === 'retry' && !isOffline; // without a network no transport is better
    const fallsNow = falls && (transport !== 'websocket' || ++neverOpened >= settings.fallbackAfter) && level + 1 < transports.length;
    const givesUp = !stops && !fallsNow && failures >= settings.maxReconnectAttempts;
    const isOver = stops || givesUp;
    if (isOver) finish();
    if (lasted >= 0) emit('close', { transport, code, reason, willReconnect: !isOver });
    else if (reason) failed('UNREACHABLE', `${transport}: ${reason}`);
    if (givesUp) failed('GAVE_UP', reason);
    // Who was told may have decided otherwise.
    if (isOver || current || !started) return;
    if (fallsNow) {
      level++;
      return attempt();
    }
    if (falls) level = 0;
    if (isOffline) return wait('offline', OFFLINE_MS);
    failures++;
    wait('reconnecting', backoff(settings.reconnectDelay, attempts++));
  };

  const attempt = () => {
    retry();
    subscriptions.reset();
    current = make(level);
    down(wasOpen || attempts || level ? 'reconnecting' : 'connecting');
  };

  const climbLater = () => {
    const most = Math.min(CLIMB_MOST_MS, CLIMB_MS * 2 ** climbs) / 2;
    climbAt ||= Date.now() + most + Math.random() * most;
    climb(() => tryBetter(0), Math.max(climbAt, notBefore) - Date.now());
  };

  /** Tries the transports above the one in use, one after the other, while that goes on. */
  const tryBetter = (at: number) => {
    if (at >= level) {
      climbs++;
      climbAt = 0;
      return climbLater();
    }
    climb();
    probe = make(at);
  };

  /** There is reason to believe that the network has changed. Whatever is tried anew waits for a moment: not all tabs at once. */
  const wake = () => {
    if (!started || platform.document?.visibilityState === 'hidden') return;
    if (openedAt !== undefined) {
      current?.link?.doubt?.();
      // Who is woken often tries less and less often.
      if (level && !probe && Date.now() > notBefore) climb(() => tryBetter(0), backoff(settings.reconnectDelay, climbs));
    } else if (!current) wait('reconnecting', backoff(settings.reconnectDelay, 0));
  };

  return {
    status: () => status,
    wake,
    gap: () => say({ gaps: status.gaps + 1 }),

    start() {
      if (started) return;
      started = true;
      level = attempts = failures = neverOpened = refusedTokens = restarts = climbs = climbAt = notBefore = 0;
      wasOpen = false;
      listen('addEventListener');
      attempt();
    },

    stop() {
      if (!started) return;
      if (!current) return finish();
      current.close();
      ended(current, level, '', 'stop', 1000); // without a reason: nothing is wrong
    },

    /** What is listened to has changed: told once for all changes of a moment. */
    sync() {
      if (changed) return;
      changed = true;
      Promise.resolve().then(() => {
        changed = false;
        current?.link?.sync();
        probe?.link?.sync();
      });
    },

    send(text: string) {
      if (openedAt !== undefined && current?.link?.send) current.link.send(text);
      else waiting.push(text);
    },
  };
}
