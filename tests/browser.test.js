// CoinDaily's client code as its document prints it, in a real browser, from another origin than the hub's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHub, token } from './support/index.js';
import { bundled, launch, serve } from './support/browser.js';
import { printed } from './support/printed.js';
import { post } from './support/publish.js';
import { until } from './support/session.js';

const JWT = 'your-jwt-token';
const MOOD = /^(BTC|ETH): (very_)?(bullish|bearish|neutral) \(-?[\d.]+\)$/;

let hub;
let browser;
before(async () => {
  [hub, browser] = await Promise.all([startHub({ vars: { ALLOWED_ORIGINS: '*' } }), launch()]);
});
after(async () => {
  await browser?.close();
  await hub?.stop();
});

/** Printed code, with the hub in the place of the document's server. */
async function here(name) {
  const code = await printed(name);
  return code.replaceAll('https://api.coindaily.com', hub.url).replaceAll('wss://api.coindaily.com', hub.wsUrl);
}

/** Opens a page that runs this code; gives it with what it says on its console. */
async function open(t, code, loader) {
  const site = await serve(await bundled(code, loader));
  const page = await browser.newPage();
  t.after(async () => {
    await page.close();
    await site.stop();
  });
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  const jwt = await token({}, hub.secret);
  await page.addInitScript((value) => localStorage.setItem('jwt_token', value), jwt);
  await page.goto(site.url);
  const heard = (what) => page.waitForEvent('console', { predicate: (message) => what.test(message.text()), timeout: 15_000 });
  const says = (what) => said.find((text) => what.test(text)) ?? heard(what).then((message) => message.text());
  return { page, said, says };
}

const good = async (code) => code.replace(JWT, await token({}, hub.secret));

describe('printed', () => {
  test('the Socket.IO snippet connects', async (t) => {
    const { said, says } = await open(t, await good(await here('coindaily-socketio.js')), 'js');
    assert.match(await says(/^Connected: /), /^Connected: \S+$/);
    assert.deepEqual(said.filter((text) => /rror/.test(text)), []);
  });

  test('the Socket.IO snippet is told that its token is bad', async (t) => {
    const { says } = await open(t, await here('coindaily-socketio.js'), 'js');
    assert.match(await says(/^Connection error:/), /Authentication failed/);
  });

  test('the native snippet connects and receives', async (t) => {
    const { says } = await open(t, await good(await here('coindaily-native.js')), 'js');
    await says(/^WebSocket connected$/);
    await says(/^Message received: /);
  });

  test('the native snippet says who it is, or why it is nobody', async (t) => {
    const code = await here('coindaily-native-auth.js');
    const known = await open(t, code, 'js');
    await known.says(/^Authenticated successfully$/);
    const unknown = await open(t, code.replace("localStorage.getItem('jwt_token')", "'rubbish'"), 'js');
    await unknown.says(/^Authentication failed:/);
  });

  test('the connection manager subscribes again when an operator has put it out', async (t) => {
    const added = `
      import { io } from 'socket.io-client';
      const manager = new WebSocketManager('${hub.url}', localStorage.getItem('jwt_token'));
      manager.connect();
      manager.subscribe('subscribe_whale_activity', { tokens: ['BTC'] });
      manager.socket.on('subscription_confirmed', ({ channel }) => console.log('confirmed', channel));
      manager.socket.on('disconnect', (reason) => console.log('left', reason));`;
    const { said, says } = await open(t, (await here('coindaily-manager.js')) + added, 'js');
    await says(/^confirmed whale_activity$/);
    await post(hub, '/api/v1/disconnect', { user: 'alice' }, { scope: 'admin' });
    await says(/^left io server disconnect$/);
    const again = () => said.slice(said.findIndex((text) => /^left/.test(text))).some((text) => /^confirmed/.test(text));
    await until(again);
  });

  test('the React hook and its widget show moods', async (t) => {
    const added = `
      import { createRoot } from 'react-dom/client';
      createRoot(document.getElementById('root')!).render(<MarketSentimentWidget />);`;
    const { page, said } = await open(t, (await here('coindaily-hook.tsx')) + added);
    await page.waitForFunction((mood) => new RegExp(mood).test(document.querySelector('#root')?.textContent ?? ''), MOOD.source, { timeout: 15_000 });
    assert.deepEqual(said.filter((text) => /rror/.test(text)), []);
  });

  test('the Vue composable connects, subscribes and shows moods', async (t) => {
    const added = `
      import { createApp, h, watch } from 'vue';
      createApp({
        setup() {
          const { socket, isConnected } = useWebSocket('${hub.url}', localStorage.getItem('jwt_token')!);
          const mood = ref<any>(null);
          watch(isConnected, (connected) => {
            if (!connected) return;
            (socket.value as any).on('market_sentiment_update', (data: any) => (mood.value = data));
            (socket.value as any).emit('subscribe_market_sentiment', { tokens: ['BTC', 'ETH'] });
          });
          return () => h('p', mood.value ? \`\${mood.value.token}: \${mood.value.sentiment} (\${mood.value.score})\` : 'Loading...');
        },
      }).mount('#root');`;
    const { page, said } = await open(t, (await here('coindaily-composable.ts')) + added, 'ts');
    await page.waitForFunction((mood) => new RegExp(mood).test(document.querySelector('#root')?.textContent ?? ''), MOOD.source, { timeout: 15_000 });
    assert.deepEqual(said.filter((text) => /rror/.test(text)), []);
  });
});
