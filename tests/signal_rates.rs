//! How often signals come: seldom in markets of usual noise, whatever the pace of the values, and none where
//! nothing happens. Prints the rates: `cargo test --release --test signal_rates -- --nocapture`.

use std::collections::BTreeMap;

use cryptointel::feed::simulated;
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{
    CoinId, Decimal, MarketEvent, Observation, Quote, Signal, Source, Symbol, UnixMillis,
};

const START: u64 = 1_795_200_000_000;
const COINS: usize = 100;
const HOUR_MS: u64 = 3_600_000;

/// A market of coins that walk at random, 4% a day, by steps of a normal distribution whose deviation itself
/// wanders between half and twice its mean, as real ones do.
struct Walks {
    random: fastrand::Rng,
    source: Source,
    /// Logarithms of each price and of its deviation.
    coins: Vec<(f64, f64)>,
}

impl Walks {
    fn new(seed: u64, source: Source) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            source,
            coins: vec![(0.0, 0.0); COINS],
        }
    }

    /// Nearly normal, mean 0, variance 1, as heavy as 12 uniform values are.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.random.f64()).sum::<f64>() - 6.0
    }

    fn next(&mut self, now: UnixMillis, step_ms: u64) -> Vec<Observation> {
        let days = step_ms as f64 / 86_400_000.0;
        let mut quotes = Vec::new();
        for n in 0..self.coins.len() {
            let (price, calm) = self.coins[n];
            let calm = (calm * (-days * 24.0).exp() + 0.5 * (2.0 * days * 24.0).sqrt() * self.normal())
                .clamp(-0.7, 0.7);
            let price = price + 0.04 * days.sqrt() * calm.exp() * self.normal();
            self.coins[n] = (price, calm);
            quotes.push(Quote {
                coin: CoinId::new(&format!("coin-{n}")).unwrap(),
                symbol: Symbol::new("COIN").unwrap(),
                price: Decimal::from_f64(100.0 * price.exp(), 8).unwrap(),
                change_1h: None,
                change_24h: None,
                change_7d: None,
                volume_24h: None,
                market_cap: None,
                source: self.source,
                observed_at: now,
            });
        }
        vec![Observation::Quotes(quotes)]
    }
}

/// The signals of `hours`, by type, with a value every `step_ms`.
fn signals(step_ms: u64, hours: u64, mut next: impl FnMut(UnixMillis) -> Vec<Observation>) -> Vec<Signal> {
    let mut market = Market::new(MarketConfig::default());
    let mut found = Vec::new();
    for step in 0..hours * HOUR_MS / step_ms {
        let now = UnixMillis::new(START + step * step_ms);
        for observation in next(now) {
            let events = market.apply(observation, now);
            found.extend(events.into_iter().filter_map(|event| match event {
                MarketEvent::Signal(signal) => Some(signal),
                _ => None,
            }));
        }
    }
    found
}

/// Signals an hour, over all coins.
fn rate(what: &str, found: &[Signal], hours: u64) -> f64 {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for signal in found {
        *kinds.entry(signal.kind.as_str()).or_default() += 1;
    }
    let rate = found.len() as f64 / hours as f64;
    println!("{what}: {rate:.1} an hour in {hours} hours of {COINS} coins: {kinds:?}");
    rate
}

#[test]
fn random_walks_give_a_handful_an_hour_at_any_pace() {
    for (step_ms, hours) in [(1_000, 4), (5_000, 12), (60_000, 48)] {
        for source in [Source::CoinGecko, Source::Binance] {
            let mut walks = Walks::new(step_ms, source);
            let found = signals(step_ms, hours, |now| walks.next(now, step_ms));
            let rate = rate(&format!("walks of {source}, {} s", step_ms / 1000), &found, hours);
            assert!(rate < 1000.0, "{rate}");
        }
    }
}

#[test]
fn simulated() {
    for (step_ms, hours) in [(1_000, 2), (5_000, 4), (60_000, 12)] {
        let found = signals(step_ms, hours, |now| simulated::observe(7, now, COINS));
        rate(&format!("simulated, {} s", step_ms / 1000), &found, hours);
        for s in found
            .iter()
            .filter(|s| !matches!(s.kind.as_str(), "price_anomaly" | "volume_spike"))
            .take(12)
        {
            println!("   {} {}", s.confidence, s.description);
        }
    }
}
