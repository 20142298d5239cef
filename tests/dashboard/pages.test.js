// What the dashboard's files are served with, and what still is no page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { launch } from '../support/browser.js';
import { connect, startHub } from '../support/index.js';
import { until } from '../support/session.js';
import { answer, visit } from './support.js';

let hub;
before(async () => {
  hub = await startHub({ vars: { DASHBOARD_TOKEN: 'one.of.development' } });
});
after(() => hub?.stop());

const policyOf = (response) =>
  Object.fromEntries(
    response.headers
      .get('content-security-policy')
      .split(';')
      .map((part) => part.trim().split(/\s+/))
      .map(([name, ...values]) => [name, values]),
  );

const scriptOf = async () => (await (await hub.fetch('/')).text()).match(/\/assets\/[\w-]+\.js/)[0];

describe('pages', () => {
  test('the page may do no more than it must', async () => {
    const response = await hub.fetch('/');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/html/);
    const policy = policyOf(response);
    assert.deepEqual(policy['default-src'], ["'none'"]);
    assert.deepEqual(policy['script-src'], ["'self'"]);
    assert.deepEqual(policy['style-src'], ["'self'"]);
    assert.deepEqual(policy['img-src'], ["'self'"]);
    assert.deepEqual(policy['connect-src'], ["'self'", hub.wsUrl]);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors', 'trusted-types']) assert.deepEqual(policy[name], ["'none'"], name);
    assert.deepEqual(policy['require-trusted-types-for'], ["'script'"]);
    assert.doesNotMatch(response.headers.get('content-security-policy'), /unsafe/);
    const expected = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-cache' };
    for (const [name, value] of Object.entries(expected)) assert.equal(response.headers.get(name), value, name);
  });

  test('a file with a hash in its name is kept, a page is asked for again', async () => {
    const script = await hub.fetch(await scriptOf());
    assert.equal(script.status, 200);
    assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    const etag = (await hub.fetch('/')).headers.get('etag');
    const again = await hub.fetch('/', { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.equal((await hub.fetch('/', { headers: { 'if-none-match': '"another"' } })).status, 200);
  });

  test('HEAD has the headers and no body', async () => {
    const response = await hub.fetch('/', { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.ok(response.headers.get('content-security-policy'));
    assert.equal(await response.text(), '');
  });

  test('the client library is there in one file, for pages of others', async () => {
    assert.equal((await hub.fetch('/')).headers.get('access-control-allow-origin'), null);
    const response = await hub.fetch('/websocket-client.js');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('content-type'), /javascript/);
    assert.equal(await response.text(), await readFile('client/dist/websocket-client.js', 'utf8'));
  });

  test('first paint is far below 150 KB, and has nothing of the views that are fetched later', async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const { page } = await visit(t, browser, 'about:blank#');
    const responses = [];
    page.on('response', (response) => response.url().startsWith(hub.url) && responses.push(response));
    // Nothing is answered that is asked once the page runs: it stays at its first paint.
    const asked = Promise.withResolvers();
    await answer(page, (url) => /^\/(api|dashboard|ws|sse)\b/.test(url.pathname), async () => asked.resolve());
    await page.goto(hub.url);
    await asked.promise;
    await page.locator('.loading').waitFor();
    await until(() => page.evaluate(() => document.readyState === 'complete'));
    const paths = responses.map((response) => new URL(response.url()).pathname);
    for (const like of [/^\/$/, /^\/theme\.js$/, /\.css$/, /\/assets\/.*\.js$/]) assert.ok(paths.some((path) => like.test(path)), `${like} in ${paths}`);
    const bodies = await Promise.all(responses.map((response) => response.body()));
    const sum = bodies.reduce((all, body) => all + gzipSync(body).length, 0);
    console.log(`first paint: ${sum} bytes after gzip, ${paths}`);
    assert.ok(sum < 48 * 1024, `${sum}`);
    // Not in a file of its own, and not in the first one.
    for (const later of ['TradingView Lightweight Charts', 'Hub statistics']) assert.ok(!bodies.some((body) => body.includes(later)), later);
  });
});

describe('what is no page', () => {
  test('a path that there is not is the same 404 as ever', async () => {
    for (const path of ['/nothing', '/assets/', '/assets/nothing.js', '/dashboard', '/..%2f..%2fwrangler.toml']) {
      const response = await hub.fetch(path);
      assert.equal(response.status, 404, path);
      assert.equal((await response.json()).error.code, 'NOT_FOUND', path);
    }
  });

  test('an upgrade at / is for charts', async () => {
    const client = await connect(hub, { path: '/' });
    client.send({ type: 'subscribe', symbol: 'BTC/USDT', interval: '1m' });
    await client.next('initial');
  });

  test('other methods than GET and HEAD are refused', async () => {
    assert.equal((await hub.fetch('/', { method: 'POST' })).status, 405);
    assert.equal((await hub.fetch('/websocket-client.js', { method: 'POST' })).status, 404);
  });
});

describe('the token of development', () => {
  const ask = (site, more = {}) => hub.fetch('/dashboard/session', { headers: site ? { 'sec-fetch-site': site } : {}, ...more });

  test('goes to the own page', async () => {
    const response = await ask('same-origin');
    assert.deepEqual(await response.json(), { token: 'one.of.development' });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  test('goes to no other page, and to no program', async () => {
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      const response = await ask(site);
      assert.equal(response.status, 404, site);
      assert.doesNotMatch(await response.text(), /development/);
    }
  });

  test('goes to nobody who asks for another host', async () => {
    // As a page would whose name was made to lead here.
    const { hostname, port } = new URL(hub.url);
    const { status, text } = await new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path: '/dashboard/session', headers: { host: 'hub.example', 'sec-fetch-site': 'same-origin' } }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part)).on('end', () => resolve({ status: answer.statusCode, text }));
      });
      asked.on('error', reject).end();
    });
    assert.equal(status, 403);
    assert.doesNotMatch(text, /development/);
  });

  test('is not there where none is set', async (t) => {
    const deployed = await startHub();
    t.after(() => deployed.stop());
    const response = await deployed.fetch('/dashboard/session', { headers: { 'sec-fetch-site': 'same-origin' } });
    assert.equal(response.status, 404);
    assert.equal((await response.json()).error.code, 'NOT_FOUND');
  });
});
