// The hooks for React and the composables for Vue, in a document that is not shown, against a hub that is not there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { FakeClock, fakeHub, price, settle } from './fake.js';

const { window } = new JSDOM('<!doctype html><div id="root"></div>');
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
for (const name of ['Node', 'Element', 'HTMLElement', 'SVGElement', 'MathMLElement', 'ShadowRoot', 'Event']) globalThis[name] ??= window[name];
const { StrictMode, act, createElement: h, useState } = await import('react');
const { createRoot } = await import('react-dom/client');
const react = await import('../../client/dist/react.js');
const vue = await import('vue');
const composables = await import('../../client/dist/vue.js');
const { CryptoIntelWebSocket } = await import('../../client/dist/index.js');

function fakes() {
  const server = fakeHub();
  const clock = new FakeClock();
  return { server, clock, options: { WebSocket: server.WebSocket, transports: ['websocket'] } };
}

/** Does something, and all that comes of it. */
const does = (run) =>
  act(async () => {
    await run();
    await settle();
  });

/** Shows a component within StrictMode. */
async function show(component) {
  const at = document.createElement('div');
  const root = createRoot(at);
  await does(() => root.render(h(StrictMode, null, h(component))));
  return {
    text: () => at.textContent,
    end: () => act(() => root.unmount()),
  };
}

test('React: one socket under StrictMode, the newest data, and nothing left in the end', async () => {
  const { server, clock, options } = fakes();
  let choose;
  function Page() {
    const { client, status } = react.useConnection('ws://hub/ws', options);
    const [coin, setCoin] = useState('price:a');
    choose = setCoin;
    const one = react.useChannel(client, coin);
    const several = react.useChannel(client, ['price:a', 'price:b']);
    const last = react.useChannel(client, ['price:a'], { history: 2 });
    return `${status.state} ${one?.price} ${Object.entries(several).map(([name, { price }]) => `${name}=${price}`)} ${last.map(({ price }) => price)}`;
  }
  const page = await show(Page);
  assert.equal(server.sockets.length, 1);
  await does(() => server.serve());
  for (const n of [1, 2, 3]) await does(() => server.publish('price:a', price('A', n)));
  assert.equal(page.text(), 'open 3 price:a=3 3,2');
  await does(() => server.publish('price:b', price('B', 7)));
  assert.equal(page.text(), 'open 3 price:a=3,price:b=7 3,2');
  await does(() => choose('price:b'));
  assert.equal(page.text(), 'open 7 price:a=3,price:b=7 3,2');
  await does(() => choose('price:c'));
  assert.equal(page.text(), 'open undefined price:a=3,price:b=7 3,2');
  await does(() => server.last().drop());
  assert.match(page.text(), /^reconnecting/);
  await page.end();
  await settle();
  assert.deepEqual(clock.waits, []);
  assert.equal(server.open().length, 0);
});

test('React: subscribing costs one message for all that a page shows, and leaving one', async () => {
  const { server, options } = fakes();
  let toggle;
  function Row({ client, name }) {
    return `${react.useChannel(client, name)?.price},`;
  }
  function Page() {
    const { client } = react.useConnection('ws://hub/ws', options);
    const [shown, setShown] = useState(true);
    toggle = setShown;
    return shown && ['price:a', 'price:b', 'price:c'].map((name) => h(Row, { key: name, client, name }));
  }
  const page = await show(Page);
  await settle();
  await does(() => server.serve());
  await does(() => toggle(false));
  const sent = server.last().sent.filter(({ type }) => type !== 'ping');
  assert.deepEqual(sent.map(({ type, channels }) => [type, channels.length]), [['subscribe', 3], ['unsubscribe', 3]]);
  await page.end();
});

test('React: a client that is given is watched, and left to its owner', async () => {
  const { server, options } = fakes();
  const client = new CryptoIntelWebSocket('ws://hub/ws', options);
  function Page() {
    return react.useConnection(client).status.state;
  }
  const page = await show(Page);
  assert.equal(page.text(), 'idle');
  await act(async () => {
    client.connect();
    await settle();
    await server.serve();
  });
  assert.equal(page.text(), 'open');
  await page.end();
  await settle();
  assert.equal(client.status.state, 'open');
  client.disconnect();
});

test('Vue: the newest data of what is chosen, and nothing left in the end', async () => {
  const { server, clock, options } = fakes();
  const coin = vue.ref('price:a');
  const app = vue.createApp({
    setup() {
      const { client, status } = composables.useConnection('ws://hub/ws', options);
      const one = composables.useChannel(client, coin);
      const several = composables.useChannel(client, ['price:a', 'price:b']);
      const last = composables.useChannel(client, () => [coin.value], { history: 2 });
      return () => `${status.value.state} ${one.value?.price} ${Object.entries(several.value).map(([name, { price }]) => `${name}=${price}`)} ${last.value.map(({ price }) => price)}`;
    },
  });
  const at = document.createElement('div');
  app.mount(at);
  await settle();
  await server.serve();
  for (const n of [1, 2, 3]) await server.publish('price:a', price('A', n));
  await server.publish('price:b', price('B', 7));
  assert.equal(at.textContent, 'open 3 price:a=3,price:b=7 3,2');
  coin.value = 'price:b';
  await settle();
  assert.equal(at.textContent, 'open 7 price:a=3,price:b=7 7');
  assert.equal(server.sockets.length, 1);
  app.unmount();
  await settle();
  assert.deepEqual(clock.waits, []);
  assert.equal(server.open().length, 0);
});

