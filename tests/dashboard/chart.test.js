// The chart of a coin: its times, and that nothing is missing in it unseen.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from '../support/index.js';
import { until } from '../support/session.js';
import { startProxy } from './proxy.js';
import { answer, connected, stage, visit } from './support.js';

const MINUTE = 60_000;
const NEW_YORK = 'America/New_York';

const { hub, browser } = await stage({ PUBLIC_READ: '1', FEED_INTERVAL_MS: '1000' });
// The first socket starts the feed's first cycle: then there are prices and candles.
const client = await connect(hub, { path: '/' });
client.send({ type: 'subscribe', symbol: 'BTC/USDT', interval: '1m' });
await client.next('update');
client.terminate();

/** Opens the chart of Bitcoin, with its table. */
async function open(t, { url = hub.url, prepare = answering, ...options } = {}) {
  const { page } = await visit(t, browser, 'about:blank#', options);
  await prepare(page);
  await page.goto(`${url}/#/coin/bitcoin`);
  await page.locator('.canvas canvas').first().waitFor();
  await page.getByText('Latest 20 candles as a table').click();
  await page.locator('tr[data-time]').first().waitFor();
  return page;
}

/** The rows of the table, the newest first. */
const rows = (page) => page.locator('tr[data-time]').evaluateAll((all) => all.map(({ dataset, firstElementChild }) => ({ time: Date.parse(dataset.time), isClosed: dataset.closed === 'true', text: firstElementChild.textContent })));

/** Whether each bar follows the one before up to now, and all but the last have ended. */
async function isWhole(page) {
  const all = await rows(page);
  return Date.now() - (all[0]?.time ?? 0) < 2 * MINUTE && all.every(({ time, isClosed }, n) => n === 0 || (isClosed && all[n - 1].time - time === MINUTE));
}

/** A past before the bars of a hub that has just begun. */
function longer(bars, step) {
  const first = Date.parse(bars[0].time);
  const past = Array.from({ length: 100 }, (_, n) => ({ ...bars[0], time: new Date(first - (100 - n) * step).toISOString(), closed: true }));
  return [...past, ...bars];
}

/** Answers questions for candles with a long past, or what `change` makes of it. */
const answering = (page, change = (bars) => bars) =>
  answer(page, '**/api/v1/candles?*', async (route) => {
    const response = await route.fetch();
    if (!response.ok()) return route.fulfill({ response });
    const body = await response.json();
    const step = route.request().url().includes('interval=1D') ? 1440 * MINUTE : MINUTE;
    return route.fulfill({ response, json: { ...body, data: change(longer(body.data, step)) } });
  });

/** Remembers what is written into the chart. */
const listen = async (page) => {
  await answering(page);
  await page.addInitScript(() => {
    window.written = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
      window.written.push(text);
      return fillText.call(this, text, ...more);
    };
  });
};

/** Waits until something like this is written, and gives all that is. */
async function written(page, like) {
  const all = () => page.evaluate(() => window.written);
  await until(async () => (await all()).some((text) => like.test(text)));
  return (await all()).filter((text) => like.test(text));
}

/** Points at the middle of the chart. */
const point = (page) => page.locator('.canvas').hover();

test('prices are written as they are in the table, on the axis and where somebody points', async (t) => {
  const page = await open(t, { prepare: listen });
  const before = (await written(page, /\d{5}|\d,\d{3}/)).length;
  await point(page);
  await until(async () => (await written(page, /\d{5}|\d,\d{3}/)).length > before);
  for (const text of await written(page, /\d{5}|\d,\d{3}/)) assert.match(text, /^\d{1,3}(,\d{3})+\.\d\d$/);
});

