//! The market model: observations in, market events out. No I/O, no clock.
//!
//! ```text
//! Observation ─▶ Market::apply(observation, now) ─▶ [MarketEvent]
//!                 │ assets      one per coin: price, staleness, what its signals need
//!                 │ merge       what several providers say about one coin: one price
//!                 │ tickers     pairs of exchanges, and whose price they are
//!                 │ signals     from rolling statistics, indicators of bars, and other providers
//!                 │ candles     one series per pair: 1m from trades, klines or tickers, the rest from 1m
//!                 └ summary     the whole market's figures, as a provider gives them
//!                Market::assess(now), at most every 5 s ─▶ [MarketEvent]
//!                 └ statistics  volume, sentiment, rankings, and the mood about each coin
//! ```
//!
//! What holds, and is tested:
//! - the same observations at the same times give the same events, and a [`Market::snapshot`] and
//!   [`Market::restore`] between any two of them changes nothing;
//! - a coin's timestamps never go back, a coin that did not change is not told about, and its price is always
//!   one that a provider said, digit for digit;
//! - at most [`MAX_ASSETS`] coins and [`MAX_PAIRS`] pairs are held, each in constant memory;
//! - no figure is ever NaN or infinite; a flat market gives no signal;
//! - simulated and real data never mix: where one follows the other, the market begins anew; so
//!   it does when the clock was set back by more than a minute.

mod asset;
mod assets;
mod attention;
mod bars;
mod candles;
mod changes;
mod config;
mod counts;
mod dollar;
mod figure;
mod indicators;
mod merge;
mod pace;
mod past;
mod rolling;
mod sentiment;
mod signals;
mod snapshot;
mod state;
mod statistics;
mod summary;
mod tickers;
mod token_sentiment;
mod trending;
mod volume;

pub use assets::MAX_ASSETS;
pub use candles::{CLOSE_GRACE_MS, MAX_PAIRS, Teller};
pub use config::MarketConfig;
pub use snapshot::SnapshotError;
pub use state::Market;

#[cfg(test)]
mod tests;
