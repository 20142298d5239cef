// Generated from the hub's wire types by `UPDATE_FRAMES=1 cargo test --lib frames`. Do not edit.

/** A message of a channel, with its place in the order there. */
export interface Envelope<Type extends string, Data> {
  type: Type;
  /** As the subscriber calls it. */
  channel: string;
  /** 1, 2, 3, … within the epoch. */
  offset: number;
  /** Opaque. */
  epoch: string;
  data: Data;
}

/** The hub has none. */
export interface Agents {
  active: number;
  inactive: number;
  total: number;
}

export interface BalanceData {
  balance: string;
  balance_usd: string;
  symbol: string;
  wallet_id: string;
}

export interface BudgetData {
  agentId?: string;
  agentName?: string;
  amount: Decimal;
  budgetLimitId: string;
  currentSpend: Decimal;
  message: string;
  period: string;
  remainingBudget: Decimal;
  thresholdReached: number;
  timestamp: Millis;
}

export interface CandleData {
  close: Decimal;
  closed: boolean;
  high: Decimal;
  interval: string;
  low: Decimal;
  open: Decimal;
  pair: string;
  quote_volume: Decimal | null;
  source: string;
  time: Rfc3339;
  volume: Decimal;
}

export interface CaseData {
  confidence: Decimal;
  contentType: string;
  queuePosition: number;
  severity: string;
  status: string;
  timestamp: Millis;
  userId: string;
  violationId: string;
  violationType: string;
}

/** A number that keeps the digits it came with, up to 28 of them: prices, volumes, market caps.  `0.00000000007821066970851871` stays that, and never becomes `7.821066970851871e-11`. In JSON it is a number with exactly these digits; in postcard it is 16 bytes. */
export type Decimal = number;

export interface ErrorBody {
  channel?: string;
  code: ErrorCode;
  message: string;
  timestamp: Rfc3339;
}

export interface ErrorMessage {
  error: ErrorBody;
  type: 'error';
}

export interface HealthData {
  alerts: string[];
  services: Services;
  status: string;
  timestamp: Millis;
}

export interface IndexData {
  classification: string | null;
  source: string;
  timestamp: Rfc3339;
  value: number;
}

export interface MentionData {
  entity: string;
  source: string;
  timestamp: Rfc3339;
  title: string;
  url: string;
}

/** A time as milliseconds since 1970. */
export type Millis = number;

export interface NotificationData {
  message: string;
  notification_id: string;
  priority: string;
  title: string;
  type: string;
}

/** What a mood is made of, on the wire: 0 where nothing is known. */
export interface Opinions {
  news: number;
  social: number;
  technical: number;
  whale: number;
}

export interface PipelineData {
  articleId: string;
  completedStages: number;
  currentStage: StageData;
  pipelineId: string;
  status: string;
  timestamp: Millis;
  totalStages: number;
}

export interface PriceData {
  change_24h: Decimal | null;
  metadata: SaidBy;
  price: Decimal;
  source: string;
  stale?: boolean;
  symbol: string;
  timestamp: Rfc3339;
  volume_24h: Decimal | null;
}

/** A time as the document prints it: RFC 3339, UTC. */
export type Rfc3339 = string;

export interface SaidBy {
  sources: string[];
}

export interface SentimentData {
  advancing: number;
  confidence: number;
  declining: number;
  fear_greed: IndexData | null;
  score: number;
  sentiment: string;
  source: string;
  timestamp: Rfc3339;
  unchanged: number;
}

export interface Services {
  ai_agents: Agents;
  database: string;
  redis: string;
}

/** Who a connection is: one object for two dialects, whose clients begin alike. */
export interface Session {
  connection_id: string;
  expires_at: Rfc3339;
  subject: string;
}

export interface SignalData {
  confidence: number;
  description: string;
  id: string;
  metadata: SignalFigures;
  symbol: string;
  timestamp: Rfc3339;
  type: string;
}

export interface SignalFigures {
  price_change: number;
  sources: string[];
  volume_spike: number;
}

export interface StageData {
  name: string;
  progress: Decimal;
  status: string;
}

/** Where a channel stands; without a place if that is not known. */
export interface Stands {
  epoch?: string;
  offset?: number;
  recovered: boolean;
}

export interface StatusData {
  active_connections: number;
  messages_per_second: number;
  status: string;
  timestamp: Rfc3339;
  uptime: number;
}

export interface Subscribed {
  /** Other names of channels, by which the hub does not call them: what each of these is held as. */
  aliases?: Record<string, string>;
  channels: string[];
  /** By the channel's name; of those that were asked for. */
  positions: Record<string, Stands>;
  type: 'subscribed';
}

