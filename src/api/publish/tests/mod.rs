//! What may be published, and what is wrong with the rest.

mod payloads;
mod random;
mod requests;

use serde_json::{Value, json};

use super::*;
use crate::model::{Catalog, Pair, Position, UnixMillis};
use crate::protocol::Dialect;

/// 2025-12-02T12:30:00Z
const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn catalog() -> Catalog {
    Catalog::embedded().with_pairs(Pair::parse("BTC/USDT"))
}

fn read_with(scopes: &str, body: &str) -> Result<Vec<Message>, Problem> {
    read_where(true, scopes, body)
}

/// With or without the feed's word that there are no other coins.
fn read_where(is_all: bool, scopes: &str, body: &str) -> Result<Vec<Message>, Problem> {
    let catalog = catalog();
    let publishing = Publishing {
        known: Known {
            catalog: &catalog,
            is_all,
        },
        scopes: Scopes::parse(scopes),
        high_confidence: 0.8,
        now: NOW,
    };
    publishing.read(body)
}

fn read(body: &Value) -> Result<Vec<Message>, Problem> {
    read_with("publish feed", &body.to_string())
}

/// Path and words of what is wrong with a field.
fn refused(body: &Value) -> (String, String) {
    match read(body).expect_err(&body.to_string()) {
        Problem::Field { name, detail } => (name, detail),
        other => panic!("{other:?}"),
    }
}

