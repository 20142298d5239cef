use serde::{Deserialize, Serialize};

use crate::market::bars::Bar;

const PERIOD: u8 = 14;

/// The average true range of J. Welles Wilder, over 14 bars by his smoothing. A bar's true range reaches
/// from its low or the close before to its high or the close before; the first bar's is its own range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Atr {
    average: f64,
    /// Bars seen, counted to [`PERIOD`].
    seen: u8,
}

impl Atr {
    pub(super) fn next(&mut self, bar: &Bar, before: Option<f64>) {
        let before = before.unwrap_or(bar.close);
        let next = if self.seen < PERIOD {
            self.seen += 1;
            kand::ohlcv::trange::trange_inc(bar.high, bar.low, before)
                .map(|range| self.average + (range - self.average) / f64::from(self.seen))
        } else {
            kand::ohlcv::atr::atr_inc(bar.high, bar.low, before, self.average, PERIOD.into())
        };
        self.average = next.unwrap_or(self.average);
    }

    pub(super) fn value(&self) -> Option<f64> {
        (self.seen >= PERIOD).then_some(self.average)
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.average *= factor;
    }

    pub(super) fn is_sane(&self) -> bool {
        self.average.is_finite() && self.average >= 0.0
    }
}
