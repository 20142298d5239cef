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
export const get = ({ fetch, base }: Host, { signal }: { signal?: never }, path: string, token?: string): Promise<Answer> =>
  // Not as a method: browsers have theirs called by itself.
  (fetch as Fetch)(base + path, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
    signal: signal as never, // undefined where there is none
  });

/** What an answer says is wrong, what that means, and how long to wait, milliseconds. */
export async function problem(answer: Answer): Promise<[code: ErrorCode | 'UNREACHABLE', message: string, verdict: Verdict, rest: number]> {
  const body = (await answer.json().catch(() => ({}))) as { detail?: string; error?: { code?: ErrorCode; message?: string } };
  const { status, headers } = answer;
  const { code, message } = body.error ?? {};
  const isToken = status === 401;
  return [
    code ?? (isToken ? 'INVALID_TOKEN' : status === 429 ? 'RATE_LIMITED' : 'UNREACHABLE'),
    message ?? body.detail ?? `HTTP ${status}`,
    isToken ? 'auth' : 'retry',
    1000 * +(headers.get('retry-after') as string) || 0,
  ];
}
