// The snippets of the document, as printed, in a real browser: they carry no token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startHub } from '../support/index.js';
import { launch, serve } from '../support/browser.js';
import { printed } from '../support/printed.js';
import { until } from '../support/session.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PRINTED_URL = 'wss://cryptointel-data-production.magicmike.workers.dev/ws';

let hub;
let browser;
before(async () => {
  [hub, browser] = await Promise.all([startHub({ vars: { PUBLIC_READ: '1', ALLOWED_ORIGINS: '*', FEED_INTERVAL_MS: '250' } }), launch()]);
});
after(async () => {
  await browser?.close();
  await hub?.stop();
});

/** Opens a page with this code, whose `./websocket-client` is the built one, and whose sockets go to the hub. */
async function open(t, contents, loader) {
  const { outputFiles } = await build({
    stdin: { contents, loader, resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [
      { name: 'client', setup: ({ onResolve }) => onResolve({ filter: /^\.\/websocket-client/ }, () => ({ path: `${root}/client/dist/websocket-client.js` })) },
    ],
  });
  const site = await serve(outputFiles[0].text);
  const page = await browser.newPage();
  t.after(async () => {
    await page.close();
    await site.stop();
  });
  const said = [];
  const opened = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  page.on('websocket', (socket) => opened.push(socket));
  await page.addInitScript(
    ([from, to]) => {
      const Real = WebSocket;
      globalThis.WebSocket = class extends Real {
        constructor(url, ...rest) {
          super(url === from ? to : url, ...rest);
        }
      };
    },
    [PRINTED_URL, `${hub.wsUrl}/ws`],
  );
  await page.goto(site.url);
  return { page, said, opened };
}

test('the plain snippet prints prices', async (t) => {
  const { said } = await open(t, await printed('cryptointel.js'), 'js');
  await until(() => said.filter((text) => /^Price update:/.test(text)).length >= 4);
  assert.deepEqual(said.filter((text) => /rror/.test(text)), []);
});

test('the React snippet shows prices, with one socket that lasts under StrictMode', async (t) => {
  const added = `
    import { createRoot } from 'react-dom/client';
    import { StrictMode } from 'react';
    createRoot(document.getElementById('root')).render(<StrictMode><CryptoDashboard /></StrictMode>);`;
  const { page, said, opened } = await open(t, (await printed('cryptointel.jsx')) + added, 'jsx');
  await page.waitForFunction(() => /BTC: \$[\d.]+ USD[^]*ETH: \$[\d.]+ USD|ETH: \$[\d.]+ USD[^]*BTC: \$[\d.]+ USD/.test(document.body.textContent), undefined, { timeout: 15_000 });
  assert.equal(opened.filter((socket) => !socket.isClosed()).length, 1);
  assert.deepEqual(said.filter((text) => /rror/.test(text)), []);
});
