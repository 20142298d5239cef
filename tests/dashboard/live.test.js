// What moves: prices, signals, candles.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHub } from '../support/index.js';
import { until } from '../support/session.js';
import { aPrice, aSignal, assertSound, connected, priced, priceOf, say, signalsOf, stage, visit } from './support.js';

const VARS = { PUBLIC_READ: '1', FEED_INTERVAL_MS: '1000' };

const { hub, browser } = await stage(VARS);

const open = (t, options) => visit(t, browser, hub.url, options);

describe('prices', () => {
  test('move, and the cell that moves is lit up', async (t) => {
    const { page, faults } = await open(t);
    await connected(page);
    await priced(page);
    const first = await priceOf(page, 'bitcoin');
    await page.waitForFunction((before) => document.querySelector('tr[data-coin=bitcoin] .price').textContent !== before, first);
    await page.locator('tr[data-coin=bitcoin] .price[data-flash]').waitFor();
    await page.locator('tr[data-coin=bitcoin] .sparkline path[d^=M]').waitFor({ state: 'attached' });
    assertSound(faults);
  });

  test('a published price is shown as it is, and a row is not made anew for it', async (t) => {
    const { page } = await open(t);
    await connected(page);
    await priced(page);
    await page.evaluate(() => (document.querySelector('tr[data-coin=bitcoin]').mark = 'the same'));
    await until(async () => {
      await say(hub, aPrice('bitcoin', 'BTC', 123_456.78));
      return (await priceOf(page, 'bitcoin')) === '123,456.78';
    });
    assert.equal(await page.evaluate(() => document.querySelector('tr[data-coin=bitcoin]').mark), 'the same');
  });

  test('one that nobody confirms is marked', async (t) => {
    const { page } = await open(t);
    await connected(page);
    await priced(page);
    const mark = page.locator('tr[data-coin=ethereum] .mark');
    assert.equal(await mark.count(), 0);
    await until(async () => {
      await say(hub, aPrice('ethereum', 'ETH', 2000, { stale: true }));
      return (await mark.count()) === 1;
    });
    assert.equal(await mark.textContent(), 'stale');
  });

  test('are found and ordered', async (t) => {
    const { page } = await open(t);
    await priced(page);
    const rows = page.locator('.prices tbody tr');
    const all = await rows.count();
    assert.ok(all > 50);
    await page.getByRole('searchbox').fill('bitc');
    await until(async () => (await rows.count()) < all);
    assert.ok((await rows.evaluateAll((them) => them.map(({ dataset }) => dataset.coin))).every((id) => id.includes('bitc')));
    await page.getByRole('searchbox').fill('no such coin');
    await page.getByText('No coins match “no such coin”.').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Coin' }).click();
    const sorted = page.locator('th[aria-sort=ascending]');
    await sorted.waitFor();
    assert.match(await sorted.textContent(), /Coin/);
    const names = await rows.locator('th .name').allTextContents();
    assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b, 'en')));
  });

  test('of coins in sight come live, and of no more than there is room for', async (t) => {
    const { page } = await open(t);
    await connected(page);
    await priced(page);
    const frames = [];
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(payload)));
    await page.reload();
    await connected(page);
    await priced(page);
    const held = () => {
      const channels = new Set();
      for (const { type, channels: names } of frames.map((frame) => JSON.parse(frame))) {
        for (const name of names ?? []) type === 'subscribe' ? channels.add(name) : channels.delete(name);
      }
      return [...channels].filter((name) => name.startsWith('price:'));
    };
    await until(() => held().length > 10);
    const last = page.locator('.prices tbody tr').last();
    await last.scrollIntoViewIfNeeded();
    const id = await last.getAttribute('data-coin');
    await until(() => held().includes(`price:${id}`));
    assert.ok(held().length <= 40, `${held().length}`);
  });
});

test('the market has more coins than the list, and says so', async (t) => {
  const { page } = await open(t);
  await page.locator('dt', { hasText: /^Active coins \(market\)$/ }).waitFor();
});

