use serde::{Deserialize, Serialize};

const PERIOD: u8 = 14;

/// The relative strength index of J. Welles Wilder: `100 - 100 / (1 + gains / losses)`, both averaged
/// over 14 changes by his smoothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rsi {
    gains: f64,
    losses: f64,
    /// Changes seen, counted to [`PERIOD`].
    seen: u8,
}

impl Rsi {
    pub(super) fn next(&mut self, close: f64, before: f64) {
        if self.seen < PERIOD {
            self.seen += 1;
            let count = f64::from(self.seen);
            let change = close - before;
            self.gains += (change.max(0.0) - self.gains) / count;
            self.losses += ((-change).max(0.0) - self.losses) / count;
        } else if let Ok((_, gains, losses)) =
            kand::ohlcv::rsi::rsi_inc(close, before, self.gains, self.losses, PERIOD.into())
        {
            (self.gains, self.losses) = (gains, losses);
        }
    }

    pub(super) fn value(&self) -> Option<f64> {
        let sum = self.gains + self.losses;
        (self.seen >= PERIOD && sum > 0.0).then(|| 100.0 * (self.gains / sum))
    }

    /// The average change of a close, up or down.
    pub(super) fn change(&self) -> Option<f64> {
        (self.seen >= PERIOD).then_some(self.gains + self.losses)
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.gains *= factor;
        self.losses *= factor;
    }

    pub(super) fn is_sane(&self) -> bool {
        let finite = self.gains.is_finite() && self.losses.is_finite();
        finite && self.gains >= 0.0 && self.losses >= 0.0
    }
}
