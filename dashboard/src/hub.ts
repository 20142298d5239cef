// The connection to the hub, by the client library, and who may have it: everybody, whoever has a token, or a page in development.
import { signal } from '@preact/signals';
import { CryptoIntelWebSocket, type Problem, type Status } from '@cryptointel/client';
import { announce } from './announce.ts';
import { loadCoins } from './coins.ts';
import { tokenOfDevelopment } from './development.ts';
import { sentence } from './format.ts';
import { Refused } from './rest.ts';
import { setToken, token } from './token.ts';

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

/** As of when the figures are that are shown, milliseconds, while there is no connection; else `null`. */
export const lostAt = signal<number | null>(null);

/** Whether the hub has refused us for its limits since the last WebSocket. */
export const isLimited = signal(false);

/** The REST API answers 100 questions in a quarter of an hour: 60 for polling, 30 for what is not heard live, some for charts. */
const POLL_MS = 15_000;

let client: CryptoIntelWebSocket | undefined;
let heardAt: number | undefined;

/** The client library's own object; there is one once views are shown. */
export function hub(): CryptoIntelWebSocket {
  return (client ??= connection());
}

const ABOUT_TOKENS: readonly string[] = ['INVALID_TOKEN', 'EXPIRED_TOKEN', 'UNAUTHORIZED'];

function connection(): CryptoIntelWebSocket {
  const url = `${location.origin.replace('http', 'ws')}/ws`;
  const made = new CryptoIntelWebSocket(url, { getToken: token, pollInterval: POLL_MS });
  made.on('status', (next) => take(next));
  made.on('error', (problem) => hear(problem));
  made.on('message', () => (heardAt = Date.now()));
  // The browser says that the network is gone: the connection is asked at once whether it is.
  addEventListener('offline', () => made.wake());
  return made;
}

function take(next: Status) {
  const was = status.value.state;
  status.value = next;
  if (hasSocket()) isLimited.value = false;
  if (next.state === 'open') lostAt.value = null;
  else if (was === 'open') lostAt.value = heardAt ?? Date.now();
  if (next.state === 'open' && was !== 'open' && next.reconnects > 0 && access.value === 'ready') announce('Connected again.');
}

const hasSocket = () => status.value.state === 'open' && status.value.transport === 'websocket';

function hear({ code, message, channel }: Problem) {
  // Of a socket that there is it is about what was sent, and no reason to have none.
  if (code === 'RATE_LIMITED' && channel === undefined && !hasSocket()) isLimited.value = true;
  if (access.value !== 'ready') return;
  // What the REST API told before is all that there is.
  if (code === 'UNREACHABLE') lostAt.value ??= heardAt ?? Date.now();
  if (channel === undefined && ABOUT_TOKENS.includes(code)) askForToken(token() === undefined ? null : sentence(message));
}

function askForToken(why: string | null) {
  client?.disconnect();
  complaint.value = why;
  access.value = 'asking';
}

function enter() {
  complaint.value = null;
  access.value = 'ready';
  hub().connect();
}

let begins = false;

/** Finds out how to connect, and connects. One at a time. */
export async function begin(): Promise<void> {
  if (begins) return;
  begins = true;
  try {
    setToken(await tokenOfDevelopment());
    await mayRead().catch((problem) => {
      if (token() === undefined) throw problem;
      setToken(undefined); // one from development that is no good is as none
      return mayRead();
    });
    enter();
  } catch (problem) {
    if (problem instanceof Refused && problem.status !== 0) askForToken(null);
    else access.value = 'unreachable';
  } finally {
    begins = false;
  }
}

/** Tries a token that somebody typed. */
export async function prove(text: string): Promise<void> {
  setToken(text);
  complaint.value = null;
  access.value = 'proving';
  try {
    await mayRead();
    isTyped.value = true;
    enter();
  } catch (problem) {
    setToken(undefined);
    askForToken(whyRefused(problem as Refused));
  }
}

/** Why a token did not open; another failure says nothing of it. */
const whyRefused = ({ status: code, message }: Refused) => (code === 401 ? `This is not a valid token. ${sentence(message)}` : sentence(message));

/** Whether the hub answers what is read. Throws `Refused` if it must not be, or if nobody answers. */
async function mayRead(): Promise<void> {
  try {
    await loadCoins();
  } catch (problem) {
    // Another failure may pass, and the connection tells who is let in.
    if (!(problem instanceof Refused) || [0, 401, 403].includes(problem.status)) throw problem;
  }
}

/** Forgets the token: nothing of it is left in the page. */
export function forget(): void {
  client?.disconnect();
  setToken(undefined);
  location.reload();
}