describe('signals', () => {
  test('one that is published is there within a second', async (t) => {
    const { page } = await open(t);
    await connected(page);
    await page.locator('.signals .loading').waitFor({ state: 'detached' });
    // The channel is held once a signal comes; only then time is taken.
    await until(async () => {
      await say(hub, aSignal(`first-${Date.now()}`));
      return (await signalsOf(page)).some((id) => id.startsWith('first-'));
    });
    const began = Date.now();
    await say(hub, aSignal('timed'));
    await page.locator('[data-signal=timed]').waitFor({ timeout: 5_000 });
    const took = Date.now() - began;
    console.log(`from publishing to the page: ${took} ms`);
    assert.ok(took < 1_000, `${took} ms`);
  });

  test('those below the chosen confidence are not shown, and the choice is remembered', async (t) => {
    const { page } = await open(t);
    await connected(page);
    await until(async () => {
      await say(hub, aSignal('sure', { confidence: 0.9 }), aSignal('unsure', { confidence: 0.3 }));
      return (await signalsOf(page)).includes('unsure');
    });
    await page.getByRole('slider').fill('80');
    await until(async () => !(await signalsOf(page)).includes('unsure'));
    assert.ok((await signalsOf(page)).includes('sure'));
    await page.reload();
    assert.equal(await page.getByRole('slider').inputValue(), '80');
  });

  test('a notification is shown of what passes the filter, while nobody looks', async (t) => {
    const { page, context } = await open(t, { permissions: ['notifications'] });
    await context.grantPermissions(['notifications'], { origin: hub.url });
    await page.evaluate(() => {
      window.notified = [];
      window.Notification = class {
        static permission = 'granted';
        static requestPermission = async () => 'granted';
        constructor(title, { body }) {
          window.notified.push(`${title} ${body}`);
        }
      };
    });
    await connected(page);
    await page.getByLabel('Notify me').check();
    await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' }));
    await until(async () => {
      await say(hub, aSignal(`noted-${Date.now()}`, { symbol: 'BTC', description: 'Bitcoin moves' }));
      return (await page.evaluate(() => window.notified)).length > 0;
    });
    assert.equal((await page.evaluate(() => window.notified))[0], 'BTC: Volume spike Bitcoin moves');
  });

  test('text is text, whatever it says', async (t) => {
    const evil = '<img src=x onerror="window.hurt = true"><script>window.hurt = true</script>';
    const { page, faults } = await open(t, { at: '#/coin/bitcoin' });
    await connected(page);
    await until(async () => {
      const url = 'https://news.example/1';
      await say(
        hub,
        aSignal('evil', { symbol: 'BTC', description: evil }),
        { channel: 'mentions:bitcoin', data: { entity: 'bitcoin', title: evil, url, source: evil, timestamp: new Date().toISOString() } },
      );
      return (await page.locator('.mentions li').count()) > 0 && (await signalsOf(page)).includes('evil');
    });
    assert.equal(await page.locator('[data-signal=evil] .why').textContent(), evil);
    assert.equal(await page.locator('.mentions li a').first().textContent(), evil);
    assert.equal(await page.locator('main img').count(), 0);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assertSound(faults);
  });
});

