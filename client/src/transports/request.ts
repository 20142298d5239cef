import type { Verdict } from '../closing.js';
import type { ErrorCode } from '../frames.js';
import { platform } from '../platform.js';
import type { Answer, Fetch } from '../types.js';
import type { Host } from './link.js';

/** What can give requests up. Old versions of Node.js have none. */
export function aborter(): { signal?: never; abort(): void } {
  return platform.AbortController ? new platform.AbortController() : { abort() {} };
}

/** Asks for a path of the hub. */
export const get = (host: Host, { signal }: { signal?: never }, path: string, token?: string): Promise<Answer> =>
  (host.fetch as Fetch)(host.base + path, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    cache: 'no-cache', // asked whether it is still the same
    signal: signal as never, // undefined where there is none
  });

const BY_STATUS: Record<number, ErrorCode> = { 400: 'INVALID_CHANNEL', 401: 'INVALID_TOKEN', 429: 'RATE_LIMITED' };

/** What an answer says is wrong, what that means, and how long to wait, milliseconds. */
export async function problem(answer: Answer): Promise<[code: ErrorCode | 'UNREACHABLE', message: string, verdict: Verdict, rest: number]> {
  const body = (await answer.json().catch(() => ({}))) as { detail?: string; error?: { code?: ErrorCode; message?: string } };
  const { status, headers } = answer;
  const { code, message } = body.error ?? {};
  const rest = 1000 * +(headers.get('retry-after') as string) || 0;
  return [code ?? BY_STATUS[status] ?? 'UNREACHABLE', message ?? body.detail ?? `HTTP ${status}`, status === 401 ? 'auth' : 'retry', rest];
}
