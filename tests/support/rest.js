// One question to the REST API, held against docs/openapi.json, good or bad.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHub, token } from './index.js';
import { conforms } from './openapi.js';

/** Asks, and holds the answer against the document. `jwt: null` sends no token. */
export async function ask(hub, path, { jwt, method = 'GET', headers = {} } = {}) {
  const authorization = jwt === null ? {} : { authorization: `Bearer ${jwt ?? (await token({}, hub.secret))}` };
  const response = await hub.fetch(path, { method, headers: { ...authorization, ...headers } });
  const { body, text } = (await conforms(path, response, { method })) ?? {};
  return { status: response.status, headers: response.headers, body, text };
}

/** Asks for data that must be there. */
export async function data(hub, path) {
  const { status, body } = await ask(hub, path);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** Asks what must be refused, and returns the problem. */
export async function problem(hub, path, status, options) {
  const answer = await ask(hub, path, options);
  assert.equal(answer.status, status, answer.text);
  return answer;
}

export function withHub(name, vars, run) {
  test(name, async (t) => {
    const hub = await startHub({ vars });
    t.after(() => hub.stop());
    await run(hub, t);
  });
}

/** Minutes long past: no candle of the running market lies there. */
export const LONG_AGO = Date.parse('2025-12-02T12:00:00Z');

export async function storeSignal(hub, { id, type = 'price_anomaly', coin = 'bitcoin', symbol = 'BTC', confidence = 0.9, at }) {
  await hub.db
    .prepare('INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .bind(id, type, coin, symbol, confidence, 'It moved', 5.2, 1.8, '["coingecko"]', at)
    .run();
}

export async function storeCandle(hub, at, { pair = 'BTC/USDT', interval = '1m', close = '67310.250' } = {}) {
  await hub.db
    .prepare('INSERT INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .bind(pair, interval, at, '67234.50', '67340.00', '67200.00', close, '145.23', null, 'binance')
    .run();
}
