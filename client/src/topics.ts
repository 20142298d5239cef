import type * as f from './frames.js';

type User = f.Notification | f.TransactionUpdate | f.BalanceUpdate;

/** The messages of a channel, by its name: all that there are, where that is not known before. */
export type MessageOn<Name extends string> = string extends Name
  ? f.Message
  : Name extends `price:${string}`
    ? f.PriceUpdate
    : Name extends `signals:${string}`
      ? f.SignalAlert
      : Name extends 'market:summary'
        ? f.MarketSummary
        : Name extends 'market:volume'
          ? f.MarketVolume
          : Name extends 'market:sentiment'
            ? f.MarketSentiment
            : Name extends `candles:${string}`
              ? f.CandleUpdate
              : Name extends `sentiment:${string}`
                ? f.SentimentUpdate
                : Name extends `trending:${string}`
                  ? f.TrendingUpdate
                  : Name extends `mentions:${string}`
                    ? f.MentionAlert
                    : Name extends `user:${string}`
                      ? User
                      : Name extends `whale${string}`
                        ? f.WhaleActivityAlert
                        : Name extends `tasks${string}`
                          ? f.TaskStatusUpdate
                          : Name extends `pipelines${string}`
                            ? f.PipelineProgressUpdate
                            : Name extends `budget${string}`
                              ? f.BudgetAlert
                              : Name extends `moderation${string}`
                                ? f.ModerationQueueUpdate
                                : Name extends 'health'
                                  ? f.SystemHealthUpdate
                                  : f.Message;
