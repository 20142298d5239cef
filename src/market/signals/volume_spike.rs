//! `volume_spike`: the 24 h volume lies far above its recent level.
//!
//! Measured is the logarithm of the volume, because volumes grow by factors. One spike is one
//! alert: the next needs the volume to have come back near its average first.

use super::{Finding, Step};
use crate::market::figure::{dollars, rounded};
use crate::market::rolling::Rolling;
use crate::model::{Quote, SignalType};

/// Deviations above the average from which on it is a spike.
const THRESHOLD: f64 = 4.0;
/// A smaller multiple of the average is worth no alert however unusual it is.
const SMALLEST_RATIO: f64 = 1.25;
/// Below this multiple of the average a spike is over.
const OVER: f64 = 1.1;
/// The least deviation believed in: 3%.
const FLOOR: f64 = 0.03;

pub(super) fn judge(volume: &Rolling, is_high: &mut bool, step: &Step<'_>) -> Option<Finding> {
    let amount = step.quote.volume_24h?;
    let z = volume.z_score(logarithm(step.quote)?, FLOOR)?;
    let ratio = ratio(volume, step.quote);
    if ratio < OVER {
        *is_high = false;
    }
    if z < THRESHOLD || ratio < SMALLEST_RATIO || *is_high {
        return None;
    }
    *is_high = true;
    let change = step.per_cent();
    let direction = if change < 0.0 { "down" } else { "up" };
    let description = format!(
        "{} is traded {ratio:.2} times as much as lately: {} in 24 hours, price {direction} {:.2}%",
        step.quote.symbol,
        dollars(amount),
        change.abs(),
    );
    Some(Finding {
        kind: SignalType::VolumeSpike,
        z,
        weight: volume.weight(),
        description,
    })
}

/// The volume as a multiple of its recent average, to four places; 1 where there is no telling.
pub(super) fn ratio(volume: &Rolling, quote: &Quote) -> f64 {
    match (volume.mean(), logarithm(quote)) {
        (Some(mean), Some(now)) => rounded((now - mean).exp(), 4),
        _ => 1.0,
    }
}

pub(super) fn learn(volume: &mut Rolling, quote: &Quote) {
    if let Some(now) = logarithm(quote) {
        volume.add(now, FLOOR);
    }
}

fn logarithm(quote: &Quote) -> Option<f64> {
    let now = quote.volume_24h?.to_f64().ln();
    now.is_finite().then_some(now)
}
