//! `price_anomaly`: the price moved far more than it lately does in such a time.
//!
//! Measured is the logarithmic return divided by the root of the seconds it took, because the
//! deviation of a random walk grows with the root of the time: steps of 5 s and of a minute are
//! judged by one yardstick. What an exchange tells faster is gathered to steps of 5 s: of a fall in many
//! small steps none would be unusual. A step may be judged before it is whole, and is learned once it is.
//! A provider that is asked is taken at its own pace: each of its values is a step.

use serde::{Deserialize, Serialize};

use super::{Finding, Seen};
use crate::market::config::MarketConfig;
use crate::market::figure::{duration, per_cent_change};
use crate::market::rolling::Rolling;
use crate::model::{Quote, SignalType, Source, UnixMillis};

/// Deviations from which on a move is an anomaly.
const THRESHOLD: f64 = 5.0;
/// A smaller move, as a fraction of the price, is worth no alert however unusual it is.
const SMALLEST_MOVE: f64 = 0.0025;
/// The least deviation believed in, per root of a second: 0.03% in a minute.
const FLOOR: f64 = 0.000_04;
/// A step takes at least this long, milliseconds; what is gathered, and what is asked for.
const GATHERED_STEP_MS: u64 = 5_000;
const ASKED_STEP_MS: u64 = 900; // timers and clocks waver

/// How one coin's price moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Moves {
    /// Logarithmic returns per root of a second.
    returns: Rolling,
    /// Where the running step began.
    from: f64,
    at: UnixMillis,
}

impl Moves {
    pub(super) fn begin(quote: &Quote) -> Self {
        let mut moves = Self::default();
        moves.step_from(quote);
        moves
    }

    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> Option<Finding> {
        let (age, half_life) = (seen.age(), config.half_life_ms());
        self.returns.age(age, half_life);
        // A gap is no move.
        if age > half_life || seen.is_other_speaker() {
            self.step_from(seen.quote);
            return None;
        }
        // The same value under the same timestamp is the same sample; a new one is of now.
        if age == 0 && seen.quote.price == seen.before.price {
            return None;
        }
        let until = if age > 0 { seen.quote.observed_at } else { seen.now };
        let millis = until.since(self.at);
        let moved = (seen.price() / self.from).ln();
        let shortest = shortest_step_ms(seen.quote.source);
        let pace = moved / (millis.max(shortest) as f64 / 1000.0).sqrt();
        let finding = self.judge(seen, moved, pace, millis);
        if millis >= shortest {
            self.returns.add(pace, FLOOR);
            self.step_from(seen.quote);
        }
        finding
    }

    pub(super) fn is_sane(&self) -> bool {
        self.returns.is_sane() && self.from.is_finite()
    }

    fn judge(&self, seen: &Seen<'_>, moved: f64, pace: f64, millis: u64) -> Option<Finding> {
        let z = self.returns.z_score(pace, FLOOR)?;
        if z.abs() < THRESHOLD || moved.abs() < SMALLEST_MOVE {
            return None;
        }
        let verb = if moved > 0.0 { "rose" } else { "fell" };
        let price_change = per_cent_change(self.from, seen.price());
        let description = format!(
            "{} {verb} {:.2}% in {} to {} USD, {:.1} times its usual move",
            seen.quote.symbol,
            price_change.abs(),
            duration(millis),
            seen.quote.price,
            z.abs(),
        );
        Some(Finding {
            kind: SignalType::PriceAnomaly,
            z,
            weight: self.returns.weight(),
            price_change,
            sources: seen.agreeing(),
            description,
        })
    }

    fn step_from(&mut self, quote: &Quote) {
        (self.from, self.at) = (quote.price.to_f64(), quote.observed_at);
    }
}

fn shortest_step_ms(source: Source) -> u64 {
    if matches!(source, Source::CoinGecko | Source::CoinMarketCap) {
        ASKED_STEP_MS
    } else {
        GATHERED_STEP_MS
    }
}
