import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { CryptoIntelWebSocket, type MessageOn, type Options, type Status } from './index.js';

/** What `useConnection` gives. */
export interface Connection {
  client: CryptoIntelWebSocket;
  status: Status;
}

const inUse = new WeakSet<CryptoIntelWebSocket>();

/**
 * A client that is connected as long as the component is there, and how it goes. Options count when the URL is new.
 * Given a client, it only watches: to connect it is up to its owner.
 */
export function useConnection(target: string | CryptoIntelWebSocket, options?: Options): Connection {
  const client = useMemo(() => (typeof target === 'string' ? new CryptoIntelWebSocket(target, options) : target), [target]);
  const isOwn = typeof target === 'string';
  useEffect(() => {
    if (!isOwn) return undefined;
    inUse.add(client);
    client.connect();
    return () => {
      inUse.delete(client);
      // StrictMode takes every component away and puts it back at once: that is no reason to connect anew.
      Promise.resolve().then(() => inUse.has(client) || client.disconnect());
    };
  }, [client, isOwn]);
  const [watch, read] = useMemo(() => [(told: () => void) => client.on('status', told), () => client.status], [client]);
  return { client, status: useSyncExternalStore(watch, read, read) };
}

/** The newest data of each of several channels. */
export type Latest<C extends string> = { [Name in C]?: MessageOn<Name>['data'] };

/** How many of the last data to keep. */
export interface History {
  history: number;
}

interface Heard {
  key: string;
  latest: Record<string, unknown>;
  history: unknown[];
}

/** The last data of these channels, newest first. */
export function useChannel<C extends string>(client: CryptoIntelWebSocket, channels: C | readonly C[], options: History): MessageOn<C>['data'][];
/** The newest data of a channel. */
export function useChannel<C extends string>(client: CryptoIntelWebSocket, channel: C): MessageOn<C>['data'] | undefined;
/** The newest data of several channels, by channel. */
export function useChannel<C extends string>(client: CryptoIntelWebSocket, channels: readonly C[]): Latest<C>;
export function useChannel(client: CryptoIntelWebSocket, channels: string | readonly string[], { history = 0 }: Partial<History> = {}): unknown {
  const key = JSON.stringify(channels);
  const nothing: Heard = useMemo(() => ({ key, latest: {}, history: [] }), [client, key]);
  const [kept, keep] = useState(nothing);
  useEffect(() => {
    keep(nothing);
    return client.subscribe(JSON.parse(key) as string | string[], (data, { channel }) =>
      keep((known) => ({ key, latest: { ...known.latest, [channel]: data }, history: history ? [data, ...known.history].slice(0, history) : [] })),
    );
  }, [client, key, nothing, history]);
  const heard = kept.key === key ? kept : nothing;
  if (history) return heard.history;
  return typeof channels === 'string' ? heard.latest[channels] : heard.latest;
}
