// The candles of one pair and interval, as long as somebody looks at them.
import { signal } from '@preact/signals';
import type { CandleData } from '@cryptointel/client';
import { findCharts } from '../../charts.ts';
import { inFrame } from '../../frame.ts';
import { hub, status } from '../../hub.ts';
import { ask, Refused } from '../../rest.ts';
import { at, followed, isTorn, joined, keep, renewed, skips, type Bar } from './bars.ts';
import { STEP, type Interval } from './interval.ts';

/** Bars of an answer, and bars told live that wait to be shown. */
const MOST = 300;
/** The channel's current value comes at once; where it does not, the past is asked for all the same. */
const PATIENCE_MS = 1_500;
/** Answers may be a second old: then the next one is not. */
const AGAIN_MS = 1_500;
const TRIES = 3;

export type State = 'loading' | 'shown' | 'failed';

export class Candles {
  readonly state = signal<State>('loading');
  readonly bars = signal<readonly Bar[]>([]);
  /** Why the last question for the past had no answer; empty if it had one. */
  readonly problem = signal('');
  /** When the newest bar was told as it is, milliseconds. */
  toldAt = 0;
  readonly #stops: (() => void)[] = [];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #pair: string;
  readonly #interval: Interval;
  readonly #step: number;
  /** What was told and is not shown yet, by time. */
  readonly #live = new Map<number, Bar>();
  /** The past is to be asked for once the channel is held. */
  #isDue = false;
  #questions = 0;
  #isOver = false;

  constructor(pair: string, interval: Interval) {
    this.#pair = pair;
    this.#interval = interval;
    this.#step = STEP[interval];
  }

  /** Listens, and asks for the past. */
  begin(): void {
    const channel = `candles:${this.#pair}:${this.#interval}` as const;
    this.#stops.push(
      hub().subscribe(channel, (data) => this.#hear(data)),
      // What was lost lies in the past now.
      hub().on('gap', (gap) => gap.channel === channel && this.load()),
      hub().on('error', (problem) => problem.channel === channel && this.#loadIfDue()),
      // The channel may not have been held for a while.
      hub().on('open', () => this.#loadOnceHeld()),
    );
    if (status.value.state === 'open') this.#loadOnceHeld();
    else this.load(); // something to see until the channel is held, and after that again
  }

  /** Listens no more. */
  end(): void {
    this.#isOver = true;
    this.#stops.forEach((stop) => stop());
    this.#timers.forEach(clearTimeout);
  }

  /** Asks for the past, up to so often if an answer does not fit with what was told. */
  load(tries = TRIES): void {
    this.#isDue = false;
    const question = ++this.#questions;
    const isOld = () => this.#isOver || question !== this.#questions;
    const path = `candles?symbol=${encodeURIComponent(this.#pair)}&interval=${this.#interval}&limit=${MOST}`;
    ask<CandleData[]>(path).then(
      (past) => {
        if (isOld()) return;
        const bars = joined(renewed(this.bars.value, past, this.#step), [...this.#live.values()]);
        this.#live.clear();
        this.problem.value = '';
        this.#date(bars);
        this.bars.value = bars;
        this.state.value = 'shown';
        if (tries > 1 && this.#isBroken(bars, past.at(-1))) this.#later(() => this.load(tries - 1), AGAIN_MS);
      },
      (problem: Refused) => {
        if (isOld()) return;
        this.problem.value = problem.message;
        if (this.state.value !== 'shown') this.state.value = 'failed';
        if (problem.status === 400) findCharts(true).catch(() => {}); // the pair may have gone
      },
    );
  }

  #loadOnceHeld() {
    this.#isDue = true;
    this.#later(() => this.#loadIfDue(), PATIENCE_MS);
  }

  #loadIfDue() {
    if (this.#isDue && !this.#isOver) this.load();
  }

  #hear(bar: CandleData) {
    if (at(bar) >= at(this.bars.value.at(-1) ?? bar)) this.toldAt = this.#toldOf(bar);
    keep(this.#live, bar, MOST);
    if (this.state.value === 'shown') inFrame(this, () => this.#show());
    this.#loadIfDue();
  }

  /** Shows what was told. Where a new bar does not follow the last one, the past has what is missing. */
  #show() {
    const last = this.bars.value.at(-1);
    const bars = [...this.#live.values()].reduce<readonly Bar[]>(followed, this.bars.value);
    this.#live.clear();
    this.bars.value = bars;
    const isLonger = last !== undefined && at(bars.at(-1) ?? last) > at(last);
    if (isLonger && this.#isBroken(bars, last)) this.#later(() => this.load(), AGAIN_MS);
  }

  /** When a bar was told that is told now: a running one now, one that is over at its end. */
  #toldOf = (bar: CandleData | Bar) => Math.min(Date.now(), at(bar) + this.#step);

  /** Takes the time of an answer's newest bar. */
  #date(bars: readonly Bar[]) {
    const [newest, known] = [bars.at(-1), this.bars.value.at(-1)];
    if (!newest || newest.close === known?.close) return;
    this.toldAt = Math.max(this.toldAt, this.#toldOf(newest));
  }

  /** Whether a bar has no end, or bars are missing after this one. */
  #isBroken(bars: readonly Bar[], last: Bar | undefined): boolean {
    return isTorn(bars) || (last !== undefined && skips(bars, at(last), this.#step));
  }

  #later(run: () => void, ms: number) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
