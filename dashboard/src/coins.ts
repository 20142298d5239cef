// The coins and what is known of each: signals, so that a price that moves touches its own cells and nothing else.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { PriceData } from '@cryptointel/client';
import * as format from './format.ts';
import { inFrame } from './frame.ts';
import { coinName } from './names.ts';
import { ask } from './rest.ts';

/** Points of a sparkline: one a second at most. */
const TRAIL = 60;
const TRAIL_MS = 1_000;

export interface Coin {
  id: string;
  symbol: string;
  name: string;
  data: Signal<PriceData>;
  price: ReadonlySignal<string>;
  change: ReadonlySignal<string>;
  direction: ReadonlySignal<-1 | 0 | 1>;
  volume: ReadonlySignal<string>;
  isStale: ReadonlySignal<boolean>;
  /** The prices since the page was opened, oldest first. */
  trail: Signal<readonly number[]>;
}

/** As the hub lists them. */
export const coins = signal<readonly Coin[]>([]);

/** Why there is no list, or no newer one. */
export const failure = signal<string | null>(null);

/** Whether there has been an answer. */
export const isLoaded = signal(false);

const byId = new Map<string, Coin>();

export const coin = (id: string): Coin | undefined => (coins.value, byId.get(id));

function make(id: string, first: PriceData): Coin {
  const data = signal(first);
  return {
    id,
    symbol: first.symbol,
    name: coinName(id),
    data,
    price: computed(() => format.price(data.value.price)),
    change: computed(() => format.percent(data.value.change_24h)),
    direction: computed(() => format.sign(data.value.change_24h)),
    volume: computed(() => format.compact(data.value.volume_24h)),
    isStale: computed(() => data.value.stale === true),
    trail: signal([first.price]),
  };
}

const pointAt = new WeakMap<Coin, number>();

function update(it: Coin, data: PriceData) {
  it.data.value = data;
  const now = performance.now();
  if (now - (pointAt.get(it) ?? -Infinity) < TRAIL_MS) return;
  pointAt.set(it, now);
  it.trail.value = [...it.trail.value.slice(1 - TRAIL), data.price];
}

/** A price that came live. */
export function hearPrice(id: string, data: PriceData): void {
  const known = byId.get(id);
  if (known) inFrame(known, () => update(known, data));
}

type Row = PriceData & { coin: string };

/** Asks for all coins. Those of `live` are known better than the answer says. Throws `Refused`. */
export async function loadCoins(live: ReadonlySet<string> = new Set()): Promise<void> {
  let rows: Row[];
  try {
    rows = await ask<Row[]>('prices');
  } catch (problem) {
    failure.value = (problem as Error).message;
    throw problem;
  }
  failure.value = null;
  isLoaded.value = true;
  const fresh: Coin[] = [];
  for (const { coin: id, ...data } of rows) {
    const known = byId.get(id);
    if (!known) {
      const made = make(id, data);
      byId.set(id, made);
      fresh.push(made);
    } else if (!live.has(id)) {
      inFrame(known, () => update(known, data));
    }
  }
  if (fresh.length > 0) coins.value = [...coins.value, ...fresh];
}
