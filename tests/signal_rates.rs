//! How often signals come: seldom in a market of usual noise, whatever the pace of its values, and never where
//! nothing happens. Prints the rates: `cargo test --release --test signal_rates -- --nocapture`.

// All of it is a test: to panic is to fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use cryptointel::feed::simulated;
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{
    CoinId, Decimal, MarketEvent, Observation, Quote, Signal, Source, Symbol, UnixMillis,
};

const START: u64 = 1_795_200_000_000;
const HOUR_MS: u64 = 3_600_000;
const COINS: usize = 100;
/// What a coin's price moves in a day: a standard deviation of 4%.
const DAILY: f64 = 0.04;

/// A market of coins that walk at random, and whose restlessness itself wanders between half and twice its mean.
struct Walks {
    random: fastrand::Rng,
    source: Source,
    coins: Vec<Walk>,
}

#[derive(Clone, Copy, Default)]
struct Walk {
    /// Logarithms.
    price: f64,
    restlessness: f64,
}

impl Walks {
    fn new(seed: u64, source: Source) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            source,
            coins: vec![Walk::default(); COINS],
        }
    }

    /// The market `step_ms` after the last time.
    fn next(&mut self, now: UnixMillis, step_ms: u64) -> Vec<Observation> {
        let days = step_ms as f64 / (24 * HOUR_MS) as f64;
        let hours = days * 24.0;
        let Self {
            random,
            source,
            coins,
        } = self;
        let quotes = (0..).zip(coins).map(|(n, walk)| {
            let drift = 0.5 * (2.0 * hours).sqrt() * normal(random);
            walk.restlessness = (walk.restlessness * (1.0 - hours) + drift).clamp(-0.7, 0.7);
            walk.price += DAILY * days.sqrt() * walk.restlessness.exp() * normal(random);
            quote(n, 100.0 * walk.price.exp(), *source, now)
        });
        vec![Observation::Quotes(quotes.collect())]
    }
}

/// Nearly normal, mean 0, variance 1: the sum of twelve uniform values (Irwin-Hall).
fn normal(random: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
}

fn quote(n: usize, price: f64, source: Source, observed_at: UnixMillis) -> Quote {
    Quote {
        coin: CoinId::new(&format!("coin-{n}")).unwrap(),
        symbol: Symbol::new("COIN").unwrap(),
        price: Decimal::from_f64(price, 8).unwrap(),
        change_1h: None,
        change_24h: None,
        change_7d: None,
        volume_24h: None,
        market_cap: None,
        source,
        observed_at,
    }
}

/// The signals of `hours` of a market that `next` tells every `step_ms`, by their type.
fn signals(
    step_ms: u64,
    hours: u64,
    mut next: impl FnMut(UnixMillis) -> Vec<Observation>,
) -> BTreeMap<&'static str, usize> {
    let mut market = Market::new(MarketConfig::default());
    let mut found = BTreeMap::new();
    for step in 0..hours * HOUR_MS / step_ms {
        let now = UnixMillis::new(START + step * step_ms);
        for observation in next(now) {
            for event in market.apply(observation, now) {
                if let MarketEvent::Signal(Signal { kind, .. }) = event {
                    *found.entry(kind.as_str()).or_default() += 1;
                }
            }
        }
    }
    println!("a value every {} s, {hours} hours: {found:?}", step_ms / 1000);
    found
}

#[test]
fn random_walks_give_a_handful_an_hour_at_any_pace() {
    for (source, step_ms, hours) in [
        (Source::Binance, 1_000, 2),
        (Source::Binance, 5_000, 4),
        (Source::CoinGecko, 60_000, 24),
    ] {
        let mut walks = Walks::new(step_ms, source);
        let found = signals(step_ms, hours, |now| walks.next(now, step_ms));
        let count: usize = found.values().sum();
        assert!(count <= 6 * usize::try_from(hours).unwrap(), "{found:?}");
    }
}

#[test]
fn the_simulated_market_is_lively_at_any_pace_and_no_flood() {
    let mut kinds = BTreeSet::new();
    for (step_ms, hours) in [(1_000, 1), (5_000, 2), (60_000, 4)] {
        let found = signals(step_ms, hours, |now| simulated::observe(7, now, COINS));
        let count: usize = found.values().sum();
        let hours = usize::try_from(hours).unwrap();
        assert!((30 * hours..200 * hours).contains(&count), "{found:?}");
        kinds.extend(found.into_keys());
    }
    // It has one provider, which cannot disagree.
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}

#[test]
fn coins_that_rest_give_none_at_any_pace() {
    for step_ms in [1_000, 5_000, 60_000] {
        let still = |now| {
            vec![Observation::Quotes(
                (0..3).map(|n| quote(n, 1.0, Source::Binance, now)).collect(),
            )]
        };
        assert!(signals(step_ms, 2, still).is_empty());
    }
}