describe('the price above', () => {
  /** What stands above, and the close of the newest candle, at one moment. */
  const told = (page) =>
    page.evaluate(() => {
      const text = (selector) => document.querySelector(selector).textContent;
      return { price: text('.coin-head .now b'), title: document.title, close: text('tr[data-time] td:nth-child(5)'), names: text('.prices-named') };
    });

  test('is the one in the chart, and another one has another name', async (t) => {
    const page = await open(t);
    await page.locator('.prices-named', { hasText: 'BTC/USDT' }).waitFor();
    const seen = new Set();
    await until(async () => {
      const { price, close, names } = await told(page);
      assert.equal(price, close);
      assert.match(names, /^BTC\/USDT last price, (just now|\d+ s ago)Index price \$[\d,]+\.\d\d, (just now|\d+ s ago)/);
      seen.add(price);
      return seen.size > 2;
    });
    // The title follows a frame later.
    await until(async () => {
      const { title, close } = await told(page);
      return title === `BTC ${close} – CryptoIntel`;
    });
  });

  test('stays the chart’s from one interval to the next', async (t) => {
    const page = await open(t);
    await page.locator('.prices-named', { hasText: 'BTC/USDT' }).waitFor();
    await page.evaluate(() => {
      window.seen = [];
      const names = document.querySelector('.prices-named');
      new MutationObserver(() => window.seen.push(names.textContent)).observe(names, { characterData: true, childList: true, subtree: true });
    });
    await page.getByRole('radio', { name: '1h' }).check();
    await page.locator('.canvas[aria-label*="of 1h"]').waitFor();
    for (const names of await page.evaluate(() => window.seen)) assert.match(names, /^BTC\/USDT last price/);
  });

  test('of a bar that is long over is not told as new, wherever it comes from', async (t) => {
    const HOURS_MS = 3 * 3_600_000;
    const old = (bar) => ({ ...bar, time: new Date(Date.parse(bar.time) - HOURS_MS).toISOString(), closed: true });
    const aged = ({ type, messages, data, ...frame }) => ({ type, ...frame, ...(messages ? { messages: messages.map(aged) } : { data: type === 'candle_update' ? old(data) : data }) });
    const prepare = async (page) => {
      await answer(page, '**/api/v1/candles?*', async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        return route.fulfill({ response, json: { ...body, data: body.data.map(old) } });
      });
      await page.routeWebSocket('**/ws', (socket) => {
        const server = socket.connectToServer();
        server.onMessage((text) => socket.send(JSON.stringify(aged(JSON.parse(text)))));
      });
    };
    const page = await open(t, { prepare });
    await page.locator('.prices-named', { hasText: /^BTC\/USDT last price, [23] h ago/ }).waitFor();
    assert.doesNotMatch((await told(page)).names, /last price, just now/);
  });

  test('is the hub’s where there is no chart, and is called so', async (t) => {
    const { page } = await visit(t, browser, hub.url, { at: '#/coin/dogecoin' });
    await page.getByText('This hub has no chart for DOGE.').waitFor();
    assert.match(await page.locator('.coin-head .now').textContent(), /^\$0\.\d+ [+−]/);
    assert.match(await page.locator('.prices-named').textContent(), /^Index price, (just now|\d+ s ago)/);
  });
});

