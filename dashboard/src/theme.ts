// Light or dark: the system's choice unless somebody chose here. It is remembered.
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const isTheme = (text: string | undefined): text is Theme => THEMES.includes(text as Theme);

/** What was chosen. */
export const theme = signal<Theme>(isTheme(document.documentElement.dataset['theme']) ? document.documentElement.dataset['theme'] : 'system');

const system = signal(systemIsDark.matches);
systemIsDark.addEventListener('change', ({ matches }) => (system.value = matches));

/** Whether it is dark now. */
export const isDark = () => (theme.value === 'system' ? system.value : theme.value === 'dark');

/** Shows the theme and remembers it, from now on. */
export function keepTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    try {
      localStorage.setItem('theme', theme.value);
    } catch {
      // Storage is forbidden: it holds until the page is left.
    }
  });
}
