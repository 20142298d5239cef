// npm run dev [-- WRANGLER ARGUMENT...]: the hub on this machine, fed by the simulated market.
// wrangler builds the Worker itself (see [build] in wrangler.toml), now and whenever the source changes.
// package.json starts it by `exec`: a shell in between would take a SIGTERM for itself and leave all this running.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters as plain } from 'node:util';
import { devVars, jwtSecret, SIMULATED_PAIRS } from './dev-vars.mjs';
import { claims, sign } from './jwt.mjs';

const MONTH_S = 30 * 24 * 3600;
const args = process.argv.slice(2);
const fileVars = devVars();
// What the command line gives wins over .dev.vars, and that over these.
const vars = { ...fileVars, ...varsIn(args) };
const DASHBOARD_TOKEN = await tokenFor('dashboard'); // reads, and nothing else
const isSimulated = (vars.FEED_SOURCE ?? 'simulated') === 'simulated';
const ownDefaults = { FEED_SOURCE: 'simulated', PUBLIC_READ: '1', ALLOWED_ORIGINS: '*', DASHBOARD_TOKEN, ...(isSimulated && { CANDLE_PAIRS: SIMULATED_PAIRS }) };
const defaults = Object.entries(ownDefaults).filter(([name]) => !(name in fileVars));

mkdirSync('dashboard/dist', { recursive: true }); // wrangler wants the folder before it builds what goes there
migrate();
const wrangler = start();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
wrangler.on('exit', (code) => {
  killGroup('SIGKILL'); // whatever it left behind
  process.exit(wrangler.stopping ? 0 : (code ?? 1));
});
for (const stream of [wrangler.stdout, wrangler.stderr]) forward(stream, stream === wrangler.stdout ? process.stdout : process.stderr);

function migrate() {
  // Without a terminal wrangler asks no questions.
  const { status, stdout, stderr } = spawnSync('wrangler', ['d1', 'migrations', 'apply', 'DB', '--local', ...persistence(args)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(`${stdout}${stderr}\nThe D1 migrations in migrations/ could not be applied to the local database (see above).`);
  process.exit(1);
}

function start() {
  const given = (...names) => args.some((arg) => names.includes(arg.split('=')[0]));
  return spawn(
    'wrangler',
    [
      'dev',
      ...(given('--port') ? [] : ['--port', '8787']),
      ...(given('--ip') ? [] : ['--ip', '127.0.0.1']),
      '--show-interactive-dev-session=false',
      ...defaults.flatMap(([name, value]) => ['--var', `${name}:${value}`]),
      ...args,
    ],
    // A process group of its own, so that everything below it can be ended at once.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' } },
  );
}

function forward(from, to) {
  let greeted = false;
  createInterface({ input: from }).on('line', (line) => {
    if (plain(line).trim() !== '[custom build]') to.write(`${line}\n`);
    const url = plain(line).match(/Ready on (https?:\/\/\S+)/)?.[1];
    if (url && !greeted) greeted = Boolean(greet(url));
  });
}

async function greet(url) {
  while (!wrangler.stopping && !(await fetch(new URL('/health', url)).catch(() => null))) await sleep(100);
  tick(url);
  const shown = url.replace('127.0.0.1', 'localhost').replace(/\/$/, '');
  const token = await tokenFor('dev', 'publish feed admin');
  const elsewhere = shown === 'http://localhost:8787' ? '' : ` --url ${shown}`;
  console.log(`
  CryptoIntel runs at ${shown}: open it in a browser

  A token for it (sub "dev", scope "publish feed admin", 30 days):
  ${token}

  To see it work, in another terminal:  npm run watch -- price:bitcoin${elsewhere}
  To end it: Ctrl-C
`);
}

function tokenFor(sub, scope) {
  return sign(claims({ sub, scope, ttl: MONTH_S, iss: vars.JWT_ISSUER, aud: vars.JWT_AUDIENCE }), jwtSecret(vars));
}

/** Fires the cron trigger, now and every minute: locally nothing else does. */
function tick(url) {
  const fire = () => fetch(new URL('/cdn-cgi/handler/scheduled', url)).catch(() => {});
  fire();
  setInterval(fire, 60_000);
}

/** Ends wrangler and all that it started; at once if asked twice or if it takes long. */
function stop() {
  const signal = wrangler.stopping ? 'SIGKILL' : 'SIGTERM';
  wrangler.stopping = true;
  killGroup(signal);
  setTimeout(() => killGroup('SIGKILL'), 5000).unref();
}

function killGroup(signal) {
  try {
    process.kill(-wrangler.pid, signal);
  } catch {
    // Already gone.
  }
}

/** NAME:VALUE pairs given with --var. */
function varsIn(list) {
  const pairs = list.flatMap((arg, at) => (arg === '--var' ? [list[at + 1] ?? ''] : arg.startsWith('--var=') ? [arg.slice(6)] : []));
  return Object.fromEntries(pairs.map((pair) => [pair.split(':')[0], pair.slice(pair.indexOf(':') + 1)]));
}

/** The migrations go where `wrangler dev` will look for the database. */
function persistence(list) {
  const at = list.findIndex((arg) => arg.split('=')[0] === '--persist-to');
  return at < 0 ? [] : list.slice(at, at + (list[at].includes('=') ? 1 : 2));
}
