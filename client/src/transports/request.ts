import type { ErrorCode } from '../frames.js';
import type { Answer, Fetch } from '../types.js';
import type { Host } from './link.js';

/** What can give requests up. Old versions of Node.js have none. */
export function aborter(): { signal?: never; abort(): void } {
  const { AbortController } = globalThis as unknown as { AbortController?: new () => { signal: never; abort(): void } };
  return AbortController ? new AbortController() : { abort() {} };
}

/** Asks for a path of the hub. */
export const get = (host: Host, { signal }: { signal?: never }, path: string, token?: string, more?: Record<string, string>): Promise<Answer> =>
  (host.fetch as Fetch)(host.base + path, {
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more },
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
  });

/** What an answer says is wrong. */
export async function problem(answer: Answer): Promise<[ErrorCode | 'UNREACHABLE', string]> {
  const body = (await answer.json().catch(() => ({}))) as { detail?: string; error?: { code?: ErrorCode; message?: string } };
  const { status } = answer;
  const { code, message } = body.error ?? {};
  const byStatus = status === 401 ? 'INVALID_TOKEN' : status === 429 ? 'RATE_LIMITED' : status === 400 ? 'INVALID_CHANNEL' : 'UNREACHABLE';
  return [code ?? byStatus, message ?? body.detail ?? `HTTP ${status}`];
}
