// The signals: those of the past from the REST API, then those that come. None is there twice, none is missing.
import { signal } from '@preact/signals';
import type { SignalData } from '@cryptointel/client';
import { announce } from '../../announce.ts';
import { words } from '../../format.ts';
import { hub } from '../../hub.ts';
import { ask } from '../../rest.ts';
import { merged } from './merge.ts';
import { notify } from './notify.ts';

const CHANNEL = 'signals:all';
const PAST = 100;

/** Newest first. */
export const signals = signal<readonly SignalData[]>([]);

/** Those that came while the page was open. */
export const fresh = new Set<string>();

export const isLoaded = signal(false);
export const failure = signal<string | null>(null);

let asks = false;

/** Asks for the past ones. What came meanwhile stays. */
export async function loadSignals(): Promise<void> {
  if (asks) return;
  asks = true;
  try {
    const past = await ask<SignalData[]>(`signals?limit=${PAST}`);
    signals.value = merged(signals.value, past);
    failure.value = null;
    isLoaded.value = true;
  } catch (problem) {
    failure.value = (problem as Error).message;
  } finally {
    asks = false;
  }
}

let begun = false;

/** Listens from now on, whichever view is shown: a signal that nobody saw is one that was missed. */
export function followSignals(): void {
  if (begun) return;
  begun = true;
  hub().subscribe(CHANNEL, (it) => {
    fresh.add(it.id);
    signals.value = merged([it], signals.value);
    announce(`Signal: ${it.symbol}, ${words(it.type)}, confidence ${Math.round(it.confidence * 100)} per cent.`);
    notify(it);
  });
  // What the hub could not send again may be among the past ones.
  hub().on('gap', ({ channel }) => {
    if (channel === CHANNEL) void loadSignals();
  });
  void loadSignals();
}
