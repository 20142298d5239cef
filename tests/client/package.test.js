// The client library as a package: its size, its shape, and its types where there is no browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import { Miniflare } from 'miniflare';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = `${root}client/dist`;
const run = promisify(execFile);
const read = (name) => readFile(`${dist}/${name}`, 'utf8');

for (const name of ['index.js', 'index.cjs', 'websocket-client.js']) {
  test(`${name} has less than 6 KB after gzip, and is all that there is`, async () => {
    const code = await read(name);
    const { length } = gzipSync(code);
    assert.ok(length < 6_000, `${length} bytes`);
    const imported = [...code.matchAll(/(?:from|import|require)\s*\(?\s*["']([^"']+)/g)].map(([, path]) => path);
    assert.deepEqual(imported, []);
  });
}

test('every file that package.json names is there, and none of the declarations says any', async () => {
  const { main, module, types, exports } = JSON.parse(await readFile(`${root}client/package.json`, 'utf8'));
  const named = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(named));
  for (const path of [main, module, types, ...named(exports)]) await readFile(join(`${root}client`, path));
  for (const name of (await readdir(dist)).filter((name) => /\.d\.c?ts$/.test(name))) {
    assert.doesNotMatch((await read(name)).replace(/\/\*[^]*?\*\//g, ''), /\bany\b/, name);
  }
});

test('resolvers that know no `exports` find the hooks, too', async () => {
  const { files } = JSON.parse(await readFile(`${root}client/package.json`, 'utf8'));
  for (const name of ['react', 'vue']) {
    assert.ok(files.includes(name));
    const { main, module, types } = JSON.parse(await readFile(`${root}client/${name}/package.json`, 'utf8'));
    for (const path of [main, module, types]) await readFile(join(`${root}client`, name, path));
    assert.equal(typeof createRequire(import.meta.url)(`../../client/${name}`).useChannel, 'function');
  }
});

describe('types', () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cryptointel-'));
    await mkdir(join(folder, 'node_modules/@cryptointel'), { recursive: true });
    await symlink(`${root}client`, join(folder, 'node_modules/@cryptointel/client'));
    for (const name of ['react', 'vue', '@vue', '@types', 'csstype']) await symlink(`${root}node_modules/${name}`, join(folder, 'node_modules', name));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Checks these files as a project of somebody else's would. */
  async function check(files, options) {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const compilerOptions = { strict: true, noEmit: true, target: 'ES2022', types: [], preserveSymlinks: true, ...options };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    try {
      await run(`${root}node_modules/.bin/tsc`, ['--project', folder]);
      return '';
    } catch ({ stdout }) {
      return stdout;
    }
  }

  const USE = `
    import { CryptoIntelWebSocket, type Gap, type PriceData } from '@cryptointel/client';
    const client = new CryptoIntelWebSocket('wss://example.com/ws', { getToken: async () => 'jwt' });
    const stop: () => void = client.subscribe(['price:bitcoin', 'price:ethereum'], (data, { offset }) => {
      const price: PriceData = data;
      const place: number | undefined = offset;
    });
    client.subscribe('signals:high', (signal) => signal.confidence.toFixed(1));
    client.subscribe('user:alice', (data) => ('wallet_id' in data ? data.balance : 0));
    client.subscribe(['market:summary', 'candles:BTC/USDT:1m'], (data) => ('pair' in data ? data.close : data.bitcoin_dominance));
    client.on('gap', ({ from, to }: Gap) => to.offset - from.offset);
    client.on('status', ({ state }) => state === 'open');
    // @ts-expect-error a price has no such field
    client.subscribe('price:bitcoin', (data) => data.confidence);
    // @ts-expect-error there is no such event
    client.on('closed', () => {});
  `;
  for (const [name, options] of [
    ['without a DOM', { module: 'NodeNext', lib: ['ES2022'] }],
    ['with a bundler and a DOM', { module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] }],
  ]) {
    test(`ES modules, ${name}`, async () => assert.equal(await check({ 'use.mts': USE }, options), ''));
  }
  test('CommonJS', async () => assert.equal(await check({ 'use.cts': USE }, { module: 'NodeNext', lib: ['ES2022'] }), ''));

  test("a browser's WebSocket, fetch and timers fit the options", async () => {
    const use = `
      import { CryptoIntelWebSocket } from '@cryptointel/client';
      new CryptoIntelWebSocket('', { WebSocket, fetch });
    `;
    assert.equal(await check({ 'use.mts': use }, { module: 'NodeNext', lib: ['ES2022', 'DOM'] }), '');
  });

  test('every example of the documents is right', async () => {
    const files = {};
    for (const path of ['docs/client.md', 'client/README.md']) {
      const text = await readFile(`${root}${path}`, 'utf8');
      const blocks = [...text.matchAll(/```(tsx?|js|vue)\n([^]*?)```/g)];
      assert.ok(blocks.length > 0, path);
      blocks.forEach(([, kind, code], n) => {
        const script = kind === 'vue' ? /<script[^>]*>([^]*?)<\/script>/.exec(code)[1] : code;
        const name = `${path.replace(/\W/g, '-')}-${n}.${kind === 'tsx' ? 'tsx' : 'ts'}`;
        files[name] = `declare const process: { env: Record<string, string> };\n${script.replace(/npm:|\/\/ @deno.*\n/g, '')}\nexport {};\n`;
      });
    }
    await writeFile(join(folder, 'ws.d.ts'), "declare module 'ws' { const it: new (url: string, protocols?: string | string[]) => { send(data: string): void; close(code?: number): void }; export default it }\ndeclare module 'node:test' { export const mock: { timers: { enable(options: { apis: string[] }): void; tick(ms: number): void } } }\ndeclare module 'react-native' { export const AppState: { addEventListener(type: 'change', run: (state: string) => void): void } }\n");
    const found = await check({ ...files, 'ambient.ts': '/// <reference path="./ws.d.ts" />\nexport {};' }, { module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], jsx: 'react-jsx', skipLibCheck: true });
    assert.equal(found, '');
  });
});

test('every option and every event is documented, with an example', async () => {
  const [types, document] = await Promise.all([read('types.d.ts'), readFile(`${root}docs/client.md`, 'utf8')]);
  const members = (name) => [...new RegExp(`interface ${name} \\{([^]*?)\n\\}`).exec(types)[1].matchAll(/^ {4}(\w+)\??:/gm)].map(([, member]) => member);
  const section = (title) => document.split(`\n## ${title}\n`)[1].split('\n## ')[0];
  const rows = (text) => [...text.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, names]) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  assert.deepEqual(rows(section('Options')).sort(), members('Options').sort());
  assert.deepEqual(rows(section('Events')).sort(), members('Events').sort());
  const examples = [...document.matchAll(/```\w+\n([^]*?)```/g)].map(([, code]) => code).join('\n');
  for (const name of members('Options')) assert.match(examples, new RegExp(`\\b${name}\\b`), name);
});

test("others' fake timers are its timers", async (t) => {
  const { CryptoIntelWebSocket } = await import(`${dist}/index.js`);
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const client = new CryptoIntelWebSocket('wss://example.com/ws', { WebSocket: class {}, transports: ['websocket'] });
  const errors = [];
  client.on('error', ({ code, message }) => errors.push([code, message]));
  client.connect();
  t.mock.timers.tick(9_999);
  assert.deepEqual(errors, []);
  t.mock.timers.tick(1);
  assert.deepEqual(errors, [['UNREACHABLE', 'websocket: timeout']]);
  client.disconnect();
});

test('it works in a Worker', async (t) => {
  const { code } = await transform(
    `
    import { CryptoIntelWebSocket } from './client.js';
    export default {
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === '/ws') {
          const [client, server] = Object.values(new WebSocketPair());
          server.accept();
          server.addEventListener('message', ({ data }) => {
            const { type, channels } = JSON.parse(data);
            if (type !== 'subscribe') return;
            server.send(JSON.stringify({ type: 'subscribed', channels, positions: {} }));
            server.send(JSON.stringify({ type: 'price_update', channel: channels[0], epoch: 'e', offset: 1, data: { price: 5 } }));
          });
          return new Response(null, { status: 101, webSocket: client, headers: { 'sec-websocket-protocol': 'cryptointel.v1' } });
        }
        const hub = new CryptoIntelWebSocket(request.url.replace(/^http/, 'ws') + 'ws');
        const price = await new Promise((resolve, reject) => {
          hub.on('error', ({ message }) => reject(new Error(message)));
          hub.subscribe('price:bitcoin', (data) => resolve(data.price));
          hub.connect();
        });
        hub.disconnect();
        return new Response(String(price));
      },
    };`,
    { loader: 'js' },
  );
  const modules = [
    { type: 'ESModule', path: 'main.js', contents: code },
    { type: 'ESModule', path: 'client.js', contents: await read('index.js') },
  ];
  const { convertV4MiniflareOptions } = await import('miniflare');
  const miniflare = new Miniflare(convertV4MiniflareOptions({ modules, compatibilityDate: '2026-11-01', host: '127.0.0.1', port: 0, cf: false }));
  t.after(() => miniflare.dispose());
  const response = await fetch(await miniflare.ready);
  assert.equal(await response.text(), '5');
});