/// A message of each channel, as clients get it.
fn examples() -> Vec<Value> {
    let at = "2025-12-02T12:30:00Z";
    vec![
        json!({"channel": "price:bitcoin", "type": "price_update", "data": {"symbol": "BTC", "price": 43250.75,
            "change_24h": 2.34, "volume_24h": 1_250_000_000, "timestamp": at, "source": "published",
            "metadata": {"sources": ["coingecko", "published"]}}}),
        json!({"channel": "signals:high", "type": "signal_alert", "data": {"id": "s-1", "type": "volume_spike",
            "symbol": "ETH", "confidence": 0.85, "description": "It moved", "timestamp": at,
            "metadata": {"price_change": 5.2, "volume_spike": 1.8, "sources": ["published"]}}}),
        json!({"channel": "market:summary", "type": "market_data", "data": {"total_market_cap": 2_450_000_000_000_u64,
            "total_volume_24h": 89_000_000_000_u64, "bitcoin_dominance": 52.3, "active_cryptocurrencies": 9875,
            "market_cap_change_24h": -1.6, "timestamp": at, "source": "published"}}),
        json!({"channel": "market:volume", "type": "market_data", "data": {"total_volume_24h": 100, "change": null,
            "trend": "steady", "leaders": [{"symbol": "BTC", "volume_24h": 60, "share": 60.0}], "timestamp": at,
            "source": "published"}}),
        json!({"channel": "market:sentiment", "type": "market_data", "data": {"sentiment": "bullish", "score": 0.25,
            "confidence": 0.5, "advancing": 3, "declining": 1, "unchanged": 0, "fear_greed": {"value": 60,
            "classification": "Greed", "timestamp": "2025-12-02T00:00:00Z", "source": "alternative_me"},
            "timestamp": at, "source": "published"}}),
        json!({"channel": "candles:BTC/USDT:1m", "type": "candle_update", "data": {"pair": "BTC/USDT",
            "interval": "1m", "time": at, "open": 10.5, "high": 11.25, "low": 10.25, "close": 11.0, "volume": 3.5,
            "quote_volume": null, "closed": true, "source": "published"}}),
        json!({"channel": "sentiment:BTC", "type": "sentiment_update", "data": {"token": "BTC",
            "sentiment": "neutral", "score": 0.125, "confidence": 0.5, "sources": {"social": 0.5, "news": 0.0,
            "whale": 0.0, "technical": 0.0}, "known": ["social", "technical"], "trending_rank": 3,
            "change_24h": 2.34, "timestamp": at}}),
        json!({"channel": "trending:4h", "type": "trending_update", "data": {"timeframe": "4h", "coins": [
            {"token": "BTC", "rank": 1, "sentiment_score": -0.5, "volume_24h": 31_701_707, "change": -3.25,
            "change_24h": null, "trending_score": 0.8125}], "memecoins": [{"token": "DOGE", "rank": 1,
            "sentiment_score": null, "volume_24h": null, "change": 1.5, "change_24h": 1.5, "trending_score": 0.5}],
            "timestamp": at}}),
        json!({"channel": "mentions:bitcoin", "type": "mention_alert", "data": {"entity": "bitcoin",
            "title": "Bitcoin moves", "url": "https://news.example/1?a=b", "source": "News", "timestamp": at}}),
        json!({"channel": "user:alice", "type": "notification", "data": {"notification_id": "n-1",
            "type": "kyc_approved", "title": "Approved", "message": "All is well", "priority": "high"}}),
        json!({"channel": "user:alice", "type": "transaction_update", "data": {"transaction_id": "t-1",
            "type": "receive", "amount": "1.50", "symbol": "ETH", "status": "confirmed", "confirmations": 12,
            "from_address": "0x52", "tx_hash": "0x9f"}}),
        json!({"channel": "user:alice", "type": "balance_update", "data": {"wallet_id": "w-1", "balance": "5.25",
            "balance_usd": "168000.00", "symbol": "BTC"}}),
        json!({"channel": "whale", "type": "whale_activity_alert", "data": {"token": "BTC", "type": "transfer",
            "amount": 1500.25, "amountUSD": 64_876_125, "from": "bc1qfrom", "to": "bc1qto", "txHash": "0x9f",
            "exchange": "Binance", "impact": "high", "timestamp": NOW.get()}}),
        json!({"channel": "tasks:alice", "type": "task_status_update", "data": {"taskId": "task-123",
            "agentId": "agent-1", "status": "failed", "progress": 33.5, "qualityScore": 0.75, "cost": 0.0125,
            "errorMessage": "No answer", "timestamp": NOW.get()}}),
        json!({"channel": "pipelines:alice", "type": "pipeline_progress_update", "data": {"pipelineId": "pipeline-456",
            "articleId": "article-7", "status": "running", "currentStage": {"name": "research", "status": "processing",
            "progress": 40}, "completedStages": 2, "totalStages": 5, "timestamp": NOW.get()}}),
        json!({"channel": "budget:alice", "type": "budget_alert", "data": {"budgetLimitId": "limit-1",
            "agentId": "agent-1", "agentName": "Writer", "amount": 100, "currentSpend": 110.5, "remainingBudget": -10.5,
            "thresholdReached": 100, "period": "monthly", "message": "All of it is spent", "timestamp": NOW.get()}}),
        json!({"channel": "moderation", "type": "moderation_queue_update", "data": {"violationId": "v-1",
            "userId": "mallory", "contentType": "comment", "violationType": "spam", "severity": "critical",
            "confidence": 0.98, "status": "under_review", "queuePosition": 3, "timestamp": NOW.get()}}),
    ]
}

#[test]
fn what_is_published_is_what_clients_get_field_for_field() {
    for example in examples() {
        let message = read(&example)
            .unwrap_or_else(|problem| panic!("{example}: {problem:?}"))
            .remove(0);
        let name = example["channel"].as_str().unwrap();
        assert_eq!(message.name, name);
        let frame = Dialect::CryptoIntel
            .event(&message.event, UnixMillis::default())
            .unwrap()
            .frame(name, Position::default().next());
        let mut frame: Value = serde_json::from_str(&frame).unwrap();
        for place in ["epoch", "offset"] {
            frame.as_object_mut().unwrap().remove(place);
        }
        assert_eq!(frame, example);
        assert!(message.event.channels().contains(&message.channel));
    }
}

#[test]
fn a_message_a_list_and_an_object_with_a_list_are_read_alike() {
    let one = examples().remove(0);
    let alone = read(&one).unwrap();
    assert_eq!(read(&json!([one])).unwrap(), alone);
    assert_eq!(read(&json!({"messages": [one]})).unwrap(), alone);
    assert_eq!(read(&Value::Array(examples())).unwrap().len(), examples().len());
}
