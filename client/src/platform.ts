import type { Fetch, SocketClass } from './types.js';

interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** What there may be where this runs: a browser, a worker, Node.js, Deno, React Native. */
interface Platform extends Target {
  readonly WebSocket?: SocketClass;
  readonly fetch?: Fetch;
  readonly AbortController?: new () => { signal: never; abort(): void };
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: object): string };
  readonly navigator?: { readonly onLine?: boolean; readonly product?: string };
  readonly document?: Target & { readonly visibilityState?: string };
}

export const platform = globalThis as unknown as Platform;
