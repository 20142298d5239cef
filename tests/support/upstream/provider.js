// What the providers that are asked over HTTP have in common: a server, and a switch for every fault.
import { setTimeout } from 'node:timers/promises';
import { startUpstream } from './http.js';
import { write } from './json.js';

/**
 * What can go wrong with an answer:
 * `slow` (none comes), `rate_limited` (429), `rate_limited_retry_after` (429, and how long to wait), `server_error`
 * (500), `html` (200 with a page in it), `cut_off` (half the JSON), `broken` (the connection ends half-way), `too_large`
 * (5 MB), `wrong_types`, `empty`, `negative_price`, `absurd_price`, `provider_error` (200 with a refusal in it).
 */
export const HTTP_FAULTS = [
  'slow', 'rate_limited', 'rate_limited_retry_after', 'server_error', 'html', 'cut_off', 'broken', 'too_large', 'wrong_types', 'empty',
  'negative_price', 'absurd_price', 'provider_error',
];

const PAGE = '<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>';

/**
 * @param {object} provider
 * @param {(request) => {status?: number, value: unknown}} provider.answer what it says when nothing is wrong
 * @param {() => unknown} provider.limited the body of its 429
 * @param {(request) => {status?: number, value: unknown}} provider.refused how it refuses with `provider_error`
 * @returns `url`, `requests`, `asked(path)`, `lag(ms)`, `fail`, `stop`, the `server`
 */
export async function startProvider({ answer, limited, refused }) {
  const faults = new Map();
  let lag = 0;
  const reply = (request) => {
    const fault = faults.get(request.path) ?? faults.get('*');
    switch (fault?.kind) {
      case 'slow':
        return undefined;
      case 'rate_limited':
        return json({ status: 429, value: limited() });
      case 'rate_limited_retry_after':
        return { ...json({ status: 429, value: limited() }), headers: { ...JSON_TYPE, 'retry-after': String(fault.retry_after) } };
      case 'server_error':
        return { status: 500, body: 'Internal Server Error' };
      case 'html':
        return { headers: { 'content-type': 'text/html; charset=utf-8' }, body: PAGE };
      case 'provider_error':
        return json(refused(request));
      default:
        return damaged(json(answer(request), fault?.kind), fault?.kind);
    }
  };
  const late = async (request) => {
    const made = reply(request);
    if (lag > 0) await setTimeout(lag, undefined, { ref: false });
    return made;
  };
  const upstream = await startUpstream({ '*': late });
  return {
    ...upstream,

    /** How often it was asked, for this path or at all. */
    asked: (path) => upstream.requests.filter((request) => path === undefined || request.path === path).length,

    /** From now on its answers are made when it is asked, but come so many milliseconds later. */
    lag: (ms) => {
      lag = ms;
    },

    /**
     * Switches a fault on, for one path or for all; `null` switches it off.
     *
     * @param {string | null} kind of {@link HTTP_FAULTS}
     * @param {{path?: string, retry_after?: number}} [options] `retry_after` in seconds
     */
    fail: (kind, { path = '*', retry_after = 3 } = {}) => {
      if (kind !== null && !HTTP_FAULTS.includes(kind)) throw new Error(`there is no fault '${kind}'`);
      if (kind === null && path === '*') faults.clear();
      else if (kind === null) faults.delete(path);
      else faults.set(path, { kind, retry_after });
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const json = ({ status = 200, value }, fault) => ({ status, headers: JSON_TYPE, body: write(value, status === 200 ? fault : undefined) });

function damaged(answer, fault) {
  if (fault === 'cut_off') return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
  if (fault === 'too_large') return { ...answer, body: answer.body + ' '.repeat(5e6) }; // good JSON, for whoever reads it all
  return fault === 'broken' ? { ...answer, broken: true } : answer;
}
