// The product and its peers, each a process of its own on a free port of this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import workerd from 'workerd';

const here = fileURLToPath(new URL('.', import.meta.url));
const PATIENCE_MS = 20_000;

export const SECRET = 'a key for benchmarks on this machine only';

/** By name: `title`, what its clients speak, and the command that starts it on a port. */
export const SERVERS = {
  product: { title: 'CryptoIntel', dialect: 'json', command: onWorkerd('product.capnp', 'config') },
  object: { title: 'JS object', dialect: 'json', command: onWorkerd('peers.capnp', 'object') },
  batching: { title: 'batching JS object', dialect: 'json', command: onWorkerd('peers.capnp', 'batchingObject') },
  ws: { title: 'Node `ws`', dialect: 'json', command: onNode('ws-server.js') },
  socketio: { title: 'Socket.IO', dialect: 'socketio', command: onNode('socketio-server.js') },
};

function onWorkerd(file, config) {
  const paths = [join(here, 'workerd', file), config, '-I', join(here, '../node_modules')];
  return (port, storage) => [workerd.default, 'serve', ...paths, `--socket-addr=http=127.0.0.1:${port}`, `--directory-path=storage=${storage}`];
}

function onNode(file) {
  return (port) => [process.execPath, join(here, 'peers', file), port];
}

/**
 * Starts a server and waits until it answers.
 *
 * @param {keyof SERVERS} name
 * @param {Record<string, string>} settings over those of every benchmark
 * @returns `port`; `process`, its id; `startedMs`, from the start of the process to its first answer; `stop`
 */
export async function start(name, settings = {}) {
  const port = await freePort();
  const storage = mkdtempSync(join(tmpdir(), 'bench-'));
  const [program, ...args] = SERVERS[name].command(port, storage);
  const env = { ...process.env, JWT_SECRET: SECRET, FEED_SOURCE: 'live', FEED_INTERVAL_MS: '3600000', ...settings };
  const began = performance.now();
  const child = spawn(program, args.map(String), { env, stdio: 'ignore' });
  const exited = once(child, 'exit');

  const stop = async () => {
    child.kill('SIGKILL'); // at SIGTERM workerd would wait for its clients
    await exited;
    rmSync(storage, { recursive: true, force: true });
  };
  try {
    await answer(port, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, process: child.pid, startedMs: performance.now() - began, stop };
}

async function answer(port, child) {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
      return;
    } catch {
      await sleep(2);
    }
  }
  throw new Error(`no answer in ${PATIENCE_MS} ms`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
