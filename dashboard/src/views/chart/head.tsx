// What a coin is and costs. Where there is a chart, the price is the chart's own, so that there are not two of one name; the hub's price,
// which the table has, is told beside it for what it is.
import type { ReadonlySignal } from '@preact/signals';
import type { Coin } from '../../coins.ts';
import { ago, price } from '../../format.ts';
import { Heading } from '../../parts/heading.tsx';
import { now } from '../../parts/now.ts';
import { Change, Stale } from '../prices/row.tsx';
import type { Last } from './chart.tsx';

export function Head({ coin, last }: { coin: Coin; last: ReadonlySignal<Last | null> }) {
  return (
    <div class="coin-head">
      <a href="#/">All coins</a>
      <Heading>
        {coin.name} <small>{coin.symbol}</small>
      </Heading>
      <p class="now">
        {last.value ? <Traded last={last.value} /> : <b>${coin.price}</b>}{' '}
        <span>
          <Change coin={coin} /> in 24 h
        </span>
      </p>
      <p class="prices-named">
        {last.value && (
          <span>
            {last.value.pair} last price, {ago(last.value.at, now.value)}
          </span>
        )}
        <Index coin={coin} isAlone={!last.value} />
      </p>
    </div>
  );
}

/** In what it is traded for: that is not quite the dollar. */
function Traded({ last }: { last: Last }) {
  return (
    <span>
      <b>{price(last.price)}</b> {last.pair.split('/')[1]}
    </span>
  );
}

function Index({ coin, isAlone }: { coin: Coin; isAlone: boolean }) {
  const { timestamp, metadata } = coin.data.value;
  return (
    <span title={`One price from what these say: ${metadata.sources.join(', ')}`}>
      Index price{isAlone ? '' : <> ${coin.price}</>}, {ago(Date.parse(timestamp), now.value)} <Stale coin={coin} />
    </span>
  );
}
