// The connection that all comes by: killed, blocked, gone, and back.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHub } from '../support/index.js';
import { until } from '../support/session.js';
import { startProxy } from './proxy.js';
import { aSignal, assertSound, connected, priced, priceOf, say, signalsOf, stage, visit } from './support.js';

const VARS = { PUBLIC_READ: '1', FEED_INTERVAL_MS: '1000' };

const { hub, browser } = await stage(VARS);

test('the hub is killed and comes back: the page goes on, without a reload and without a signal less', { timeout: 180_000 }, async (t) => {
  const persist = await mkdtemp(join(tmpdir(), 'cryptointel-'));
  let mortal = await startHub({ vars: VARS, persist });
  const { secret: JWT_SECRET, port } = mortal;
  t.after(async () => {
    await mortal.stop();
    await rm(persist, { recursive: true, force: true });
  });
  const proxy = await startProxy(mortal);
  t.after(() => proxy.stop());
  const { page, faults } = await visit(t, browser, proxy.url);
  await connected(page);
  await priced(page);
  await until(async () => {
    await say(mortal, aSignal('before'));
    return (await signalsOf(page)).includes('before');
  });
  await page.evaluate(() => (window.mark = 'the same page'));
  await mortal.kill();
  await page.locator('.connection:not([data-state=open])').waitFor();
  await page.getByText(/Connection lost\. Showing data from/).waitFor();
  // The page is away while they are published, and then it cannot have them from where it asks for signals of the past.
  for (const way of ['websocket', 'sse', 'rest']) proxy.blocked.add(way);
  await page.route(/\/api\/v1\/(signals|messages)\b/, (route) => route.abort());
  mortal = await startHub({ vars: { ...VARS, JWT_SECRET }, persist, port });
  const missed = Array.from({ length: 5 }, (_, n) => `missed-${n}`);
  for (const id of missed) await say(mortal, aSignal(id));
  for (const way of ['websocket', 'rest']) proxy.blocked.delete(way);
  await connected(page, 'websocket', { timeout: 60_000 });
  const ours = async () => (await signalsOf(page)).filter((id) => id === 'before' || id.startsWith('missed-'));
  await until(async () => (await ours()).length >= 6, { timeout: 30_000 });
  assert.deepEqual([...(await ours())].sort(), ['before', ...missed]);
  const first = await priceOf(page, 'bitcoin');
  await page.waitForFunction((before) => document.querySelector('tr[data-coin=bitcoin] .price').textContent !== before, first);
  assert.equal(await page.evaluate(() => window.mark), 'the same page');
  assert.match(await page.locator('.connection').textContent(), /^ConnectedTransportWebSocketLatency.*Reconnects1Gaps0$/);
  await page.locator('.banner').waitFor({ state: 'detached' });
  // Those of the past are the same ones.
  await page.unrouteAll();
  await page.locator('.signals').getByRole('button', { name: 'Try again' }).click();
  await page.locator('.failed').waitFor({ state: 'detached' });
  assert.deepEqual([...(await ours())].sort(), ['before', ...missed]);
  assertSound(faults, { offline: true });
});

test('without WebSockets it falls back, and prices move all the same', { timeout: 280_000 }, async (t) => {
  const proxy = await startProxy(hub, ['websocket']);
  t.after(() => proxy.stop());
  const { page, faults } = await visit(t, browser, proxy.url);
  await connected(page, 'sse', { timeout: 60_000 });
  await moves(page);
  proxy.blocked.add('sse');
  proxy.cut();
  await connected(page, 'polling', { timeout: 90_000 });
  assert.match(await page.locator('.connection').textContent(), /TransportPolling/);
  await page.getByText('Live streaming is not available on this network. Prices update about once a minute.').waitFor();
  // Who polls keeps no feed awake: the cron trigger does.
  const cron = setInterval(() => void hub.dispatchScheduled(), 3_000);
  t.after(() => clearInterval(cron));
  await moves(page);
  assertSound(faults, { offline: true });
});

test('a hub that refuses more connections is not taken for a network that lets none through', { timeout: 180_000 }, async (t) => {
  const full = await startHub({ vars: { ...VARS, CONNECTIONS_PER_MINUTE: '10' } });
  t.after(() => full.stop());
  await full.dispatchScheduled();
  const over = new AbortController();
  t.after(() => over.abort());
  const refused = async () => (await full.fetch('/sse?channels=market:summary', { signal: over.signal })).status === 429;
  await until(refused);
  const { page } = await visit(t, browser, full.url);
  await connected(page, 'polling', { timeout: 120_000 });
  await page.getByText('This hub accepts no more connections from your network for now. Prices update about once a minute.').waitFor();
});

test('offline is said, and over when the network is back', async (t) => {
  const proxy = await startProxy(hub);
  t.after(() => proxy.stop());
  const { page } = await visit(t, browser, proxy.url);
  await connected(page);
  await priced(page);
  // Not the browser's own emulation: under it an open WebSocket may stay as it is, and never hear that it was cut.
  const online = (is) =>
    page.evaluate((onLine) => {
      Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => onLine });
      dispatchEvent(new Event(onLine ? 'online' : 'offline'));
    }, is);
  await online(false);
  proxy.cut();
  await page.getByText(/^You are offline\./).waitFor();
  await page.locator('table[data-lost=true]').waitFor();
  await online(true);
  await connected(page, 'websocket', { timeout: 60_000 });
  await page.locator('.banner').waitFor({ state: 'detached' });
});

test('a hub that is not there is told, and tried again', async (t) => {
  const proxy = await startProxy(hub);
  t.after(() => proxy.stop());
  const { page, context } = await visit(t, browser, proxy.url);
  await connected(page);
  await page.route('**/dashboard/session', (route) => route.abort());
  await page.reload();
  await page.getByRole('heading', { name: 'Hub unreachable' }).waitFor();
  await page.unroute('**/dashboard/session');
  await page.getByRole('button', { name: 'Try again' }).click();
  await connected(page);
  await context.close();
});

async function moves(page) {
  await priced(page);
  const first = await priceOf(page, 'bitcoin');
  await page.waitForFunction((before) => document.querySelector('tr[data-coin=bitcoin] .price').textContent !== before, first, { timeout: 60_000 });
}
