use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{Epoch, MarketEvent, Pair, Position, Source};
use crate::protocol::Dialect;

fn catalog() -> Catalog {
    Catalog::embedded().with_pairs(Pair::parse("BTC/USDT"))
}

fn read_with(scopes: &str, body: &str) -> Result<Vec<Message>, Problem> {
    let publishing = Publishing {
        catalog: &catalog(),
        scopes: Scopes::parse(scopes),
        high_confidence: 0.8,
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
            "change_24h": null, "trending_score": 0.8125}], "timestamp": at}}),
        json!({"channel": "mentions:bitcoin", "type": "mention_alert", "data": {"entity": "bitcoin",
            "title": "Bitcoin moves", "url": "https://news.example/1?a=b", "source": "News", "timestamp": at}}),
        json!({"channel": "user:alice", "type": "notification", "data": {"notification_id": "n-1",
            "type": "kyc_approved", "title": "Approved", "message": "All is well", "priority": "high"}}),
        json!({"channel": "user:alice", "type": "transaction_update", "data": {"transaction_id": "t-1",
            "type": "receive", "amount": "1.50", "symbol": "ETH", "status": "confirmed", "confirmations": 12,
            "from_address": "0x52", "tx_hash": "0x9f"}}),
        json!({"channel": "user:alice", "type": "balance_update", "data": {"wallet_id": "w-1", "balance": "5.25",
            "balance_usd": "168000.00", "symbol": "BTC"}}),
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
            .event(&message.event)
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

#[test]
fn every_field_is_needed_or_may_be_null_and_no_other_may_be_there() {
    // Fields that may be left out, and what stands for those that are not there.
    let optional = [
        "change_24h",
        "volume_24h",
        "source",
        "metadata",
        "market_cap_change_24h",
        "change",
        "fear_greed",
        "quote_volume",
        "trending_rank",
    ];
    for example in examples() {
        for field in example["data"].as_object().unwrap().keys() {
            let mut without = example.clone();
            without["data"].as_object_mut().unwrap().remove(field);
            let needed_here = [("metadata", "signal_alert"), ("source", "mention_alert")];
            let needed = needed_here
                .iter()
                .any(|(name, kind)| field == name && example["type"] == *kind);
            let may_lack = optional.contains(&field.as_str()) && !needed;
            if may_lack {
                assert!(read(&without).is_ok(), "{without}");
            } else {
                let (name, detail) = refused(&json!({"messages": [example, without]}));
                assert_eq!(name, format!("messages[1].data.{field}"));
                assert!(
                    detail.starts_with(&format!("'{name}' is missing: expected ")),
                    "{detail}"
                );
            }
            let mut wrong = example.clone();
            wrong["data"][field] = json!([{"no": "field is a list like this"}]);
            let (name, _) = refused(&wrong);
            assert!(name.starts_with(&format!("data.{field}")), "{name}");
        }
        let mut more = example.clone();
        more["data"]["colour"] = json!("red");
        let expected = (
            "data.colour".to_owned(),
            "There is no field 'data.colour'".to_owned(),
        );
        assert_eq!(refused(&more), expected);
        let mut other = example.clone();
        other["type"] = json!("system_status");
        assert_eq!(refused(&other).0, "type");
    }
}

/// A change of an example's data, and the field that is refused for it.
fn assert_refused(example: usize, changes: &[(&str, Value)], field: &str) {
    let mut bad = examples().remove(example);
    for (pointer, value) in changes {
        *bad.pointer_mut(pointer).expect(pointer) = value.clone();
    }
    let (name, detail) = refused(&bad);
    assert_eq!(name, field, "{detail}");
    assert!(detail.contains(field), "{detail}");
}

