use serde::{Deserialize, Serialize};

use super::{CoinId, Decimal, Source, Sources, Symbol, UnixMillis};

/// A coin's current price, as the market model holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// US dollars for one coin, above zero.
    pub price: Decimal,
    /// Change over the last 24 hours, in per cent; `None` where the provider does not say.
    pub change_24h: Option<Decimal>,
    /// Traded over the last 24 hours, in US dollars; `None` where the provider does not say.
    pub volume_24h: Option<Decimal>,
    /// Whose price it is, digit for digit.
    pub source: Source,
    /// Who said so, `source` among them.
    pub sources: Sources,
    /// When the provider last updated it.
    pub timestamp: UnixMillis,
    /// No provider has confirmed it for three polls or more.
    pub stale: bool,
}
