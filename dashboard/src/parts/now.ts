// The time, for what says how long ago something was: every ten seconds is enough.
import { signal } from '@preact/signals';

export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 10_000);
