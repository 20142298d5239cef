// Builds client/dist: ES modules, CommonJS, declarations, and websocket-client.js, which a page can import as it is.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

// The hooks import the client.
const files = (extension) => ({
  name: 'files',
  setup: ({ onResolve }) => onResolve({ filter: /\/index\.js$/ }, () => ({ path: `./index.${extension}`, external: true })),
});

// CommonJS is made of the ES modules: of esbuild's own a good part serves modules of other kinds. `require_` is what esbuild leaves alone.
const required = {
  name: 'required',
  setup: ({ onLoad }) =>
    onLoad({ filter: /(react|vue)\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replace(/^import (\{.*\}) from '(react|vue|\.\/index)(?:\.js)?';$/gm, (_, names, from) => `const ${names.replace(/,? type \w+/g, '')} = require_('${from.replace('./index', './index.cjs')}');`),
    })),
};

// Properties that only the library itself sees get short names: it reads none of these from a message, an option or the platform.
const INTERNAL = [
  ...['place', 'failed', 'hear', 'refused', 'places', 'frame', 'refuse', 'live', 'opened', 'all', 'pace', 'prove', 'doubt', 'names', 'query', 'stands', 'drain', 'link', 'end', 'fresh', 'sync', 'timer', 'next'],
  ...['reset', 'took', 'tried', 'held', 'holds', 'isCurrent', 'last', 'remove', 'wait', 'late', 'base', 'loser', 'rename', 'url', 'waits', 'whole', 'start', 'wanted', 'gap', 'subscriptions', 'emit', 'pong', 'stop'],
];

// The same ones in every file. The most frequent properties come first, and the letters that code has most of anyway: that is shorter after gzip.
const LETTERS = 'etnorsaildcupmfhgbvywkxqzjETNORSAILDCUPMFHGBVYWKXQZJ';
const mangleCache = Object.fromEntries(INTERNAL.map((name, n) => [name, LETTERS[n]]));

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  platform: 'neutral',
  target: 'es2020',
  external: ['react', 'vue'],
  mangleProps: new RegExp(`_$|^(${INTERNAL.join('|')})$`),
  mangleCache,
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
};
const entries = { index: 'src/index.ts', react: 'src/react.ts', vue: 'src/vue.ts' };
await Promise.all([
  build({ ...common, entryPoints: entries, outdir: dist, format: 'esm', plugins: [files('js')] }),
  build({ ...common, entryPoints: entries, outdir: dist, format: 'esm', outExtension: { '.js': '.cjs' }, plugins: [files('cjs'), required] }),
  // All in one file, for pages without a bundler.
  build({ ...common, entryPoints: ['src/index.ts'], outfile: `${dist}/websocket-client.js`, format: 'esm', sourcemap: false }),
]);

// esbuild makes the names short; of the code itself another one leaves 6 % less. What it calls unsafe here is that texts are put together by
// `+`, that comparisons change sides and that getters have no effects.
for (const name of readdirSync(dist).filter((name) => /\.c?js$/.test(name))) {
  const isModule = name.endsWith('.js');
  const code = readFileSync(`${dist}/${name}`, 'utf8').replaceAll('require_', 'require '); // as long as before: the map stays right
  const map = `${dist}/${name}.map`;
  const sourceMap = existsSync(map) && { content: readFileSync(map, 'utf8'), url: `${name}.map` };
  const format = isModule ? {} : { preamble: '"use strict";' };
  const small = await minify(code, { module: true, ecma: 2020, compress: { unsafe: true, hoist_funs: true, pure_getters: true, inline: 1, lhs_constants: false, unsafe_arrows: true, unsafe_comps: true }, format, sourceMap });
  const exported = (_, names) => names.split(',').map((it) => it.replace(/^(\S+)(?: as (\S+))?$/, (_, own, name = own) => `exports.${name}=${own};`)).join('');
  writeFileSync(`${dist}/${name}`, `${isModule ? small.code : small.code.replace(/export\{([^}]*)\};/, exported)}\n`);
  if (sourceMap) writeFileSync(map, small.map);
}

execFileSync(`${here}../node_modules/.bin/tsc`, ['--project', `${here}tsconfig.json`], { stdio: 'inherit' });
// Of the declarations only what a user can name; and the same for `require`: a declaration file is of the kind that its name says.
const NAMED = ['client', 'frames', 'index', 'react', 'topics', 'types', 'vue'].map((name) => `${name}.d.ts`);
rmSync(`${dist}/transports`, { recursive: true });
for (const name of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) {
  if (!NAMED.includes(name)) {
    rmSync(`${dist}/${name}`);
    continue;
  }
  const text = readFileSync(`${dist}/${name}`, 'utf8').replace(/(from '\.\/[\w/]+)\.js'/g, "$1.cjs'");
  writeFileSync(`${dist}/${name.replace(/ts$/, 'cts')}`, text);
}