describe('candles', () => {
  test('those of the past go over into the live ones: none twice, none missing, none unfinished', async (t) => {
    const { page, faults } = await open(t, { at: '#/coin/bitcoin' });
    await connected(page);
    await page.locator('.canvas canvas').first().waitFor();
    await page.getByText('Latest 20 candles as a table').click();
    const bars = () => page.locator('tr[data-time]').evaluateAll((rows) => rows.map(({ dataset, lastElementChild }) => ({ ...dataset, volume: lastElementChild.textContent })));
    const first = (await bars())[0];
    await until(async () => {
      const newest = (await bars())[0];
      return newest.time !== first.time || newest.volume !== first.volume;
    });
    const times = (await bars()).map(({ time }) => Date.parse(time)).reverse();
    const gaps = times.slice(1).map((time, n) => time - times[n]);
    assert.ok(gaps.every((gap) => gap === 60_000), `${gaps}`);
    assert.ok((await bars()).slice(1).every(({ closed }) => closed === 'true'));
    assertSound(faults);
  });

  test('of another interval are another chart', async (t) => {
    const { page } = await open(t, { at: '#/coin/ethereum' });
    await page.locator('.canvas[aria-label*="of 1m"]').waitFor();
    await page.getByRole('radio', { name: '1h' }).check();
    await page.locator('.canvas[aria-label*="of 1h"]').waitFor();
  });

  test('a coin without any says so, and leads to those that have some', async (t) => {
    const { page, faults } = await open(t, { at: '#/coin/dogecoin' });
    await page.getByText('This hub has no chart for DOGE.').waitFor();
    assert.equal(await page.locator('.chart').getByRole('alert').count(), 0);
    const others = page.getByRole('list', { name: 'Coins with a chart' }).getByRole('link');
    await others.first().waitFor();
    assert.deepEqual(await others.allTextContents(), ['BTC', 'ETH', 'SOL']);
    await others.nth(1).click();
    await page.locator('.canvas[aria-label*="ETH/USDT,"]').waitFor();
    assertSound(faults);
  });

  test('the table says which coins have some', async (t) => {
    const { page } = await open(t);
    await page.getByRole('link', { name: 'BTC Bitcoin has a chart' }).waitFor();
    assert.deepEqual(await page.locator('tr:has(.charted)').evaluateAll((rows) => rows.map(({ dataset }) => dataset.coin).sort()), ['bitcoin', 'ethereum', 'solana']);
  });

  test('are asked for only where there are some, and which these are only once', async (t) => {
    const { page, faults } = await open(t);
    await page.locator('.charted').first().waitFor(); // the question of this page is over
    const asked = [];
    const questions = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/api/v1/candles') asked.push(searchParams.get('symbol'));
      if (pathname === '/api/v1/pairs') questions.push(pathname);
    });
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => /"subscribe"/.test(payload) && asked.push(...(payload.match(/candles:[^"]*/g) ?? []))));
    await page.reload();
    await page.locator('.charted').first().waitFor();
    const look = async (id, symbol) => {
      await page.goto(`${hub.url}/#/coin/${id}`);
      await page.getByText(`This hub has no chart for ${symbol}.`).waitFor();
    };
    await look('tether', 'USDT');
    await look('dogecoin', 'DOGE');
    // What would have been asked before has gone by then.
    await page.goto(`${hub.url}/#/coin/bitcoin`);
    await page.locator('.canvas canvas').first().waitFor();
    assert.equal(questions.length, 1);
    assert.deepEqual([...new Set(asked)].sort(), ['BTC/USDT', 'candles:BTC/USDT:1m']);
    assertSound(faults);
  });

  test('that nobody can say whether there are any is told, and asked again', async (t) => {
    const { page } = await visit(t, browser, 'about:blank#');
    const fail = (route) => route.fulfill({ status: 503, json: { detail: 'The hub is busy' } });
    await page.route('**/api/v1/pairs', fail);
    await page.goto(`${hub.url}/#/coin/bitcoin`);
    await page.getByText('The hub is busy').waitFor();
    await page.unroute('**/api/v1/pairs', fail);
    await page.locator('.chart').getByRole('button', { name: 'Try again' }).click();
    await page.locator('.canvas canvas').first().waitFor();
  });
});

test('a pair that a deployment took away says so', async (t) => {
  const { page } = await visit(t, browser, 'about:blank#');
  const former = (route) => route.fulfill({ json: { data: [{ pair: 'XRP/USDT', intervals: ['1m'] }] } });
  await page.route('**/api/v1/pairs', former, { times: 1 });
  await page.goto(`${hub.url}/#/coin/ripple`);
  await page.getByText('This hub has no chart for XRP.').waitFor();
  await page.getByRole('list', { name: 'Coins with a chart' }).getByRole('link', { name: 'BTC' }).waitFor();
});

test('candles of a pair with another quote are found', async (t) => {
  const other = await startHub({ vars: { ...VARS, CANDLE_PAIRS: 'BTC/EUR,BTC/USD,ETH/BTC' } });
  t.after(() => other.stop());
  const { page } = await visit(t, browser, other.url, { at: '#/coin/bitcoin' });
  await page.locator('.canvas[aria-label*="BTC/USD,"]').waitFor();
  await page.goto(`${other.url}/#/coin/ethereum`);
  await page.locator('.canvas[aria-label*="ETH/BTC,"]').waitFor();
  await page.getByText(/^0\.0\d+ BTC$/).waitFor(); // and is no price in dollars
});
