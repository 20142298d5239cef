// The pictures of the dashboard: those that `npm run screenshots` takes are those that the README shows.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const at = (path) => new URL(`../${path}`, import.meta.url);

test('each picture that is taken is there and shown, and no other', async () => {
  const [script, readme] = await Promise.all(['scripts/screenshots.mjs', 'README.md'].map((path) => readFile(at(path), 'utf8')));
  const taken = [...script.matchAll(/\{ name: '([\w-]+)'/g)].map(([, name]) => `${name}.png`).sort();
  assert.notDeepEqual(taken, []);
  assert.deepEqual((await readdir(at('docs/images'))).sort(), taken);
  assert.deepEqual([...new Set([...readme.matchAll(/docs\/images\/([\w-]+\.png)/g)].map(([, name]) => name))].sort(), taken);
});
