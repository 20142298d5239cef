// Pictures of the dashboard for the README, each below 200 KB: those that are named, or all.
import { statSync } from 'node:fs';
import { SIMULATED_PAIRS } from './dev-vars.mjs';
import { launch } from '../tests/support/browser.js';
import { startHub } from '../tests/support/hub.js';

const MOST_BYTES = 200_000;
const WIDE = { width: 1200, height: 800 };
/** Long enough for sparklines and graphs to have a shape. */
const SETTLE_MS = 25_000;

/** The simulated market has something to tell every half minute, after a first one. */
const SIGNALS = 4;
const SIGNALS_MS = 600_000;

const market = async (page) => {
  await page.locator('.sparkline path[d*="L"]').first().waitFor({ state: 'attached', timeout: 30_000 });
  await page.locator('[data-signal]').nth(SIGNALS - 1).waitFor({ state: 'attached', timeout: SIGNALS_MS });
};
const PICTURES = [
  { name: 'market-light', viewport: WIDE, ready: market },
  { name: 'market-dark', dark: true, viewport: WIDE, ready: market },
  { name: 'coin-dark', dark: true, at: '#/coin/bitcoin', viewport: WIDE, ready: (page) => page.locator('.canvas canvas').first().waitFor() },
  { name: 'stats-light', at: '#/stats', viewport: { width: 1280, height: 760 }, ready: (page) => page.locator('.graph path.line-1[d*="L"]').first().waitFor({ state: 'attached' }) },
  { name: 'phone', dark: true, isTouched: true, viewport: { width: 390, height: 780 }, ready: market },
];

const chosen = process.argv.slice(2);
const hub = await startHub({ vars: { PUBLIC_READ: '1', FEED_INTERVAL_MS: '1000', CANDLE_PAIRS: SIMULATED_PAIRS } });
let browser;
try {
  browser = await launch();
  // One after the other: the figures of a busy machine are none to show.
  for (const { viewport, dark, isTouched = false, at = '', ready, name } of PICTURES.filter(({ name }) => !chosen[0] || chosen.includes(name))) {
    const path = `docs/images/${name}.png`;
    const page = await browser.newPage({ viewport, colorScheme: dark ? 'dark' : 'light', isMobile: isTouched, hasTouch: isTouched });
    await page.goto(`${hub.url}/${at}`);
    await ready(page);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    // The chart is drawn a frame after what stands above it: the picture is not taken in between.
    const title = await page.title();
    if (at.includes('coin')) await page.waitForFunction((before) => document.title !== before, title).then(() => page.waitForTimeout(100));
    await page.screenshot({ path });
    await page.close();
    const { size } = statSync(path);
    console.log(`${path}: ${Math.round(size / 1000)} KB`);
    if (size > MOST_BYTES) process.exitCode = 1;
  }
} finally {
  await browser?.close();
  await hub.stop();
}
