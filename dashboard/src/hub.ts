// The connection to the hub, by the client library, and who may have it: everybody, whoever has a token, or a page in development.
import { signal } from '@preact/signals';
import { CryptoIntelWebSocket, type Problem, type Status } from '@cryptointel/client';
import { announce } from './announce.ts';
import { loadCoins } from './coins.ts';
import { Refused } from './rest.ts';
import { setToken, token, tokenOfDevelopment } from './token.ts';

/**
 * - `checking`: nobody knows yet whether a token is needed
 * - `asking`: for a token
 * - `proving`: the hub is being asked whether it is good
 * - `ready`: the views may be shown
 * - `unreachable`: there is no hub to ask
 */
export type Access = 'checking' | 'asking' | 'proving' | 'ready' | 'unreachable';

export const access = signal<Access>('checking');

/** What is wrong with the token. */
export const complaint = signal<string | null>(null);

/** Whether the token is one that somebody typed, and may have forgotten. */
export const isTyped = signal(false);

export const status = signal<Status>({ state: 'idle', transport: 'websocket', latency: null, reconnects: 0, gaps: 0, attempts: 0 });

/** When the connection was lost, milliseconds; `null` while it is there. */
export const lostAt = signal<number | null>(null);

let client: CryptoIntelWebSocket | undefined;

/** The client library's own object; there is one once views are shown. */
export function hub(): CryptoIntelWebSocket {
  return (client ??= connection());
}

const ABOUT_TOKENS: readonly string[] = ['INVALID_TOKEN', 'EXPIRED_TOKEN', 'UNAUTHORIZED'];

function connection(): CryptoIntelWebSocket {
  const url = `${location.origin.replace('http', 'ws')}/ws`;
  const made = new CryptoIntelWebSocket(url, token() === undefined ? {} : { getToken: () => token() ?? '' });
  made.on('status', (next) => take(next));
  made.on('error', (problem) => hear(problem));
  // The browser says that the network is gone: the connection is asked at once whether it is.
  addEventListener('offline', () => made.wake());
  return made;
}

function take(next: Status) {
  const was = status.value.state;
  status.value = next;
  if (next.state === 'open') {
    lostAt.value = null;
    if (access.value === 'proving') {
      access.value = 'ready';
      loadCoins().catch(() => {}); // what is wrong stands in the table's place
    }
  } else if (was === 'open') {
    lostAt.value = Date.now();
  }
  if (next.state === was || access.value !== 'ready') return;
  if (next.state === 'open' && next.reconnects > 0) announce('Connected again.');
  if (was === 'open') announce(next.state === 'offline' ? 'Offline.' : 'The connection is lost. Trying again.');
}

function hear({ code, message, channel }: Problem) {
  if (code === 'UNREACHABLE' && access.value === 'proving') complaint.value = 'The hub cannot be reached. It is tried again.';
  if (channel !== undefined || !ABOUT_TOKENS.includes(code) || token() === undefined) return;
  askAgain(message);
}

function askAgain(why: string) {
  client?.disconnect();
  complaint.value = why;
  access.value = 'asking';
}

/** Finds out how to connect, and connects. */
export async function begin(): Promise<void> {
  if (access.value !== 'unreachable') access.value = 'checking';
  try {
    setToken(await tokenOfDevelopment());
    await loadCoins();
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 401) {
      // One from development that is no good is as none.
      if (token() !== undefined) complaint.value = problem.message;
      access.value = 'asking';
      return;
    }
    if (!(problem instanceof Refused) || problem.status === 0) {
      access.value = 'unreachable';
      return;
    }
    // The list of coins may be asked for again; whoever is asked has been let in.
  }
  access.value = 'ready';
  hub().connect();
}

/** Tries a token that somebody typed. */
export async function prove(text: string): Promise<void> {
  const had = token() !== undefined;
  setToken(text);
  isTyped.value = true;
  complaint.value = null;
  access.value = 'proving';
  // A client without tokens is another one than a client with them.
  if (!had) {
    client?.disconnect();
    client = undefined;
  }
  hub().connect();
}

/** Forgets the token: nothing of it is left in the page. */
export function forget(): void {
  client?.disconnect();
  setToken(undefined);
  location.reload();
}
