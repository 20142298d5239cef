// The hub's statistics over time: asked every two seconds while somebody looks, and kept until the page is left.
import { signal } from '@preact/signals';
import { hub } from '../../hub.ts';
import { get } from '../../rest.ts';
import { followed, sampleOf, type Sample, type Stats } from './samples.ts';

const EVERY_MS = 2_000;

/** The last answer. */
export const newest = signal<Stats | null>(null);
/** Those of the last ten minutes, oldest first. */
export const samples = signal<readonly Sample[]>([]);
/** Why the last question had no answer. */
export const failure = signal<string | null>(null);

/** Asks now. */
export async function sample(): Promise<void> {
  try {
    const stats = await get<Stats>('/ws/stats');
    newest.value = stats;
    failure.value = null;
    samples.value = followed(samples.value, sampleOf(stats, hub().status.latency));
  } catch (problem) {
    failure.value = (problem as Error).message;
  }
}

/** Asks again and again; gives what ends it. */
export function sampling(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const next = async () => {
    if (!document.hidden) await sample();
    if (!isOver) timer = setTimeout(next, EVERY_MS);
  };
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
