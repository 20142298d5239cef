//! `volatility_breakout`: the price left a quiet range.
//!
//! A range is quiet when its Bollinger bands are narrow: the logarithm of their width, as a fraction of
//! the price, at least one deviation below its mean of the last hours. The price has left it when, within
//! 3 bars of that, a bar closes outside the bands of the 20 before it, 4 usual ranges (ATR) off the
//! middle. A series that was never wider has no narrow bands.

use serde::{Deserialize, Serialize};

use super::chart::usual_range;
use super::{Finding, Seen};
use crate::market::bars::Bar;
use crate::market::figure::per_cent_change;
use crate::market::indicators::{Bands, Indicators};
use crate::market::rolling::Rolling;
use crate::model::SignalType;

/// Deviations below the mean at which bands are narrow.
const NARROW: f64 = 1.0;
/// The least deviation of the width's logarithm believed in: a fifth.
const FLOOR: f64 = 0.2;
/// A smaller width, as a fraction of the price, is as good as none.
const SMALLEST_WIDTH: f64 = 0.000_5;
/// Widths are forgotten by half in this many bars ...
const HALF_LIFE_BARS: u64 = 240;
/// ... and are of use from this many on: they change slowly.
const WARM_BARS: f64 = 40.0;
/// A range counts as quiet for so many bars after its bands were narrow.
const PATIENCE: u8 = 3;
/// The least way from the middle, in usual ranges ...
const SMALLEST_WAY: f64 = 4.0;
/// ... and as a fraction of the price.
const SMALLEST_MOVE: f64 = 0.005;

/// How quiet one coin is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Calm {
    /// Logarithms of the bands' width.
    width: Rolling,
    /// For how many bars it still counts as quiet.
    quiet: u8,
}

/// Judges `bar`, which the indicators have not yet seen.
pub(super) fn judge(calm: &mut Calm, indicators: &Indicators, bar: &Bar, seen: &Seen<'_>) -> Option<Finding> {
    let bands = indicators.bands()?;
    calm.learn(&bands);
    let range = usual_range(indicators, bands.middle)?;
    let way = bar.close - bands.middle;
    let is_inside = (bands.lower..=bands.upper).contains(&bar.close);
    let is_small = way.abs() < SMALLEST_WAY * range || way.abs() < SMALLEST_MOVE * bands.middle;
    if calm.quiet == 0 || is_inside || is_small {
        return None;
    }
    calm.quiet = 0;
    let price_change = per_cent_change(bands.middle, bar.close);
    let verb = if way > 0.0 { "rose" } else { "fell" };
    let description = format!(
        "{} {verb} out of a quiet range: {:.2}% from its middle, {:.1} times its usual range",
        seen.quote.symbol,
        price_change.abs(),
        way.abs() / range,
    );
    Some(Finding {
        kind: SignalType::VolatilityBreakout,
        z: way / range,
        weight: indicators.bars().into(),
        price_change,
        sources: seen.agreeing(),
        description,
    })
}

impl Calm {
    fn learn(&mut self, bands: &Bands) {
        let width = ((bands.upper - bands.lower) / bands.middle)
            .max(SMALLEST_WIDTH)
            .ln();
        let narrow = self.width.z_score(width, FLOOR).is_some_and(|z| z <= -NARROW);
        self.quiet = if narrow && self.width.weight() >= WARM_BARS {
            PATIENCE
        } else {
            self.quiet.saturating_sub(1)
        };
        self.width.age(1, HALF_LIFE_BARS);
        self.width.add(width, FLOOR);
    }

    pub(super) fn is_sane(&self) -> bool {
        self.width.is_sane()
    }
}
