// One coin: its price, its candles, its mood, what is signalled and written about it.
import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { coin as find, coins, hearPrice, type Coin } from '../../coins.ts';
import { hub } from '../../hub.ts';
import { title } from '../../route.ts';
import { NOTHING, share, words } from '../../format.ts';
import { Heading } from '../../parts/heading.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { useChannel } from '../../parts/use-channel.ts';
import { Gauge } from '../market/gauge.tsx';
import { Change, Stale } from '../prices/row.tsx';
import { Signals } from '../signals/signals.tsx';
import { Chart } from './chart.tsx';
import { Mentions } from './mentions.tsx';

export function CoinView({ id }: { id: string }) {
  const coin = find(id);
  if (coin) return <Known key={id} coin={coin} />;
  return (
    <section class="panel">
      <Heading>{id}</Heading>
      {coins.value.length === 0 ? <Loading what="Prices" /> : <Empty>The hub knows no coin of this name. <a href="#/">All coins</a></Empty>}
    </section>
  );
}

function Known({ coin }: { coin: Coin }) {
  useEffect(() => hub().subscribe(`price:${coin.id}`, (data) => hearPrice(coin.id, data)), [coin]);
  useSignalEffect(() => {
    title.value = `${coin.symbol} ${coin.price.value}`;
  });
  return (
    <>
      <div class="coin-head">
        <a href="#/">All coins</a>
        <Heading>
          {coin.name} <small>{coin.symbol}</small>
        </Heading>
        <p class="now">
          <b>${coin.price}</b> <Change coin={coin} /> <span>in 24 h</span> <Stale coin={coin} />
        </p>
      </div>
      <div class="columns">
        <div class="main">
          <Chart symbol={coin.symbol} />
        </div>
        <div class="side">
          <Facts coin={coin} />
          <Signals symbol={coin.symbol} />
          <Mentions entity={coin.id} />
        </div>
      </div>
    </>
  );
}

function Facts({ coin }: { coin: Coin }) {
  const mood = useChannel(`sentiment:${coin.id}`).value;
  const { source, metadata } = coin.data.value;
  return (
    <section class="panel mood" aria-labelledby="facts-title">
      <header>
        <h2 id="facts-title">Sentiment of {coin.symbol}</h2>
      </header>
      {mood ? <Gauge score={mood.score} word={words(mood.sentiment)} /> : <Empty>Nothing is known of the mood yet.</Empty>}
      <dl class="facts">
        <dt>Confidence</dt>
        <dd>{mood ? share(mood.confidence) : NOTHING}</dd>
        <dt>Trending, 24 h</dt>
        <dd>{mood?.trending_rank ? `number ${mood.trending_rank}` : NOTHING}</dd>
        <dt>Volume, 24 h</dt>
        <dd>${coin.volume}</dd>
        <dt>Price of</dt>
        <dd>{source}</dd>
        <dt>Sources</dt>
        <dd>{metadata.sources.join(', ') || NOTHING}</dd>
      </dl>
    </section>
  );
}

