//! What exchange streams have in common: what they say, how pairs are named, and how one is doing.
//!
//! ```text
//! edge: open, subscribe ─▶ frames ─▶ Venue::read ─▶ StreamMessage
//!          ▲                                           │
//!          └── due / silent ◀── StreamHealth ◀── message / follow
//! ```
//!
//! What is particular about an exchange is its [`Venue`], a value in the exchange's own file.

mod health;
mod names;
mod venue;

pub use health::{SILENCE_MS, StreamHealth};
pub use names::{pair_of, venue_name};
pub use venue::{Limits, Ping, Venue, Wanted};

use super::FeedFault;
use super::strict::{self, MAX_PRICE, Raw};
use crate::model::{Candle, Interval, Kline, Pair, Source, Ticker, UnixMillis};

/// In the base: of the cheapest coins quadrillions are traded in a day.
pub(super) const MAX_AMOUNT: u64 = 1_000_000_000_000_000_000;
/// A candle that begins later than this after its receipt, milliseconds, is of a clock that is wrong.
const MAX_AHEAD_MS: u64 = 60_000;

/// What one frame of a stream says. None of them ends the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamMessage {
    /// A pair's price has moved.
    Ticker(Ticker),
    /// Candles of one pair are new, or have changed.
    Klines(Klines),
    /// What was asked for is on its way.
    Subscribed {
        /// Which request, where the exchange says.
        id: Option<u64>,
    },
    /// What was asked for was refused.
    Refused {
        /// Which request, where the exchange says.
        id: Option<u64>,
        /// The exchange's own number for why.
        code: i64,
        /// The pair that it does not trade, where that is why.
        unlisted: Option<Pair>,
    },
    /// The answer to our `ping`.
    Pong,
    /// Nothing that concerns us.
    Other,
}

/// Candles of one pair, oldest first: what [`Observation::Klines`](crate::model::Observation::Klines)
/// takes where `interval` is a minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Klines {
    /// What is traded for what.
    pub pair: Pair,
    /// How long each candle is.
    pub interval: Interval,
    /// Who said so.
    pub source: Source,
    /// The candles, at least one.
    pub klines: Vec<Kline>,
    /// When they were told, by the exchange's clock, but never after they were received.
    pub observed_at: UnixMillis,
    /// Why candles were left out, one fault each.
    pub refused: Vec<FeedFault>,
    /// The numbers of the trades in the last candle, for [`StreamHealth::follow`]; `None` where the
    /// exchange does not say, or nothing was traded.
    pub trades: Option<TradeSpan>,
}

/// Trades or minutes of one pair, numbered without a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradeSpan {
    /// The first trade's number.
    pub first: u64,
    /// The last trade's number, not below `first`.
    pub last: u64,
}

/// A candle as it was sent: numbers in text.
pub(super) struct RawCandle<'a> {
    pub(super) open: Raw<'a>,
    pub(super) high: Raw<'a>,
    pub(super) low: Raw<'a>,
    pub(super) close: Raw<'a>,
    pub(super) volume: Raw<'a>,
    /// `None` where it is not known.
    pub(super) quote_volume: Raw<'a>,
}

impl RawCandle<'_> {
    /// The candle that begins at `open_at`. Everything in it is strict: candles are added up.
    pub(super) fn read(
        &self,
        open_at: UnixMillis,
        interval: Interval,
        received_at: UnixMillis,
    ) -> Result<Candle, FeedFault> {
        let ahead = open_at > received_at.plus(MAX_AHEAD_MS);
        if ahead || interval.floor(open_at) != open_at {
            return Err(FeedFault::Implausible { field: "open_at" });
        }
        let quote_volume = match self.quote_volume {
            Some(_) => Some(strict::not_negative_text(
                self.quote_volume,
                "quote_volume",
                MAX_AMOUNT,
            )?),
            None => None,
        };
        let candle = Candle {
            open_at,
            open: strict::positive_text(self.open, "open", MAX_PRICE)?,
            high: strict::positive_text(self.high, "high", MAX_PRICE)?,
            low: strict::positive_text(self.low, "low", MAX_PRICE)?,
            close: strict::positive_text(self.close, "close", MAX_PRICE)?,
            volume: strict::not_negative_text(self.volume, "volume", MAX_AMOUNT)?,
            quote_volume,
        };
        strict::check_bar(candle.open, candle.high, candle.low, candle.close)?;
        Ok(candle)
    }
}
