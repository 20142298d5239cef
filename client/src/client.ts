import { connection } from './connection.js';
import { platform } from './platform.js';
import { subscriptions } from './subscriptions.js';
import type { Host } from './transports/link.js';
import { polling } from './transports/polling.js';
import { sse } from './transports/sse.js';
import { websocket } from './transports/websocket.js';
import type { MessageOn } from './topics.js';
import type { Events, Options, Status } from './types.js';

const LEAST_POLL_MS = 10_000;

const OPENERS = { websocket, sse, polling };

/** Names that are a text for every transport: nothing, and what no text can have (half of a pair), become `?`, and the hub says what is wrong. */
const listed = (channels: string | readonly string[]) => [channels].flat().map((name) => `${name}`.replace(/^$|[\ud800-\udfff]/gu, '?'));

/** A client of the hub at `url`, such as `wss://example.com/ws`. It does nothing before `connect`. */
export class CryptoIntelWebSocket {
  private readonly on_ = new Map<keyof Events, Set<(event: never) => void>>();
  private readonly subscriptions_;
  private readonly connection_;

  constructor(url: string, options: Options = {}) {
    const emit = <E extends keyof Events>(type: E, event: Events[E]) => {
      for (const callback of [...(this.on_.get(type) ?? [])]) {
        try {
          callback(event as never);
        } catch (cause) {
          if (type !== 'error') failed('CALLBACK_FAILED', cause);
        }
      }
    };
    const failed: Host['failed'] = (code, it, channel) =>
      emit('error', { code, message: `${it}`, ...(channel && { channel }), ...(typeof it !== 'string' && { cause: it }) });
    this.subscriptions_ = subscriptions(failed, (gap) => {
      this.connection_.gap();
      emit('gap', gap);
    });
    const settings = {
      autoReconnect: true,
      reconnectDelay: 1000,
      maxReconnectAttempts: Infinity,
      transports: ['websocket', 'sse', 'polling'] as const,
      fallbackAfter: 2,
      connectTimeout: 10_000,
      queueSize: 64,
      WebSocket: platform.WebSocket,
      fetch: platform.fetch,
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
      pollInterval: Math.max(LEAST_POLL_MS, options.pollInterval || 0),
      pace: { at: 0 },
      url: url.replace(/^http/, 'ws'),
      base: options.baseUrl ?? url.replace(/^ws/, 'http').replace(/(^|[^/])(\/ws)?\/?([?#].*)?$/, '$1'),
    };
    // What is no transport throws here.
    const openers = settings.transports.map((it) => OPENERS[it].bind(null));
    this.connection_ = connection(settings, openers, this.subscriptions_, {
      emit,
      failed,
      frame: (frame) => {
        if (!('channel' in frame) || this.subscriptions_.hear(frame)) emit('message', frame);
      },
    });
  }

  /** How it goes. The same object until something changes. */
  get status(): Status {
    return this.connection_.status();
  }

  /** Connects, and stays connected as the options say. */
  connect(): void {
    this.connection_.start();
  }

  /** Ends the connection and all waiting. What is subscribed to stays so for another `connect`. */
  disconnect(): void {
    this.connection_.stop();
  }

  /**
   * Calls back with each message of these channels: its `data`, and the whole of it. Before `connect`, too.
   *
   * @returns what ends this subscription
   */
  subscribe<C extends string>(
    channels: C | readonly C[],
    callback: (data: MessageOn<C>['data'], message: MessageOn<C>) => void,
  ): () => void {
    const names = listed(channels) as C[];
    const listener = { hear: callback.bind(null) as never }; // what is none throws here, where the mistake is
    for (const name of names) this.subscriptions_.add(name, listener);
    this.connection_.sync();
    return () => {
      for (const name of names) this.subscriptions_.remove(name, listener);
      this.connection_.sync();
    };
  }

  /** Ends all subscriptions to these channels, whoever made them. */
  unsubscribe(channels: string | readonly string[]): void {
    for (const name of listed(channels)) this.subscriptions_.remove(name);
    this.connection_.sync();
  }

  /**
   * Calls back whenever this happens.
   *
   * @returns what ends that
   */
  on<E extends keyof Events>(event: E, callback: (event: Events[E]) => void): () => void {
    const callbacks = this.on_.get(event) ?? new Set();
    this.on_.set(event, callbacks);
    const mine = (it: never) => callback(it);
    callbacks.add(mine);
    return () => {
      callbacks.delete(mine);
    };
  }

  /** Sends a message of your own by WebSocket. It waits while there is none; of too many that wait the oldest are dropped. */
  send(message: object): void {
    this.connection_.send(JSON.stringify(message));
  }

  /** Says that the network may be back, or that the application is in front again: where no browser tells. */
  wake(): void {
    this.connection_.wake();
  }
}
