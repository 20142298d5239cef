import { useLayoutEffect, useRef } from 'preact/hooks';
import { memo } from 'preact/compat';
import { charts } from '../../charts.ts';
import type { Coin } from '../../coins.ts';
import { Sparkline } from './sparkline.tsx';
import type { Watch } from './watch.ts';

/** One coin. Its cells change by signals: the row is rendered once. */
export const Row = memo(function Row({ coin, watch }: { coin: Coin; watch: Watch }) {
  const row = useRef<HTMLTableRowElement>(null);
  const price = useRef<HTMLTableCellElement>(null);
  useLayoutEffect(() => watch.row(row.current as HTMLElement), [watch]);
  useLayoutEffect(() => flash(coin, price.current as HTMLElement), [coin]);
  return (
    <tr ref={row} data-coin={coin.id}>
      <th scope="row">
        <a href={`#/coin/${encodeURIComponent(coin.id)}`}>
          <b>{coin.symbol}</b> <Stale coin={coin} /> <span class="name">{coin.name}</span>
          <Charted symbol={coin.symbol} />
        </a>
      </th>
      <td class="figure price" ref={price}>
        {coin.price}
      </td>
      <td class="figure change">
        <Change coin={coin} />
      </td>
      <td class="figure volume">{coin.volume}</td>
      <td class="trail">
        <Sparkline coin={coin} />
      </td>
    </tr>
  );
});

/** That there are candles of it. */
function Charted({ symbol }: { symbol: string }) {
  if (!charts.value?.has(symbol)) return null;
  return (
    <span class="charted" title="Has a chart">
      <svg viewBox="0 0 12 12" width="14" height="14" aria-hidden="true" focusable="false">
        <path d="M3.5 1V11M8.5 0V9M2 3.5H5V9H2ZM7 2H10V6H7Z" />
      </svg>
      <span class="hidden">has a chart</span>
    </span>
  );
}

/** Rising or falling, by colour and by sign. */
export function Change({ coin }: { coin: Coin }) {
  const name = { [-1]: 'falls', 0: 'rests', 1: 'rises' }[coin.direction.value];
  return <span class={name}>{coin.change}</span>;
}

/** That nobody has confirmed the price for a while. */
export function Stale({ coin }: { coin: Coin }) {
  if (!coin.isStale.value) return null;
  return (
    <span class="mark" title="No provider has confirmed this price for three polls">
      stale
    </span>
  );
}

/** Lights the cell up when the price moves. Two animations that are the same take turns: one cannot begin again by itself. */
function flash(coin: Coin, cell: HTMLElement): () => void {
  let before: number | undefined;
  let beat = false;
  cell.onanimationend = () => delete cell.dataset['flash']; // a row that is moved would begin again
  return coin.data.subscribe(({ price }) => {
    if (before !== undefined && price !== before) {
      beat = !beat;
      cell.dataset['flash'] = `${price > before ? 'up' : 'down'}-${beat ? 'a' : 'b'}`;
    }
    before = price;
  });
}
