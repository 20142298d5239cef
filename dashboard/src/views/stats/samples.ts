// What of the hub's statistics is drawn, over ten minutes.

const SPAN_MS = 600_000;
/** What a time axis is of: the first of these that all fits in. */
const SPANS_MS = [120_000, 300_000, SPAN_MS];

/** How long the time is, milliseconds, that an axis with all of these shows. */
export function spanOf(times: readonly number[]): number {
  const long = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return SPANS_MS.find((span) => span >= long) ?? SPAN_MS;
}

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
  feed: { source: string; data_age_ms: number | null; coins: number; price_leader?: string | null };
}

/** One answer; `at` is the hub's time, milliseconds. */
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

/** What an answer says, with this page's own latency. */
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

/** The samples of the last ten minutes with one more. An answer may come twice, and a hub's clock may be set back: times only grow. */
export const followed = (samples: readonly Sample[], next: Sample): Sample[] => [...samples.filter(({ at }) => at < next.at && at > next.at - SPAN_MS), next];
