// The chart itself, by lightweight-charts. It sets its styles by script, which the page's policy allows.
import { CandlestickSeries, createChartEx, HistogramSeries, type CandlestickData, type DeepPartial, type HistogramData, type IChartApiBase, type Time, type TimeChartOptions, type UTCTimestamp } from 'lightweight-charts';
import { digits, price } from '../../format.ts';
import { formatters, scaleOf } from './axis.ts';
import { at, skips, spaced, type Bar } from './bars.ts';
import { isDated, STEP, type Interval } from './interval.ts';

/** Bars that are in sight at first: so many, or so few. */
const MOST = 90;
const LEAST = 30;

interface Colours {
  text: string;
  line: string;
  rise: string;
  fall: string;
}

export class Plot {
  readonly #chart: IChartApiBase<Time>;
  readonly #step: number;
  readonly #candles;
  readonly #volume;
  #colours: Colours;
  #shown: readonly Bar[] = [];
  #precision = NaN;

  constructor(element: HTMLElement, interval: Interval) {
    this.#step = STEP[interval];
    this.#colours = colours(element);
    const { time, mark } = formatters(interval);
    const options: DeepPartial<TimeChartOptions> = {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: 'transparent' }, fontFamily: getComputedStyle(element).fontFamily, fontSize: 12 },
      timeScale: { timeVisible: !isDated(interval), secondsVisible: false, rightOffset: 3, tickMarkFormatter: mark },
      rightPriceScale: { scaleMargins: { top: 0.06, bottom: 0.24 } },
      localization: { locale: 'en-GB', timeFormatter: time, priceFormatter: price },
      // The wheel scrolls the page. The chart is moved by dragging and by keys, and zoomed by pinching and by keys.
      handleScroll: { mouseWheel: false, vertTouchDrag: false },
      handleScale: { mouseWheel: false },
    };
    this.#chart = createChartEx(element, scaleOf(interval), options);
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = this.#chart.addSeries(HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, lastValueVisible: false, priceLineVisible: false });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.paint();
  }

  /** Shows these bars: only what is new, if that is at the end. Where some are missing there is room for them. */
  show(bars: readonly Bar[]): void {
    const before = this.#shown;
    this.#shown = bars;
    const newest = bars.at(-1);
    if (newest) this.#follow(newest.close);
    const last = before.at(-1);
    const same = bars.findIndex((bar, n) => bar !== before[n]);
    if (same < 0 && bars.length === before.length) return;
    if (last && same >= before.length - 1 && bars.length >= before.length && !skips(bars, at(last), this.#step)) {
      for (const bar of bars.slice(same)) {
        this.#candles.update(candle(bar));
        this.#volume.update(this.#column(bar));
      }
      return;
    }
    const points = spaced(bars, this.#step).map((it) => (typeof it === 'number' ? { time: seconds(it) } : candle(it)));
    this.#candles.setData(points);
    this.#volume.setData(bars.map((bar) => this.#column(bar)));
    if (last || !newest) return;
    const shown = Math.max(LEAST, Math.min(MOST, points.length));
    this.#chart.timeScale().setVisibleLogicalRange({ from: points.length - shown, to: points.length + 3 });
  }

  /** The axis has marks as far apart as digits tell them from each other. */
  #follow(newest: number): void {
    const precision = digits(newest);
    if (precision === this.#precision) return;
    this.#precision = precision;
    this.#candles.applyOptions({ priceFormat: { type: 'price', precision, minMove: 10 ** -precision } });
  }

  /** Moves through time, by bars; for the keyboard. */
  move(by: number): void {
    const scale = this.#chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range) scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  }

  /** Shows more or less time at once; for the keyboard. */
  zoom(factor: number): void {
    const scale = this.#chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range) scale.setVisibleLogicalRange({ from: range.to - Math.max(10, (range.to - range.from) * factor), to: range.to });
  }

  /** Takes the theme's colours. */
  paint(): void {
    const { text, line, rise, fall } = (this.#colours = colours(this.#chart.chartElement()));
    const border = { borderColor: line };
    this.#chart.applyOptions({ layout: { textColor: text }, grid: { vertLines: { color: line }, horzLines: { color: line } }, timeScale: border, rightPriceScale: border });
    this.#candles.applyOptions({ upColor: rise, downColor: fall, wickUpColor: rise, wickDownColor: fall });
    this.#volume.setData(this.#shown.map((bar) => this.#column(bar)));
  }

  /** Takes the chart away. */
  end(): void {
    this.#chart.remove();
  }

  #column(bar: Bar): HistogramData {
    const { rise, fall } = this.#colours;
    return { time: seconds(at(bar)), value: bar.volume, color: faint(bar.close >= bar.open ? rise : fall) };
  }
}

const seconds = (at: number) => (at / 1000) as UTCTimestamp;
const candle = (bar: Bar): CandlestickData => ({ time: seconds(at(bar)), open: bar.open, high: bar.high, low: bar.low, close: bar.close });

/** The theme's, as `rgb(…)`: the properties are registered, so that they come out computed. */
function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name);
  return { text: of('--plot-text'), line: of('--plot-line'), rise: of('--rise'), fall: of('--fall') };
}

const faint = (colour: string) => colour.replace(/^rgb\((\d+), (\d+), (\d+)\)$/, 'rgba($1, $2, $3, 0.45)');
