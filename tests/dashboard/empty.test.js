// A hub without data, and one that has only what others publish.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHub } from '../support/index.js';
import { until } from '../support/session.js';
import { aPrice, answer, assertSound, connected, overflow, PHONE, priced, priceOf, say, stage, visit } from './support.js';

// Its providers cannot be reached.
const VARS = { PUBLIC_READ: '1', FEED_SOURCE: 'live', FEED_INTERVAL_MS: '3600000' };

const { hub, browser } = await stage(VARS);

const waiting = (page) => page.getByText('Waiting for the first prices…', { exact: true });

test('a hub without data is no error', async (t) => {
  const { page, faults } = await visit(t, browser, hub.url, { viewport: PHONE, isMobile: true, hasTouch: true });
  await connected(page);
  await waiting(page).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  assert.equal(await page.getByText('Simulated data').count(), 0);
  assert.equal(await overflow(page), 0);
  for (const name of ['Market cap', 'Most traded']) assert.match(await page.locator('.tile', { hasText: name }).textContent(), /Waiting for data…$/);
  await page.getByText('Waiting for sentiment data…').waitFor();
  assert.equal(await page.locator('[aria-busy=true]').count(), 0); // that would not be read
  await page.goto(`${hub.url}/#/coin/bitcoin-cash`);
  await page.getByRole('heading', { name: 'Bitcoin Cash' }).waitFor();
  await waiting(page).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  assertSound(faults);
});

test('it goes on by itself once there are prices', async (t) => {
  const { page } = await visit(t, browser, 'about:blank#');
  const row = { coin: 'bitcoin', ...aPrice('bitcoin', 'BTC', 50_000).data, source: 'coingecko' };
  let has = false;
  await answer(page, '**/api/v1/prices', (route) => (has ? route.fulfill({ json: { data: [row] } }) : route.continue()));
  await page.goto(hub.url);
  await waiting(page).waitFor();
  has = true;
  await priced(page);
  assert.equal(await priceOf(page, 'bitcoin'), '50,000.00');
});

test('a coin that is not among the greatest is shown where somebody looks for it', async (t) => {
  const { page } = await visit(t, browser, hub.url, { at: '#/coin/kaspa' });
  await waiting(page).waitFor();
  await until(async () => {
    await say(hub, aPrice('kaspa', 'KAS', 3));
    return (await page.getByRole('heading', { name: 'Kaspa KAS' }).count()) === 1;
  });
});

test('a list that never came is not said to be old', async (t) => {
  const { page } = await visit(t, browser, 'about:blank#');
  await page.route('**/api/v1/prices', (route) => route.fulfill({ status: 500, json: { detail: 'It is broken.' } }));
  await page.goto(hub.url);
  await page.getByText('It is broken.').waitFor();
  await until(async () => {
    await say(hub, aPrice('bitcoin', 'BTC', 50_000));
    return (await page.locator('.prices tbody tr').count()) > 0;
  });
  assert.equal(await page.getByText('Prices of coins out of view').count(), 0);
});

test('a feed that brought nothing was not on time with it', async (t) => {
  const { page } = await visit(t, browser, hub.url, { at: '#/stats' });
  await page.getByText('On-time feed cycles (24 h): –', { exact: true }).waitFor();
});

test('prices that only others publish are shown, and go on', { timeout: 90_000 }, async (t) => {
  const fed = await startHub({ vars: VARS });
  t.after(() => fed.stop());
  const { page, faults } = await visit(t, browser, fed.url);
  await connected(page);
  await waiting(page).waitFor();
  await until(async () => {
    await say(fed, aPrice('bitcoin', 'BTC', 50_000));
    return (await page.locator('.prices tbody tr').count()) === 1;
  });
  assert.equal(await priceOf(page, 'bitcoin'), '50,000.00');
  assert.equal(await page.locator('.prices .count').textContent(), '1 coin');
  await until(async () => {
    await say(fed, aPrice('bitcoin', 'BTC', 51_000), aPrice('ethereum', 'ETH', 2_000));
    return (await page.locator('tr[data-coin=ethereum]').count()) === 1 && (await priceOf(page, 'bitcoin')) === '51,000.00';
  });
  await page.goto(`${fed.url}/#/coin/no-such-coin`);
  await page.getByText('No such coin on this hub.').waitFor();
  assertSound(faults);
});
