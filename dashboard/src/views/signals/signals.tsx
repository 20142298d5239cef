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
        <h2 id={title}>{symbol === undefined ? 'Signals' : `${symbol} signals`}</h2>
        <Filter />
        <Notifications />
      </header>
      <Past />
      <List symbol={symbol} />
    </section>
  );
}

function Filter() {
  return (
    <label class="filter">
      <span>Minimum confidence</span>
      <input type="range" min="0" max="95" step="5" value={least} aria-valuetext={`${least.value} percent`} onInput={(event) => (least.value = event.currentTarget.valueAsNumber)} />
      <output>{least}%</output>
    </label>
  );
}

function Notifications() {
  const state = permission.value;
  if (state === 'unsupported') return null;
  return (
    <label class="notifications" title={state === 'denied' ? 'Notifications are blocked in the browser’s settings' : 'While this page is in the background'}>
      <input type="checkbox" checked={state === 'on'} disabled={state === 'denied'} onChange={() => void toggle()} />
      <span>Notify me</span>
    </label>
  );
}

/** That signals of the past are missing. */
function Past() {
  if (failure.value === null) return null;
  return <Failed what="Could not load past signals." why={failure.value} again={() => void loadSignals()} />;
}

function List({ symbol }: { symbol: string | undefined }) {
  const all = signals.value.filter((it) => symbol === undefined || it.symbol === symbol);
  const shown = all.filter(({ confidence }) => confidence * 100 >= least.value);
  if (all.length === 0) {
    if (isLoaded.value) return <Empty>No signals yet. They appear here as soon as something unusual happens.</Empty>;
    return failure.value === null ? <Loading what="Signals" rows={4} /> : null;
  }
  if (shown.length === 0) return <Empty>No signals at {least}% confidence or above.</Empty>;
  const ids = new Map(coins.value.map(({ symbol, id }) => [symbol, id]).reverse() as [string, string][]);
  return (
    <div class="scroller" role="group" aria-label="Signals, newest first" tabIndex={0}>
      <ol>
        {shown.map((it) => (
          <Item key={it.id} signal={it} coin={ids.get(it.symbol)} />
        ))}
      </ol>
    </div>
  );
}
