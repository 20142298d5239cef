// What is old does not look new, and what was missed is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from './proxy.js';
import { aPrice, connected, PHONE, priced, priceOf, say, signalsOf, stage, visit } from './support.js';
import { until } from '../support/session.js';

// The feed itself is silent: a price that changes was published here, or answered.
const { hub, browser } = await stage({ PUBLIC_READ: '1', FEED_INTERVAL_MS: '60000' });

async function open(t, options) {
  const proxy = await startProxy(hub, options?.blocked);
  t.after(() => proxy.stop());
  return { proxy, ...(await visit(t, browser, proxy.url, options)) };
}

test('a page that is answered once and never connected says so', async (t) => {
  await hub.dispatchScheduled();
  const { page, proxy } = await open(t, { blocked: ['websocket', 'sse'] });
  await priced(page);
  proxy.blocked.add('rest');
  await page.getByText(/^Connection lost\. Showing data from/).waitFor();
  await page.locator('table[data-lost=true]').waitFor();
});

test('signals that came while nobody was connected are among those of the past, which are asked for again', async (t) => {
  const { page, proxy } = await open(t);
  await connected(page);
  await page.locator('.signals .loading').waitFor({ state: 'detached' });
  await hub.db
    .prepare('INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .bind('stored', 'volume_spike', 'bitcoin', 'BTC', 0.9, 'It was stored', 1, 2, '["simulated"]', Date.now())
    .run();
  proxy.cut();
  await until(async () => (await signalsOf(page)).includes('stored'));
});

test('an answer that is older than what came live changes nothing; a newer one does', async (t) => {
  const { page, proxy } = await open(t);
  await connected(page);
  await priced(page);
  await until(async () => {
    await say(hub, aPrice('bitcoin', 'BTC', 123_456.78));
    return (await priceOf(page, 'bitcoin')) === '123,456.78';
  });
  const row = (coin, symbol, price, timestamp) => ({ coin, symbol, price, change_24h: 0, volume_24h: 1, timestamp, metadata: { sources: ['published'] } });
  await page.route('**/api/v1/prices', (route) =>
    route.fulfill({ json: { data: [row('bitcoin', 'BTC', 1, '2020-01-01T00:00:00Z'), row('ethereum', 'ETH', 2, new Date(Date.now() + 60_000).toISOString())] } }),
  );
  proxy.cut();
  await until(async () => (await priceOf(page, 'ethereum')) === '2.0000');
  assert.equal(await priceOf(page, 'bitcoin'), '123,456.78');
});

test('that coins out of view could not be asked for again is told, and since when', async (t) => {
  const { page, proxy } = await open(t);
  await connected(page);
  await priced(page);
  await page.route('**/api/v1/prices', (route) => route.fulfill({ status: 500, json: { detail: 'It is broken.' } }));
  proxy.cut();
  await page.getByText(/^Prices of coins out of view are from \d\d:\d\d:\d\d\. It is broken\.$/).waitFor();
});

test('which coins have a chart is asked again where nobody said', async (t) => {
  const proxy = await startProxy(hub);
  t.after(() => proxy.stop());
  const { page } = await visit(t, browser, 'about:blank#');
  const failed = page.waitForResponse('**/api/v1/pairs');
  await page.route('**/api/v1/pairs', (route) => route.fulfill({ status: 503, json: { detail: 'busy' } }), { times: 1 });
  await page.goto(proxy.url);
  await failed;
  await connected(page);
  await priced(page);
  assert.equal(await page.locator('.charted').count(), 0);
  proxy.cut();
  await page.locator('.charted').first().waitFor();
});

test('the mark of a stale price is in sight on a phone', async (t) => {
  const { page } = await open(t, { viewport: PHONE });
  await connected(page);
  await priced(page);
  const mark = page.locator('tr[data-coin=ethereum] .mark');
  await until(async () => {
    await say(hub, aPrice('ethereum', 'ETH', 2000, { stale: true }));
    return (await mark.count()) === 1;
  });
  await mark.scrollIntoViewIfNeeded();
  const [box, cell] = [await mark.boundingBox(), await page.locator('tr[data-coin=ethereum] th').boundingBox()];
  assert.ok(box.width > 20 && box.x + box.width <= cell.x + cell.width, JSON.stringify({ box, cell }));
});
