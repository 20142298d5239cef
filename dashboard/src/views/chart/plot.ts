// The chart itself, by lightweight-charts. It sets its styles by script, which the page's policy allows.
import { CandlestickSeries, createChart, HistogramSeries, type CandlestickData, type HistogramData, type IChartApi, type UTCTimestamp } from 'lightweight-charts';
import { digits } from '../../format.ts';
import { at, type Bar } from './bars.ts';

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
  readonly #chart: IChartApi;
  readonly #candles;
  readonly #volume;
  #colours: Colours;
  #shown: readonly Bar[] = [];

  constructor(element: HTMLElement) {
    this.#colours = colours(element);
    this.#chart = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: 'transparent' }, fontFamily: getComputedStyle(element).fontFamily, fontSize: 12 },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 3 },
      rightPriceScale: { scaleMargins: { top: 0.06, bottom: 0.24 } },
      localization: { locale: 'en-GB' },
      // The page scrolls; the chart zooms by pinching and dragging, and by the wheel with a key.
      handleScroll: { mouseWheel: false, vertTouchDrag: false },
      handleScale: { mouseWheel: false },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = this.#chart.addSeries(HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, lastValueVisible: false, priceLineVisible: false });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.paint();
  }

  /** Shows these bars: only what is new, if that is at the end. */
  show(bars: readonly Bar[]): void {
    const before = this.#shown;
    this.#shown = bars;
    const isFirst = before.length === 0;
    const same = bars.findIndex((bar, n) => bar !== before[n]);
    if (same < 0 && bars.length === before.length) return;
    if (!isFirst && same >= before.length - 1 && bars.length >= before.length) {
      for (const bar of bars.slice(same)) {
        this.#candles.update(candle(bar));
        this.#volume.update(this.#column(bar));
      }
      return;
    }
    this.#candles.setData(bars.map(candle));
    this.#volume.setData(bars.map((bar) => this.#column(bar)));
    const newest = bars.at(-1);
    if (!isFirst || !newest) return;
    const precision = digits(newest.close);
    this.#candles.applyOptions({ priceFormat: { type: 'price', precision, minMove: 10 ** -precision } });
    const shown = Math.max(LEAST, Math.min(MOST, bars.length));
    this.#chart.timeScale().setVisibleLogicalRange({ from: bars.length - shown, to: bars.length + 3 });
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

  end(): void {
    this.#chart.remove();
  }

  #column(bar: Bar): HistogramData {
    const { rise, fall } = this.#colours;
    return { time: time(bar), value: bar.volume, color: faint(bar.close >= bar.open ? rise : fall) };
  }
}

const time = (bar: Bar) => (at(bar) / 1000) as UTCTimestamp;
const candle = (bar: Bar): CandlestickData => ({ time: time(bar), open: bar.open, high: bar.high, low: bar.low, close: bar.close });

/** The theme's, as `rgb(…)`: the properties are registered, so that they come out computed. */
function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name);
  return { text: of('--plot-text'), line: of('--plot-line'), rise: of('--rise'), fall: of('--fall') };
}

const faint = (colour: string) => colour.replace(/^rgb\((\d+), (\d+), (\d+)\)$/, 'rgba($1, $2, $3, 0.45)');
