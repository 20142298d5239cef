//! What each channel takes, field by field.

use super::*;

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
        "memecoins",
        "exchange",
        "progress",
        "qualityScore",
        "cost",
        "errorMessage",
        "agentId",
        "agentName",
    ];
    for example in examples() {
        for field in example["data"].as_object().unwrap().keys() {
            let mut without = example.clone();
            without["data"].as_object_mut().unwrap().remove(field);
            let needed_here = [
                ("metadata", "signal_alert"),
                ("source", "mention_alert"),
                ("agentId", "task_status_update"),
            ];
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
    assert_refused(
        7,
        &[("/data/memecoins/0/rank", json!(2))],
        "data.memecoins[0].rank",
    );
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
        "https://news.example/\"onmouseover=",
        "https://news.example/<b>",
        "https://news.example\\@other.example/",
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
fn what_whales_tasks_pipelines_budgets_and_moderators_are_told_is_held_to_its_structure() {
    for (example, field, bad) in [
        (12, "type", json!("hold")),
        (12, "amount", json!(-1)),
        (12, "amountUSD", json!("much")),
        (12, "impact", json!("High")),
        (12, "token", json!("")),
        (13, "status", json!("done")),
        (13, "progress", json!(100.5)),
        (13, "progress", json!(-1)),
        (13, "qualityScore", json!(1.01)),
        (13, "cost", json!(-0.01)),
        (14, "completedStages", json!(6)),
        (14, "completedStages", json!(1.5)),
        (14, "totalStages", json!(-1)),
        (15, "thresholdReached", json!(85)),
        (15, "period", json!("yearly")),
        (15, "currentSpend", json!(-1)),
        (15, "message", json!("x".repeat(10_001))),
        (16, "severity", json!("severe")),
        (16, "confidence", json!(1.5)),
        (16, "status", json!("closed")),
        (16, "queuePosition", json!(-1)),
    ] {
        assert_refused(
            example,
            &[(&format!("/data/{field}"), bad)],
            &format!("data.{field}"),
        );
    }
    for (field, bad) in [
        ("name", json!("")),
        ("status", json!("done")),
        ("progress", json!(101)),
    ] {
        let (pointer, name) = (
            format!("/data/currentStage/{field}"),
            format!("data.currentStage.{field}"),
        );
        assert_refused(14, &[(&pointer, bad)], &name);
    }
    let mut more = examples().remove(14);
    more["data"]["currentStage"]["colour"] = json!("red");
    assert_eq!(refused(&more).0, "data.currentStage.colour");
    for example in 12..=16 {
        let far = NOW.plus(AHEAD_MS + 1).get();
        for bad in [json!(far), json!("2025-12-02T12:30:00Z"), json!(-1), json!(1.5)] {
            assert_refused(example, &[("/data/timestamp", bad)], "data.timestamp");
        }
        let mut near = examples().remove(example);
        near["data"]["timestamp"] = json!(NOW.plus(AHEAD_MS).get());
        assert!(read(&near).is_ok(), "{near}");
    }
}

#[test]
fn a_time_far_in_the_future_is_refused_by_name_wherever_it_is() {
    let named = ["/data/timestamp", "/data/time", "/data/fear_greed/timestamp"];
    let mut seen = 0;
    for (n, example) in examples().iter().enumerate() {
        for pointer in named
            .into_iter()
            .filter(|it| example.pointer(it).is_some_and(Value::is_string))
        {
            seen += 1;
            let field = pointer.trim_start_matches('/').replace('/', ".");
            // Five minutes ahead a clock may be; a candle begins with a minute.
            let mut near = example.clone();
            *near.pointer_mut(pointer).unwrap() = json!("2025-12-02T12:35:00Z");
            assert!(read(&near).is_ok(), "{near}");
            for far in [
                "2025-12-02T12:35:00.001Z",
                "2025-12-02T12:36:00Z",
                "9999-12-31T23:59:00Z",
            ] {
                assert_refused(n, &[(pointer, json!(far))], &field);
            }
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn a_time_in_the_future_is_told_how_late_it_may_be() {
    let mut example = examples().remove(0);
    example["data"]["timestamp"] = json!("2026-12-02T12:30:00Z");
    assert_eq!(
        refused(&json!([example])),
        (
            "[0].data.timestamp".to_owned(),
            "'[0].data.timestamp': 2026-12-02T12:30:00Z is in the future: expected 2025-12-02T12:35:00Z at the latest"
                .to_owned()
        )
    );
}
