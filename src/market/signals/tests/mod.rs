//! Tests of one coin's signals, by what is seen and what is told of it.

mod random;
mod recorded;
mod source_divergence;
mod speakers;
mod trend_reversal;
mod volatility_breakout;

use super::*;
use crate::market::asset::price;
use crate::model::{CoinId, Decimal, SignalType, Symbol};

/// A whole minute.
const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);
const MINUTE: u64 = 60_000;

fn minute(n: u64) -> UnixMillis {
    T0.plus(n * MINUTE)
}

/// One coin, told price after price.
struct Coin {
    watch: Watch,
    before: Quote,
}

impl Coin {
    /// A coin that has been told `prices`, a minute apart, none of which gave a signal.
    fn quiet(prices: impl IntoIterator<Item = f64>) -> (Self, u64) {
        let (coin, told, next) = Self::told(prices);
        assert_eq!(told, []);
        (coin, next)
    }

    /// A coin that has been told `prices`, a minute apart; the signals, each with the number of its minute;
    /// and the number of the minute to come.
    fn told(prices: impl IntoIterator<Item = f64>) -> (Self, Vec<(u64, Signal)>, u64) {
        let mut prices = (0..).zip(prices);
        let (_, first) = prices.next().unwrap();
        let mut coin = Self::begin(quote(first, Source::CoinGecko, T0));
        let (mut told, mut next) = (Vec::new(), 1);
        for (n, price) in prices {
            let signals = coin.tell(quote(price, Source::CoinGecko, minute(n)));
            told.extend(signals.into_iter().map(|signal| (n, signal)));
            next = n + 1;
        }
        (coin, told, next)
    }

    fn begin(quote: Quote) -> Self {
        Self {
            watch: Watch::begin(&quote),
            before: quote,
        }
    }

    fn tell(&mut self, quote: Quote) -> Vec<Signal> {
        let rivals = [(quote.source, quote.price.to_f64())];
        self.tell_with(quote, &rivals)
    }

    fn tell_with(&mut self, quote: Quote, rivals: &[(Source, f64)]) -> Vec<Signal> {
        let seen = Seen {
            before: &price(&self.before),
            quote: &quote,
            rivals,
            now: quote.observed_at,
        };
        let signals = self.watch.see(&seen, &MarketConfig::default());
        assert!(self.watch.is_sane());
        for signal in &signals {
            let figures = [
                signal.confidence,
                signal.metadata.price_change,
                signal.metadata.volume_spike,
            ];
            assert!(figures.iter().all(|figure| figure.is_finite()), "{figures:?}");
        }
        self.before = quote;
        signals
    }

    fn evict(&mut self) {
        self.watch = postcard::from_bytes(&postcard::to_allocvec(&self.watch).unwrap()).unwrap();
    }
}

fn quote(price: f64, source: Source, observed_at: UnixMillis) -> Quote {
    Quote {
        coin: CoinId::new("ethereum").unwrap(),
        symbol: Symbol::new("ETH").unwrap(),
        price: Decimal::from_f64(price, 12).unwrap(),
        change_1h: None,
        change_24h: None,
        change_7d: None,
        volume_24h: Decimal::from_f64(1e9, 12),
        market_cap: None,
        source,
        observed_at,
    }
}

/// Prices around 2000, up and down by `swing` (a fraction) in turn.
fn swinging(swing: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|n| 2_000.0 * (1.0 + if n % 2 == 0 { swing } else { -swing }))
        .collect()
}

/// `count` prices that go on from 2000 by `step` (a fraction) each.
fn going(step: f64, count: i32) -> Vec<f64> {
    (1..=count).map(|n| 2_000.0 * (1.0 + step).powi(n)).collect()
}

fn kinds(told: &[(u64, Signal)]) -> Vec<SignalType> {
    told.iter().map(|(_, signal)| signal.kind).collect()
}

#[test]
fn flat_and_linear_series_give_no_signal() {
    for step in [0.0, 0.000_1, 0.001, 0.002, -0.001] {
        let linear = (0..600).map(|n| 2_000.0 * (1.0 + step * f64::from(n)));
        let linear = linear.take_while(|price| *price > 500.0);
        assert_eq!(Coin::told(linear).1, [], "{step}");
    }
}
