//! `volume_spike`: the 24 h volume lies far above its recent level.
//!
//! Measured is the logarithm of the volume, because volumes grow by factors. One spike is one
//! alert: the next needs the volume to have come back near its average first.

use serde::{Deserialize, Serialize};

use super::{Finding, Seen};
use crate::market::config::MarketConfig;
use crate::market::figure::{dollars, rounded};
use crate::market::rolling::Rolling;
use crate::model::{Decimal, Quote, SignalType};

/// Deviations above the average from which on it is a spike.
const THRESHOLD: f64 = 4.0;
/// A smaller multiple of the average is worth no alert however unusual it is.
const SMALLEST_RATIO: f64 = 1.25;
/// Below this multiple of the average a spike is over.
const OVER: f64 = 1.1;
/// The least deviation believed in: 3%.
const FLOOR: f64 = 0.03;

/// How much one coin is traded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Volume {
    /// Logarithms of the 24 h volume.
    level: Rolling,
    /// It has been alerted about and is not back to normal yet.
    is_high: bool,
}

impl Volume {
    pub(super) fn begin(quote: &Quote) -> Self {
        let mut volume = Self::default();
        volume.learn(quote.volume_24h);
        volume
    }

    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> Option<Finding> {
        let age = seen.age();
        self.level.age(age, config.half_life_ms());
        let volume = seen.quote.volume_24h;
        if seen.is_other_speaker() {
            // One exchange trades less than all do: that is another level, and no news.
            if let (Some(before), Some(now)) = (logarithm(seen.before.volume_24h), logarithm(volume)) {
                self.level.shift(now - before);
            }
            return None;
        }
        let finding = self.judge(seen);
        // The same value under the same timestamp is the same sample.
        if age > 0 || volume != seen.before.volume_24h {
            self.learn(volume);
        }
        finding
    }

    /// The volume as a multiple of its recent average, to four places; 1 where there is no telling.
    pub(super) fn ratio(&self, seen: &Seen<'_>) -> f64 {
        match (self.level.mean(), logarithm(seen.quote.volume_24h)) {
            (Some(mean), Some(now)) if !seen.is_other_speaker() => rounded((now - mean).exp(), 4),
            _ => 1.0,
        }
    }

    pub(super) fn is_sane(&self) -> bool {
        self.level.is_sane()
    }

    fn judge(&mut self, seen: &Seen<'_>) -> Option<Finding> {
        let amount = seen.quote.volume_24h?;
        let z = self.level.z_score(logarithm(Some(amount))?, FLOOR)?;
        let ratio = self.ratio(seen);
        if ratio < OVER {
            self.is_high = false;
        }
        if z < THRESHOLD || ratio < SMALLEST_RATIO || self.is_high {
            return None;
        }
        self.is_high = true;
        let price_change = seen.per_cent();
        let direction = if price_change < 0.0 { "down" } else { "up" };
        let description = format!(
            "{} is traded {ratio:.2} times as much as lately: {} in 24 hours, price {direction} {:.2}%",
            seen.quote.symbol,
            dollars(amount),
            price_change.abs(),
        );
        Some(Finding {
            kind: SignalType::VolumeSpike,
            z,
            weight: self.level.weight(),
            price_change,
            sources: seen.agreeing(),
            description,
        })
    }

    fn learn(&mut self, volume: Option<Decimal>) {
        if let Some(now) = logarithm(volume) {
            self.level.add(now, FLOOR);
        }
    }
}

fn logarithm(volume: Option<Decimal>) -> Option<f64> {
    let now = volume?.to_f64().ln();
    now.is_finite().then_some(now)
}
