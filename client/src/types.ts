import type { ErrorCode, Message, SystemStatus } from './frames.js';

/** How the hub is reached. */
export type Transport = 'websocket' | 'sse' | 'polling';

/**
 * - `idle`: not yet connected
 * - `connecting`: the first try
 * - `open`: messages come
 * - `reconnecting`: it was lost, or could not be had, and is tried again
 * - `offline`: the same, and the browser says that there is no network
 * - `closed`: `disconnect` was called, or there is no use in trying again
 */
export type State = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'offline' | 'closed';

/** How it goes: an object that is never changed, but replaced. */
export interface Status {
  readonly state: State;
  /** The one in use, or the one being tried. */
  readonly transport: Transport;
  /** Of the last ping, milliseconds; `null` before there was one, and where there are none. */
  readonly latency: number | null;
  /** How often the connection came back. */
  readonly reconnects: number;
  /** How many `gap` events there were. */
  readonly gaps: number;
  /** Tries that failed since it last was open for a while. */
  readonly attempts: number;
}

/** A place in the order of a channel. */
export interface Place {
  epoch: string;
  offset: number;
}

/** Messages between these two places did not come, and cannot be had. */
export interface Gap {
  channel: string;
  /** The last message that came. */
  from: Place;
  /** Where the channel goes on. */
  to: Place;
}

/** What is wrong: an error of the hub's, or of the library itself. */
export interface Problem {
  code: ErrorCode | OwnCode;
  message: string;
  /** That it is about. */
  channel?: string;
  /** What was thrown. */
  cause?: unknown;
}

/**
 * - `CALLBACK_FAILED`: one of your callbacks threw
 * - `TOKEN_FAILED`: `getToken` threw
 * - `INVALID_FRAME`: what came is no JSON, or no message of the hub's
 * - `QUEUE_FULL`: a waiting message was dropped
 * - `UNREACHABLE`: a transport cannot be had
 * - `GAVE_UP`: there are no more tries
 */
export type OwnCode = 'CALLBACK_FAILED' | 'TOKEN_FAILED' | 'INVALID_FRAME' | 'QUEUE_FULL' | 'UNREACHABLE' | 'GAVE_UP';

/** How a connection ended. */
export interface Close {
  transport: Transport;
  /** As documented for WebSockets; 1006 of the others. */
  code: number;
  reason: string;
  willReconnect: boolean;
}

/** What `on` can be asked for, and what its callbacks get. */
export interface Events {
  open: { transport: Transport };
  close: Close;
  error: Problem;
  status: Status;
  gap: Gap;
  /** Every message, also those of no channel. */
  message: Message | SystemStatus;
}

/** A WebSocket, as browsers have it. */
export interface Socket {
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** The class of one: `WebSocket`, or that of the package `ws`. */
export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

/** As much of an answer as is used. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
  json(): Promise<unknown>;
}

/** As much of `fetch` as is used. */
export type Fetch = (url: string, init: { headers: Record<string, string>; signal?: never }) => Promise<Answer>;

/** All have a default. Times are in milliseconds. */
export interface Options {
  /** Whether to connect again after a loss: `true`. */
  autoReconnect?: boolean;
  /** The longest wait before the first try again; it doubles with every further one, up to 30 s: 1000. */
  reconnectDelay?: number;
  /** Failed tries in a row after which to give up: none. */
  maxReconnectAttempts?: number;
  /** A JWT that does not change. */
  token?: string;
  /** Gives a JWT, before each connection and when one has expired; `undefined` where none is needed. */
  getToken?: () => string | undefined | Promise<string | undefined>;
  /** Which to use, the best first: `['websocket', 'sse', 'polling']`. */
  transports?: readonly Transport[];
  /** Tries of a WebSocket that never opened before the next transport's turn: 2. */
  fallbackAfter?: number;
  /** The longest wait for a connection: 10,000. */
  connectTimeout?: number;
  /** Between two requests of polling, at least and by default 10,000. */
  pollInterval?: number;
  /** Messages of `send` that wait for a WebSocket, at most: 64. */
  queueSize?: number;
  /** Where SSE and REST are: the URL's host. */
  baseUrl?: string;
  /** The class, where there is no global one. */
  WebSocket?: SocketClass;
  /** The function, where there is no global one. */
  fetch?: Fetch;
}
