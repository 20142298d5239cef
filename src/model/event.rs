use serde::{Deserialize, Serialize};

use super::{Channel, MarketSentiment, MarketSummary, MarketVolume, Price, Signal};

/// Something that happened in the market and that subscribers are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MarketEvent {
    /// A price is new.
    Price(Price),
    /// An alert.
    Signal(Signal),
    /// The whole market's figures are new.
    Summary(MarketSummary),
    /// The volume figures are new.
    Volume(MarketVolume),
    /// The mood is new.
    Sentiment(MarketSentiment),
}

impl MarketEvent {
    /// The channels it is published on, in the order in which a subscriber of several gets it.
    pub fn channels(&self) -> Vec<Channel> {
        match self {
            Self::Price(price) => vec![Channel::Price(price.coin.clone())],
            Self::Summary(_) => vec![Channel::MarketSummary],
            Self::Volume(_) => vec![Channel::MarketVolume],
            Self::Sentiment(_) => vec![Channel::MarketSentiment],
            Self::Signal(signal) => {
                let mut channels = vec![Channel::SignalsAll, Channel::SignalsOfType(signal.kind)];
                if signal.high {
                    channels.push(Channel::SignalsHigh);
                }
                channels
            }
        }
    }
}
