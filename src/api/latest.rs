use serde::{Deserialize, Serialize};

use crate::model::MarketEvent;

/// A part of what the feed knows. Questions are answered from one part alone, so that the feed need not tell all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// Prices, and the moods about single coins.
    Coins,
    /// Summary, volume and sentiment of the whole market.
    Market,
    /// The rankings.
    Trending,
    /// The newest candle of each pair and interval, and closed ones that the store has not taken yet.
    Candles,
}

impl Part {
    /// Whether an event belongs to it.
    pub const fn holds(self, event: &MarketEvent) -> bool {
        match event {
            MarketEvent::Price(_) | MarketEvent::TokenSentiment(_) => matches!(self, Self::Coins),
            MarketEvent::Summary(_) | MarketEvent::Volume(_) | MarketEvent::Sentiment(_) => {
                matches!(self, Self::Market)
            }
            MarketEvent::Trending(_) => matches!(self, Self::Trending),
            MarketEvent::Candle(_) => matches!(self, Self::Candles),
            MarketEvent::Signal(_) => false,
        }
    }
}
