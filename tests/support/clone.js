// A clone of this project that `npm test` has built: with scripts, secrets and storage of its own, so that a developer's are left
// alone; all else is this one's.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './session.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What reads and writes beside itself. */
const OWN = ['package.json', 'scripts', 'wrangler.toml'];
const SHARED = ['build', 'client', 'dashboard', 'docs', 'migrations', 'node_modules', 'src', 'Cargo.lock', 'Cargo.toml', 'package-lock.json'];
/** wrangler takes its time on a busy machine. */
const PATIENCE_MS = 120_000;

/** Makes one. It and what still runs there end with the test. */
export async function clone(t) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cryptointel-')));
  const env = {
    ...process.env,
    SKIP_BUILD: '1', // there is nothing to build
    CRYPTOINTEL_READY: folder, // nor to install
    WRANGLER_LOG: undefined, // hub.js silences its own
    XDG_CONFIG_HOME: join(folder, 'config'), // for wrangler's log
    npm_config_update_notifier: 'false',
  };

  /** The ids of the processes that work in the folder. */
  async function running() {
    const ids = (await readdir('/proc')).filter(Number);
    const places = await Promise.all(ids.map((id) => readlink(`/proc/${id}/cwd`).catch(() => undefined)));
    return ids.filter((_, n) => places[n] === folder).map(Number);
  }

  const isQuiet = async () => (await running()).length === 0;

  t.after(async () => {
    await until(async () => {
      for (const id of await running()) kill(id, 'SIGKILL');
      return isQuiet();
    });
    await rm(folder, { recursive: true });
  });
  for (const name of OWN) await cp(join(root, name), join(folder, name), { recursive: true });
  for (const name of SHARED) await symlink(join(root, name), join(folder, name));
  return { folder, running, isQuiet, npm: (...args) => start(folder, env, args) };
}

/**
 * Starts npm, in a process group of its own, as a terminal does.
 *
 * @returns `said(pattern)`, the match once it has been printed; `signal(name)`, to npm alone; `interrupt()`, to the group, as
 *   Ctrl-C does; `ended()`, which waits for its [code, signal]
 */
function start(cwd, env, args) {
  const child = spawn('npm', args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  let end;
  child.on('exit', (...how) => (end = how));
  return {
    ended: () => until(() => end, { timeout: PATIENCE_MS }),
    said: async (pattern) => {
      await until(() => end || pattern.test(output), { timeout: PATIENCE_MS }).catch(() => {});
      return pattern.exec(output) ?? Promise.reject(new Error(`npm ${args.join(' ')} did not print ${pattern}, but:\n${output}`));
    },
    signal: (name) => child.kill(name),
    interrupt: () => kill(-child.pid, 'SIGINT'),
  };
}

function kill(id, signal) {
  try {
    process.kill(id, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // already gone
  }
}
