import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const hub = { target: 'http://127.0.0.1:8787', ws: true };

/** The client library in one file, for pages of others: `/websocket-client.js`. */
const library: Plugin = {
  name: 'library',
  generateBundle() {
    const fileName = 'websocket-client.js';
    this.emitFile({ type: 'asset', fileName, source: readFileSync(here(`../client/dist/${fileName}`)) });
  },
};

export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [library],
  // All of it in one file: after a deployment nothing is left to be fetched of what was there before.
  resolve: { alias: { '@cryptointel/client': here('../client/dist/websocket-client.js') } },
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a `data:` script or font is none that the page may load
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `vite dashboard` beside `npm run dev`: the pages from their sources, the rest from the hub.
  server: { proxy: { '/ws': hub, '/sse': hub, '/api': hub, '/dashboard/session': hub } },
});
