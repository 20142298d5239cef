// Which view is shown: the fragment of the address. Its title, and where the focus goes.
import { effect, signal } from '@preact/signals';

export type Route = { view: 'market' } | { view: 'coin'; id: string } | { view: 'stats' } | { view: 'unknown' };

/** `#/coin/bitcoin` is the coin's view. */
export function parse(hash: string): Route {
  const path = hash.replace(/^#?\/?/, '').replace(/\/$/, '');
  if (path === '') return { view: 'market' };
  if (path === 'stats') return { view: 'stats' };
  const coin = /^coin\/([^/]+)$/.exec(path)?.[1];
  if (coin === undefined) return { view: 'unknown' };
  try {
    return { view: 'coin', id: decodeURIComponent(coin) };
  } catch {
    return { view: 'unknown' };
  }
}

export const route = signal<Route>({ view: 'market' });

/** What the view shown is called. It may say so itself, as a coin does whose price moves. */
export const title = signal('Market');

const TITLES = { market: 'Market', coin: 'Coin', stats: 'Statistics', unknown: 'Not found' };

let comes = false;

/** Whether somebody has just come by a link; once. */
export function arrived(): boolean {
  const has = comes;
  comes = false;
  return has;
}

/** Follows the address from now on. */
export function follow(): void {
  const take = () => {
    const next = parse(location.hash);
    title.value = TITLES[next.view];
    route.value = next;
  };
  take();
  effect(() => {
    document.title = `${title.value} – CryptoIntel`;
  });
  addEventListener('hashchange', () => {
    comes = true;
    take();
    scrollTo(0, 0);
  });
}