describe('times', () => {
  /** `2025-12-02 12:30`, as a clock in New York shows it. */
  const there = (time) => {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: NEW_YORK, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(time);
    const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
    return `${year}-${month}-${day} ${hour}:${minute}`;
  };

  test('are those of the clock where the page is seen, on the axis as in the table', async (t) => {
    const page = await open(t, { timezoneId: NEW_YORK, prepare: listen });
    for (const { time, text } of await rows(page)) assert.equal(text, there(time));
    const now = Date.now();
    const shown = Array.from({ length: 300 }, (_, n) => there(now + (5 - n) * MINUTE));
    const clocks = shown.map((text) => text.slice(11));
    for (const text of await written(page, /^\d\d:\d\d$/)) assert.ok(clocks.includes(text), text);
    await point(page);
    for (const text of await written(page, /^\d{4}-\d\d-\d\d \d\d:\d\d$/)) assert.ok(shown.includes(text), text);
    const since = /since (\S+ \d\d:\d\d),/.exec(await page.locator('.canvas').getAttribute('aria-label'))?.[1];
    assert.ok(shown.includes(since), since);
  });

  test('of days are their dates in UTC', async (t) => {
    const page = await open(t, { timezoneId: NEW_YORK, prepare: listen });
    await page.getByRole('radio', { name: '1D' }).check();
    await page.locator('.canvas[aria-label*="of 1D"]').waitFor();
    await page.getByText('Latest 20 candles as a table').click();
    const all = await rows(page);
    assert.ok(all.length > 0);
    for (const { time, text } of all) assert.equal(text, new Date(time).toISOString().slice(0, 10));
    await page.evaluate(() => (window.written = []));
    await point(page);
    for (const text of await written(page, /^\d{4}-\d\d-\d\d/)) assert.match(text, /^\d{4}-\d\d-\d\d$/);
  });
});

describe('what is missing', () => {
  test('between an answer and the first live bar is asked for again', async (t) => {
    let answers = 0;
    const first = Promise.withResolvers();
    const prepare = async (page) => {
      await answering(page, (bars) => {
        answers += 1;
        // The first two are of some minutes ago.
        return answers > 2 ? bars : bars.slice(0, -3).map((bar, n, { length }) => ({ ...bar, closed: n < length - 1 }));
      });
      // Nothing is told live before the first answer is shown.
      await page.routeWebSocket('**/ws', (socket) => {
        socket.connectToServer().onMessage((message) => first.promise.then(() => socket.send(message)));
      });
    };
    const page = await open(t, { prepare });
    first.resolve();
    await until(() => isWhole(page));
  });

  test('is asked for again when the connection is back, and if there is no answer that is told', async (t) => {
    const proxy = await startProxy(hub);
    t.after(() => proxy.stop());
    const page = await open(t, { url: proxy.url });
    await connected(page);
    proxy.blocked.add('rest');
    proxy.cut();
    const notice = page.getByText('Could not update candles');
    await notice.waitFor();
    assert.equal(await page.locator('.canvas').count(), 1);
    proxy.blocked.delete('rest');
    await page.locator('.chart').getByRole('button', { name: 'Try again' }).click();
    await notice.waitFor({ state: 'detached' });
    await until(() => isWhole(page));
  });
});

test('the table says how many candles it has', async (t) => {
  const { page } = await visit(t, browser, 'about:blank#');
  await answer(page, '**/api/v1/candles?*', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    return route.fulfill({ response, json: { ...body, data: body.data.slice(-3) } });
  });
  await page.goto(`${hub.url}/#/coin/bitcoin`);
  await page.locator('.chart summary').click();
  // A minute may end meanwhile.
  await until(async () => (await page.locator('.chart summary').textContent()) === `Latest ${await page.locator('tr[data-time]').count()} candles as a table`);
  assert.ok((await page.locator('tr[data-time]').count()) < 6);
});

test('a list of coins that cannot be had is told, and is asked for again', async (t) => {
  const { page } = await visit(t, browser, 'about:blank#');
  const fail = (route) => route.fulfill({ status: 503, json: { detail: 'The market does not answer' } });
  await page.route('**/api/v1/prices*', fail);
  await page.routeWebSocket('**/ws', () => {}); // the page asks again by itself with each message
  await page.goto(`${hub.url}/#/coin/bitcoin`);
  await page.getByText('The market does not answer').waitFor();
  await page.unroute('**/api/v1/prices*', fail);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.canvas canvas').first().waitFor();
});

test('the credit opens a page of its own: this one has the token', async (t) => {
  const page = await open(t);
  const link = page.getByRole('link', { name: 'TradingView' });
  assert.deepEqual(await link.evaluate(({ target, rel }) => [target, rel]), ['_blank', 'noopener noreferrer']);
});
