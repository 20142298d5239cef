//! The document's own examples, field for field; what is added is named here.

use serde_json::{Value, json};

use super::*;
use crate::model::UnixMillis;
use crate::model::{
    Candle, CoinId, FearGreed, HealthStatus, Interval, MarketSentiment, MarketSummary, MarketVolume, Pair,
    SentimentLevel, SentimentSources, SignalMetadata, SignalType, Source, Symbol, Timeframe, TokenSentiment,
    Trending, TrendingRow, VolumeShare, VolumeTrend,
};

const NOON: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn decimal(digits: &str) -> Decimal {
    digits.parse().unwrap()
}

fn btc(digits: &str) -> Price {
    Price {
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("btc").unwrap(),
        price: decimal(digits),
        change_24h: Some(decimal("2.34")),
        volume_24h: Some(decimal("1250000000")),
        source: Source::CoinGecko,
        sources: Source::CoinGecko.into(),
        timestamp: NOON,
        stale: false,
    }
}

fn frame(it: &MarketEvent, channel: &str) -> Value {
    serde_json::from_str(&event(it).frame(channel)).unwrap()
}

#[test]
fn price_update() {
    assert_eq!(
        frame(&MarketEvent::Price(btc("43250.75")), "price:bitcoin"),
        json!({
            "type": "price_update",
            "channel": "price:bitcoin",
            "data": {
                "symbol": "BTC",
                "price": 43250.75,
                "change_24h": 2.34,
                "volume_24h": 1_250_000_000,
                "timestamp": "2025-12-02T12:30:00Z",
                "source": "coingecko",
                "metadata": {"sources": ["coingecko"]},
            },
        })
    );
}

#[test]
fn a_price_keeps_its_digits_and_its_reader_the_spelling() {
    let text = event(&MarketEvent::Price(btc("0.00000000007821066970851871"))).frame("price:\"BTC\"");
    assert!(
        text.contains(r#""price":0.00000000007821066970851871,"#),
        "{text}"
    );
    assert!(text.contains(r#""channel":"price:\"BTC\"","#), "{text}");
}

#[test]
fn a_stale_price_says_so_and_an_unknown_change_is_null() {
    let stale = Price {
        stale: true,
        change_24h: None,
        ..btc("1")
    };
    let frame = frame(&MarketEvent::Price(stale), "price:BTC");
    assert_eq!(frame["data"]["stale"], json!(true));
    assert_eq!(frame["data"]["change_24h"], Value::Null);
}

#[test]
fn signal_alert() {
    let signal = Signal {
        id: "signal_12345".into(),
        kind: SignalType::PriceAnomaly,
        coin: CoinId::new("ethereum").unwrap(),
        symbol: Symbol::new("eth").unwrap(),
        confidence: 0.85,
        high: true,
        description: "Unusual price movement detected".into(),
        timestamp: NOON,
        metadata: SignalMetadata {
            price_change: 5.2,
            volume_spike: 1.8,
            sources: vec![Source::CoinGecko],
        },
    };
    assert_eq!(
        frame(&MarketEvent::Signal(signal), "signals:high"),
        json!({
            "type": "signal_alert",
            "channel": "signals:high",
            "data": {
                "id": "signal_12345",
                "type": "price_anomaly",
                "symbol": "ETH",
                "confidence": 0.85,
                "description": "Unusual price movement detected",
                "timestamp": "2025-12-02T12:30:00Z",
                "metadata": {"price_change": 5.2, "volume_spike": 1.8, "sources": ["coingecko"]},
            },
        })
    );
}

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
                "timestamp": "2025-12-02T12:30:00Z",
            },
        })
    );
}

#[test]
fn candle_update() {
    let update = CandleUpdate {
        pair: Pair::parse("BTC/USDT").unwrap(),
        interval: Interval::M1,
        candle: Candle {
            open_at: NOON,
            open: decimal("67234.50"),
            high: decimal("67340.00"),
            low: decimal("67200.00"),
            close: decimal("67310.25"),
            volume: decimal("145.23"),
            quote_volume: Some(decimal("9772345.67")),
        },
        closed: false,
        source: Source::Simulated,
    };
    let text = event(&MarketEvent::Candle(update.clone())).frame("candles:BTC/USDT:1m");
    assert_eq!(
        text,
        concat!(
            r#"{"type":"candle_update","channel":"candles:BTC/USDT:1m","data":{"pair":"BTC/USDT","interval":"1m","#,
            r#""time":"2025-12-02T12:30:00Z","open":67234.50,"high":67340.00,"low":67200.00,"close":67310.25,"#,
            r#""volume":145.23,"quote_volume":9772345.67,"closed":false,"source":"simulated"}}"#,
        )
    );
    let mut unknown = update;
    (unknown.closed, unknown.candle.quote_volume) = (true, None);
    let written = frame(&MarketEvent::Candle(unknown), "candles:btc/usdt:1m");
    assert_eq!(written["channel"], "candles:btc/usdt:1m");
    assert_eq!(written["data"]["quote_volume"], Value::Null);
    assert_eq!(written["data"]["closed"], true);
}

#[test]
fn system_status() {
    let written: Value = serde_json::from_str(&status(&SystemStatus {
        status: HealthStatus::Healthy,
        active_connections: 1247,
        messages_per_second: 45.2,
        uptime: 99.98,
        timestamp: NOON,
    }))
    .unwrap();
    assert_eq!(
        written,
        json!({
            "type": "system_status",
            "data": {
                "status": "healthy",
                "active_connections": 1247,
                "messages_per_second": 45.2,
                "uptime": 99.98,
                "timestamp": "2025-12-02T12:30:00Z",
            },
        })
    );
}