#[test]
fn figures_out_of_range_are_refused_by_name() {
    for price in [
        json!(0),
        json!(-1),
        json!("x"),
        json!("1_000"),
        json!(" 1"),
        json!("NaN"),
        json!(true),
    ] {
        assert_refused(0, &[("/data/price", price)], "data.price");
    }
    assert_refused(0, &[("/data/symbol", json!("ETH"))], "data.symbol");
    assert_refused(0, &[("/data/symbol", json!("bitcoin"))], "data.symbol");
    assert_refused(0, &[("/data/volume_24h", json!(-0.5))], "data.volume_24h");
    assert_refused(0, &[("/data/timestamp", json!("yesterday"))], "data.timestamp");
    assert_refused(
        0,
        &[("/data/timestamp", json!(1_764_678_600_000_u64))],
        "data.timestamp",
    );
    assert_refused(0, &[("/data/source", json!("nobody"))], "data.source");
    assert_refused(
        0,
        &[("/data/metadata/sources", json!(["nobody"]))],
        "data.metadata.sources",
    );
    for confidence in [json!(1.1), json!(-0.1), json!(0.79), json!("0.9")] {
        assert_refused(1, &[("/data/confidence", confidence)], "data.confidence");
    }
    assert_refused(1, &[("/data/symbol", json!("NOSUCHCOIN"))], "data.symbol");
    assert_refused(
        1,
        &[("/channel", json!("signals:type:price_anomaly"))],
        "data.type",
    );
    assert_refused(
        2,
        &[("/data/bitcoin_dominance", json!(100.1))],
        "data.bitcoin_dominance",
    );
    assert_refused(
        2,
        &[("/data/active_cryptocurrencies", json!(1.5))],
        "data.active_cryptocurrencies",
    );
    let leader = |volume: u32| json!({"symbol": "BTC", "volume_24h": volume, "share": 1});
    assert_refused(
        3,
        &[("/data/leaders", json!([leader(1), leader(2)]))],
        "data.leaders[1].volume_24h",
    );
    assert_refused(
        3,
        &[("/data/leaders", json!(vec![leader(1); 11]))],
        "data.leaders",
    );
    assert_refused(4, &[("/data/score", json!(0.1))], "data.sentiment");
    assert_refused(
        4,
        &[("/data/fear_greed/value", json!(101))],
        "data.fear_greed.value",
    );
    assert_refused(6, &[("/data/sources/news", json!(0.5))], "data.sources.news");
    assert_refused(6, &[("/data/known", json!(["rumours"]))], "data.known");
    assert_refused(6, &[("/data/trending_rank", json!(0))], "data.trending_rank");
    assert_refused(7, &[("/data/timeframe", json!("1h"))], "data.timeframe");
    assert_refused(7, &[("/data/coins/0/rank", json!(2))], "data.coins[0].rank");
}

#[test]
fn a_candle_is_one() {
    assert_refused(5, &[("/data/time", json!("2025-12-02T12:30:01Z"))], "data.time");
    assert_refused(5, &[("/data/high", json!(10.75))], "data.high");
    assert_refused(5, &[("/data/low", json!(10.75))], "data.low");
    assert_refused(5, &[("/data/volume", json!(-1))], "data.volume");
    assert_refused(5, &[("/data/pair", json!("ETH/USDT"))], "data.pair");
    assert_refused(5, &[("/data/interval", json!("5m"))], "data.interval");
    let of_a_day = [
        ("/channel", json!("candles:BTC/USDT:1D")),
        ("/data/interval", json!("1D")),
    ];
    assert_refused(5, &of_a_day, "data.time");
}

#[test]
fn a_mention_leads_to_a_page_and_not_to_a_script() {
    for url in [
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "ftp://a.example",
        "https://a b",
        "news.example",
        "",
    ] {
        assert_refused(8, &[("/data/url", json!(url))], "data.url");
    }
    assert_refused(8, &[("/data/entity", json!("Bitcoin"))], "data.entity");
    assert_refused(8, &[("/data/title", json!("x".repeat(501)))], "data.title");
}

#[test]
fn amounts_are_numbers_and_stay_text() {
    for amount in [
        json!(1.5),
        json!("1e3"),
        json!("abc"),
        json!("1,5"),
        json!("0x1"),
        json!("1".repeat(81)),
    ] {
        assert_refused(10, &[("/data/amount", amount)], "data.amount");
    }
    let mut untyped = examples().remove(11);
    untyped.as_object_mut().unwrap().remove("type");
    let (name, detail) = refused(&untyped);
    assert_eq!(name, "type");
    assert!(
        detail.contains("notification, transaction_update, balance_update"),
        "{detail}"
    );
}

#[test]
fn a_signal_goes_to_every_channel_that_it_fits() {
    for channel in ["signals:all", "signals:high", "signals:type:volume_spike"] {
        let mut signal = examples().remove(1);
        signal["channel"] = json!(channel);
        let message = read(&signal).unwrap().remove(0);
        let names: Vec<String> = message.event.channels().iter().map(Channel::to_string).collect();
        assert_eq!(
            names,
            ["signals:all", "signals:type:volume_spike", "signals:high"]
        );
    }
    let mut unsure = examples().remove(1);
    unsure["channel"] = json!("signals:all");
    unsure["data"]["confidence"] = json!(0.79);
    assert_eq!(read(&unsure).unwrap()[0].event.channels().len(), 2);
}

#[test]
fn without_the_scope_of_the_feed_nobody_forges_a_price() {
    for example in examples() {
        let name = example["channel"].as_str().unwrap();
        let own = name.starts_with("user:") || name.starts_with("mentions:");
        let outcome = read_with("publish", &json!([example]).to_string());
        match outcome {
            Ok(_) => assert!(own, "{name}"),
            Err(Problem::ScopeMissing { scope: "feed", what }) => {
                assert!(!own && what.starts_with("publish on"), "{name}")
            }
            Err(other) => panic!("{other:?}"),
        }
        let without = read_with("feed admin", &example.to_string());
        assert!(
            matches!(without, Err(Problem::ScopeMissing { scope: "publish", .. })),
            "{without:?}"
        );
    }
}

