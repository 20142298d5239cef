// The signals: those that come, and those of the past from the REST API. That has one up to a minute after it came, so that it is asked
// again and again; none is there twice.
import { signal } from '@preact/signals';
import type { SignalData } from '@cryptointel/client';
import { announce } from '../../announce.ts';
import { words } from '../../format.ts';
import { hub } from '../../hub.ts';
import { keepAsking } from '../../refresh.ts';
import { ask } from '../../rest.ts';
import { least } from './filter.ts';
import { merged } from './merge.ts';
import { notify } from './notify.ts';

const CHANNEL = 'signals:all';
const PAST = 100;

/** Newest first. */
export const signals = signal<readonly SignalData[]>([]);

/** How long one stands out that has just come. */
const FRESH_MS = 3_000;

/** Those that have just come. */
export const fresh = new Set<string>();

export const isLoaded = signal(false);
export const failure = signal<string | null>(null);

/** Asks for the past ones. What came meanwhile stays. */
export async function loadSignals(): Promise<void> {
  try {
    const past = await ask<SignalData[]>(`signals?limit=${PAST}`);
    signals.value = merged(signals.value, past);
    failure.value = null;
    isLoaded.value = true;
  } catch (problem) {
    failure.value = (problem as Error).message;
  }
}

let begun = false;

/** Listens from now on, whichever view is shown: a signal that nobody saw is one that was missed. */
export function followSignals(): void {
  if (begun) return;
  begun = true;
  hub().subscribe(CHANNEL, (it) => {
    fresh.add(it.id);
    setTimeout(() => fresh.delete(it.id), FRESH_MS);
    signals.value = merged([it], signals.value);
    if (it.confidence * 100 >= least.value) announce(`Signal: ${it.symbol}, ${words(it.type)}, confidence ${Math.round(it.confidence * 100)} percent.`);
    notify(it);
  });
  // What the hub could not send again may be among the past ones.
  hub().on('gap', ({ channel }) => {
    if (channel === CHANNEL) void loadSignals();
  });
  keepAsking(loadSignals);
}
