//! How much is held, and what was left out: figures of `/ws/stats`.

use std::collections::BTreeMap;

use super::state::Market;
use crate::model::Source;

impl Market {
    /// How many coins are held, at most [`MAX_ASSETS`](super::MAX_ASSETS).
    pub fn asset_count(&self) -> usize {
        self.state.assets.len()
    }

    /// How many quotes and figures came after newer ones and were dropped.
    pub fn late_count(&self) -> u64 {
        self.state.late
    }

    /// How many quotes were dropped because they were of another coin of the same ticker, or because three
    /// other providers agreed on another price.
    pub fn outlier_count(&self) -> u64 {
        let counts = self.state.outliers.values();
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// As [`outlier_count`](Self::outlier_count), by who said them.
    pub fn outliers(&self) -> &BTreeMap<Source, u64> {
        &self.state.outliers
    }

    /// How many tickers were dropped because they were paid in a stable coin that was not worth a dollar.
    pub fn off_peg_count(&self) -> u64 {
        self.state.off_peg
    }

    /// How many trades, klines and tickers came too late for their minute, and were dropped.
    pub fn late_candle_count(&self) -> u64 {
        self.state.candles.late()
    }

    /// How many trades, klines and tickers could not be true, and were dropped as candles.
    pub fn refused_candle_count(&self) -> u64 {
        self.state.candles.refused()
    }

    /// Minutes that longer candles are made of and that may still be amended, of all pairs.
    pub fn minute_count(&self) -> usize {
        self.state.candles.minutes()
    }
}
