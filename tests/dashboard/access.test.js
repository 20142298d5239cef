// For everybody: by keyboard, by ear, on a phone, in the dark.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch } from '../support/browser.js';
import { startHub } from '../support/index.js';
import { until } from '../support/session.js';
import { startProxy } from './proxy.js';
import { aPrice, aSignal, assertSound, connected, overflow, PHONE, priced, say, signalsOf, visit, WIDE } from './support.js';

let hub;
let closed;
let quiet;
let browser;
let axe;
before(async () => {
  const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  const [lively, still] = ['1000', '3600000'].map((interval) => startHub({ vars: { PUBLIC_READ: '1', FEED_INTERVAL_MS: interval } }));
  [hub, closed, quiet, browser, axe] = await Promise.all([lively, startHub(), still, launch(), readFile(path, 'utf8')]);
});
after(async () => {
  await browser?.close();
  await Promise.all([hub?.stop(), closed?.stop(), quiet?.stop()]);
});

/** The views, and what shows that each is there. */
const VIEWS = {
  market: { at: '', ready: async (page) => (await connected(page), await priced(page)) },
  coin: { at: '#/coin/bitcoin', ready: (page) => page.locator('.canvas canvas').first().waitFor() },
  stats: { at: '#/stats', ready: (page) => page.locator('.graph path.line-1[d^=M]').first().waitFor({ state: 'attached' }) },
  unknown: { at: '#/nothing', ready: (page) => page.getByRole('heading', { name: 'Not found' }).waitFor() },
  token: { at: '', closed: true, ready: (page) => page.getByRole('dialog').waitFor() },
};

const open = async (t, name, { of, ...options } = {}) => {
  const { at, ready, closed: isClosed } = VIEWS[name];
  const visited = await visit(t, browser, (of ?? (isClosed ? closed : hub)).url, { at, ...options });
  await ready(visited.page);
  return visited;
};

