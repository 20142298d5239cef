use serde::{Deserialize, Serialize};

use crate::model::{CandleUpdate, CoinId, Decimal, Price, Signal, Source, Symbol, UnixMillis};

/// Most rows of one statement. A row is below 600 bytes of JSON, so that a statement's one bound value stays
/// far below the 2 MB that D1 takes.
pub const MAX_ROWS: usize = 1_000;

/// The tables of D1. Their numbers rest in snapshots: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Table {
    /// `signals`
    Signals,
    /// `prices_latest`
    PricesLatest,
    /// `prices_hourly`
    PricesHourly,
    /// `candles`
    Candles,
}

impl Table {
    /// The table's name in D1.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::PricesLatest => "prices_latest",
            Self::PricesHourly => "prices_hourly",
            Self::Candles => "candles",
        }
    }
}

/// Rows for one table, at most [`MAX_ROWS`]: one statement. Writing the same rows again changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// New signals.
    Signals(Vec<Signal>),
    /// The last price of every coin.
    PricesLatest(Vec<Price>),
    /// Hours that are over.
    PricesHourly(Vec<HourlyPrice>),
    /// Closed candles, each in its newest state.
    Candles(Vec<CandleUpdate>),
}

impl Rows {
    /// Where they belong.
    pub fn table(&self) -> Table {
        match self {
            Self::Signals(_) => Table::Signals,
            Self::PricesLatest(_) => Table::PricesLatest,
            Self::PricesHourly(_) => Table::PricesHourly,
            Self::Candles(_) => Table::Candles,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Signals(rows) => rows.len(),
            Self::PricesLatest(rows) => rows.len(),
            Self::PricesHourly(rows) => rows.len(),
            Self::Candles(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a coin's price did in one hour, as the hub told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HourlyPrice {
    /// Which coin.
    pub coin: CoinId,
    /// Begin of the UTC hour.
    pub hour: UnixMillis,
    /// Its ticker.
    pub symbol: Symbol,
    /// First price of the hour; all prices are US dollars for one coin, above zero.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Traded over the 24 hours before the last price, in US dollars; `None` where the provider does not say.
    pub volume_24h: Option<Decimal>,
    /// Whose the last price is.
    pub source: Source,
}
