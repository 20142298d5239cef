import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MessageOn } from '@cryptointel/client';
import { inFrame } from '../frame.ts';
import { hub } from '../hub.ts';

/** The newest data of a channel, as long as the component is there. */
export function useChannel<C extends string>(channel: C): ReadonlySignal<MessageOn<C>['data'] | null> {
  const newest = useSignal<MessageOn<C>['data'] | null>(null);
  useEffect(() => {
    newest.value = null;
    const key = {};
    return hub().subscribe(channel, (data) => inFrame(key, () => (newest.value = data)));
  }, [channel]);
  return newest;
}
