// Measures: frames a second while prices come. The machine may have other work, so the middle one of several seconds counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/session.js';
import { aPrice, connected, priced, say, stage, visit } from './support.js';

const A_SECOND = 60;
const ROUNDS = 8;

// The feed itself is silent: what comes is what the test publishes.
const { hub, browser } = await stage({ PUBLIC_READ: '1', FEED_INTERVAL_MS: '60000' });

/** Frames and changed prices of one second, in the page. */
const measure = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        let changes = 0;
        const observer = new MutationObserver((all) => (changes += all.length));
        observer.observe(document.querySelector('.prices tbody'), { subtree: true, characterData: true, childList: true });
        const began = performance.now();
        let frames = 0;
        const next = (now) => {
          frames += 1;
          if (now - began < 1000) return requestAnimationFrame(next);
          observer.disconnect();
          return resolve({ frames: Math.round((frames * 1000) / (now - began)), changes });
        };
        requestAnimationFrame(next);
      }),
  );

test(`${A_SECOND} price updates a second leave more than 30 frames a second`, { timeout: 120_000 }, async (t) => {
  const { page } = await visit(t, browser, hub.url);
  await connected(page);
  await priced(page);
  const coins = await page.locator('.prices tbody tr').evaluateAll((rows) => rows.slice(0, 12).map(({ dataset }) => ({ id: dataset.coin, symbol: '' })));
  const { data } = await (await hub.fetch('/api/v1/prices')).json();
  for (const coin of coins) coin.symbol = data.find((it) => it.coin === coin.id).symbol;

  let on = true;
  let published = 0;
  const began = Date.now();
  const publishing = (async () => {
    while (on) {
      const due = Math.floor(((Date.now() - began) / 1000) * A_SECOND) - published;
      if (due > 0) {
        await say(hub, ...Array.from({ length: due }, (_, n) => aPrice(coins[(published + n) % coins.length].id, coins[(published + n) % coins.length].symbol, 100 + ((published + n) % 1000) / 10)));
        published += due;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  await until(async () => (await measure(page)).changes > 0);
  const rounds = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await measure(page));
  on = false;
  await publishing;
  const rate = (published * 1000) / (Date.now() - began);
  console.log(`${rate.toFixed(0)} updates a second; frames a second: ${rounds.map(({ frames }) => frames)}; changed cells a second: ${rounds.map(({ changes }) => changes)}`);
  assert.ok(rate >= A_SECOND * 0.8, `${rate} updates a second`);
  assert.ok(Math.max(...rounds.map(({ changes }) => changes)) >= A_SECOND / 2);
  const half = rounds.map(({ frames }) => frames).sort((a, b) => a - b)[ROUNDS / 2];
  assert.ok(half >= 30, `${half} frames in the middle one of ${ROUNDS} seconds`);
});
