// The chart of a pair, with its intervals, and what it says in words and in a table.
import { computed, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { isDark } from '../../theme.ts';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { moment, percent, price, whole } from '../../format.ts';
import type { Bar } from './bars.ts';
import { Candles, INTERVALS, type Interval } from './candles.ts';
import { otherPair } from './pair.ts';
import { Plot } from './plot.ts';

/** Rows of the table. */
const ROWS = 20;

/** What prices are in, as most exchanges have it. */
const QUOTE = 'USDT';

export function Chart({ symbol }: { symbol: string }) {
  const [pair, setPair] = useState(`${symbol}/${QUOTE}`);
  const [interval, setInterval] = useState<Interval>('1m');
  const [attempt, setAttempt] = useState(0);
  const candles = useMemo(() => new Candles(pair, interval), [pair, interval, attempt]);
  useEffect(() => {
    candles.begin();
    return () => candles.end();
  }, [candles]);
  const state = candles.state.value;
  const other = state === 'none' ? otherPair(candles.problem.value, symbol, pair) : undefined;
  useEffect(() => {
    if (other !== undefined) setPair(other);
  }, [other]);
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">{pair}</h2>
        <Intervals chosen={interval} choose={setInterval} />
      </header>
      {state === 'loading' && <Loading what="Candles" rows={6} />}
      {state === 'none' && <Empty>The hub keeps no candles of {pair}. {candles.problem}</Empty>}
      {state === 'failed' && <Failed what="Candles cannot be had." why={candles.problem.value} again={() => setAttempt((n) => n + 1)} />}
      {state === 'shown' && <Shown key={`${pair} ${interval} ${attempt}`} candles={candles} pair={pair} interval={interval} />}
    </section>
  );
}

function Intervals({ chosen, choose }: { chosen: Interval; choose: (interval: Interval) => void }) {
  return (
    <fieldset class="switch">
      <legend class="hidden">Interval</legend>
      {INTERVALS.map((interval) => (
        <label key={interval}>
          <input type="radio" name="interval" value={interval} checked={interval === chosen} onChange={() => choose(interval)} />
          <span>{interval}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Shown({ candles, pair, interval }: { candles: Candles; pair: string; interval: Interval }) {
  if (candles.bars.value.length === 0) return <Empty>There are no candles of this interval yet. The first one begins with the next trade.</Empty>;
  return (
    <>
      <Canvas candles={candles} pair={pair} interval={interval} />
      <Table candles={candles} />
      <p class="credit">
        Chart by <a href="https://www.tradingview.com/" rel="noreferrer">TradingView Lightweight Charts™</a>. Arrow keys move it, + and − change how much of it is seen.
      </p>
    </>
  );
}

const KEYS: Record<string, (plot: Plot) => void> = {
  ArrowLeft: (plot) => plot.move(-5),
  ArrowRight: (plot) => plot.move(5),
  '+': (plot) => plot.zoom(0.7),
  '=': (plot) => plot.zoom(0.7),
  '-': (plot) => plot.zoom(1.4),
};

function Canvas({ candles, pair, interval }: { candles: Candles; pair: string; interval: Interval }) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  useEffect(() => {
    const made = new Plot(element.current as HTMLElement);
    plot.current = made;
    const stop = candles.bars.subscribe((bars) => made.show(bars));
    return () => {
      stop();
      made.end();
      plot.current = undefined;
    };
  }, [candles]);
  useSignalEffect(() => {
    isDark();
    requestAnimationFrame(() => plot.current?.paint());
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const move = KEYS[event.key];
    if (!move || !plot.current || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(plot.current);
  };
  const words = useMemo(() => computed(() => inWords(candles.bars.value, pair, interval)), [candles]);
  return <div class="canvas" ref={element} role="img" tabIndex={0} aria-label={words} onKeyDown={onKeyDown} />;
}

function inWords(bars: readonly Bar[], pair: string, interval: Interval): string {
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return `${pair}: no candles`;
  const high = Math.max(...bars.map((bar) => bar.high));
  const low = Math.min(...bars.map((bar) => bar.low));
  const change = ((last.close - first.open) / first.open) * 100;
  return `Candlesticks of ${pair}, ${bars.length} of ${interval}: now ${price(last.close)}, ${percent(change)} since ${moment(Date.parse(first.time))}, between ${price(low)} and ${price(high)}. The table below has the newest ones.`;
}

function Table({ candles }: { candles: Candles }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The newest {ROWS} as a table</summary>
      {open && <Rows candles={candles} />}
    </details>
  );
}

function Rows({ candles }: { candles: Candles }) {
  return (
    <div class="scroller">
      <table class="bars">
        <caption class="hidden">The newest candles, the running one first</caption>
        <thead>
          <tr>
            {['Time', 'Open', 'High', 'Low', 'Close', 'Volume'].map((name) => (
              <th key={name} scope="col" class={name === 'Time' ? undefined : 'figure'}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {candles.bars.value.slice(-ROWS).reverse().map((bar) => (
            <tr key={bar.time} data-time={bar.time} data-closed={bar.closed}>
              <th scope="row">{moment(Date.parse(bar.time))}</th>
              {[bar.open, bar.high, bar.low, bar.close].map((value, n) => (
                <td key={n} class="figure">
                  {price(value)}
                </td>
              ))}
              <td class="figure">{whole(bar.volume)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
