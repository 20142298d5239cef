/**
 * What an end means:
 * - `retry`: try again after a while; if the transport could never be had, perhaps another one
 * - `again`: try the same again after a while
 * - `now`: try again at once
 * - `auth`: not with this token
 * - `stop`: do not try again
 */
export type Verdict = 'retry' | 'again' | 'now' | 'auth' | 'stop';

/** What the hub's close codes mean (docs/websocket-api.md), of which none is above 4999, to a client that has a token or can get a new one. */
export const verdict = (code: number, { token, getToken }: { token?: unknown; getToken?: unknown }): Verdict =>
  code === 4003 || code >= 4500 || (code === 4001 && !token && !getToken) || (code === 4002 && !getToken)
    ? 'stop'
    : code === 4002 || code === 1012
      ? 'now'
      : 'again';
