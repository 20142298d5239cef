// What the table is searched for.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export const query = signal('');

/** With a key held down that writes nothing: one letter alone would also be pressed by who speaks to the machine, or slips (WCAG 2.1.4). */
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const KEYS = isMac ? { label: '⌘ K', aria: 'Meta+K' } : { label: 'Ctrl K', aria: 'Control+K' };

const isMeant = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent) =>
  key.toLowerCase() === 'k' && (isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey;

export function Search() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const find = (event: KeyboardEvent) => {
      if (!isMeant(event)) return;
      event.preventDefault(); // browsers search the web by it
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', find);
    return () => removeEventListener('keydown', find);
  }, []);
  return (
    <label class="search">
      <span class="hidden">Search coins</span>
      <input ref={input} type="search" placeholder="Search coins" aria-keyshortcuts={KEYS.aria} value={query} onInput={(event) => (query.value = event.currentTarget.value)} autocomplete="off" spellcheck={false} />
      <kbd class="keys" aria-hidden="true">
        {KEYS.label}
      </kbd>
    </label>
  );
}
