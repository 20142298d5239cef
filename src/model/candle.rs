use serde::{Deserialize, Serialize};

use super::{Decimal, Interval, Pair, Source, UnixMillis};

/// What a pair's price did in one interval, and how much was traded. There is none without a trade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candle {
    /// When the interval begins, UTC.
    pub open_at: UnixMillis,
    /// First price; all prices are above zero, in the pair's quote.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price, so far.
    pub close: Decimal,
    /// Traded, in the pair's base, not negative.
    pub volume: Decimal,
    /// Traded, in the pair's quote, not negative; `None` where it is not known of every minute.
    pub quote_volume: Option<Decimal>,
}

/// The newest state of one candle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandleUpdate {
    /// What is traded for what.
    pub pair: Pair,
    /// How long the candle is.
    pub interval: Interval,
    /// The candle.
    pub candle: Candle,
    /// Its time is over: this is its final state, unless late data amends it.
    pub closed: bool,
    /// Who told its last minute.
    pub source: Source,
}

/// Somebody bought what somebody sold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// The provider's own number: greater than that of every earlier trade of the pair.
    pub id: u64,
    /// When.
    pub at: UnixMillis,
    /// In the pair's quote for one of its base, above zero.
    pub price: Decimal,
    /// In the pair's base, above zero.
    pub amount: Decimal,
}

/// A 1m candle as a provider tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kline {
    /// The minute, so far.
    pub candle: Candle,
    /// The provider says that it is over.
    pub closed: bool,
}
