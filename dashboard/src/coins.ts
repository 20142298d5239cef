// The coins and what is known of each: signals, so that a price that moves touches its own cells and nothing else.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { PriceData } from '@cryptointel/client';
import * as format from './format.ts';
import { inFrame } from './frame.ts';
import { coinName } from './names.ts';
import { ask, Refused } from './rest.ts';

/** Points of a sparkline: one a second at first, and always half as many from so many on. */
const MOST_POINTS = 120;
const POINT_MS = 1_000;

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

/** Whether the hub has no list yet. */
export const isWaiting = signal(false);

/** Whether it had one. */
export const isListed = signal(false);

/** When the last answer came, milliseconds; 0 if there was none. */
export const loadedAt = signal(0);

/** Whether the hub makes its prices up. */
export const isSimulated = signal(false);

const byId = new Map<string, Coin>();

export const coin = (id: string): Coin | undefined => (coins.value, byId.get(id));

const fromSimulation = ({ source, metadata }: PriceData) => source === 'simulated' || metadata.sources.includes('simulated');

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

/** When the newest point of a trail was, and how far they are apart: milliseconds. */
const points = new WeakMap<Coin, { at: number; every: number }>();

function update(it: Coin, data: PriceData) {
  it.data.value = data;
  const now = performance.now();
  const { at, every } = points.get(it) ?? { at: -Infinity, every: POINT_MS };
  if (now - at < every) return;
  const trail = [...it.trail.value, data.price];
  const isFull = trail.length > MOST_POINTS;
  it.trail.value = isFull ? trail.filter((_, n) => n % 2 === 0) : trail;
  points.set(it, { at: now, every: isFull ? every * 2 : every });
}

/** An answer of the REST API may be older than what came meanwhile. */
function updateIfNewer(it: Coin, data: PriceData) {
  if (Date.parse(data.timestamp) >= Date.parse(it.data.peek().timestamp)) update(it, data);
}

/** A price that came live. */
export function hearPrice(id: string, data: PriceData): void {
  if (fromSimulation(data)) isSimulated.value = true;
  const known = byId.get(id);
  if (known) inFrame(known, () => update(known, data));
}

/** One that came live of a coin that no list may have. */
export function hearFirst(id: string, data: PriceData): void {
  hearPrice(id, data);
  if (!byId.has(id)) add([[id, data]]);
}

function add(fresh: [id: string, data: PriceData][]) {
  const made = fresh.map(([id, data]) => make(id, data));
  for (const it of made) byId.set(it.id, it);
  if (made.length > 0) coins.value = [...coins.value, ...made];
}

type Row = PriceData & { coin: string };

/** Asks for all coins. Throws `Refused`. */
export async function loadCoins(): Promise<void> {
  let rows: Row[];
  try {
    rows = await ask<Row[]>('prices');
  } catch (problem) {
    const { message, isNoData } = problem as Refused;
    isWaiting.value = isNoData;
    failure.value = isNoData ? null : message;
    throw problem;
  }
  failure.value = null;
  isWaiting.value = rows.length === 0;
  isListed.value ||= rows.length > 0;
  loadedAt.value = Date.now();
  isSimulated.value = rows.some(fromSimulation);
  const fresh: [string, PriceData][] = [];
  for (const { coin: id, ...data } of rows) {
    const known = byId.get(id);
    if (known) inFrame(data, () => updateIfNewer(known, data));
    else fresh.push([id, data]);
  }
  add(fresh);
}
