// A hub of its own for each test file: the built Worker under workerd, with the bindings of wrangler.toml.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from 'wrangler';

process.env.WRANGLER_LOG ??= 'warn'; // reading wrangler.toml is no news

const root = fileURLToPath(new URL('../..', import.meta.url));
const WORKER = 'cryptointel';

// No test reaches beyond this machine, and none runs into a limit per address unless it wants to.
const NOBODY = '127.0.0.1:9'; // refuses every connection
const TEST_VARS = {
  FEED_SOURCE: 'simulated',
  PUBLIC_READ: '0',
  CONNECTIONS_PER_MINUTE: '0',
  API_REQUESTS_PER_15_MIN: '0',
  COINGECKO_URL: `http://${NOBODY}`,
  COINMARKETCAP_URL: `http://${NOBODY}`,
  FEAR_GREED_URL: `http://${NOBODY}`,
  BITGET_REST_URL: `http://${NOBODY}`,
  BINANCE_WS_URL: `ws://${NOBODY}`,
  BITGET_WS_URL: `ws://${NOBODY}`,
};

/**
 * Starts a hub on a free loopback port.
 *
 * @param {object} [options]
 * @param {Record<string, string>} [options.vars] settings, over those above; `undefined` leaves one unset
 * @param {string} [options.persist] a folder to keep storage in; without it, storage ends with the hub
 * @param {number} [options.port] to come back where an earlier hub was
 * @param {boolean} [options.direct] workerd's own socket, without the Worker that miniflare puts in front: for benchmarks
 * @param {string} [options.build] the folder of the Worker: `build-echo` is the one of the Socket.IO tests
 * @param {boolean} [options.faulty] with the switches of faults/entry.js, for `fail`
 * @returns `url`, `wsUrl`, `secret`; `logs` ([{level, message}], as far as they got out of workerd); `clients`;
 *   `evict`, `db`, `dispatchScheduled`, `fetch`, `fail`, `kill` and `stop`, see below
 */
export async function startHub({ vars = {}, persist, port = 0, direct = false, faulty = false, build = 'build' } = {}) {
  const bindings = settings(vars);
  const logs = [];
  const others = children();
  const miniflare = new Miniflare(options({ bindings, persist, port, direct, faulty, build, logs }));
  const ready = await miniflare.ready;
  const url = (direct ? await miniflare.unsafeGetDirectURL(WORKER) : ready).href.replace(/\/$/, '');
  const db = await miniflare.getD1Database('DB');
  await migrate(db);

  const hub = {
    url,
    wsUrl: url.replace('http', 'ws'),
    port: Number(new URL(url).port),
    secret: bindings.JWT_SECRET,
    logs,
    db,
    clients: new Set(), // filled by `connect`

    /** `fetch('/ws/stats')`, over HTTP. */
    fetch: (path, init) => fetch(new URL(path, url), init),

    /**
     * What is broken from now on, in place of what was: `shards`, by name one of `hangs`, `slow`, `deaf`, `mute`
     * (faults/entry.js); `upgrades`, the names of those that do not answer a new connection; `feed`, `broker`: whether it
     * `hangs`; `sql`, the broker's statements that fail, by what they contain, and which of them do not; `disk`, how long the
     * broker's disk takes, milliseconds; `intervals`, how long timers take that come again and again, likewise.
     */
    fail: async (faults = {}) => {
      const { status } = await hub.fetch('/faults', { method: 'POST', body: JSON.stringify(faults) });
      if (status !== 204) throw new Error(`no such switch: ${status}`);
    },

    /** Puts a Durable Object to sleep, as hibernation does: its sockets stay, its memory goes. */
    evict: (className, name) => miniflare.unsafeEvictDurableObject(WORKER, className, { name, webSockets: 'hibernate' }),

    /** Runs the cron trigger; returns when `scheduled` has. */
    dispatchScheduled: async () => (await miniflare.getWorker()).scheduled({ cron: '* * * * *' }),

    /** Ends workerd as a power cut would: nothing that it had in mind is left. */
    kill: async () => {
      const own = children().filter((pid) => !others.includes(pid));
      if (own.length === 0) throw new Error('there is no workerd to kill');
      for (const pid of own) process.kill(pid, 'SIGKILL');
      await hub.stop();
    },

    /** Cuts every client off and ends workerd. */
    stop: async () => {
      for (const client of hub.clients) client.terminate();
      await miniflare.dispose();
    },
  };
  return hub;
}

/** The processes that this one has started, by id. */
function children() {
  const tasks = readdirSync('/proc/self/task');
  return tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

function settings(vars) {
  const all = {
    ...unstable_readConfig({ config: `${root}/wrangler.toml` }).vars,
    JWT_SECRET: randomBytes(32).toString('base64url'),
    ...TEST_VARS,
    ...vars,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function options({ bindings, persist, port, direct, faulty, build, logs }) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${root}/wrangler.toml`);
  return convertV4MiniflareOptions({
    ...workerOptions,
    name: WORKER,
    bindings, // in place of what .dev.vars would bring
    modulesRoot: root,
    modules: [
      ...(faulty ? [{ type: 'ESModule', path: `${root}/tests/support/faults/entry.js` }] : []), // the first is the Worker
      { type: 'ESModule', path: `${root}/${build}/index.js` },
      { type: 'CompiledWasm', path: `${root}/${build}/index_bg.wasm` },
    ],
    ...(direct && { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] }),
    host: '127.0.0.1',
    port,
    cf: false,
    log: new Log(LogLevel.ERROR),
    handleStructuredLogs: (entry) => logs.push(entry),
    ...(persist && { resourcePersistencePath: persist }),
  });
}

/** Applies the files of migrations/ that the database has not seen, with the same bookkeeping as wrangler. */
async function migrate(db) {
  await db.exec('CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all();
  const seen = new Set(results.map(({ name }) => name));
  const files = readdirSync(`${root}/migrations`).filter((name) => name.endsWith('.sql') && !seen.has(name));
  for (const name of files.sort()) {
    const statements = unstable_splitSqlQuery(readFileSync(`${root}/migrations/${name}`, 'utf8'));
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
    await db.batch([...statements.map((sql) => db.prepare(sql)), record]);
  }
}
