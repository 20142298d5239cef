// The feed of signals, and what is shown of it.
import { useId } from 'preact/hooks';
import { coins } from '../../coins.ts';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { failure, isLoaded, loadSignals, signals } from './feed.ts';
import { least } from './filter.ts';
import { Item } from './item.tsx';
import { permission, toggle } from './notify.ts';

/** All of them, or those of one coin. */
export function Signals({ symbol }: { symbol?: string }) {
  const title = useId();
  return (
    <section class="panel signals" aria-labelledby={title}>
      <header>
        <h2 id={title}>{symbol === undefined ? 'Signals' : `Signals of ${symbol}`}</h2>
        <Filter />
        <Notifications />
      </header>
      <List symbol={symbol} title={title} />
    </section>
  );
}

function Filter() {
  return (
    <label class="filter">
      <span>Confidence from</span>
      <input type="range" min="0" max="95" step="5" value={least} aria-valuetext={`${least.value} per cent`} onInput={(event) => (least.value = event.currentTarget.valueAsNumber)} />
      <output>{least} %</output>
    </label>
  );
}

function Notifications() {
  const state = permission.value;
  if (state === 'unsupported') return null;
  return (
    <label class="notifications" title={state === 'denied' ? 'This browser has been told not to show any' : 'While this page is in the background'}>
      <input type="checkbox" checked={state === 'on'} disabled={state === 'denied'} onChange={() => void toggle()} />
      <span>Notify me</span>
    </label>
  );
}

function List({ symbol, title }: { symbol: string | undefined; title: string }) {
  const all = signals.value.filter((it) => symbol === undefined || it.symbol === symbol);
  const shown = all.filter(({ confidence }) => confidence * 100 >= least.value);
  if (all.length === 0) {
    if (isLoaded.value) return <Empty>No signals yet. They appear here as soon as something unusual happens.</Empty>;
    if (failure.value !== null) return <Failed what="Past signals cannot be had." why={failure.value} again={() => void loadSignals()} />;
    return <Loading what="Signals" rows={4} />;
  }
  if (shown.length === 0) return <Empty>None of {all.length} signals has a confidence of {least} % or more.</Empty>;
  const ids = new Map(coins.value.map(({ symbol, id }) => [symbol, id]).reverse() as [string, string][]);
  return (
    <div class="scroller" role="region" aria-labelledby={title} tabIndex={0}>
      <ol>
        {shown.map((it) => (
          <Item key={it.id} signal={it} coin={ids.get(it.symbol)} />
        ))}
      </ol>
    </div>
  );
}
