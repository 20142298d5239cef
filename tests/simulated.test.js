// What `npm run dev` shows, with the settings that it runs with: no network, and its own pairs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SIMULATED_PAIRS } from '../scripts/dev-vars.mjs';
import { connect, startHub } from './support/index.js';
import { subscribe, until } from './support/session.js';

describe('the simulated market', { concurrency: 2 }, () => {
  let hub;
  before(async () => {
    hub = await startHub({ vars: { PUBLIC_READ: '1', CANDLE_PAIRS: SIMULATED_PAIRS } });
  });
  after(() => hub.stop());

  test('moves, and its running candles flow every second', async () => {
    const client = await connect(hub);
    const channel = 'candles:BTC/USDT:1m';
    await subscribe(client, 'price:bitcoin', channel);
    const of = (name) => client.messages.filter((message) => message.channel === name).map(({ data }) => data);
    const began = Date.now();
    await until(() => of(channel).length >= 10, { timeout: 60_000 });
    const seconds = (Date.now() - began) / 1000;
    // Prices come every 5 s: were candles told with them alone, ten would have taken 45 s.
    assert.ok(seconds < 30, `10 updates in ${seconds} s`);
    await until(() => new Set(of('price:bitcoin').map(({ price }) => price)).size >= 3, { timeout: 60_000 });
  });

  test('has a past: a chart of every interval is full from the first minute', async () => {
    await hub.dispatchScheduled();
    for (const [interval, minutes, least] of [['1m', 1, 115], ['5m', 5, 285], ['15m', 15, 95], ['1h', 60, 200], ['4h', 240, 50], ['1D', 1_440, 58], ['1W', 10_080, 8]]) {
      const { data } = await (await hub.fetch(`/api/v1/candles?symbol=BTC/USDT&interval=${interval}&limit=1000`)).json();
      assert.ok(data.length >= least, `${interval}: ${data.length}`);
      const times = data.map(({ time }) => Date.parse(time) / 60_000);
      assert.deepEqual(times, times.map((_, n) => times[0] + n * minutes), interval);
      assert.deepEqual(data.filter(({ closed }) => !closed), [data.at(-1)], interval);
    }
  });

  test('has charts of twenty coins', async () => {
    await hub.dispatchScheduled();
    const pairs = SIMULATED_PAIRS.split(',');
    assert.equal(new Set(pairs).size, 20);
    for (const pair of pairs) {
      const { data } = await (await hub.fetch(`/api/v1/candles?symbol=${pair}&interval=1m&limit=1000`)).json();
      assert.ok(data?.length >= 115, `${pair}: ${data?.length}`);
    }
  });

  test('gives a signal within two minutes', { timeout: 150_000 }, async () => {
    const client = await connect(hub);
    await subscribe(client, 'signals:all');
    const alert = await client.next(({ type }) => type === 'signal_alert', { timeout: 120_000 });
    assert.ok(alert.data.confidence > 0 && alert.data.description);
  });
});
