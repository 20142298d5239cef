//! `source_divergence`: providers disagree on a price, by far more than they usually do and for longer
//! than one of them may lag behind.
//!
//! Measured is the spread: how far the highest price lies above the lowest, as a fraction of the lowest.
//! A spread that is always there (another venue, another set of venues) is usual.

use serde::{Deserialize, Serialize};

use super::{Finding, Seen};
use crate::market::config::MarketConfig;
use crate::market::rolling::Rolling;
use crate::model::{Decimal, SignalType, Source, UnixMillis};

/// Deviations above the usual spread from which on providers disagree.
const THRESHOLD: f64 = 4.0;
/// A smaller spread is no disagreement however unusual it is.
const SMALLEST_SPREAD: f64 = 0.01;
/// Below this many deviations a disagreement is over.
const OVER: f64 = 2.0;
/// The least deviation believed in: 0.15%.
pub(super) const FLOOR: f64 = 0.001_5;
/// Exchanges that stream are never behind for longer than this, milliseconds.
const STREAM_LAG_MS: u64 = 10_000;
/// Prices in a description have this many digits.
const DIGITS: u32 = 7;

/// How far one coin's providers lie apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    usual: Rolling,
    /// Since when they disagree, without a break.
    since: Option<UnixMillis>,
    /// That they disagree has been alerted about.
    is_told: bool,
}

impl Spread {
    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> Option<Finding> {
        self.usual.age(seen.age(), config.half_life_ms());
        let Some((low, high)) = ends(seen.rivals) else {
            self.since = None;
            return None;
        };
        let spread = high.1 / low.1 - 1.0;
        let z = self.usual.z_score(spread, FLOOR).unwrap_or(0.0);
        let weight = self.usual.weight();
        let disagree = z >= THRESHOLD && spread >= SMALLEST_SPREAD;
        // What lasts becomes usual, but not before it has been told.
        if !disagree || self.is_told {
            self.usual.add(spread, FLOOR);
        }
        if z < OVER {
            self.is_told = false;
        }
        if !disagree {
            self.since = None;
            return None;
        }
        let at = seen.quote.observed_at;
        let since = *self.since.get_or_insert(at);
        if self.is_told || at == since || at.since(since) < longest_lag_ms(seen.rivals, config) {
            return None;
        }
        self.is_told = true;
        let description = format!(
            "{} is {:.2}% apart: {} USD at {}, {} USD at {}",
            seen.quote.symbol,
            spread * 100.0,
            Decimal::from_f64(low.1, DIGITS)?,
            low.0,
            Decimal::from_f64(high.1, DIGITS)?,
            high.0,
        );
        Some(Finding {
            kind: SignalType::SourceDivergence,
            z,
            weight,
            price_change: seen.per_cent(),
            sources: seen.rivals.iter().map(|(source, _)| *source).collect(),
            description,
        })
    }

    pub(super) fn is_sane(&self) -> bool {
        self.usual.is_sane()
    }
}

/// The lowest and the highest of at least two prices.
fn ends(rivals: &[(Source, f64)]) -> Option<((Source, f64), (Source, f64))> {
    let sound = || {
        rivals
            .iter()
            .copied()
            .filter(|(_, price)| price.is_finite() && *price > 0.0)
    };
    let low = sound().min_by(|one, other| one.1.total_cmp(&other.1))?;
    let high = sound().max_by(|one, other| one.1.total_cmp(&other.1))?;
    (low.0 != high.0).then_some((low, high))
}

/// How long providers may honestly disagree, milliseconds: while the slower one has not yet seen what the
/// faster one has. A polled one is behind by a poll, and by another where it answers from a cache that an
/// exchange does not have.
fn longest_lag_ms(rivals: &[(Source, f64)], config: &MarketConfig) -> u64 {
    let streams = rivals.iter().filter(|(source, _)| source.is_stream()).count();
    if streams == rivals.len() {
        STREAM_LAG_MS
    } else if streams == 0 {
        config.polled_lag_ms()
    } else {
        config.polled_lag_ms().saturating_mul(2)
    }
}