/** What axe finds that is serious, or worse. */
async function problems(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).slice(0, 3).join(' | ')}`);
}

for (const name of Object.keys(VIEWS)) {
  for (const dark of [false, true]) {
    test(`axe finds nothing serious: ${name}, ${dark ? 'dark' : 'light'}`, async (t) => {
      const { page } = await open(t, name, { dark, reducedMotion: 'reduce' });
      if (name === 'market') {
        await until(async () => {
          await say(hub, aSignal('seen'));
          return (await signalsOf(page)).includes('seen');
        });
      }
      assert.deepEqual(await problems(page), []);
    });
  }

  test(`fits 360 pixels: ${name}`, async (t) => {
    const { page } = await open(t, name, { viewport: PHONE, hasTouch: true, isMobile: true });
    assert.equal(await overflow(page), 0);
    assert.equal(await page.evaluate(() => visualViewport.scale), 1);
  });

  test(`stays within its policy: ${name}`, async (t) => {
    const { faults } = await open(t, name);
    assertSound(faults);
  });
}

for (const dark of [false, true]) {
  test(`axe finds nothing serious: a connection that is lost, and what is stale, ${dark ? 'dark' : 'light'}`, async (t) => {
    const proxy = await startProxy(hub);
    t.after(() => proxy.stop());
    const { page } = await visit(t, browser, proxy.url, { dark, reducedMotion: 'reduce' });
    await connected(page);
    await priced(page);
    await until(async () => {
      await say(hub, aPrice('ethereum', 'ETH', 2000, { stale: true }));
      return (await page.locator('tr[data-coin=ethereum] .mark').count()) === 1;
    });
    for (const what of ['websocket', 'sse', 'rest']) proxy.blocked.add(what);
    proxy.cut();
    await page.locator('table[data-lost=true]').waitFor();
    await page.locator('.banner').waitFor();
    assert.deepEqual(await problems(page), []);
  });
}

describe('themes', () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test('follow the system, unless one was chosen, which is remembered', async (t) => {
    const { page } = await open(t, 'market');
    const light = await ground(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground(page);
    assert.notEqual(dark, light);
    await page.getByLabel('Theme').selectOption('light');
    assert.equal(await ground(page), light);
    await page.reload();
    assert.equal(await ground(page), light);
    await page.getByLabel('Theme').selectOption('system');
    assert.equal(await ground(page), dark);
  });

  test('the chart takes them on', async (t) => {
    const { page } = await open(t, 'coin');
    const line = () => page.locator('.canvas').evaluate((it) => getComputedStyle(it).getPropertyValue('--plot-line'));
    /** Whether the chart has lines of the colour that lines have now. */
    const isPainted = () =>
      page.locator('.canvas').evaluate((it) => {
        const colour = [...getComputedStyle(it).getPropertyValue('--plot-line').match(/\d+/g).map(Number), 255];
        return [...it.querySelectorAll('canvas')].some((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          for (let n = 0; n < data.length; n += 4) if (colour.every((part, k) => data[n + k] === part)) return true;
          return false;
        });
      });
    const light = await line();
    await until(isPainted);
    await page.getByLabel('Theme').selectOption('dark');
    assert.notEqual(await line(), light);
    await until(isPainted);
  });

  test('without motion nothing moves but the figures', async (t) => {
    const { page } = await open(t, 'market', { reducedMotion: 'reduce' });
    await priced(page);
    // Lit up and looked at in one go: where nothing moves, the light is out at once.
    const light = await page.locator('.price').nth(1).evaluate((cell) => {
      cell.dataset.flash = 'up-a';
      const { animationName, animationDuration } = getComputedStyle(cell);
      return [animationName, animationDuration];
    });
    assert.deepEqual(light, ['up-a', '0s']);
  });
});

describe('by keyboard', () => {
  const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('aria-label') || document.activeElement?.tagName);

  test('all can be reached, and the focus is seen', async (t) => {
    const { page } = await open(t, 'market', { viewport: WIDE });
    const seen = [];
    for (let n = 0; n < 16; n++) {
      await page.keyboard.press('Tab');
      seen.push(await focused(page));
      const { style, width } = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { style: outlineStyle, width: outlineWidth };
      });
      assert.notEqual(style, 'none', seen.at(-1));
      assert.notEqual(width, '0px', seen.at(-1));
    }
    for (const name of ['Skip to content', 'CryptoIntel', 'Market', 'Statistics']) assert.ok(seen.includes(name), `${name} in ${seen}`);
    assert.ok(seen.some((text) => text.startsWith('Price')), `${seen}`);
  });

  test('the focus on a coin is one box around its ticker and its name', async (t) => {
    const { page } = await open(t, 'market');
    const link = page.locator('tr[data-coin=bitcoin] a');
    await link.focus();
    assert.equal(await link.evaluate((it) => it.getClientRects().length), 1);
    const [box, ticker, name] = await Promise.all([link, link.locator('b'), link.locator('.name')].map((it) => it.boundingBox()));
    for (const part of [ticker, name]) assert.ok(part.y >= box.y - 0.5 && part.y + part.height <= box.y + box.height + 0.5, JSON.stringify([box, part]));
  });

  /** What the chart has drawn. */
  const drawn = (page) => page.locator('.canvas').evaluate((it) => [...it.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join());

  /** The same, once it is the same for some frames. */
  const settled = (page) =>
    until(async () => {
      const before = await drawn(page);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      return (await drawn(page)) === before && before;
    });

  const isSearching = (page) => page.getByRole('searchbox').evaluate((it) => it === document.activeElement);

  test('no key that writes does anything where nobody writes', async (t) => {
    // Not all have the keys under their fingers: to some, who speak, each letter is a key.
    const { page } = await open(t, 'market', { of: quiet });
    const shown = () => page.evaluate(() => [location.href, scrollY, document.activeElement.tagName, document.querySelector('[type=search]').value, document.querySelector('[aria-sort]:not([aria-sort=none])').textContent]);
    const before = await shown();
    for (let code = 0x21; code < 0x7f; code++) await page.keyboard.press(String.fromCharCode(code));
    assert.deepEqual(await shown(), before);
  });

  test('the search is found by the keys that it names, with what it had', async (t) => {
    const { page } = await open(t, 'market', { of: quiet });
    const field = page.getByRole('searchbox');
    assert.equal(await field.getAttribute('aria-keyshortcuts'), 'Control+K');
    await page.getByText('Ctrl K', { exact: true }).waitFor();
    await field.fill('btc');
    await page.getByText('Ctrl K', { exact: true }).waitFor({ state: 'hidden' });
    await page.getByLabel('Theme').focus();
    await page.keyboard.press('Control+k');
    assert.ok(await isSearching(page));
    await page.keyboard.type('eth');
    assert.equal(await field.inputValue(), 'eth');
  });

  test('from the table to a coin, its chart, and back', async (t) => {
    // Of a hub that tells nothing new for an hour: the chart changes by the keys alone.
    const { page } = await open(t, 'market', { of: quiet });
    await page.keyboard.press('Control+k');
    assert.ok(await isSearching(page));
    await page.keyboard.type('btc');
    await page.locator('.prices tbody tr').first().waitFor();
    const link = page.locator('tr[data-coin=bitcoin] a');
    await link.focus();
    await page.keyboard.press('Enter');
    await page.locator('.canvas canvas').first().waitFor();
    await until(async () => /^Bitcoin/.test(await focused(page)));
    await until(async () => /^BTC [\d,.]+ – CryptoIntel$/.test(await page.title()));
    await page.getByRole('radio', { name: '1m' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.canvas[aria-label*="of 5m"]').waitFor();
    await page.locator('.canvas').focus();
    const before = await settled(page);
    await page.keyboard.press('+');
    await until(async () => (await drawn(page)) !== before);
    await page.goBack();
    await until(async () => (await page.title()) === 'Market – CryptoIntel');
  });

  test('the order of the table', async (t) => {
    const { page } = await open(t, 'market');
    await page.getByRole('button', { name: 'Price, $' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('th.price[aria-sort=descending]').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('th.price[aria-sort=ascending]').waitFor();
  });
});

describe('by touch', () => {
  test('the chart speaks of no keys', async (t) => {
    const keys = (page) => page.getByText('Use the arrow keys to pan');
    const { page } = await open(t, 'coin', { viewport: PHONE, hasTouch: true, isMobile: true });
    await keys(page).waitFor({ state: 'hidden' });
    const { page: other } = await open(t, 'coin');
    await keys(other).waitFor();
  });
});

describe('by ear', () => {
  test('a signal is told politely, and many are not all told', async (t) => {
    const { page } = await open(t, 'market');
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver(() => window.said.push(document.querySelector('[data-said]').textContent)).observe(document.querySelector('[data-said]'), { characterData: true, childList: true, subtree: true });
    });
    await until(async () => {
      await say(hub, ...Array.from({ length: 20 }, (_, n) => aSignal(`told-${Date.now()}-${n}`)));
      return (await page.evaluate(() => window.said)).length > 0;
    });
    const said = await page.evaluate(() => window.said);
    assert.match(said[0], /^Signal: \w+, /);
    assert.ok(said.length < 4, `${said.length}`);
  });

  test('tables and charts have their words', async (t) => {
    const { page } = await open(t, 'coin');
    assert.match(await page.locator('.canvas').getAttribute('aria-label'), /^Candlestick chart of BTC\/USDT, \d+ candles of 1m: last price [\d,.]+/);
    await page.goto(`${hub.url}/#/stats`);
    await page.locator('.graph svg[aria-label^="Connections over time: Active"]').waitFor();
    await page.goto(`${hub.url}/#/`);
    await page.locator('.prices table caption').waitFor({ state: 'attached' });
    assert.equal(await page.locator('.prices thead th[scope=col]').count(), 5);
  });
});

