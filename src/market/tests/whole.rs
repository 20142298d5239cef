use super::*;
use crate::model::{SentimentLevel, VolumeTrend};

fn coin(id: &str, cap: f64, change: &str, volume: f64, now: UnixMillis) -> Quote {
    let change_24h = (!change.is_empty()).then(|| decimal(change));
    Quote {
        market_cap: Decimal::from_f64(cap, 9),
        change_24h,
        ..quote(id, 10.0, volume, now)
    }
}

fn mood(quotes: Vec<Quote>) -> Option<MarketSentiment> {
    sentiment(&apply(&mut market(), quotes, at(0))).cloned()
}

#[test]
fn the_summary_is_what_the_provider_said_and_told_only_when_new() {
    let mut market = market();
    let events = market.apply(Observation::Global(global("2621040321355.0405", at(0))), at(0));
    let [MarketEvent::Summary(summary)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(summary.total_market_cap.to_string(), "2621040321355.0405");
    assert_eq!(
        market.apply(Observation::Global(global("2621040321355.0405", at(0))), at(1)),
        []
    );
    assert_eq!(
        market.apply(Observation::Global(global("3", at(2))), at(2)).len(),
        1
    );
    assert_eq!(market.apply(Observation::Global(global("4", at(1))), at(3)), []);
    assert_eq!(market.late_count(), 1);
}

#[test]
fn sentiment_is_its_documented_formula() {
    // Weights 4 and 2: breadth (4 - 2) / 6, mean (4 * 5 - 2 * 2) / 6.
    let found = mood(vec![
        coin("a", 16.0, "5", 1.0, at(0)),
        coin("b", 4.0, "-2", 1.0, at(0)),
    ])
    .unwrap();
    let expected = (2.0 / 6.0 + (16.0_f64 / 6.0 / 5.0).tanh()) / 2.0;
    assert!((found.score - expected).abs() < 1e-4, "{}", found.score);
    assert_eq!((found.level, found.confidence), (SentimentLevel::Bullish, 1.0));
    assert_eq!((found.advancing, found.declining, found.unchanged), (1, 1, 0));
}

#[test]
fn confidence_is_the_part_of_the_market_that_is_known() {
    let found = mood(vec![
        coin("a", 30.0, "5", 1.0, at(0)),
        coin("b", 10.0, "", 1.0, at(0)),
    ])
    .unwrap();
    assert_eq!(found.confidence, 0.75);
    let mut market = market();
    market.apply(Observation::Global(global("100", at(0))), at(0));
    let events = apply(&mut market, vec![coin("a", 30.0, "5", 1.0, at(0))], at(0));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, MarketEvent::Sentiment(s) if s.confidence == 0.3))
    );
}

#[test]
fn every_mood_has_its_word() {
    for (change, level) in [
        ("-20", SentimentLevel::VeryBearish),
        ("0.05", SentimentLevel::Neutral),
        ("20", SentimentLevel::VeryBullish),
    ] {
        assert_eq!(
            mood(vec![coin("a", 9.0, change, 1.0, at(0))]).unwrap().level,
            level
        );
    }
    assert_eq!(mood(vec![coin("a", 9.0, "", 1.0, at(0))]), None);
    assert_eq!(mood(vec![coin("a", 0.0, "5", 1.0, at(0))]), None);
}

#[test]
fn volume_names_the_leaders_and_their_shares_of_the_whole() {
    let mut market = market();
    let coins = (1..=12)
        .map(|n| coin(&format!("c{n}"), 1e6, "1", f64::from(n) * 10.0, at(0)))
        .collect();
    let events = apply(&mut market, coins, at(0));
    let found = volume(&events).unwrap();
    assert_eq!(found.total_volume_24h, decimal("780"));
    assert_eq!(
        (found.leaders.len(), found.leaders[0].symbol.as_str()),
        (10, "C12")
    );
    assert_eq!(found.leaders[0].share, 15.3846);
    assert_eq!((found.change, found.trend), (None, VolumeTrend::Steady));
}

#[test]
fn volume_rises_against_its_recent_average_and_is_told_only_when_new() {
    let mut market = market();
    for step in 0..20 {
        apply(
            &mut market,
            vec![coin("a", 1e6, "1", 1_000.0, at(step))],
            at(step),
        );
    }
    let same = apply(&mut market, vec![coin("a", 1e6, "1", 1_000.0, at(20))], at(20));
    assert_eq!(volume(&same), None);
    let events = apply(&mut market, vec![coin("a", 1e6, "1", 1_100.0, at(21))], at(21));
    let found = volume(&events).unwrap();
    assert_eq!((found.change, found.trend), (Some(10.0), VolumeTrend::Rising));
}

#[test]
fn the_sum_of_the_coins_is_not_compared_with_the_whole_market() {
    let mut market = market();
    for step in 0..20 {
        apply(
            &mut market,
            vec![coin("a", 1e6, "1", 1_000.0, at(step))],
            at(step),
        );
    }
    market.apply(Observation::Global(global("100", at(20))), at(20));
    let events = apply(&mut market, vec![coin("a", 1e6, "1", 1_000.0, at(20))], at(20));
    let found = volume(&events).unwrap();
    assert_eq!(
        (found.change, found.total_volume_24h),
        (None, decimal("95133256404.37308"))
    );
}

#[test]
fn latest_is_one_value_of_every_channel() {
    let mut market = market();
    market.apply(Observation::Global(global("100", at(0))), at(0));
    apply(
        &mut market,
        vec![coin("a", 1e6, "1", 1.0, at(0)), coin("b", 1e6, "1", 1.0, at(0))],
        at(0),
    );
    let channels: Vec<String> = market
        .latest()
        .flat_map(|event| event.channels())
        .map(|channel| channel.to_string())
        .collect();
    assert_eq!(
        channels,
        [
            "price:a",
            "price:b",
            "market:summary",
            "market:volume",
            "market:sentiment",
            "trending:24h",
            "sentiment:a",
            "sentiment:b",
        ]
    );
}
