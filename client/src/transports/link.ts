import type { Verdict } from '../closing.js';
import type { ErrorCode, Message, SystemStatus } from '../frames.js';
import type { Subscriptions } from '../subscriptions.js';
import type { Timer } from '../timers.js';
import type { Fetch, Options, OwnCode, SocketClass, Transport } from '../types.js';

/** One connection, or one try to have one. */
export interface Link {
  /** What is listened to has changed, or the connection is open. */
  sync(): void;
  /** Sends a text, where that can be done. */
  send?(text: string): void;
  /** Makes sure that it lives. */
  doubt?(): void;
  /** Lets go of what it has; its timers end by themselves. */
  close(): void;
}

/** What a connection may use, and whom it tells. Once it is closed, nobody listens. */
export interface Host {
  readonly url: string;
  /** Where SSE and REST are. */
  readonly base: string;
  readonly WebSocket?: SocketClass | undefined;
  readonly fetch?: Fetch | undefined;
  readonly pollInterval: number;
  readonly transports: readonly Transport[];
  /** When polls may go on that the hub had enough of, by whichever link. */
  readonly pace: { at: number };
  readonly subscriptions: Subscriptions;
  /** Whether the connection is not closed. */
  live(): boolean;
  /** One that ends with the connection. */
  timer(): Timer;
  /** Gives a token to `use`, or none if there is none; at once if it is at hand. If it cannot be had, the connection ends. */
  prove(use: (token?: string) => void): void;
  readonly token?: string | undefined;
  readonly getToken?: Options['getToken'];
  /** It is open: what is to be sent may be. Only the first time counts. */
  opened(): void;
  /** It ends, or has ended; another try may come after so many milliseconds. */
  end(reason: string, verdict: Verdict, code?: number, notBefore?: number): void;
  failed(code: ErrorCode | OwnCode, message: unknown, channel?: string): void;
  /** Hears what came. What cannot be understood costs nothing else. */
  tried(hear: () => void): void;
  took(ms: number): void;
  /** What is no answer. */
  frame(frame: Message | SystemStatus): void;
}

export type Open = (host: Host) => Link;
