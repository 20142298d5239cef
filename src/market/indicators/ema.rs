use serde::{Deserialize, Serialize};

/// An exponential moving average over `P` values: `ema += 2 / (P + 1) * (value - ema)`, beginning with
/// the plain mean of the first `P`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ema<const P: u8> {
    average: f64,
    /// Values seen, counted to `P`.
    seen: u8,
}

impl<const P: u8> Ema<P> {
    pub(super) fn next(&mut self, value: f64) {
        if self.seen < P {
            self.seen += 1;
            self.average += (value - self.average) / f64::from(self.seen);
        } else if let Ok(average) = kand::ohlcv::ema::ema_inc(value, self.average, P.into(), None) {
            self.average = average;
        }
    }

    pub(super) fn value(&self) -> Option<f64> {
        (self.seen >= P).then_some(self.average)
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.average *= factor;
    }

    pub(super) fn is_sane(&self) -> bool {
        self.average.is_finite()
    }
}
