// The candles of one pair and interval, as long as somebody looks at them.
import { signal } from '@preact/signals';
import type { CandleData } from '@cryptointel/client';
import { inFrame } from '../../frame.ts';
import { hub, status } from '../../hub.ts';
import { ask, Refused } from '../../rest.ts';
import { followed, isTorn, joined, type Bar } from './bars.ts';

export const INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1D', '1W'] as const;
export type Interval = (typeof INTERVALS)[number];

const PAST = 300;
/** The channel's current value comes at once; where it does not, the past is asked for all the same. */
const PATIENCE_MS = 1_500;
/** Answers may be a second old: then the next one is not. */
const AGAIN_MS = 1_500;
const TRIES = 3;

export type State = 'loading' | 'shown' | 'none' | 'failed';

export class Candles {
  readonly state = signal<State>('loading');
  readonly bars = signal<readonly Bar[]>([]);
  readonly problem = signal('');
  readonly #stops: (() => void)[] = [];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #pair: string;
  readonly #interval: Interval;
  #live: Bar[] = [];
  #asked = false;
  #isOver = false;

  constructor(pair: string, interval: Interval) {
    this.#pair = pair;
    this.#interval = interval;
  }

  begin(): void {
    const channel = `candles:${this.#pair}:${this.#interval}` as const;
    this.#stops.push(
      hub().subscribe(channel, (data) => this.#hear(data)),
      // What was lost lies in the past now.
      hub().on('gap', (gap) => gap.channel === channel && this.load()),
      hub().on('error', (problem) => problem.channel === channel && this.#begin()),
      // Polling tells the last two candles: after a pause there may have been more.
      hub().on('open', ({ transport }) => transport === 'polling' && this.#asked && this.load()),
    );
    if (status.value.state !== 'open') this.#begin();
    else this.#later(() => this.#begin(), PATIENCE_MS);
  }

  end(): void {
    this.#isOver = true;
    this.#stops.forEach((stop) => stop());
    this.#timers.forEach(clearTimeout);
  }

  /** Asks for the past. */
  load(tries = TRIES): void {
    this.#asked = true;
    const path = `candles?symbol=${encodeURIComponent(this.#pair)}&interval=${this.#interval}&limit=${PAST}`;
    ask<CandleData[]>(path).then(
      (past) => {
        if (this.#isOver) return;
        const bars = joined([...this.bars.value, ...past], this.#live);
        this.#live = [];
        this.bars.value = bars;
        this.state.value = 'shown';
        if (tries > 1 && isTorn(bars)) this.#later(() => this.load(tries - 1), AGAIN_MS);
      },
      (problem: Refused) => {
        if (this.#isOver || this.state.value === 'shown') return;
        this.problem.value = problem.message;
        this.state.value = problem.status === 400 ? 'none' : 'failed';
      },
    );
  }

  #begin() {
    if (!this.#asked && !this.#isOver) this.load();
  }

  #hear(bar: CandleData) {
    if (this.state.value !== 'shown') {
      this.#live.push(bar);
      this.#begin();
      return;
    }
    // Not in a frame: of two bars that come between two frames both are kept.
    this.#live.push(bar);
    inFrame(this, () => {
      this.bars.value = this.#live.splice(0).reduce<readonly Bar[]>(followed, this.bars.value);
    });
  }

  #later(run: () => void, ms: number) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