for (const viewport of [WIDE, PHONE]) {
  test(`simulated prices are called so, in sight and once by ear: ${viewport.width} pixels`, async (t) => {
    const { page } = await visit(t, browser, 'about:blank#', { viewport });
    await page.addInitScript(() => {
      window.said = [];
      addEventListener('DOMContentLoaded', () => {
        new MutationObserver(() => window.said.push(document.querySelector('[data-said]').textContent)).observe(document.querySelector('#app'), { characterData: true, childList: true, subtree: true });
      });
    });
    await page.goto(`${hub.url}/`);
    await priced(page);
    const box = await page.getByText('Simulated data', { exact: true }).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= viewport.width && box.y + box.height < 120, JSON.stringify(box));
    await until(async () => (await page.evaluate(() => window.said)).some((text) => text === 'This hub shows simulated data.'));
    await page.goto(`${hub.url}/#/stats`);
    await page.locator('.graph').first().waitFor();
    assert.ok(await page.getByText('Simulated data', { exact: true }).isVisible());
  });
}

describe('statistics', () => {
  test('are drawn as they go', async (t) => {
    const { page } = await open(t, 'stats');
    const rows = page.locator('.graph').first().locator('tbody tr');
    await page.locator('.graph summary').first().click();
    await until(async () => (await rows.count()) >= 3, { timeout: 20_000 });
    assert.match(await page.locator('.graph').first().locator('svg').getAttribute('aria-label'), /Active \d+/);
  });

  test('a hub that does not answer is told, and what was known stays', async (t) => {
    const { page } = await open(t, 'stats');
    await page.route('**/ws/stats', (route) => route.fulfill({ status: 503, json: { error: { code: 'UNAVAILABLE', message: 'The broker does not answer' } } }));
    await page.getByText('The broker does not answer').waitFor();
    assert.ok((await page.locator('.graph').count()) >= 3);
  });
});
