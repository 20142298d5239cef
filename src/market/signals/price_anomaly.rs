//! `price_anomaly`: the price moved far more than it lately does in such a time.
//!
//! Measured is the logarithmic return divided by the root of the seconds it took, because the
//! deviation of a random walk grows with the root of the time: steps of 5 s and of a minute are
//! judged by one yardstick.

use super::{Finding, Step};
use crate::market::figure::duration;
use crate::market::rolling::Rolling;
use crate::model::SignalType;

/// Deviations from which on a move is an anomaly.
const THRESHOLD: f64 = 5.0;
/// A smaller move, as a fraction of the price, is worth no alert however unusual it is.
const SMALLEST_MOVE: f64 = 0.0025;
/// The least deviation believed in, per root of a second: 0.03% in a minute.
const FLOOR: f64 = 0.000_04;

pub(super) fn judge(returns: &Rolling, step: &Step<'_>) -> Option<Finding> {
    let moved = log_return(step)?;
    let z = returns.z_score(moved / step.root_secs(), FLOOR)?;
    if z.abs() < THRESHOLD || moved.abs() < SMALLEST_MOVE {
        return None;
    }
    let verb = if moved > 0.0 { "rose" } else { "fell" };
    let description = format!(
        "{} {verb} {:.2}% in {} to {} USD, {:.1} times its usual move",
        step.quote.symbol,
        step.per_cent().abs(),
        duration(step.millis),
        step.quote.price,
        z.abs(),
    );
    Some(Finding {
        kind: SignalType::PriceAnomaly,
        z,
        weight: returns.weight(),
        description,
    })
}

pub(super) fn learn(returns: &mut Rolling, step: &Step<'_>) {
    if let Some(moved) = log_return(step) {
        returns.add(moved / step.root_secs(), FLOOR);
    }
}

fn log_return(step: &Step<'_>) -> Option<f64> {
    let moved = (step.quote.price.to_f64() / step.before.price.to_f64()).ln();
    moved.is_finite().then_some(moved)
}

impl Step<'_> {
    fn root_secs(&self) -> f64 {
        (self.millis as f64 / 1000.0).sqrt()
    }
}
