// Questions to the hub over HTTP.
import { token } from './token.ts';

/** Nobody waits longer for an answer. */
export const PATIENCE_MS = 10_000;

/** Why there is no answer. */
export class Refused extends Error {
  /** 0 where nobody answered. */
  readonly status: number;
  /** Nothing is wrong: the hub has nothing of this kind yet. */
  readonly isNoData: boolean;

  constructor(status: number, message: string, type = '') {
    super(message);
    this.status = status;
    this.isNoData = type.endsWith(':no-data');
  }
}

/** What is at a path of the hub, as JSON. Throws `Refused`. */
export async function get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { cache: 'no-store', headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refused(0, 'The hub is not responding.');
  }
  const body = await answer.json().catch(() => undefined);
  if (answer.ok && body) return body;
  throw new Refused(answer.status, body?.detail ?? body?.error?.message ?? `The hub responded with status ${answer.status}.`, body?.type);
}

/** What the REST API answers, with the token there is: its `data`. Throws `Refused`. */
export async function ask<T>(path: string): Promise<T> {
  const bearer = token();
  const { data } = await get<{ data: T }>(`/api/v1/${path}`, bearer === undefined ? {} : { authorization: `Bearer ${bearer}` });
  return data;
}
