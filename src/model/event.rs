use serde::{Deserialize, Serialize};

use super::{
    CandleUpdate, Channel, MarketSentiment, MarketSummary, MarketVolume, Mention, ModerationCase, Price,
    Signal, SystemHealth, TokenSentiment, Trending, UserEvent, WhaleActivity, WorkEvent,
};

/// Something that subscribers are told. Its kinds' numbers rest in storage: never reorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The market moved.
    Market(MarketEvent),
    /// Another back end says that something was mentioned.
    Mention(Mention),
    /// Another back end has news for one user.
    User(UserEvent),
    /// Another back end has seen a large transaction.
    Whale(WhaleActivity),
    /// Another back end says how a user's work gets on.
    Work(WorkEvent),
    /// Another back end has something for moderators.
    Moderation(ModerationCase),
    /// The hub itself is otherwise than it was.
    Health(SystemHealth),
}

impl Event {
    /// The channels it is published on, in the order in which a subscriber of several gets it. Their number and
    /// order hang on the event alone.
    pub fn channels(&self) -> Vec<Channel> {
        match self {
            Self::Market(event) => event.channels(),
            Self::Mention(mention) => vec![Channel::Mentions(mention.entity.as_str().into())],
            Self::User(event) => vec![Channel::User(event.user.clone())],
            Self::Whale(_) => vec![Channel::Whale],
            Self::Work(event) => vec![event.channel()],
            Self::Moderation(_) => vec![Channel::Moderation],
            Self::Health(_) => vec![Channel::Health],
        }
    }
}

impl Event {
    /// Whether this is about an earlier time than `latest`, of the same channel: a candle that late data has amended.
    pub fn is_past(&self, latest: &Self) -> bool {
        match (self.candle(), latest.candle()) {
            (Some(candle), Some(latest)) => candle.candle.open_at < latest.candle.open_at,
            _ => false,
        }
    }

    /// The candle, if it is about one.
    pub fn candle(&self) -> Option<&CandleUpdate> {
        match self {
            Self::Market(MarketEvent::Candle(update)) => Some(update),
            _ => None,
        }
    }
}

impl From<MarketEvent> for Event {
    fn from(event: MarketEvent) -> Self {
        Self::Market(event)
    }
}

/// Something that happened in the market.
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
    /// A candle is new, or has changed, or has closed.
    Candle(CandleUpdate),
    /// The mood about one coin is new.
    TokenSentiment(TokenSentiment),
    /// A ranking is new.
    Trending(Trending),
}

impl MarketEvent {
    /// The channels it is published on, in the order in which a subscriber of several gets it.
    pub fn channels(&self) -> Vec<Channel> {
        match self {
            Self::Price(price) => vec![Channel::Price(price.coin.clone())],
            Self::Summary(_) => vec![Channel::MarketSummary],
            Self::Volume(_) => vec![Channel::MarketVolume],
            Self::Sentiment(_) => vec![Channel::MarketSentiment],
            Self::Candle(update) => vec![Channel::Candles(update.pair.clone(), update.interval)],
            Self::TokenSentiment(mood) => vec![Channel::Sentiment(mood.coin.clone())],
            Self::Trending(ranking) => vec![Channel::Trending(ranking.timeframe)],
            Self::Signal(signal) => {
                let mut channels = vec![Channel::SignalsAll, Channel::SignalsOfType(signal.kind)];
                if signal.high {
                    channels.push(Channel::SignalsHigh);
                }
                channels
            }
        }
    }

    /// Whether who gets this event has no use for `earlier` any more: it is a newer state of the same
    /// thing. The next candle does not make up for the final state of the one before.
    pub fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Signal(_), _) => false,
            (Self::Candle(new), Self::Candle(old)) => {
                let same = new.pair == old.pair && new.interval == old.interval;
                same && (!old.closed || new.candle.open_at == old.candle.open_at)
            }
            // The many of a batch, told apart without naming their channels.
            (Self::Price(new), Self::Price(old)) => new.coin == old.coin,
            (Self::TokenSentiment(new), Self::TokenSentiment(old)) => new.coin == old.coin,
            (Self::Trending(new), Self::Trending(old)) => new.timeframe == old.timeframe,
            _ => std::mem::discriminant(self) == std::mem::discriminant(earlier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Candle, Decimal, Interval, Pair, Source, UnixMillis};

    fn candle(pair: &str, interval: Interval, minute: u64, closed: bool) -> MarketEvent {
        let one = Decimal::from(1);
        MarketEvent::Candle(CandleUpdate {
            pair: Pair::parse(pair).unwrap(),
            interval,
            candle: Candle {
                open_at: UnixMillis::from_secs(minute * 60),
                open: one,
                high: one,
                low: one,
                close: one,
                volume: one,
                quote_volume: None,
            },
            closed,
            source: Source::Simulated,
        })
    }

    #[test]
    fn a_newer_candle_replaces_a_running_state_but_not_a_final_one() {
        let next = candle("BTC/USDT", Interval::M1, 2, false);
        assert!(next.replaces(&candle("BTC/USDT", Interval::M1, 2, false)));
        assert!(next.replaces(&candle("BTC/USDT", Interval::M1, 1, false)));
        assert!(!next.replaces(&candle("BTC/USDT", Interval::M1, 1, true)));
        assert!(!next.replaces(&candle("BTC/USDT", Interval::M5, 2, false)));
        assert!(!next.replaces(&candle("ETH/USDT", Interval::M1, 2, false)));
        let amended = candle("BTC/USDT", Interval::M1, 1, true);
        assert!(amended.replaces(&candle("BTC/USDT", Interval::M1, 1, true)));
    }
}
