// The dashboard in Chromium, and what is to be seen there.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { launch } from '../support/browser.js';
import { startHub } from '../support/index.js';
import { post } from '../support/publish.js';

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

/** Waits that long for a condition in the page. */
const PATIENCE_MS = 20_000;

/** A hub and a browser for all tests of a file, which end with them. */
export async function stage(vars) {
  const hub = await startHub({ vars });
  after(() => hub.stop());
  const browser = await launch();
  after(() => browser.close());
  return { hub, browser };
}

/**
 * Opens the dashboard in a context of its own, and waits for nothing.
 *
 * @returns `page`; `context`; `faults`: what went wrong in the page so far, violations of its policy among it;
 *   `leave`, which is also what the end of the test does
 */
export async function visit(t, browser, url, { at = '', viewport = WIDE, dark = false, ...more } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: dark ? 'dark' : 'light', ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${message.text()} ${message.location().url}`));
  await page.exposeFunction('violated', (what) => faults.push(what));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.violated(`policy: ${violatedDirective} ${blockedURI}`));
  });
  const leave = () => context.close();
  t.after(leave);
  await page.goto(`${url}/${at}`);
  return { page, context, faults, leave };
}

/** Answers requests of the page in the hub's place, as `page.route`: that the page is left meanwhile is no fault. */
export const answer = (page, pattern, handle) =>
  page.route(pattern, (route) =>
    handle(route).catch((error) => {
      if (!/closed|disposed/.test(error.message)) throw error;
    }),
  );

/** How a page finds out that this is no development, that a token is needed, that there are no prices yet: the browser itself calls that an error. */
const OF_THE_BEGINNING = /status of 404 .*\/dashboard\/session$|status of (401|503) .*\/api\/v1\/(prices|candles\S*)$/;

/** What a page may say that has lost its hub: the browser itself calls that an error. */
const OF_THE_NETWORK = /Failed to load resource|WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED/;

/** Nothing went wrong; the network may have, where it was meant to. */
export function assertSound(faults, { offline = false } = {}) {
  assert.deepEqual(
    faults.filter((fault) => !OF_THE_BEGINNING.test(fault) && !(offline && OF_THE_NETWORK.test(fault))),
    [],
  );
}

/** Waits until the page is connected in this way. */
export const connected = (page, transport = 'websocket', options = {}) =>
  page.locator(`.connection[data-state=open][data-transport=${transport}]`).waitFor(options);

/** Waits until there are prices. */
export const priced = (page) => page.locator('.prices tbody tr').first().waitFor();

/** The price of a coin in the table, as it is shown. */
export const priceOf = (page, id) => page.locator(`tr[data-coin="${id}"] .price`).textContent();

const data = (symbol, price) => ({ symbol, price, change_24h: 1.5, volume_24h: 1e15, timestamp: new Date().toISOString(), metadata: { sources: ['published'] } });

/** A price to publish. Its volume puts the coin on top of the table. */
export const aPrice = (id, symbol, price, more = {}) => ({ channel: `price:${id}`, data: { ...data(symbol, price), ...more } });

/** A signal to publish. */
export const aSignal = (id, more = {}) => ({
  channel: 'signals:all',
  data: {
    id,
    type: 'volume_spike',
    symbol: 'ETH',
    confidence: 0.85,
    description: `Something happens: ${id}`,
    timestamp: new Date().toISOString(),
    metadata: { price_change: 5.2, volume_spike: 1.8, sources: ['published'] },
    ...more,
  },
});

/** Publishes, as a back end with the scope `feed` does. */
export async function say(hub, ...messages) {
  const { status, text } = await post(hub, '/api/v1/publish', messages);
  assert.equal(status, 200, text);
}

/** The ids of the signals that are shown, newest first. */
export const signalsOf = (page) => page.locator('[data-signal]').evaluateAll((items) => items.map((item) => item.dataset.signal));

/** Whether the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
