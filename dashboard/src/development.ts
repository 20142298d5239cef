// The token of development.
import { PATIENCE_MS } from './rest.ts';

const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);

/** In development the hub gives one to its own page, on the same machine. Elsewhere there is none. Throws if nobody answers. */
export async function tokenOfDevelopment(): Promise<string | undefined> {
  if (!isLoopback) return undefined;
  const answer = await fetch('/dashboard/session', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) return undefined;
  const { token } = await answer.json();
  return typeof token === 'string' ? token : undefined;
}
