// The table of all coins: search, order, and rows that change by themselves.
import { computed, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { findCharts } from '../../charts.ts';
import { coins, failure, isListed, isWaiting, loadCoins, loadedAt, type Coin } from '../../coins.ts';
import { clock } from '../../format.ts';
import { Empty, Failed, Loading, Waiting } from '../../parts/states.tsx';
import { lostAt } from '../../hub.ts';
import { keepAsking } from '../../refresh.ts';
import { ordered, turned, type Key, type Sort, type Sortable } from './order.ts';
import { Row } from './row.tsx';
import { query, Search } from './search.tsx';
import { Watch } from './watch.ts';

/** How often rows may move that are ordered by what changes all the time: nobody can read a table that jumps. */
const SETTLE_MS = 5_000;

const sort = signal<Sort>({ key: 'volume', direction: 'descending' });
const beat = signal(0);

/** Rows move, unless the focus is on one of them. */
function settle() {
  if (!document.activeElement?.closest('.prices tbody')) beat.value += 1;
}

const shown = computed<Coin[]>(() => {
  beat.value; // and not whenever a price moves
  const rows = coins.value.map((coin): Sortable & { coin: Coin } => {
    const { price, change_24h: change, volume_24h: volume } = coin.data.peek();
    return { coin, id: coin.id, symbol: coin.symbol, name: coin.name, price, change, volume };
  });
  return ordered(rows, query.value, sort.value).map(({ coin }) => coin);
});

interface Column {
  by?: Key;
  label: string;
  name: string;
  /** What the label is short for. */
  title?: string;
}

const COLUMNS: Column[] = [
  { by: 'name', label: 'Coin', name: 'coin' },
  { by: 'price', label: 'Price, $', name: 'figure price' },
  { by: 'change', label: '24 h', name: 'figure change' },
  { by: 'volume', label: 'Volume, $', name: 'figure volume' },
  { label: 'Since opened', name: 'trail', title: 'Prices since this page was opened' },
];

export function Prices() {
  const [watch, setWatch] = useState<Watch>();
  useEffect(() => {
    const made = new Watch();
    setWatch(made);
    const timer = setInterval(settle, SETTLE_MS);
    return () => {
      clearInterval(timer);
      made.end();
    };
  }, []);
  const mayAsk = isListed.value;
  useEffect(() => {
    return mayAsk ? keepAsking(() => findCharts()) : undefined;
  }, [mayAsk]);
  return (
    <section class="panel prices" aria-labelledby="prices-title">
      <header>
        <h2 id="prices-title">Prices</h2>
        <Search />
        <Count />
      </header>
      <Body watch={watch} />
    </section>
  );
}

function Count() {
  const all = coins.value.length;
  const some = shown.value.length;
  return (
    <span class="count" role="status">
      {all === some ? all === 1 ? '1 coin' : `${all} coins` : `${some} of ${all} coins`}
    </span>
  );
}

function Body({ watch }: { watch: Watch | undefined }) {
  const isEmpty = coins.value.length === 0;
  const again = () => void loadCoins().catch(() => {});
  if (isEmpty) {
    if (isWaiting.value) return <Waiting />;
    if (failure.value !== null) return <Failed what="Could not load prices." why={failure.value} again={again} />;
    return <Loading what="Prices" rows={12} />;
  }
  if (!watch) return <Loading what="Prices" rows={12} />;
  return (
    <>
      {failure.value !== null && isListed.value && (
        <p class="banner mild" role="status">
          Prices of coins out of view are from {clock(loadedAt.value)}. {failure}
        </p>
      )}
      <div class="scroller">
        <table data-lost={lostAt.value !== null}>
          <caption class="hidden">Prices of all coins in US dollars, as they change. The headings order the table.</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <Heading key={column.label} {...column} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.value.map((coin) => (
              <Row key={coin.id} coin={coin} watch={watch} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.value.length === 0 && <Empty>No coins match “{query}”.</Empty>}
    </>
  );
}

function Heading({ by, label, name, title }: Column) {
  const { key, direction } = sort.value;
  if (by === undefined) return <th class={name} scope="col" title={title} aria-label={title}>{label}</th>;
  return (
    <th class={name} scope="col" aria-sort={key === by ? direction : 'none'}>
      <button type="button" onClick={() => (sort.value = turned(sort.value, by))}>
        {label}
        <span class="arrow" aria-hidden="true">
          {key === by ? (direction === 'ascending' ? '▲' : '▼') : ''}
        </span>
      </button>
    </th>
  );
}
