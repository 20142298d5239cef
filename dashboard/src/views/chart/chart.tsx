// The chart of a pair, with its intervals, and what it says in words and in a table.
import { computed, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { charts, findCharts } from '../../charts.ts';
import { isDark } from '../../theme.ts';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { percent, price, whole } from '../../format.ts';
import { at, type Bar } from './bars.ts';
import { Candles } from './candles.ts';
import { INTERVALS, when, type Interval } from './interval.ts';
import { None } from './none.tsx';
import { Plot } from './plot.ts';

/** Rows of the table. */
const ROWS = 20;

/** The close of the newest candle. */
export interface Last {
  pair: string;
  price: number;
  /** When it was told, milliseconds. */
  at: number;
}

type Tell = (last: Last | null) => void;

/** `tell` is told the newest price of the chart, and `null` when there is no chart any more. */
export function Chart({ symbol, tell }: { symbol: string; tell: Tell }) {
  const pair = charts.value?.get(symbol);
  const [problem, setProblem] = useState('');
  const find = () => {
    setProblem('');
    findCharts().catch(({ message }) => setProblem(message));
  };
  useEffect(find, []);
  if (pair) return <ChartOf key={pair} pair={pair} tell={tell} />;
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">Chart</h2>
      </header>
      {charts.value ? <None symbol={symbol} /> : problem === '' ? <Loading what="Candles" rows={6} /> : <Failed what="Could not load candles." why={problem} again={find} />}
    </section>
  );
}

function ChartOf({ pair, tell }: { pair: string; tell: Tell }) {
  const [interval, setInterval] = useState<Interval>('1m');
  const [attempt, setAttempt] = useState(0);
  const candles = useMemo(() => new Candles(pair, interval), [pair, interval, attempt]);
  useEffect(() => {
    candles.begin();
    return () => candles.end();
  }, [candles]);
  // Until another interval has bars, the price of the one before holds.
  useEffect(() => candles.bars.subscribe((bars) => bars.length > 0 && tell({ pair, price: (bars.at(-1) as Bar).close, at: candles.toldAt })), [candles]);
  useEffect(() => () => tell(null), []);
  const state = candles.state.value;
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">{pair}</h2>
        <Intervals chosen={interval} choose={setInterval} />
      </header>
      {state === 'loading' && <Loading what="Candles" rows={6} />}
      {state === 'failed' && <Failed what="Could not load candles." why={candles.problem.value} again={() => setAttempt((n) => n + 1)} />}
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
  const problem = candles.problem.value;
  const failed = problem !== '' && <Failed what="Could not update candles; some may be missing." why={problem} again={() => candles.load()} />;
  if (candles.bars.value.length === 0) return failed || <Empty>No candles for this interval yet. The first one starts with the next trade.</Empty>;
  return (
    <>
      {failed}
      <Canvas candles={candles} pair={pair} interval={interval} />
      <Table candles={candles} interval={interval} />
      <p class="credit">
        Chart by{' '}
        <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
          TradingView Lightweight Charts™
        </a>
        . <span class="keys">Use the arrow keys to pan, + and − to zoom.</span>
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
    const made = new Plot(element.current as HTMLElement, interval);
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
  return `Candlestick chart of ${pair}, ${bars.length} candles of ${interval}: last price ${price(last.close)}, ${percent(change)} since ${when(at(first), interval)}, low ${price(low)}, high ${price(high)}. The table below lists the latest candles.`;
}

function Table({ candles, interval }: { candles: Candles; interval: Interval }) {
  const [open, setOpen] = useState(false);
  const many = Math.min(ROWS, candles.bars.value.length);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{many === 1 ? 'Latest candle' : `Latest ${many} candles`} as a table</summary>
      {open && <Rows candles={candles} interval={interval} />}
    </details>
  );
}

function Rows({ candles, interval }: { candles: Candles; interval: Interval }) {
  return (
    <div class="scroller">
      <table class="bars">
        <caption class="hidden">Latest candles, newest first</caption>
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
              <th scope="row">{when(at(bar), interval)}</th>
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
