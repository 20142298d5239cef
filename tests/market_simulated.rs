//! The simulated market through the market model: what a developer sees under `npm run dev`.

use std::collections::BTreeMap;

use cryptointel::feed::simulated;
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{MarketEvent, Signal, SignalType, Source, Timeframe, Trending, UnixMillis};

const STEP_MS: u64 = 5_000;
const WARM_UP_MS: u64 = 60_000;
const START: u64 = 1_795_200_000_000;

/// The signals of `minutes` of steps of five seconds, each with its time since the start.
fn signals(seed: u64, start: u64, minutes: u64) -> Vec<(u64, Signal)> {
    let mut market = Market::new(MarketConfig::default());
    let mut found = Vec::new();
    for step in 0..minutes * 60_000 / STEP_MS {
        let now = UnixMillis::new(start + step * STEP_MS);
        for observation in simulated::observe(seed, now, 100) {
            let signals = market
                .apply(observation, now)
                .into_iter()
                .filter_map(|event| match event {
                    MarketEvent::Signal(signal) => Some((step * STEP_MS, signal)),
                    _ => None,
                });
            found.extend(signals);
        }
    }
    found
}

#[test]
fn there_is_a_signal_in_any_two_minutes_and_no_flood() {
    for seed in 0..12 {
        let start = START + seed * 7_777_777;
        let found = signals(seed, start, 12);
        let mut last = WARM_UP_MS;
        for (at, _) in &found {
            assert!(
                at.saturating_sub(last) <= 120_000,
                "seed {seed}: nothing from {last} to {at}"
            );
            last = (*at).max(last);
        }
        assert!(12 * 60_000 - last <= 120_000, "seed {seed}: nothing after {last}");
        assert!(
            found.len() < 4 * 12,
            "seed {seed}: {} signals in 12 minutes",
            found.len()
        );
    }
}

#[test]
fn the_first_signal_comes_within_two_minutes_of_the_start() {
    for seed in 0..20 {
        let found = signals(seed, START + seed * 1_234_567, 2);
        assert!(!found.is_empty(), "seed {seed}");
    }
}

#[test]
fn both_kinds_occur_some_are_high_and_one_shock_is_one_alert() {
    let found = signals(1, START, 60);
    for kind in [SignalType::PriceAnomaly, SignalType::VolumeSpike] {
        assert!(
            found.iter().filter(|(_, signal)| signal.kind == kind).count() >= 10,
            "{kind}"
        );
    }
    let high = found.iter().filter(|(_, signal)| signal.high).count();
    assert!(high > 0 && high < found.len(), "{high} of {}", found.len());
    let mut alerts: BTreeMap<(String, SignalType), u64> = BTreeMap::new();
    for (at, signal) in &found {
        let before = alerts.insert((signal.coin.to_string(), signal.kind), *at);
        assert!(
            before.is_none_or(|before| at - before > 20 * 60_000),
            "{} twice",
            signal.id
        );
    }
}

#[test]
fn a_replay_with_an_eviction_at_every_step_gives_the_same_events() {
    let (mut whole, mut evicted) = (
        Market::new(MarketConfig::default()),
        Market::new(MarketConfig::default()),
    );
    for step in 0..60 {
        let now = UnixMillis::new(START + step * STEP_MS);
        for observation in simulated::observe(3, now, 100) {
            evicted = Market::restore(&evicted.snapshot(), MarketConfig::default()).unwrap();
            assert_eq!(
                whole.apply(observation.clone(), now),
                evicted.apply(observation, now)
            );
        }
        assert_eq!(whole.assess(now), evicted.assess(now));
    }
    assert!(whole.snapshot().len() < 75_000, "{}", whole.snapshot().len());
}

#[test]
fn the_first_cycle_tells_every_mood_and_ranking_but_that_of_four_hours() {
    let now = UnixMillis::new(START);
    let mut market = Market::new(MarketConfig::default());
    for observation in simulated::observe(3, now, 100) {
        market.apply(observation, now);
    }
    let events = market.assess(now);
    let moods = events
        .iter()
        .filter(|event| matches!(event, MarketEvent::TokenSentiment(_)));
    assert_eq!(moods.count(), 100);
    let rankings: Vec<&Trending> = events
        .iter()
        .filter_map(|event| match event {
            MarketEvent::Trending(ranking) => Some(ranking),
            _ => None,
        })
        .collect();
    let timeframes: Vec<Timeframe> = rankings.iter().map(|ranking| ranking.timeframe).collect();
    assert_eq!(timeframes, [Timeframe::H1, Timeframe::H24, Timeframe::D7]);
    for ranking in rankings {
        assert_eq!(ranking.coins.len(), 20);
        let lively = ranking.coins.iter().all(|row| row.symbol.as_str() != "USDT");
        assert!(lively, "a stable coin stands out over {}", ranking.timeframe);
    }
    let index = events.iter().find_map(|event| match event {
        MarketEvent::Sentiment(sentiment) => sentiment.fear_greed.as_ref(),
        _ => None,
    });
    assert_eq!(index.map(|index| index.source), Some(Source::Simulated));
}

#[test]
fn moods_are_spread_over_the_levels_and_told_in_bounded_number() {
    let mut market = Market::new(MarketConfig::default());
    let mut levels = BTreeMap::new();
    let mut told = 0_usize;
    for step in 0..120 {
        let now = UnixMillis::new(START + step * STEP_MS);
        for observation in simulated::observe(7, now, 100) {
            market.apply(observation, now);
        }
        for event in market.assess(now) {
            if let MarketEvent::TokenSentiment(mood) = event {
                *levels.entry(mood.level.as_str()).or_insert(0) += 1;
                told += 1;
            }
        }
    }
    assert_eq!(levels.len(), 5, "{levels:?}");
    // Ten minutes: once every 30 s for each coin, and what turned in between.
    assert!((1_500..4_000).contains(&told), "{told}");
}
