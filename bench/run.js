// node run.js GENERATOR [--only broadcast,tick] [--quick] [--rounds N]: the product beside its peers.
//
// A round runs every workload's servers one after the other, each anew, so that whatever else the machine does meets all
// of them. A run of everything is written to docs/BENCHMARKS.md; one that leaves something out is only printed.
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify, parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { machine, table, write } from './report.js';
import { SECRET, SERVERS, start } from './servers.js';
import { WORKLOADS } from './workloads.js';

const LONGEST_MS = 15 * 60_000;

// workerd takes two file descriptors for a socket, and some for itself.
const DESCRIPTORS = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Infinity;
const MOST_SOCKETS = Math.floor((DESCRIPTORS - 200) / 200) * 100;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const [generator] = positionals;
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const chosen = options.only?.split(',') ?? Object.keys(WORKLOADS);
for (const name of chosen) {
  if (!WORKLOADS[name]) throw new Error(`There is no workload '${name}'. There are: ${Object.keys(WORKLOADS).join(', ')}`);
}

const measured = [];
for (const name of chosen) {
  measured.push(await measure(WORKLOADS[name]));
  console.log(`${table(measured.slice(-1))}\n`);
}
const complete = !options.only && !options.quick;
const report = `\`npm run bench\`, medians of ${rounds} rounds; in brackets CryptoIntel's multiple of the peer's figure.\n\n${table(measured)}\n\n${machine()}`;
console.log(report);
if (complete) write(report);

async function measure(workload) {
  const results = Object.fromEntries(workload.servers.map((server) => [server, { figures: [] }]));
  for (let round = 0; round < (workload.once ? 1 : rounds); round++) {
    for (const server of workload.servers.filter((name) => !results[name].failed)) {
      try {
        const figures = await once(workload, server);
        results[server].figures.push(figures);
        console.error(`${workload.load?.name ?? workload.title}, round ${round + 1}, ${SERVERS[server].title}: ${JSON.stringify(figures)}`);
      } catch (error) {
        results[server].failed = reason(error);
        console.error(`${workload.load?.name ?? workload.title}, ${SERVERS[server].title}: not available: ${reason(error)}`);
      }
    }
  }
  const title = workload.title.replace(/{(\w+)}/, (_, size) => sizes(workload)[size].toLocaleString('en'));
  return { ...workload, title, results };
}

async function once(workload, server) {
  if (workload === WORKLOADS.bundle) return { gzip_kb: gzipped() };
  const { startedMs, stop, ...process } = await start(server, workload.settings);
  try {
    return workload.load ? await load(workload, server, process) : { started_ms: startedMs };
  } finally {
    await stop();
  }
}

async function load(workload, server, process) {
  const { dialect } = SERVERS[server];
  const target = { ...process, dialect, secret: SECRET, batch: server === 'product' && workload.batch === true };
  const command = [JSON.stringify(target), JSON.stringify(sizes(workload))];
  const { stdout } = await promisify(execFile)(generator, command, { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
  return JSON.parse(stdout);
}

/** What the generator is told: with `--quick` less, and never more sockets than this machine lets a process have. */
function sizes({ load, quick }) {
  const sizes = { ...load, ...(options.quick && quick) };
  for (const key of ['sockets', 'connections']) {
    if (sizes[key] > MOST_SOCKETS) sizes[key] = MOST_SOCKETS;
  }
  return sizes;
}

/** Kilobytes of what is uploaded, as Cloudflare counts them. */
function gzipped() {
  const files = ['index.js', 'index_bg.wasm'].map((name) => readFileSync(new URL(`../build/${name}`, import.meta.url)));
  return files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0) / 1000;
}

/** The first line of what the generator complained about. */
function reason(error) {
  const lines = String(error.stderr || error.message).split('\n').filter((line) => line.trim() !== '');
  return lines[0].replace(/^Error: /, '').slice(0, 200);
}
