// How the hub is: connections, messages and latency over time.
import { Fragment } from 'preact';
import { useEffect } from 'preact/hooks';
import { clock, compact, NOTHING, whole, words } from '../../format.ts';
import { Heading } from '../../parts/heading.tsx';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { Graph } from './graph.tsx';
import { failure, newest, sample, samples, sampling } from './sampler.ts';
import type { Stats } from './samples.ts';

export function StatsView() {
  useEffect(() => sampling(), []);
  const stats = newest.value;
  return (
    <>
      <Heading>Hub statistics</Heading>
      {failure.value !== null && <Failed what={stats ? `Showing statistics from ${clock(Date.parse(stats.timestamp))}.` : 'Could not load statistics.'} why={failure.value} again={() => void sample()} />}
      {stats ? <Shown stats={stats} /> : failure.value === null && <Loading what="Statistics" rows={6} />}
    </>
  );
}

function Shown({ stats }: { stats: Stats }) {
  const all = samples.value;
  const of = <K extends 'connections' | 'incoming' | 'outgoing' | 'p50' | 'p99' | 'ping'>(name: K) => all.map((it) => it[name]);
  const times = all.map(({ at }) => at);
  return (
    <>
      <section class="tiles" aria-label="Now">
        <dl>
          <Tile name="Status" value={words(stats.status)} more={`On-time feed cycles (24 h): ${onTime(stats)}`} />
          <Tile name="Connections" value={whole(stats.connections.active)} more={`${whole(stats.connections.authenticated)} authenticated`} />
          <Tile name="Messages per second" value={whole(stats.messages.out_per_second)} more={`${compact(stats.messages.out)} total`} />
          <Tile name="Median latency" value={ms(stats.latency_ms.p50)} more={`99th percentile: ${ms(stats.latency_ms.p99)}`} />
          <Tile name="Feed" value={words(stats.feed.source)} more={`${whole(stats.feed.coins)} coins`} />
        </dl>
      </section>
      <div class="graphs">
        <Graph name="Connections" unit="" times={times} lines={[{ name: 'Active', values: of('connections') }]} />
        <Graph
          name="Messages per second"
          unit=""
          times={times}
          lines={[
            { name: 'Sent', values: of('outgoing') },
            { name: 'Received', values: of('incoming') },
          ]}
        />
        <Graph
          name="Latency"
          unit="ms"
          times={times}
          lines={[
            { name: 'Median', isBound: true, values: of('p50') },
            { name: '99th percentile', isBound: true, values: of('p99') },
            { name: 'This page’s ping', values: of('ping') },
          ]}
        />
      </div>
      <div class="graphs">
        <Counts title="Subscriptions" counts={stats.subscriptions} none="No subscriptions." />
        <Counts title="Connections by shard" counts={stats.connections.by_shard} none="No connections." />
        <Counts title="Errors" counts={stats.errors} none="No errors." />
      </div>
    </>
  );
}

/** A hub whose feed has brought nothing yet was late with nothing, either. */
const onTime = ({ uptime, feed }: Stats) => (feed.data_age_ms === null ? NOTHING : `${uptime.toFixed(2)}%`);

/** The hub counts latencies in buckets, and knows the upper bound of each. */
const ms = (value: number | null) => (value === null ? 'unavailable' : `≤\u00a0${whole(value)}\u00a0ms`);

function Tile({ name, value, more }: { name: string; value: string; more: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="more">{more}</dd>
    </div>
  );
}

function Counts({ title, counts, none }: { title: string; counts: Record<string, number>; none: string }) {
  const all = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {all.length === 0 ? (
        <Empty>{none}</Empty>
      ) : (
        <dl class="facts">
          {all.map(([name, count]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{whole(count)}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </section>
  );
}
