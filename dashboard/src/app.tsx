// The frame around the views: where one is, how one is connected, and how it looks.
import { useEffect } from 'preact/hooks';
import { said } from './announce.ts';
import { isListed } from './coins.ts';
import { Banner, Connection } from './connection.tsx';
import { askForCoins } from './first-coins.ts';
import { access, forget, isTyped } from './hub.ts';
import { Heading } from './parts/heading.tsx';
import { lazy } from './parts/lazy.tsx';
import { Empty } from './parts/states.tsx';
import { route } from './route.ts';
import { Simulated } from './simulated.tsx';
import { theme, THEMES } from './theme.ts';
import { Gate } from './views/gate/gate.tsx';
import { MarketView } from './views/market/view.tsx';
import { followSignals } from './views/signals/feed.ts';

const coinView = () => import('./views/chart/view.tsx').then((it) => it.CoinView);
const statsView = () => import('./views/stats/view.tsx').then((it) => it.StatsView);
const CoinView = lazy('the coin', coinView);
const StatsView = lazy('the statistics', statsView);

/** Once the first view is there; a hub that is deployed anew has these files no more. */
const EARLY_MS = 3_000;

export function App() {
  const isReady = access.value === 'ready';
  useEffect(() => {
    if (!isReady) return;
    followSignals();
    setTimeout(() => void Promise.allSettled([coinView(), statsView()]), EARLY_MS);
  }, [isReady]);
  const lacksCoins = isReady && !isListed.value;
  useEffect(() => (lacksCoins ? askForCoins() : undefined), [lacksCoins]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('main')?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/" aria-label="CryptoIntel home">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>CryptoIntel</span>
        </a>
        <nav aria-label="Views">
          <a href="#/" aria-current={route.value.view === 'market' ? 'page' : undefined}>
            Market
          </a>
          <a href="#/stats" aria-current={route.value.view === 'stats' ? 'page' : undefined}>
            Statistics
          </a>
        </nav>
        <Simulated />
        <Connection />
        <Themes />
        {isTyped.value && isReady && (
          <button type="button" class="forget" onClick={forget}>
            Forget token
          </button>
        )}
      </header>
      <main tabIndex={-1}>
        <div role="status">
          <Banner />
        </div>
        {isReady ? <View /> : <Gate />}
      </main>
      <p class="hidden" role="status" data-said>
        {said}
      </p>
    </>
  );
}

function View() {
  const at = route.value;
  switch (at.view) {
    case 'market':
      return <MarketView />;
    case 'coin':
      return <CoinView id={at.id} />;
    case 'stats':
      return <StatsView />;
    case 'unknown':
      return (
        <section class="panel">
          <Heading>Not found</Heading>
          <Empty>
            There is nothing at this address. <a href="#/">To the market</a>
          </Empty>
        </section>
      );
  }
}

function Themes() {
  return (
    <label class="themes">
      <span class="hidden">Theme</span>
      <select value={theme} onChange={(event) => (theme.value = THEMES[event.currentTarget.selectedIndex] ?? 'system')}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {{ system: 'Auto', light: 'Light', dark: 'Dark' }[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
