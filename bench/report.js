// The table: medians, the product's ratio to each peer, and whether the goals are met.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { SERVERS } from './servers.js';

const BEGIN = '<!-- npm run bench: begin -->';
const END = '<!-- npm run bench: end -->';

/**
 * Markdown for the workloads that were run.
 *
 * @param {Array} measured of `{ title, figures, results }`; `results` by server: `{ figures: [one of each round] }` or
 *   `{ failed: why }`
 */
export function table(measured) {
  const names = Object.keys(SERVERS);
  const head = ['', 'figure', ...names.map((name) => SERVERS[name].title), 'goal'];
  const rows = measured.flatMap(({ title, figures, results }) =>
    Object.entries(figures).map(([key, { title: figure, goals = [] }], n) => {
      const values = Object.fromEntries(names.map((name) => [name, median(results[name]?.figures?.map((round) => round[key]))]));
      const cells = names.map((name) => cell(name, values, results[name]));
      return [n === 0 ? title : '', figure, ...cells, goals.map((goal) => verdict(goal, values)).join('; ')];
    }),
  );
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const failures = measured.flatMap(({ title, results }) =>
    Object.entries(results).flatMap(([name, { failed }]) => (failed ? [`- ${title}, ${SERVERS[name].title}: ${failed}`] : [])),
  );
  const lines = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  return [...lines, ...(failures.length > 0 ? ['', 'Not available:', '', ...failures] : [])].join('\n');
}

/** The machine and the versions, in one sentence. */
export function machine() {
  const rustc = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).split(' ')[1];
  const versions = ['workerd', 'ws', 'socket.io'].map((name) => `${name} ${version(name)}`);
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${memory} GB, for servers and load together; Node ${process.versions.node}, ${versions.join(', ')}, rustc ${rustc}.`;
}

/** Writes `text` between the markers of docs/BENCHMARKS.md. */
export function write(text) {
  const file = new URL('../docs/BENCHMARKS.md', import.meta.url);
  const before = readFileSync(file, 'utf8');
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/BENCHMARKS.md has no ${BEGIN} and ${END}`);
  writeFileSync(file, `${before.slice(0, from + BEGIN.length)}\n${text}\n${before.slice(to)}`);
}

/** The middle one; `undefined` of nothing. */
export function median(values = []) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : sorted.length > 0 ? (sorted[middle - 1] + sorted[middle]) / 2 : undefined;
}

function cell(name, values, result) {
  if (result?.failed) return 'not available';
  if (values[name] === undefined) return '';
  const ratio = values.product / values[name];
  const shown = name !== 'product' && Number.isFinite(ratio) ? ` (${number(ratio)}×)` : '';
  return number(values[name]) + shown;
}

function verdict({ against, atLeast, atMost, within }, values) {
  const peer = against && SERVERS[against].title;
  const value = !against ? values.product : within === undefined ? values.product / values[against] : values.product - values[against];
  const met = value === undefined || Number.isNaN(value) ? 'not measured' : value >= (atLeast ?? -Infinity) && value <= (atMost ?? within ?? Infinity) ? 'met' : '**missed**';
  const bound = atLeast !== undefined ? `≥ ${number(atLeast)}` : `≤ ${number(atMost ?? within)}`;
  const of = !peer ? '' : within === undefined ? `× ${peer}` : ` more than ${peer}`;
  return `${bound}${of}: ${met}`;
}

function number(value) {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function version(name) {
  for (const folder of ['../node_modules', 'peers/node_modules']) {
    try {
      return JSON.parse(readFileSync(new URL(`${folder}/${name}/package.json`, import.meta.url), 'utf8')).version;
    } catch {} // in the other folder, then
  }
  return 'unknown';
}