export interface SummaryData {
  active_cryptocurrencies: number;
  bitcoin_dominance: Decimal;
  market_cap_change_24h: Decimal | null;
  source: string;
  stale?: boolean;
  timestamp: Rfc3339;
  total_market_cap: Decimal;
  total_volume_24h: Decimal;
}

export interface TaskData {
  agentId: string;
  cost?: Decimal;
  errorMessage?: string;
  progress?: Decimal;
  qualityScore?: Decimal;
  status: string;
  taskId: string;
  timestamp: Millis;
}

export interface TokenSentimentData {
  change_24h: Decimal | null;
  confidence: number;
  /** Which of `sources` are known: 0 says nothing in the others. */
  known: string[];
  score: number;
  sentiment: string;
  sources: Opinions;
  timestamp: Rfc3339;
  token: string;
  trending_rank: number | null;
}

export interface TransactionData {
  amount: string;
  confirmations: number;
  from_address: string;
  status: string;
  symbol: string;
  transaction_id: string;
  tx_hash: string;
  type: string;
}

export interface TrendingCoinData {
  change: Decimal;
  change_24h: Decimal | null;
  rank: number;
  sentiment_score: number | null;
  token: string;
  trending_score: number;
  volume_24h: Decimal | null;
}

export interface TrendingData {
  coins: TrendingCoinData[];
  memecoins: TrendingCoinData[];
  timeframe: string;
  timestamp: Rfc3339;
}

export interface Unsubscribed {
  channels: string[];
  type: 'unsubscribed';
}

export interface VolumeData {
  change: number | null;
  leaders: VolumeLeader[];
  source: string;
  timestamp: Rfc3339;
  total_volume_24h: Decimal;
  trend: string;
}

export interface VolumeLeader {
  share: number;
  symbol: string;
  volume_24h: Decimal;
}

export interface WhaleData {
  amount: Decimal;
  amountUSD: Decimal;
  exchange?: string;
  from: string;
  impact: string;
  timestamp: Millis;
  to: string;
  token: string;
  txHash: string;
  type: string;
}

export type PriceUpdate = Envelope<'price_update', PriceData>;
export type SignalAlert = Envelope<'signal_alert', SignalData>;
export type MarketSummary = Envelope<'market_data', SummaryData>;
export type MarketVolume = Envelope<'market_data', VolumeData>;
export type MarketSentiment = Envelope<'market_data', SentimentData>;
export type CandleUpdate = Envelope<'candle_update', CandleData>;
export type SentimentUpdate = Envelope<'sentiment_update', TokenSentimentData>;
export type TrendingUpdate = Envelope<'trending_update', TrendingData>;
export type MentionAlert = Envelope<'mention_alert', MentionData>;
export type Notification = Envelope<'notification', NotificationData>;
export type TransactionUpdate = Envelope<'transaction_update', TransactionData>;
export type BalanceUpdate = Envelope<'balance_update', BalanceData>;
export type WhaleActivityAlert = Envelope<'whale_activity_alert', WhaleData>;
export type TaskStatusUpdate = Envelope<'task_status_update', TaskData>;
export type PipelineProgressUpdate = Envelope<'pipeline_progress_update', PipelineData>;
export type BudgetAlert = Envelope<'budget_alert', BudgetData>;
export type ModerationQueueUpdate = Envelope<'moderation_queue_update', CaseData>;
export type SystemHealthUpdate = Envelope<'system_health_update', HealthData>;

/** A message of a channel. */
export type Message =
  | PriceUpdate
  | SignalAlert
  | MarketSummary
  | MarketVolume
  | MarketSentiment
  | CandleUpdate
  | SentimentUpdate
  | TrendingUpdate
  | MentionAlert
  | Notification
  | TransactionUpdate
  | BalanceUpdate
  | WhaleActivityAlert
  | TaskStatusUpdate
  | PipelineProgressUpdate
  | BudgetAlert
  | ModerationQueueUpdate
  | SystemHealthUpdate;

/** To everybody, every 30 s. */
export interface SystemStatus {
  type: 'system_status';
  data: StatusData;
}

/** What a tick has for a client that asked for batches. */
export interface Batch {
  type: 'batch';
  messages: (Message | SystemStatus)[];
}

export interface AuthSuccess {
  type: 'auth_success';
  data: Session;
  /** Milliseconds since 1970. */
  timestamp: number;
}

export interface Pong {
  type: 'pong';
}

export type ErrorCode = 'CONNECTION_FULL' | 'EXPIRED_TOKEN' | 'INVALID_CHANNEL' | 'INVALID_MESSAGE' | 'INVALID_TOKEN' | 'RATE_LIMITED' | 'UNAUTHORIZED';

/** Whatever the hub sends. */
export type Frame = Message | SystemStatus | Batch | Subscribed | Unsubscribed | AuthSuccess | Pong | ErrorMessage;
