// One coin: its price, its candles, its mood, what is signalled and written about it.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { coin as find, coins, failure, hearFirst, hearPrice, isWaiting, loadCoins, type Coin } from '../../coins.ts';
import { hub } from '../../hub.ts';
import { title } from '../../route.ts';
import { price, share, words } from '../../format.ts';
import { coinName } from '../../names.ts';
import { Heading } from '../../parts/heading.tsx';
import { Empty, Failed, Loading, Waiting } from '../../parts/states.tsx';
import { useChannel } from '../../parts/use-channel.ts';
import { Gauge } from '../market/gauge.tsx';
import { Signals } from '../signals/signals.tsx';
import { Chart, type Last } from './chart.tsx';
import { Head } from './head.tsx';
import { Mentions } from './mentions.tsx';

/** What stands in the place of a fact that is not known. */
const UNAVAILABLE = 'unavailable';

export function CoinView({ id }: { id: string }) {
  const coin = find(id);
  if (coin) return <Known key={id} coin={coin} />;
  return (
    <section class="panel">
      <Heading>{coinName(id)}</Heading>
      <Unknown key={id} id={id} />
    </section>
  );
}

/** Why there is no such coin: nobody knows yet which there are, or it is not among them. */
function Unknown({ id }: { id: string }) {
  const [isRefused, setRefused] = useState(false);
  const mayCome = isWaiting.value && !isRefused;
  useEffect(() => {
    if (!mayCome) return;
    const channel = `price:${id}` as const;
    const stops = [hub().on('error', (problem) => problem.channel === channel && setRefused(true)), hub().subscribe(channel, (data) => hearFirst(id, data))];
    return () => stops.forEach((stop) => stop());
  }, [mayCome]);
  if (mayCome) return <Waiting />;
  if (isRefused || coins.value.length > 0) return <Empty>No such coin on this hub. <a href="#/">All coins</a></Empty>;
  if (failure.value === null) return <Loading what="Prices" />;
  return <Failed what="Could not load coins." why={failure.value} again={() => void loadCoins().catch(() => {})} />;
}

function Known({ coin }: { coin: Coin }) {
  const last = useSignal<Last | null>(null);
  useEffect(() => hub().subscribe(`price:${coin.id}`, (data) => hearPrice(coin.id, data)), [coin]);
  useSignalEffect(() => {
    title.value = `${coin.symbol} ${last.value ? price(last.value.price) : coin.price.value}`;
  });
  return (
    <>
      <Head coin={coin} last={last} />
      <div class="columns">
        <div class="main">
          <Chart symbol={coin.symbol} tell={(it) => (last.value = it)} />
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
        <h2 id="facts-title">{coin.symbol} sentiment</h2>
      </header>
      {mood ? <Gauge score={mood.score} word={words(mood.sentiment)} /> : <Empty>Waiting for sentiment data…</Empty>}
      <dl class="facts">
        <dt>Confidence</dt>
        <dd>{mood ? share(mood.confidence) : UNAVAILABLE}</dd>
        <dt>Trending rank</dt>
        <dd>{mood ? (mood.trending_rank ? `#${mood.trending_rank}` : 'not trending') : UNAVAILABLE}</dd>
        <dt>24 h volume</dt>
        <dd>${coin.volume}</dd>
        <dt>Index price from</dt>
        <dd>{source}</dd>
        <dt>Sources</dt>
        <dd>{metadata.sources.join(', ') || UNAVAILABLE}</dd>
      </dl>
    </section>
  );
}

