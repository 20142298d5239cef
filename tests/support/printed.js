// Client code of the documents, as printed, in tests/printed: run against a hub that is somewhere else.
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const PRINTED_HOST = 'ws://localhost:7000';

/** The text of a file in tests/printed. */
export const printed = (name) => readFile(new URL(`../printed/${name}`, import.meta.url), 'utf8');

/** TypeScript as a module for Node.js; `added` stands behind what is printed. */
export async function moduleOf(name, added = '') {
  const { code } = await transform((await printed(name)) + added, { loader: 'ts', format: 'esm', tsconfigRaw: {} });
  return code;
}

/** Imports code. */
export const load = (code) => import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);

/** A WebSocket that finds the hub where the document has its server. */
export const redirected = (Socket, hub) =>
  class extends Socket {
    constructor(url, ...rest) {
      super(String(url).replace(PRINTED_HOST, hub.wsUrl), ...rest);
    }
  };
