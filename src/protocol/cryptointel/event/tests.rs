//! The document's own examples, field for field; what is added is named here.

use serde_json::{Value, json};

use super::*;
use crate::model::UnixMillis;
use crate::model::{
    Candle, CoinId, DatabaseState, Epoch, HealthStatus, Interval, Pair, Position, SignalMetadata, SignalType,
    Source, Symbol,
};

pub(super) const NOON: UnixMillis = UnixMillis::from_secs(1_764_678_600);

pub(super) fn decimal(digits: &str) -> Decimal {
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

pub(super) fn frame(it: &MarketEvent, channel: &str) -> Value {
    let mut frame: Value = serde_json::from_str(&text(it, channel)).unwrap();
    let fields = frame.as_object_mut().unwrap();
    // Every message says where it stands; the tests of what it says need not.
    assert_eq!(fields.remove("offset"), Some(json!(42)));
    assert_eq!(fields.remove("epoch"), Some(json!("7")));
    frame
}

fn text(it: &MarketEvent, channel: &str) -> String {
    let position = Position {
        epoch: Epoch::new(7),
        offset: 42,
    };
    event(&it.clone().into()).frame(channel, position)
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
    let text = text(
        &MarketEvent::Price(btc("0.00000000007821066970851871")),
        "price:\"BTC\"",
    );
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
fn system_health_update_is_coindaily_s_field_for_field_and_says_what_the_hub_does_not_have() {
    let health = SystemHealth {
        status: HealthStatus::Degraded,
        database: DatabaseState::Healthy,
        alerts: vec!["coingecko does not answer about \"prices\".".to_owned()],
        timestamp: NOON,
    };
    let position = Position {
        epoch: Epoch::new(7),
        offset: 42,
    };
    let frame: Value =
        serde_json::from_str(&event(&Event::Health(health)).frame("health", position)).unwrap();
    assert_eq!(
        frame,
        json!({
            "type": "system_health_update",
            "channel": "health",
            "offset": 42,
            "epoch": "7",
            "data": {
                "status": "degraded",
                "services": {
                    "database": "healthy",
                    "redis": "not_used",
                    "ai_agents": {"total": 0, "active": 0, "inactive": 0},
                },
                "alerts": ["coingecko does not answer about \"prices\"."],
                "timestamp": 1_764_678_600_000_u64,
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
    let text = text(&MarketEvent::Candle(update.clone()), "candles:BTC/USDT:1m");
    assert_eq!(
        text,
        concat!(
            r#"{"type":"candle_update","channel":"candles:BTC/USDT:1m","offset":42,"epoch":"7","data":{"pair":"BTC/USDT","interval":"1m","#,
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
fn mention_alert() {
    let mention = Mention {
        entity: "SEC".into(),
        title: "A \"quoted\" headline".into(),
        url: "https://example.com/1".into(),
        source: "Example".into(),
        timestamp: NOON,
    };
    let body = event(&Event::Mention(mention));
    let written: Value = serde_json::from_str(&body.frame("mentions:SEC", Position::default())).unwrap();
    assert_eq!(
        written,
        json!({
            "type": "mention_alert",
            "channel": "mentions:SEC",
            "offset": 0,
            "epoch": "0",
            "data": {
                "entity": "SEC",
                "title": "A \"quoted\" headline",
                "url": "https://example.com/1",
                "source": "Example",
                "timestamp": "2025-12-02T12:30:00Z",
            },
        })
    );
}

#[test]
fn a_batch_is_its_messages_as_they_would_come_alone() {
    let alone = text(&MarketEvent::Price(btc("1")), "price:BTC");
    let both =
        [alone.as_str(), r#"{"type":"system_status","data":{}}"#].map(|text| Written::from(text.to_owned()));
    let written: Value = serde_json::from_str(&batch(both.iter())).unwrap();
    let alone: Value = serde_json::from_str(&alone).unwrap();
    let status = json!({"type": "system_status", "data": {}});
    assert_eq!(written, json!({"type": "batch", "messages": [alone, status]}));
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
