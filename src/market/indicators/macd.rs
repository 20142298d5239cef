use serde::{Deserialize, Serialize};

use super::ema::Ema;

/// Moving average convergence divergence of 12, 26 and 9 bars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Macd {
    fast: Ema<12>,
    slow: Ema<26>,
    /// Of the line.
    signal: Ema<9>,
}

impl Macd {
    pub(super) fn next(&mut self, close: f64) {
        self.fast.next(close);
        self.slow.next(close);
        if let Some(line) = self.line() {
            self.signal.next(line);
        }
    }

    pub(super) fn line(&self) -> Option<f64> {
        Some(self.fast.value()? - self.slow.value()?)
    }

    pub(super) fn histogram(&self) -> Option<f64> {
        Some(self.line()? - self.signal.value()?)
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.fast.scale(factor);
        self.slow.scale(factor);
        self.signal.scale(factor);
    }

    pub(super) fn is_sane(&self) -> bool {
        self.fast.is_sane() && self.slow.is_sane() && self.signal.is_sane()
    }
}
