// The hub's statistics over time: asked every two seconds while somebody looks, and kept until the page is left.
import { signal } from '@preact/signals';
import { hub } from '../../hub.ts';
import { Refused } from '../../rest.ts';
import { followed, sampleOf, type Sample, type Stats } from './samples.ts';

const EVERY_MS = 2_000;
/** A hub that hangs is asked again after that. */
const PATIENCE_MS = 10_000;

/** The last answer. */
export const newest = signal<Stats | null>(null);
/** Those of the last ten minutes, oldest first. */
export const samples = signal<readonly Sample[]>([]);
/** Why the last question had no answer. */
export const failure = signal<string | null>(null);

/** Asks now. */
export async function sample(): Promise<void> {
  try {
    const answer = await fetch('/ws/stats', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = await answer.json();
    if (!answer.ok) throw new Refused(answer.status, body.error?.message ?? `The hub answered with status ${answer.status}.`);
    newest.value = body as Stats;
    failure.value = null;
    samples.value = followed(samples.value, sampleOf(body, hub().status.latency));
  } catch (problem) {
    failure.value = problem instanceof Refused ? problem.message : 'The hub is not responding.';
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
