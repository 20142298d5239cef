// How the hub is: connections, messages and latency, as they go.
import { Fragment } from 'preact';
import { useEffect } from 'preact/hooks';
import { clock, compact, NOTHING, whole, words } from '../../format.ts';
import { Heading } from '../../parts/heading.tsx';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { Graph } from './graph.tsx';
import { failure, newest, sample, samples, sampling, type Stats } from './sampler.ts';

export function StatsView() {
  useEffect(() => sampling(), []);
  const stats = newest.value;
  return (
    <>
      <Heading>Statistics of the hub</Heading>
      {failure.value !== null && <Failed what={stats ? `The figures are of ${clock(Date.parse(stats.timestamp))}.` : 'There are no figures.'} why={failure.value} again={() => void sample()} />}
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
          <Tile name="Status" value={words(stats.status)} more={`${stats.uptime.toFixed(2)} % of 24 h on time`} />
          <Tile name="Connections" value={whole(stats.connections.active)} more={`${whole(stats.connections.authenticated)} with a token`} />
          <Tile name="Messages a second" value={whole(stats.messages.out_per_second)} more={`${compact(stats.messages.out)} in all`} />
          <Tile name="Latency" value={ms(stats.latency_ms.p50)} more={`99 of 100 within ${ms(stats.latency_ms.p99)}`} />
          <Tile name="Feed" value={words(stats.feed.source)} more={`${whole(stats.feed.coins)} coins`} />
        </dl>
      </section>
      <div class="graphs">
        <Graph name="Connections" unit="" times={times} lines={[{ name: 'active', values: of('connections') }]} />
        <Graph
          name="Messages a second"
          unit=""
          times={times}
          lines={[
            { name: 'to clients', values: of('outgoing') },
            { name: 'from clients', values: of('incoming') },
          ]}
        />
        <Graph
          name="Latency"
          unit="ms"
          times={times}
          lines={[
            { name: 'half within', values: of('p50') },
            { name: '99 % within', values: of('p99') },
            { name: 'this page’s ping', values: of('ping') },
          ]}
        />
      </div>
      <div class="graphs">
        <Counts title="Subscriptions" counts={stats.subscriptions} none="Nobody listens to anything." />
        <Counts title="Connections by shard" counts={stats.connections.by_shard} none="No shard has connections." />
        <Counts title="Errors" counts={stats.errors} none="There were none." />
      </div>
    </>
  );
}

const ms = (value: number | null) => (value === null ? NOTHING : `${whole(value)} ms`);

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
