// What another back end does: requests with a scope, held against docs/openapi.json, and a good message of each kind.
import { token } from './token.js';
import { conforms } from './openapi.js';

/** Sends `body` as JSON, or as it is if it is text. `scope: null` sends no token. */
export async function post(hub, path, body, { scope = 'publish feed', sub = 'backend', headers = {} } = {}) {
  const sent = { 'content-type': 'application/json', ...(await bearer(hub, scope, sub)), ...headers };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answered(path, await hub.fetch(path, { method: 'POST', headers: sent, body: text }), 'POST');
}

/** Asks for what an operator may see. */
export async function see(hub, path, { scope = 'admin' } = {}) {
  return answered(path, await hub.fetch(path, { headers: await bearer(hub, scope, 'root') }), 'GET');
}

export const publish = (hub, body, options) => post(hub, '/api/v1/publish', body, options);

async function bearer(hub, scope, sub) {
  return scope === null ? {} : { authorization: `Bearer ${await token({ sub, scope }, hub.secret)}` };
}

async function answered(path, response, method) {
  const { body, text } = (await conforms(path, response, { method })) ?? {};
  return { status: response.status, headers: response.headers, body, text };
}

const timestamp = '2025-12-02T12:30:00Z';
const source = 'published';

/** What may be published, as clients get it. */
export const MESSAGES = [
  {
    channel: 'price:monero',
    type: 'price_update',
    data: { symbol: 'XMR', price: 143.25, change_24h: 2.34, volume_24h: 1250000, timestamp, source, metadata: { sources: ['coingecko', source] } },
  },
  {
    channel: 'signals:high',
    type: 'signal_alert',
    data: {
      id: 's-1',
      type: 'volume_spike',
      symbol: 'ETH',
      confidence: 0.85,
      description: 'It moved',
      timestamp,
      metadata: { price_change: 5.2, volume_spike: 1.8, sources: [source] },
    },
  },
  {
    channel: 'market:summary',
    type: 'market_data',
    data: {
      total_market_cap: 2450000000000,
      total_volume_24h: 89000000000,
      bitcoin_dominance: 52.3,
      active_cryptocurrencies: 9875,
      market_cap_change_24h: -1.6,
      timestamp,
      source,
    },
  },
  {
    channel: 'market:volume',
    type: 'market_data',
    data: { total_volume_24h: 100, change: null, trend: 'steady', leaders: [{ symbol: 'BTC', volume_24h: 60, share: 60 }], timestamp, source },
  },
  {
    channel: 'market:sentiment',
    type: 'market_data',
    data: {
      sentiment: 'bullish',
      score: 0.25,
      confidence: 0.5,
      advancing: 3,
      declining: 1,
      unchanged: 0,
      fear_greed: { value: 60, classification: 'Greed', timestamp: '2025-12-02T00:00:00Z', source: 'alternative_me' },
      timestamp,
      source,
    },
  },
  {
    channel: 'candles:BTC/USDT:1W',
    type: 'candle_update',
    data: {
      pair: 'BTC/USDT',
      interval: '1W',
      time: '2025-12-01T00:00:00Z',
      open: 10.5,
      high: 11.25,
      low: 10.25,
      close: 11,
      volume: 3.5,
      quote_volume: null,
      closed: true,
      source,
    },
  },
  {
    channel: 'sentiment:monero',
    type: 'sentiment_update',
    data: {
      token: 'XMR',
      sentiment: 'neutral',
      score: 0.125,
      confidence: 0.5,
      sources: { social: 0.5, news: 0, whale: 0, technical: 0 },
      known: ['social', 'technical'],
      trending_rank: 3,
      change_24h: 2.34,
      timestamp,
    },
  },
  {
    channel: 'trending:7d',
    type: 'trending_update',
    data: {
      timeframe: '7d',
      coins: [{ token: 'BTC', rank: 1, sentiment_score: -0.5, volume_24h: 31701707, change: -3.25, change_24h: null, trending_score: 0.8125 }],
      memecoins: [{ token: 'DOGE', rank: 1, sentiment_score: null, volume_24h: null, change: 1.25, change_24h: 1.25, trending_score: 0.375 }],
      timestamp,
    },
  },
  {
    channel: 'mentions:bitcoin',
    type: 'mention_alert',
    data: { entity: 'bitcoin', title: 'Bitcoin moves', url: 'https://news.example/1?a=b', source: 'News', timestamp },
  },
  {
    channel: 'user:alice',
    type: 'notification',
    data: { notification_id: 'n-1', type: 'kyc_approved', title: 'Approved', message: 'All is well', priority: 'high' },
  },
  {
    channel: 'user:alice',
    type: 'transaction_update',
    data: {
      transaction_id: 't-1',
      type: 'receive',
      amount: '1.50',
      symbol: 'ETH',
      status: 'confirmed',
      confirmations: 12,
      from_address: '0x52',
      tx_hash: '0x9f',
    },
  },
  {
    channel: 'user:alice',
    type: 'balance_update',
    data: { wallet_id: 'w-1', balance: '5.25', balance_usd: '168000.00', symbol: 'BTC' },
  },
  {
    channel: 'whale',
    type: 'whale_activity_alert',
    data: {
      token: 'BTC',
      type: 'transfer',
      amount: 1500.25,
      amountUSD: 64876125,
      from: 'bc1qfrom',
      to: 'bc1qto',
      txHash: '0x9f',
      exchange: 'Binance',
      impact: 'high',
      timestamp: Date.parse(timestamp),
    },
  },
  {
    channel: 'tasks:alice',
    type: 'task_status_update',
    data: {
      taskId: 'task-123',
      agentId: 'agent-1',
      status: 'failed',
      progress: 33.5,
      qualityScore: 0.75,
      cost: 0.0125,
      errorMessage: 'No answer',
      timestamp: Date.parse(timestamp),
    },
  },
  {
    channel: 'pipelines:alice',
    type: 'pipeline_progress_update',
    data: {
      pipelineId: 'pipeline-456',
      articleId: 'article-7',
      status: 'running',
      currentStage: { name: 'research', status: 'processing', progress: 40 },
      completedStages: 2,
      totalStages: 5,
      timestamp: Date.parse(timestamp),
    },
  },
  {
    channel: 'budget:alice',
    type: 'budget_alert',
    data: {
      budgetLimitId: 'limit-1',
      agentId: 'agent-1',
      agentName: 'Writer',
      amount: 100,
      currentSpend: 110.5,
      remainingBudget: -10.5,
      thresholdReached: 100,
      period: 'monthly',
      message: 'All of it is spent',
      timestamp: Date.parse(timestamp),
    },
  },
  {
    channel: 'moderation',
    type: 'moderation_queue_update',
    data: {
      violationId: 'v-1',
      userId: 'mallory',
      contentType: 'comment',
      violationType: 'spam',
      severity: 'critical',
      confidence: 0.98,
      status: 'under_review',
      queuePosition: 3,
      timestamp: Date.parse(timestamp),
    },
  },
];

/** The feed's own channels. */
export const FEED = /^(price|signals|market|candles|sentiment|trending):/;

/** A mention of `entity`, told apart by its title. */
export const mention = (entity, title, more = {}) => ({
  channel: `mentions:${entity}`,
  ...more,
  data: { entity, title, url: 'https://news.example/', source: 'News', timestamp },
});

/** News for a user, told apart by its title. */
export const notification = (user, title) => ({
  channel: `user:${user}`,
  type: 'notification',
  data: { notification_id: 'n', type: 'note', title, message: 'For you alone', priority: 'low' },
});
