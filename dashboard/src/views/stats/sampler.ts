// The hub's statistics over time: asked every two seconds while somebody looks, and kept until the page is left.
import { signal } from '@preact/signals';
import { hub } from '../../hub.ts';

const EVERY_MS = 2_000;
/** Ten minutes. */
const MOST = 300;

/** As much of `/ws/stats` as is shown. */
export interface Stats {
  status: string;
  timestamp: string;
  since?: string;
  uptime: number;
  connections: { active: number; authenticated: number; connects: number; reconnects: number; by_shard: Record<string, number> };
  subscriptions: Record<string, number>;
  messages: { in_per_second: number; out_per_second: number; in: number; out: number };
  latency_ms: { count: number; mean: number | null; p50: number | null; p99: number | null };
  errors: Record<string, number>;
  feed: { source: string; age_ms: number | null; coins: number; price_leader?: string | null };
}

export interface Sample {
  at: number;
  connections: number;
  incoming: number;
  outgoing: number;
  p50: number | null;
  p99: number | null;
  /** Of this page's own last ping. */
  ping: number | null;
}

export const newest = signal<Stats | null>(null);
export const samples = signal<readonly Sample[]>([]);
export const failure = signal<string | null>(null);

export function sampleOf(stats: Stats, ping: number | null): Sample {
  return {
    at: Date.parse(stats.timestamp),
    connections: stats.connections.active,
    incoming: stats.messages.in_per_second,
    outgoing: stats.messages.out_per_second,
    p50: stats.latency_ms.p50,
    p99: stats.latency_ms.p99,
    ping,
  };
}

/** Asks now. */
export async function sample(): Promise<void> {
  try {
    const answer = await fetch('/ws/stats', { cache: 'no-store' });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error?.message ?? `The hub answered with status ${answer.status}.`);
    const stats = body as Stats;
    newest.value = stats;
    failure.value = null;
    const next = sampleOf(stats, hub().status.latency);
    const last = samples.value.at(-1);
    if (last?.at !== next.at) samples.value = [...samples.value.slice(1 - MOST), next];
  } catch (problem) {
    failure.value = problem instanceof TypeError ? 'The hub does not answer.' : (problem as Error).message;
  }
}

/** Asks again and again; gives what ends it. */
export function sampling(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const next = async () => {
    if (!document.hidden) await sample();
    if (!isOver) timer = setTimeout(next, EVERY_MS);
  };
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
