use serde_json::{Value, json};

use super::super::tests::{NOON, decimal, frame};
use super::*;
use crate::model::{
    CoinId, FearGreed, MarketEvent, SentimentLevel, SentimentSources, Source, Symbol, Timeframe, TrendingRow,
    VolumeShare, VolumeTrend,
};

#[test]
fn market_data() {
    let summary = MarketSummary {
        total_market_cap: decimal("2450000000000"),
        total_volume_24h: decimal("89000000000"),
        bitcoin_dominance: decimal("52.3"),
        active_cryptocurrencies: 9875,
        market_cap_change_24h: None,
        source: Source::CoinGecko,
        timestamp: NOON,
        stale: false,
    };
    assert_eq!(
        frame(&MarketEvent::Summary(summary), "market:summary"),
        json!({
            "type": "market_data",
            "channel": "market:summary",
            "data": {
                "total_market_cap": 2_450_000_000_000_u64,
                "total_volume_24h": 89_000_000_000_u64,
                "bitcoin_dominance": 52.3,
                "active_cryptocurrencies": 9875,
                "timestamp": "2025-12-02T12:30:00Z",
                "market_cap_change_24h": null,
                "source": "coingecko",
            },
        })
    );
}

#[test]
fn market_volume_and_sentiment_are_market_data_too() {
    let volume = MarketVolume {
        total_volume_24h: decimal("89000000000"),
        change: Some(4.5),
        trend: VolumeTrend::Rising,
        leaders: vec![VolumeShare {
            symbol: Symbol::new("btc").unwrap(),
            volume_24h: decimal("30000000000"),
            share: 33.7,
        }],
        source: Source::Simulated,
        timestamp: NOON,
    };
    let written = frame(&MarketEvent::Volume(volume), "market:volume");
    assert_eq!(written["type"], "market_data");
    assert_eq!(written["data"]["trend"], "rising");
    assert_eq!(written["data"]["leaders"][0]["symbol"], "BTC");

    let sentiment = MarketSentiment {
        level: SentimentLevel::VeryBullish,
        score: 0.7,
        confidence: 0.9,
        advancing: 80,
        declining: 15,
        unchanged: 5,
        fear_greed: Some(FearGreed {
            value: 47,
            classification: Some("Neutral".to_owned()),
            source: Source::AlternativeMe,
            observed_at: NOON,
        }),
        source: Source::CoinGecko,
        timestamp: NOON,
    };
    assert_eq!(
        frame(&MarketEvent::Sentiment(sentiment.clone()), "market:sentiment"),
        json!({
            "type": "market_data",
            "channel": "market:sentiment",
            "data": {
                "sentiment": "very_bullish",
                "score": 0.7,
                "confidence": 0.9,
                "advancing": 80,
                "declining": 15,
                "unchanged": 5,
                "fear_greed": {
                    "value": 47,
                    "classification": "Neutral",
                    "timestamp": "2025-12-02T12:30:00Z",
                    "source": "alternative_me",
                },
                "timestamp": "2025-12-02T12:30:00Z",
                "source": "coingecko",
            },
        })
    );
    let unknown = MarketSentiment {
        fear_greed: None,
        ..sentiment
    };
    let written = frame(&MarketEvent::Sentiment(unknown), "market:sentiment");
    assert_eq!(written["data"]["fear_greed"], Value::Null);
}

#[test]
fn sentiment_update_says_which_sources_are_known() {
    let mood = TokenSentiment {
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("btc").unwrap(),
        level: SentimentLevel::Bullish,
        score: 0.45,
        confidence: 0.6,
        sources: SentimentSources {
            social: Some(0.5),
            technical: Some(0.425),
            ..SentimentSources::default()
        },
        trending_rank: Some(3),
        change_24h: Some(decimal("2.34")),
        timestamp: NOON,
    };
    assert_eq!(
        frame(&MarketEvent::TokenSentiment(mood.clone()), "sentiment:BTC"),
        json!({
            "type": "sentiment_update",
            "channel": "sentiment:BTC",
            "data": {
                "token": "BTC",
                "sentiment": "bullish",
                "score": 0.45,
                "confidence": 0.6,
                "sources": {"social": 0.5, "news": 0.0, "whale": 0.0, "technical": 0.425},
                "known": ["social", "technical"],
                "trending_rank": 3,
                "change_24h": 2.34,
                "timestamp": "2025-12-02T12:30:00Z",
            },
        })
    );
    let all = TokenSentiment {
        sources: SentimentSources {
            social: Some(0.0),
            news: Some(-0.25),
            whale: Some(1.0),
            technical: None,
        },
        trending_rank: None,
        change_24h: None,
        ..mood
    };
    let written = frame(&MarketEvent::TokenSentiment(all), "sentiment:bitcoin");
    let data = &written["data"];
    assert_eq!(data["known"], json!(["social", "news", "whale"]));
    assert_eq!(
        data["sources"],
        json!({"social": 0.0, "news": -0.25, "whale": 1.0, "technical": 0.0})
    );
    assert_eq!(
        (&data["trending_rank"], &data["change_24h"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn trending_update() {
    let row = |rank, symbol: &str, known: bool| TrendingRow {
        coin: CoinId::new(symbol).unwrap(),
        symbol: Symbol::new(symbol).unwrap(),
        rank,
        sentiment_score: known.then_some(-0.5),
        volume_24h: known.then(|| decimal("31701707")),
        change: decimal("-3.25"),
        change_24h: known.then(|| decimal("-7.5")),
        trending_score: 0.8125,
    };
    let ranking = Trending {
        timeframe: Timeframe::H4,
        coins: vec![row(1, "bonk", true), row(2, "new", false)],
        memecoins: vec![row(1, "bonk", true)],
        timestamp: NOON,
    };
    assert_eq!(
        frame(&MarketEvent::Trending(ranking), "trending:4h"),
        json!({
            "type": "trending_update",
            "channel": "trending:4h",
            "data": {
                "timeframe": "4h",
                "coins": [
                    {
                        "token": "BONK",
                        "rank": 1,
                        "sentiment_score": -0.5,
                        "volume_24h": 31_701_707,
                        "change": -3.25,
                        "change_24h": -7.5,
                        "trending_score": 0.8125,
                    },
                    {
                        "token": "NEW",
                        "rank": 2,
                        "sentiment_score": null,
                        "volume_24h": null,
                        "change": -3.25,
                        "change_24h": null,
                        "trending_score": 0.8125,
                    },
                ],
                "memecoins": [
                    {
                        "token": "BONK",
                        "rank": 1,
                        "sentiment_score": -0.5,
                        "volume_24h": 31_701_707,
                        "change": -3.25,
                        "change_24h": -7.5,
                        "trending_score": 0.8125,
                    },
                ],
                "timestamp": "2025-12-02T12:30:00Z",
            },
        })
    );
}
