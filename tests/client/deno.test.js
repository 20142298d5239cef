// The client library under Deno, with its own WebSocket, fetch and streams: as the package of the name that a program imports.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cuttingHub, HEARD, RECOVERED } from './cutting.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = `${here}../..`;

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cryptointel-'));
  // Copies: what a link leads to is no package to Deno, and has no types.
  for (const path of ['package.json', 'dist']) await cp(`${root}/client/${path}`, join(folder, 'node_modules/@cryptointel/client', path), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"dependencies":{"@cryptointel/client":"*"}}');
  await cp(`${here}deno/listen.ts`, join(folder, 'listen.ts'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs Deno, which may ask for nothing and has nothing but what is in the folder. */
function deno(command, ...args) {
  const env = { DENO_DIR: join(folder, 'cache'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  // It kills what does not end by itself.
  const options = { cwd: folder, env, timeout: 60_000, killSignal: 'SIGKILL' };
  return promisify(execFile)(`${here}deno/node_modules/.bin/deno`, [command, '--quiet', '--no-remote', '--no-lock', ...args], options);
}

/** What the program says, after it has ended by itself. */
async function listen(hub) {
  const { stdout, stderr } = await deno('run', '--check', '--no-prompt', '--allow-net=127.0.0.1', 'listen.ts', hub.wsUrl);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('by WebSocket it authenticates, recovers and leaves nothing that keeps the process', async (t) => {
  const hub = await cuttingHub();
  t.after(hub.stop);
  assert.deepEqual(await listen(hub), { opened: ['websocket', 'websocket'], closed: [1006], errors: [], heard: HEARD });
  assert.deepEqual([hub.tokens, hub.recovers], [['jwt', 'jwt'], RECOVERED]);
});

test('where WebSockets are blocked it does the same by streams', async (t) => {
  const hub = await cuttingHub({ sockets: false });
  t.after(hub.stop);
  assert.deepEqual(await listen(hub), { opened: ['sse', 'sse'], closed: [1006], errors: ['UNREACHABLE', 'UNREACHABLE'], heard: HEARD });
  assert.deepEqual([hub.refused, hub.tokens, hub.recovers], [2, ['jwt', 'jwt'], RECOVERED]);
});

test('the examples of the document are right', async () => {
  const text = await readFile(`${root}/docs/client.md`, 'utf8');
  const examples = [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code).filter((code) => code.includes('npm:'));
  assert.equal(examples.length, 1);
  await writeFile(join(folder, 'example.ts'), examples[0]);
  await deno('check', 'example.ts');
});
