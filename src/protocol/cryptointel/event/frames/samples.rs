//! Events of every kind: with all that they may have, and with as little.

use serde_json::{Value, json};

use crate::model::{Event, HealthStatus, SystemStatus, UnixMillis};

pub(super) fn system_status() -> SystemStatus {
    SystemStatus {
        status: HealthStatus::Healthy,
        active_connections: 1247,
        messages_per_second: 45.2,
        uptime: 99.98,
        timestamp: UnixMillis::from_secs(1),
    }
}

/// Events of that kind: one with all that there may be, and others that each lack something.
pub(super) fn samples(name: &str) -> Vec<Event> {
    let (full, optional) = sample(name);
    let without = optional.iter().map(|pointer| {
        let mut bare = full.clone();
        let field = bare
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{name}: no {pointer}"));
        *field = if field.is_boolean() {
            json!(false)
        } else {
            Value::Null
        };
        bare
    });
    // By text: a decimal is read as it is written.
    let read =
        |it: Value| serde_json::from_str(&it.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    std::iter::once(full.clone()).chain(without).map(read).collect()
}

/// All that an event of that kind may have, written as the hub's objects have it in storage, and where there may be nothing.
fn sample(name: &str) -> (Value, &'static [&'static str]) {
    let row = json!({
        "coin": "bitcoin", "symbol": "BTC", "rank": 1, "sentiment_score": 0.5, "volume_24h": 1.5, "change": 1.5,
        "change_24h": 1.5, "trending_score": 0.5,
    });
    match name {
        "PriceUpdate" => (
            json!({ "Market": { "Price": {
                "coin": "bitcoin", "symbol": "BTC", "price": 1.5, "change_24h": 1.5, "volume_24h": 1.5,
                "source": "CoinGecko", "sources": 1, "timestamp": 1, "stale": true,
            } } }),
            &[
                "/Market/Price/change_24h",
                "/Market/Price/volume_24h",
                "/Market/Price/stale",
            ],
        ),
        "SignalAlert" => (
            json!({ "Market": { "Signal": {
                "id": "s", "kind": "PriceAnomaly", "coin": "bitcoin", "symbol": "BTC", "confidence": 0.5, "high": true,
                "description": "d", "timestamp": 1,
                "metadata": { "price_change": 1.5, "volume_spike": 1.5, "sources": ["CoinGecko"] },
            } } }),
            &[],
        ),
        "MarketSummary" => (
            json!({ "Market": { "Summary": {
                "total_market_cap": 1, "total_volume_24h": 1, "bitcoin_dominance": 50, "active_cryptocurrencies": 1,
                "market_cap_change_24h": 1, "source": "CoinGecko", "timestamp": 1, "stale": true,
            } } }),
            &["/Market/Summary/market_cap_change_24h", "/Market/Summary/stale"],
        ),
        "MarketVolume" => (
            json!({ "Market": { "Volume": {
                "total_volume_24h": 1, "change": 1.5, "trend": "Steady",
                "leaders": [{ "symbol": "BTC", "volume_24h": 1, "share": 60.5 }], "source": "CoinGecko", "timestamp": 1,
            } } }),
            &["/Market/Volume/change"],
        ),
        "MarketSentiment" => (
            json!({ "Market": { "Sentiment": {
                "level": "Bullish", "score": 0.5, "confidence": 0.5, "advancing": 3, "declining": 1, "unchanged": 0,
                "fear_greed": { "value": 60, "classification": "Greed", "source": "AlternativeMe", "observed_at": 1 },
                "source": "CoinGecko", "timestamp": 1,
            } } }),
            &[
                "/Market/Sentiment/fear_greed",
                "/Market/Sentiment/fear_greed/classification",
            ],
        ),
        "CandleUpdate" => (
            json!({ "Market": { "Candle": {
                "pair": { "base": "BTC", "quote": "USDT" }, "interval": "M1", "closed": true, "source": "Simulated",
                "candle": { "open_at": 1, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1, "quote_volume": 1 },
            } } }),
            &["/Market/Candle/candle/quote_volume"],
        ),
        "SentimentUpdate" => (
            json!({ "Market": { "TokenSentiment": {
                "coin": "bitcoin", "symbol": "BTC", "level": "Bullish", "score": 0.5, "confidence": 0.5,
                "sources": { "social": 0.5, "news": null, "whale": null, "technical": null }, "trending_rank": 1,
                "change_24h": 1.5, "timestamp": 1,
            } } }),
            &[
                "/Market/TokenSentiment/trending_rank",
                "/Market/TokenSentiment/change_24h",
            ],
        ),
        "TrendingUpdate" => (
            json!({ "Market": { "Trending": { "timeframe": "H1", "coins": [row], "memecoins": [row], "timestamp": 1 } } }),
            &[
                "/Market/Trending/coins/0/sentiment_score",
                "/Market/Trending/coins/0/volume_24h",
                "/Market/Trending/coins/0/change_24h",
                "/Market/Trending/memecoins/0/sentiment_score",
                "/Market/Trending/memecoins/0/volume_24h",
                "/Market/Trending/memecoins/0/change_24h",
            ],
        ),
        "MentionAlert" => (
            json!({ "Mention": { "entity": "e", "title": "t", "url": "u", "source": "s", "timestamp": 1 } }),
            &[],
        ),
        "Notification" => (
            user(json!({ "Notification": {
                "notification_id": "n", "kind": "k", "title": "t", "message": "m", "priority": "high",
            } })),
            &[],
        ),
        "TransactionUpdate" => (
            user(json!({ "Transaction": {
                "transaction_id": "t", "kind": "receive", "amount": "1.50", "symbol": "ETH", "status": "confirmed",
                "confirmations": 12, "from_address": "f", "tx_hash": "h",
            } })),
            &[],
        ),
        "BalanceUpdate" => (
            user(
                json!({ "Balance": { "wallet_id": "w", "balance": "1", "balance_usd": "2", "symbol": "BTC" } }),
            ),
            &[],
        ),
        "WhaleActivityAlert" => (
            json!({ "Whale": {
                "token": "BTC", "kind": "Buy", "amount": 1.5, "amount_usd": 2.5, "from": "f", "to": "t", "tx_hash": "h",
                "exchange": "Binance", "impact": "High", "timestamp": 1,
            } }),
            &["/Whale/exchange"],
        ),
        "TaskStatusUpdate" => (
            work(json!({ "Task": {
                "task_id": "t", "agent_id": "a", "status": "Failed", "progress": 33.5, "quality_score": 0.5, "cost": 0.5,
                "error_message": "e", "timestamp": 1,
            } })),
            &[
                "/Work/news/Task/progress",
                "/Work/news/Task/quality_score",
                "/Work/news/Task/cost",
                "/Work/news/Task/error_message",
            ],
        ),
        "PipelineProgressUpdate" => (
            work(json!({ "Pipeline": {
                "pipeline_id": "p", "article_id": "a", "status": "running", "completed_stages": 2, "total_stages": 5,
                "current_stage": { "name": "n", "status": "Processing", "progress": 40 }, "timestamp": 1,
            } })),
            &[],
        ),
        "BudgetAlert" => (
            work(json!({ "Budget": {
                "budget_limit_id": "b", "agent_id": "a", "agent_name": "n", "amount": 100, "current_spend": 90,
                "remaining_budget": 10, "threshold_reached": 90, "period": "Daily", "message": "m", "timestamp": 1,
            } })),
            &["/Work/news/Budget/agent_id", "/Work/news/Budget/agent_name"],
        ),
        "ModerationQueueUpdate" => (
            json!({ "Moderation": {
                "violation_id": "v", "user_id": "u", "content_type": "comment", "violation_type": "spam",
                "severity": "High", "confidence": 0.5, "status": "Pending", "queue_position": 3, "timestamp": 1,
            } }),
            &[],
        ),
        "SystemHealthUpdate" => (
            json!({ "Health": { "status": "Degraded", "database": "Healthy", "alerts": ["a"], "timestamp": 1 } }),
            &[],
        ),
        _ => panic!("no sample of {name}"),
    }
}

fn user(news: Value) -> Value {
    json!({ "User": { "user": "alice", "news": news } })
}

fn work(news: Value) -> Value {
    json!({ "Work": { "user": "alice", "news": news } })
}
