// The view of the hub's statistics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/session.js';
import { answer, stage, visit } from './support.js';

const { hub, browser } = await stage({ PUBLIC_READ: '1', FEED_INTERVAL_MS: '1000' });

/** Opens the view; each answer of the hub is as `change` makes it. */
async function open(t, change = (stats) => stats) {
  const { page } = await visit(t, browser, 'about:blank#');
  await answer(page, '**/ws/stats', async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: change(await response.json()) });
  });
  await page.goto(`${hub.url}/#/stats`);
  return page;
}

test('what is not known is not drawn as zero', async (t) => {
  const page = await open(t, (stats) => ({ ...stats, latency_ms: { count: 0, mean: null, p50: null, p99: null } }));
  const graph = page.locator('.graph', { has: page.getByRole('heading', { name: 'Latency' }) });
  await page.locator('.graph path.line-1[d*=L]').first().waitFor({ state: 'attached' });
  assert.equal(await graph.locator('path.line-1').getAttribute('d'), '');
});

test('a time of which nothing is known is a break in the line, as wide as it was long', async (t) => {
  let answers = 0;
  // From the third answer on a minute has passed.
  const page = await open(t, (stats) => ({ ...stats, timestamp: new Date(Date.parse(stats.timestamp) + (++answers > 2 ? 60_000 : 0)).toISOString() }));
  const line = page.locator('.graph path.line-1').first();
  const starts = async () => [...((await line.getAttribute('d')) ?? '').matchAll(/M([\d.]+)/g)].map(([, x]) => Number(x));
  await until(async () => (await line.count()) === 1 && (await starts()).length === 2);
  const [first, second] = await starts();
  // Two minutes are 320 wide: a minute and some seconds are 160 and a little more.
  assert.ok(second - first > 160 && second - first < 200, `${first} ${second}`);
});

for (const [late, minutes] of [[0, 2], [4, 5], [9, 10]]) test(`the time axis is of ${minutes} minutes where ${late} have passed, up to now`, async (t) => {
  let answers = 0;
  const page = await open(t, (stats) => ({ ...stats, timestamp: new Date(Date.parse(stats.timestamp) + (++answers > 2 ? late * 60_000 : 0)).toISOString() }));
  const graph = page.locator('.graph').first();
  const line = graph.locator('path.line-1[d*=L]');
  await line.waitFor({ state: 'attached' });
  await until(() => answers > 3);
  const places = [...(await line.getAttribute('d')).matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
  assert.equal(places.at(-1), 320);
  const told = async () => (await graph.locator('.times span').allTextContents()).map((text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0));
  const steps = async () => told().then((seconds) => [1, 2].map((n) => (seconds[n] - seconds[n - 1] + 86_400) % 86_400));
  await until(async () => (await steps()).every((step) => step === minutes * 30));
});

test('the scale is beside the lines, not on them, each value at its line', async (t) => {
  const page = await open(t);
  const graph = page.locator('.graph').first();
  await graph.waitFor();
  const [scale, plot] = await Promise.all(['.scale', 'svg'].map((part) => graph.locator(part).boundingBox()));
  assert.ok(scale.x + scale.width <= plot.x, `${JSON.stringify([scale, plot])}`);
  const values = graph.locator('.scale span');
  assert.equal(await values.count(), 3);
  for (const [n, part] of [0, 0.5, 1].entries()) {
    const { y, height } = await values.nth(n).boundingBox();
    assert.ok(Math.abs(y + height / 2 - (plot.y + part * plot.height)) < 4, `${n}: ${y} ${height} ${JSON.stringify(plot)}`);
  }
});

test('a percentile is the bound of a bucket, and says so', async (t) => {
  const page = await open(t, (stats) => ({ ...stats, latency_ms: { count: 5, mean: 6, p50: 10, p99: 25 } }));
  const tile = page.locator('.tile', { hasText: 'Median latency' });
  await tile.waitFor();
  assert.equal((await tile.textContent()).replaceAll('\u00a0', ' '), 'Median latency≤ 10 ms99th percentile: ≤ 25 ms');
  const graph = page.locator('.graph', { has: page.getByRole('heading', { name: 'Latency' }) });
  assert.match(await graph.locator('svg').getAttribute('aria-label'), /Median ≤ 10 ms, 99th percentile ≤ 25 ms, This page’s ping (?!≤)/);
});

test('lines of one graph differ without their colours', async (t) => {
  const page = await open(t);
  const graph = page.locator('.graph', { has: page.getByRole('heading', { name: 'Latency' }) });
  await graph.waitFor();
  const dashes = await graph.locator('path:not(.grid)').evaluateAll((paths) => paths.map((path) => getComputedStyle(path).strokeDasharray));
  assert.equal(new Set(dashes).size, 3, `${dashes}`);
});

test('a hub that hangs is told, and is asked again', async (t) => {
  const page = await open(t);
  await page.locator('.graph').first().waitFor();
  const hang = () => {};
  await page.route('**/ws/stats', hang);
  const notice = page.getByText('The hub is not responding.');
  await notice.waitFor();
  await page.unroute('**/ws/stats', hang);
  await notice.waitFor({ state: 'detached' });
});
