//! Technical indicators of one coin, stepped once per finished bar, in constant memory.
//!
//! The arithmetic of a step is `kand`'s: pure functions in TA-Lib's definitions, from the last value to
//! the next. What is remembered between two steps is plain numbers held here, so a snapshot holds them
//! exactly, a damaged one is seen by [`Indicators::is_sane`], and nothing can panic. Of the other crates
//! `ta` seeds its RSI with 0.1 whatever the price and indexes by what it restored, `yata` has the sample
//! deviation where Bollinger's is the population's, and `quantedge-ta` cannot be stored.
//!
//! Each is undefined (`None`) until it has its period's bars: averages begin with the plain mean of the
//! first period. `tests.rs` holds them against published worked examples.

mod atr;
mod bands;
mod ema;
mod macd;
mod rsi;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::bars::Bar;
use atr::Atr;
pub(super) use bands::Bands;
use macd::Macd;
use rsi::Rsi;

/// The indicators of one coin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Indicators {
    /// The newest close.
    close: Option<f64>,
    /// The newest closes, oldest first, at most [`bands::PERIOD`]. In single precision, which is a
    /// ten-millionth of a price: they are most of what a snapshot holds of a coin.
    closes: VecDeque<f32>,
    macd: Macd,
    rsi: Rsi,
    atr: Atr,
    /// Bars seen; stays at the most it can count.
    bars: u8,
}

impl Indicators {
    /// Takes in the next finished bar.
    pub(super) fn next(&mut self, bar: &Bar) {
        let before = self.close.replace(bar.close);
        self.macd.next(bar.close);
        self.atr.next(bar, before);
        if let Some(before) = before {
            self.rsi.next(bar.close, before);
        }
        if self.closes.len() >= bands::PERIOD {
            self.closes.pop_front();
        }
        self.closes.push_back(bar.close as f32);
        self.bars = self.bars.saturating_add(1);
    }

    /// Bollinger bands of 20 closes, two deviations wide either way.
    pub(super) fn bands(&self) -> Option<Bands> {
        bands::of(&self.closes)
    }

    /// MACD(12, 26): how far the fast average of the closes lies above the slow one, in the price's unit.
    pub(super) fn macd(&self) -> Option<f64> {
        self.macd.line()
    }

    /// The histogram of MACD(12, 26, 9): how far the line lies above its own average.
    pub(super) fn histogram(&self) -> Option<f64> {
        self.macd.histogram()
    }

    /// RSI(14), 0 to 100; `None` also where no close differed from the one before.
    pub(super) fn rsi(&self) -> Option<f64> {
        self.rsi.value()
    }

    /// ATR(14): the usual range of a bar, in the price's unit.
    pub(super) fn atr(&self) -> Option<f64> {
        self.atr.value()
    }

    /// How far a close usually lies from the one before, either way: what RSI(14) divides by.
    pub(super) fn change(&self) -> Option<f64> {
        self.rsi.change()
    }

    /// How many bars all of this rests on, counted to 255.
    pub(super) fn bars(&self) -> u8 {
        self.bars
    }

    /// Multiplies all prices by `factor`, as if they had always been told so.
    pub(super) fn scale(&mut self, factor: f64) {
        self.close = self.close.map(|close| close * factor);
        for close in &mut self.closes {
            *close = (f64::from(*close) * factor) as f32;
        }
        self.macd.scale(factor);
        self.rsi.scale(factor);
        self.atr.scale(factor);
    }

    /// Whether these are figures that bars could have led to.
    pub(super) fn is_sane(&self) -> bool {
        let mut closes = self.closes.iter().copied().map(f64::from).chain(self.close);
        let closes = self.closes.len() <= bands::PERIOD && closes.all(f64::is_finite);
        closes && self.macd.is_sane() && self.rsi.is_sane() && self.atr.is_sane()
    }
}

#[cfg(test)]
mod tests;
