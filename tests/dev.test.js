// `npm run dev` in a fresh clone, as somebody new to it sees it.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertSound, connected, priced, priceOf, visit } from './dashboard/support.js';
import { launch } from './support/browser.js';
import { clone } from './support/clone.js';
import { until } from './support/session.js';

/** A loopback port that nobody listens at: any, or this one, which must be. */
async function free(port = 0) {
  const server = createServer();
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve));
  const found = server.address().port;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

/** Runs it, until it has printed all that it has to say. */
async function dev(project) {
  const port = await free();
  // Whoever starts wrangler at the same moment gets the same port for debuggers, unless told to take any.
  const hub = project.npm('run', 'dev', '--', '--port', `${port}`, '--inspector-port', '0');
  const [, url] = await hub.said(/CryptoIntel runs at (\S+): open it in a browser\n/);
  const [, token] = await hub.said(/A token for it .*\n +(\S+)\n/);
  const [, watch] = await hub.said(/in another terminal: +npm (.+)\n/);
  return { ...hub, port, url, token, watch: watch.split(' ') };
}

async function assertGone(project, { ended, port }) {
  assert.deepEqual(await ended(), [0, null]);
  await until(project.isQuiet);
  await until(() => free(port).catch(() => false));
}

test('prices move on the page, and Ctrl-C ends all that it started', async (t) => {
  const project = await clone(t);
  const hub = await dev(project);
  const browser = await launch();
  t.after(() => browser.close());
  const { page, faults } = await visit(t, browser, hub.url);
  await connected(page);
  await priced(page);
  const first = await priceOf(page, 'bitcoin');
  await page.waitForFunction((before) => document.querySelector('tr[data-coin=bitcoin] .price').textContent !== before, first);
  assertSound(faults);
  const secrets = join(project.folder, '.dev.vars');
  assert.match(await readFile(secrets, 'utf8'), /^JWT_SECRET=\S{43}\n$/);
  assert.equal((await stat(secrets)).mode & 0o077, 0, 'others may read the secret');
  assert.notDeepEqual(await project.running(), []);
  hub.interrupt();
  await assertGone(project, hub);
});

test('the token and the command that it prints are good, a secret that there is stays, and SIGTERM to npm ends it, too', async (t) => {
  const project = await clone(t);
  const secrets = join(project.folder, '.dev.vars');
  const secret = `JWT_SECRET=${'x'.repeat(32)}`;
  await writeFile(secrets, secret);
  const hub = await dev(project);
  const { status } = await fetch(`${hub.url}/api/v1/channels`, { headers: { authorization: `Bearer ${hub.token}` } });
  assert.equal(status, 200);
  assert.equal((await fetch(`${hub.url}/dashboard/session`, { headers: { 'sec-fetch-site': 'same-origin' } })).status, 200, 'the page gets no token');
  assert.equal((await (await fetch(`${hub.url}/api/v1/pairs`)).json()).data.length, 20);
  const watch = project.npm(...hub.watch);
  await watch.said(/"type":"price_update","channel":"price:bitcoin"/);
  watch.interrupt();
  await watch.ended();
  assert.notDeepEqual(await project.running(), []);
  hub.signal('SIGTERM');
  await assertGone(project, hub);
  assert.equal(await readFile(secrets, 'utf8'), secret);
});
