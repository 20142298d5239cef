/**
 * What an end means:
 * - `retry`: try again after a while; if the transport could never be had, perhaps another one
 * - `again`: try the same again after a while
 * - `now`: try again at once
 * - `auth`: not with this token
 * - `stop`: do not try again
 */
export type Verdict = 'retry' | 'again' | 'now' | 'auth' | 'stop';

/** What the hub's close codes mean (docs/websocket-api.md), to a client that has a token or can get a new one. */
export function verdict(code: number, { token, getToken }: { token?: unknown; getToken?: unknown }): Verdict {
  if (code === 4003 || (code >= 4500 && code < 5000)) return 'stop';
  if (code === 4001) return token || getToken ? 'again' : 'stop';
  if (code === 4002) return getToken ? 'now' : 'stop';
  return code === 1012 ? 'now' : 'again';
}
