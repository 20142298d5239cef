use serde::{Deserialize, Serialize};

use super::trend_reversal::{self, Trend};
use super::volatility_breakout::{self, Calm};
use super::{Finding, Seen};
use crate::market::bars::{self, Added, Bar, Bars};
use crate::market::config::MarketConfig;
use crate::market::indicators::Indicators;

/// The least usual range of a bar believed in, as a fraction of the price.
const FLOOR: f64 = 0.000_3;

/// One coin's bars and indicators, and what the signals that read them remember.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Chart {
    bars: Bars,
    indicators: Indicators,
    trend: Option<Trend>,
    calm: Calm,
}

impl Chart {
    /// Adds the price; where it ends a bar, judges that one.
    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> [Option<Finding>; 2] {
        if seen.is_other_speaker() {
            self.scale(seen.ratio());
        }
        let added = self
            .bars
            .add(seen.price(), seen.quote.observed_at, bars::length_ms(config));
        match added {
            Added::Running => [None, None],
            Added::Finished(bar) => self.close(&bar, seen),
            Added::Anew => {
                *self = Self {
                    bars: self.bars,
                    ..Self::default()
                };
                [None, None]
            }
        }
    }

    pub(super) fn is_sane(&self) -> bool {
        let trend = self.trend.is_none_or(|trend| trend.is_sane());
        trend && self.bars.is_sane() && self.indicators.is_sane() && self.calm.is_sane()
    }

    fn close(&mut self, bar: &Bar, seen: &Seen<'_>) -> [Option<Finding>; 2] {
        let breakout = volatility_breakout::judge(&mut self.calm, &self.indicators, bar, seen);
        self.indicators.next(bar);
        let reversal = trend_reversal::judge(&mut self.trend, &self.indicators, bar, seen);
        [reversal, breakout]
    }

    /// Tells all prices in another provider's level.
    fn scale(&mut self, factor: f64) {
        self.bars.scale(factor);
        self.indicators.scale(factor);
        if let Some(trend) = &mut self.trend {
            trend.scale(factor);
        }
        if !self.is_sane() {
            *self = Self::default();
        }
    }
}

/// The usual range of a bar around `price`, above zero: ATR(14), but at least twice the usual change from
/// close to close, which is what the range of a random walk comes to. A bar of a single price, as a coin
/// has that is polled once a bar, shows no range of its own. `None` until it is known.
pub(super) fn usual_range(indicators: &Indicators, price: f64) -> Option<f64> {
    let range = indicators.atr()?.max(2.0 * indicators.change()?);
    Some(range.max(price * FLOOR)).filter(|range| *range > 0.0)
}