test('Vue: a client that is given is watched, and left to its owner', async () => {
  const { server, options } = fakes();
  const client = new CryptoIntelWebSocket('ws://hub/ws', options);
  const scope = vue.effectScope();
  const { status } = scope.run(() => composables.useConnection(client));
  client.connect();
  await settle();
  await server.serve();
  assert.equal(status.value.state, 'open');
  scope.stop();
  assert.equal(client.status.state, 'open');
  client.disconnect();
});

test('Vue: rendered on a server, it neither connects nor listens', async () => {
  const { server, options } = fakes();
  const shared = new CryptoIntelWebSocket('ws://hub/ws', options);
  const asked = [];
  for (const name of ['on', 'subscribe']) shared[name] = () => asked.push(name);
  const { renderToString } = await import('vue/server-renderer');
  const app = vue.createSSRApp({
    setup() {
      const { status } = composables.useConnection('ws://hub/ws', options);
      composables.useConnection(shared);
      const one = composables.useChannel(shared, 'price:a');
      const several = composables.useChannel(shared, ['price:a']);
      const last = composables.useChannel(shared, 'price:a', { history: 2 });
      return () => JSON.stringify([status.value.state, one.value ?? null, several.value, last.value]);
    },
  });
  assert.equal((await renderToString(app)).replaceAll('&quot;', '"'), '["idle",null,{},[]]');
  await settle();
  assert.deepEqual([server.sockets.length, asked], [0, []]);
});

test('Vue: what a scope within a component asked for ends with that scope', async () => {
  const { server, options } = fakes();
  const scope = vue.effectScope(true);
  const app = vue.createApp({
    setup() {
      scope.run(() => composables.useConnection('ws://hub/ws', options));
      return () => null;
    },
  });
  app.mount(document.createElement('div'));
  await settle();
  await server.serve();
  scope.stop();
  assert.equal(server.open().length, 0);
  app.unmount();
});

test('a page that comes to the front, or has its network back, tries at once, once', async () => {
  const { server, clock, options } = fakes();
  const listeners = new Map();
  const real = { add: globalThis.addEventListener, remove: globalThis.removeEventListener };
  globalThis.addEventListener = (type, run) => listeners.set(type, run);
  globalThis.removeEventListener = (type) => listeners.delete(type);
  try {
    const client = new CryptoIntelWebSocket('ws://hub/ws', options);
    client.connect();
    await settle();
    await server.serve();
    for (let n = 0; n < 6; n++) {
      await server.last().drop();
      await clock.pass(clock.waits[0]);
    }
    await server.last().drop();
    assert.deepEqual(clock.waits, [15_000]);
    for (let n = 0; n < 5; n++) {
      listeners.get('online')();
      document.dispatchEvent(new window.Event('visibilitychange'));
    }
    assert.deepEqual(clock.waits, [500]);
    const before = server.sockets.length;
    await clock.pass(500);
    listeners.get('online')();
    assert.equal(server.sockets.length, before + 1);
    await server.serve();
    // While it is open, it asks whether that is still so, and does not wait for long.
    server.last().onsent = () => {};
    await clock.pass(1000);
    document.dispatchEvent(new window.Event('visibilitychange'));
    await clock.pass(5000);
    assert.equal(client.status.state, 'reconnecting');
    client.disconnect();
    assert.equal(listeners.size, 0);
    document.dispatchEvent(new window.Event('visibilitychange'));
    await clock.pass(60_000);
    assert.equal(server.open().length, 0);
  } finally {
    Object.assign(globalThis, { addEventListener: real.add, removeEventListener: real.remove });
  }
});

test('without a network it says so, and does not count tries', async () => {
  const { server, clock, options } = fakes();
  const real = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true, writable: true });
  try {
    const client = new CryptoIntelWebSocket('ws://hub/ws', { ...options, maxReconnectAttempts: 2 });
    client.connect();
    for (let n = 0; n < 5; n++) {
      await settle();
      await server.last().drop();
      assert.equal(client.status.state, 'offline');
      await clock.pass(30_000);
    }
    globalThis.navigator.onLine = true;
    await server.serve();
    assert.equal(client.status.state, 'open');
    client.disconnect();
  } finally {
    Object.defineProperty(globalThis, 'navigator', real);
  }
});
