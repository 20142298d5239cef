import { getCurrentInstance, getCurrentScope, onMounted, onScopeDispose, shallowReadonly, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue';
import { CryptoIntelWebSocket, type MessageOn, type Options, type Status } from './index.js';

/** What `useConnection` gives. */
export interface Connection {
  client: CryptoIntelWebSocket;
  status: Readonly<ShallowRef<Status>>;
}

/** Once the component is mounted, which on a server it never is; elsewhere at once. What begins ends with the scope it was asked for in. */
function begin(run: () => void): void {
  const scope = getCurrentScope();
  if (getCurrentInstance()) onMounted(() => scope?.run(run));
  else run();
}

/**
 * A client that is connected as long as the scope (a component's, mostly) lasts, and how it goes.
 * Given a client, it only watches: to connect it is up to its owner.
 */
export function useConnection(target: string | CryptoIntelWebSocket, options?: Options): Connection {
  const isOwn = typeof target === 'string';
  const client = isOwn ? new CryptoIntelWebSocket(target, options) : target;
  const status = shallowRef(client.status);
  begin(() => {
    const forget = client.on('status', (now) => (status.value = now));
    status.value = client.status;
    if (isOwn) client.connect();
    onScopeDispose(() => {
      if (isOwn) client.disconnect();
      forget();
    });
  });
  return { client, status: shallowReadonly(status) };
}

/** The newest data of each of several channels. */
export type Latest<C extends string> = { [Name in C]?: MessageOn<Name>['data'] };

/** How many of the last data to keep. */
export interface History {
  history: number;
}

/** The last data of these channels, newest first. */
export function useChannel<C extends string>(
  client: CryptoIntelWebSocket,
  channels: MaybeRefOrGetter<C | readonly C[]>,
  options: History,
): Readonly<ShallowRef<MessageOn<C>['data'][]>>;
/** The newest data of a channel. */
export function useChannel<C extends string>(
  client: CryptoIntelWebSocket,
  channel: MaybeRefOrGetter<C>,
): Readonly<ShallowRef<MessageOn<C>['data'] | undefined>>;
/** The newest data of several channels, by channel. */
export function useChannel<C extends string>(client: CryptoIntelWebSocket, channels: MaybeRefOrGetter<readonly C[]>): Readonly<ShallowRef<Latest<C>>>;
export function useChannel(
  client: CryptoIntelWebSocket,
  channels: MaybeRefOrGetter<string | readonly string[]>,
  { history = 0 }: Partial<History> = {},
): unknown {
  const nothing = (names: string | readonly string[]) => (history ? [] : typeof names === 'string' ? undefined : {});
  const heard = shallowRef<unknown>(nothing(toValue(channels)));
  begin(() =>
    watch(
      () => JSON.stringify(toValue(channels)),
      (key, _, forgotten) => {
        const names = JSON.parse(key) as string | string[];
        heard.value = nothing(names);
        forgotten(
          client.subscribe(names, (data, { channel }) => {
            if (history) heard.value = [data, ...(heard.value as unknown[])].slice(0, history);
            else heard.value = typeof names === 'string' ? data : { ...(heard.value as object), [channel]: data };
          }),
        );
      },
      { immediate: true },
    ),
  );
  return heard;
}
