// Who gets in, and what becomes of a token.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHub, token } from '../support/index.js';
import { post } from '../support/publish.js';
import { figures, until } from '../support/session.js';
import { assertSound, connected, priced, stage, visit } from './support.js';

const { hub, browser } = await stage();

const field = (page) => page.getByLabel('Token', { exact: true });
const give = async (page, text) => {
  await field(page).fill(text);
  await page.getByRole('button', { name: 'Connect' }).click();
};

describe('a deployed hub', () => {
  test('asks for a token, says what is wrong with one, and opens with a good one', async (t) => {
    const { page } = await visit(t, browser, hub.url);
    await page.getByRole('dialog', { name: 'Access token required' }).waitFor();
    assert.ok(await field(page).evaluate((it) => it === document.activeElement));
    const complaint = page.locator('#token-complaint');
    await give(page, 'rubbish');
    await complaint.getByText(/./).waitFor();
    assert.match(await complaint.textContent(), /^This is not a valid token\. [A-Z]/);
    await give(page, await token({ exp: 1_000_000_000, iat: 999_999_000 }, hub.secret));
    await complaint.getByText(/^This is not a valid token\. [A-Z].*expired/).waitFor();
    await give(page, `  Bearer ${await token({}, hub.secret)}\n`);
    await connected(page);
    await priced(page);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('asks for one, too, where it cannot be asked whether one is needed', async (t) => {
    const { page } = await visit(t, browser, hub.url, { at: 'websocket-client.js' }); // no page yet
    await page.route('**/api/v1/prices', (route) => route.fulfill({ status: 429, json: { detail: 'Too many requests.' } }));
    await page.goto(hub.url);
    await page.getByRole('dialog').waitFor();
    await page.unroute('**/api/v1/prices');
    await give(page, await token({}, hub.secret));
    await connected(page);
    await priced(page);
  });

  test('the dialog cannot be closed', async (t) => {
    const { page } = await visit(t, browser, hub.url);
    await page.getByRole('dialog').waitFor();
    for (let n = 0; n < 3; n++) await page.keyboard.press('Escape');
    await field(page).fill('still there');
    assert.equal(await field(page).inputValue(), 'still there');
  });

  test('keeps the token in memory alone, and forgets it', async (t) => {
    const { page, context, faults } = await visit(t, browser, hub.url);
    const jwt = await token({}, hub.secret);
    await give(page, jwt);
    await connected(page);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML]));
    assert.ok(!kept.includes(jwt));
    assert.deepEqual(await context.cookies(), []);
    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.getByRole('dialog').waitFor();
    assertSound(faults);
  });

  test('asks again when the token has expired', { timeout: 90_000 }, async (t) => {
    const { page } = await visit(t, browser, hub.url);
    const now = Math.floor(Date.now() / 1000);
    await give(page, await token({ exp: now - 10 }, hub.secret)); // the hub's leeway of 30 s has 20 left
    await connected(page);
    await page.getByRole('dialog').waitFor({ timeout: 60_000 });
    await page.locator('#token-complaint').getByText(/expired/).waitFor();
    await give(page, await token({}, hub.secret));
    await connected(page);
    await priced(page);
  });
});

test('an operator ends the connection: the page says so, and comes back when it is asked to', async (t) => {
  const { page } = await visit(t, browser, hub.url);
  await give(page, await token({ sub: 'bob' }, hub.secret));
  await connected(page);
  await post(hub, '/api/v1/disconnect', { user: 'bob' }, { scope: 'admin' });
  await page.getByText(/^The hub closed the connection\./).waitFor();
  await page.locator('.connection[data-state=closed]').waitFor();
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await connected(page);
  await page.locator('.banner').waitFor({ state: 'detached' });
});

test('in development it opens by itself', async (t) => {
  const secret = 'a-secret-of-development-that-is-long-enough';
  const DASHBOARD_TOKEN = await token({ sub: 'dashboard' }, secret);
  const dev = await startHub({ vars: { JWT_SECRET: secret, DASHBOARD_TOKEN } });
  t.after(() => dev.stop());
  const { page, faults } = await visit(t, browser, dev.url);
  await connected(page);
  await priced(page);
  assert.equal(await page.getByRole('button', { name: 'Forget token' }).count(), 0);
  await until(async () => (await figures(dev)).connections.authenticated === 1);
  assertSound(faults);
});

test('where reading is public no token is asked for', async (t) => {
  const open = await startHub({ vars: { PUBLIC_READ: '1' } });
  t.after(() => open.stop());
  const { page } = await visit(t, browser, open.url);
  await connected(page);
  await priced(page);
});
