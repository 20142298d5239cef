use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CoinId, Decimal, Symbol, UnixMillis};

/// Who an observation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The embedded simulated market: nothing real.
    Simulated,
    /// api.coingecko.com
    CoinGecko,
}

impl Source {
    /// The name on the wire: `coingecko`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::CoinGecko => "coingecko",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a provider said, parsed and checked: the only input of the market model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Observation {
    /// Prices of many coins, by market cap.
    Quotes(Vec<Quote>),
    /// Figures of the whole market.
    Global(GlobalStats),
}

/// One coin's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// US dollars for one coin, above zero.
    pub price: Decimal,
    /// Change over 24 hours, per cent.
    pub change_24h: Option<Decimal>,
    /// Traded over 24 hours, US dollars, not negative.
    pub volume_24h: Option<Decimal>,
    /// US dollars, not negative.
    pub market_cap: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When the provider last updated it.
    pub observed_at: UnixMillis,
}

/// Figures of the whole market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalStats {
    /// US dollars.
    pub total_market_cap: Decimal,
    /// Traded over 24 hours, US dollars.
    pub total_volume_24h: Decimal,
    /// Bitcoin's share of the market cap, per cent.
    pub bitcoin_dominance: Decimal,
    /// How many coins trade.
    pub active_cryptocurrencies: u64,
    /// Change of the market cap over 24 hours, per cent.
    pub market_cap_change_24h: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When the provider last updated it.
    pub observed_at: UnixMillis,
}