#[test]
fn what_is_not_a_message_is_named() {
    let wrong = |body: Value| refused(&body).0;
    assert_eq!(wrong(json!(1)), "");
    assert_eq!(wrong(json!([])), "");
    assert_eq!(wrong(json!({"messages": []})), "messages");
    assert_eq!(wrong(json!({"messages": {}})), "messages");
    assert_eq!(wrong(json!({"messages": [1]})), "messages[0]");
    assert_eq!(wrong(json!({"messages": [examples()[0]], "more": 1})), "more");
    assert_eq!(wrong(json!({})), "channel");
    assert_eq!(
        wrong(json!([{"channel": "price:nosuchcoin", "data": {}}])),
        "[0].channel"
    );
    assert_eq!(wrong(json!({"channel": "system", "data": {}})), "channel");
    assert_eq!(wrong(json!({"channel": "mentions:x"})), "data");
    for id in [json!(""), json!("x".repeat(129)), json!(7)] {
        let mut named = examples().remove(0);
        named["id"] = id;
        assert_eq!(wrong(named), "id");
    }
    for text in ["", "{", "[1", "nonsense", "{}{}"] {
        assert!(
            matches!(read_with("publish feed", text), Err(Problem::Field { .. })),
            "{text}"
        );
    }
    let twice = r#"{"channel":"market:volume","channel":"market:summary","data":{}}"#;
    let problem = read_with("publish feed", twice).unwrap_err();
    assert!(
        problem.to_json().contains("'channel' is given twice"),
        "{}",
        problem.to_json()
    );
}

#[test]
fn what_is_too_large_is_refused_whole() {
    let mention = examples().remove(8);
    assert_eq!(read(&json!(vec![mention.clone(); 1_000])).unwrap().len(), 1_000);
    assert!(matches!(
        read(&json!(vec![mention; 1_001])),
        Err(Problem::TooLarge(_))
    ));
    let mut long = examples().remove(9);
    long["data"]["message"] = json!("x".repeat(64 << 10));
    let problem = read(&json!({"messages": [long]})).unwrap_err();
    assert!(
        matches!(&problem, Problem::TooLarge(why) if why.contains("messages[0]")),
        "{problem:?}"
    );
}

#[test]
fn an_answer_has_the_places_in_the_channels_that_were_addressed() {
    let mut signal = examples().remove(1);
    signal["id"] = json!("once");
    let messages = read(&json!([signal, examples().remove(0)])).unwrap();
    let at = |offset: u64| Position {
        epoch: Epoch::new(7),
        offset,
    };
    let receipts: [(&[Position], bool); 2] = [(&[at(1), at(2), at(3)], true), (&[at(9)], false)];
    let answer = Message::answer(&messages, receipts.into_iter()).unwrap();
    let expected = json!({"messages": [
        {"channel": "signals:high", "id": "once", "epoch": "7", "offset": 3, "repeated": true},
        {"channel": "price:bitcoin", "epoch": "7", "offset": 9, "repeated": false},
    ]});
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected);
    assert_eq!(Message::answer(&messages, receipts.into_iter().take(1)), None);
}

fn price_of(text: &str) -> Result<String, Problem> {
    let example = examples().remove(0).to_string().replace("43250.75", text);
    let message = read_with("publish feed", &example)?.remove(0);
    match message.event {
        Event::Market(MarketEvent::Price(price)) => {
            assert!(price.sources.contains(Source::Published) && price.sources.contains(Source::CoinGecko));
            Ok(price.price.to_string())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_price_is_never_rounded() {
    assert_eq!(price_of("7.8e-11").as_deref(), Ok("0.000000000078"));
    assert_eq!(price_of("\"43250.750\"").as_deref(), Ok("43250.750"));
    for rounded in [
        "0.00000000000000000000000000001",
        "1.00000000000000000000000000001",
        "7.821066970851871e-20",
        "1e29",
        "1e-99999999999999999999",
    ] {
        assert!(price_of(rounded).is_err(), "{rounded}");
    }
}

proptest! {
    #[test]
    fn a_price_keeps_its_digits(text in "[1-9][0-9]{0,11}(\\.[0-9]{1,14})?", quoted in any::<bool>()) {
        let written = if quoted { format!("\"{text}\"") } else { text.clone() };
        prop_assert_eq!(price_of(&written), Ok(text));
    }

    /// One byte of a good request becomes another: it is read or refused, and what is read is still whole.
    #[test]
    fn no_body_is_a_trap(which in 0..12usize, at in any::<prop::sample::Index>(), byte in 0x20..0x7fu8) {
        let mut body = examples().remove(which).to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        let Ok(body) = String::from_utf8(body) else { return Ok(()) };
        if let Ok(messages) = read_with("publish feed", &body) {
            for message in messages {
                let frame = Dialect::CryptoIntel.event(&message.event).frame(&message.name, Position::default());
                let frame: Value = serde_json::from_str(&frame).unwrap();
                prop_assert!(!frame["data"].is_null());
                prop_assert!(message.event.channels().contains(&message.channel));
            }
        }
    }

    #[test]
    fn nonsense_is_refused(body in ".{0,200}") {
        prop_assert!(read_with("publish feed", &body).is_err());
    }
}
