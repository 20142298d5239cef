// Notifications of the desktop, for whoever wants them: of signals that pass the filter, while the page is not looked at.
import { signal } from '@preact/signals';
import type { SignalData } from '@cryptointel/client';
import { words } from '../../format.ts';
import { least } from './filter.ts';

export type Permission = 'unsupported' | 'off' | 'on' | 'denied';

const isThere = typeof Notification === 'function';

export const permission = signal<Permission>(!isThere ? 'unsupported' : Notification.permission === 'denied' ? 'denied' : 'off');

/** Turns them on or off. The browser asks whether it may be, the first time. */
export async function toggle(): Promise<void> {
  if (permission.value === 'on') permission.value = 'off';
  else if (permission.value === 'off') {
    const answer = await Notification.requestPermission();
    permission.value = answer === 'granted' ? 'on' : answer === 'denied' ? 'denied' : 'off';
  }
}

export function notify({ id, symbol, type, description, confidence }: SignalData): void {
  if (permission.value !== 'on' || document.visibilityState === 'visible' || confidence * 100 < least.value) return;
  try {
    new Notification(`${symbol}: ${words(type)}`, { body: description, tag: id });
  } catch {
    permission.value = 'unsupported'; // on phones only service workers may
  }
}
