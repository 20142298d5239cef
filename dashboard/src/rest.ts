// Questions to the REST API, with the token there is.
import { token } from './token.ts';

/** Nobody waits longer for an answer. */
export const PATIENCE_MS = 10_000;

/** Why there is no answer. */
export class Refused extends Error {
  /** 0 where nobody answered. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One answer: its `data`. Throws `Refused`. */
export async function ask<T>(path: string): Promise<T> {
  const bearer = token();
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      cache: 'no-store',
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Refused(0, 'The hub is not responding.');
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body.data;
  throw new Refused(answer.status, body.detail ?? body.error?.message ?? `The hub responded with status ${answer.status}.`);
}
