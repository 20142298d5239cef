use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Catalog, CoinId, Interval, MAX_ENTITY, Pair, SignalType, Timeframe};

/// Longest channel name a client may use, in bytes; before the name of a user, `user:` or the like may stand besides.
pub const MAX_CHANNEL_NAME: usize = 128;

/// Longest name of a user, in bytes: that of a token's `sub`.
pub const MAX_USER_ID: usize = 128;

/// What a client subscribes to and an event is published on.
///
/// A channel has one canonical name, its `Display`; clients may spell it otherwise
/// (`price:BTC` is `price:bitcoin`). Their numbers rest in storage: never reorder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// `price:{id}`
    Price(CoinId),
    /// `signals:all`
    SignalsAll,
    /// `signals:high`: confidence at or above `SIGNAL_HIGH_CONFIDENCE`.
    SignalsHigh,
    /// `signals:type:{type}`
    SignalsOfType(SignalType),
    /// `market:summary`
    MarketSummary,
    /// `market:volume`
    MarketVolume,
    /// `market:sentiment`
    MarketSentiment,
    /// `candles:{pair}:{interval}`
    Candles(Pair, Interval),
    /// `sentiment:{token}`: the mood about one coin.
    Sentiment(CoinId),
    /// `trending:{timeframe}`: the coins that stand out.
    Trending(Timeframe),
    /// `mentions:{entity}`: who wrote about it. Published by other back ends.
    Mentions(Box<str>),
    /// `user:{id}`: what is for this user alone, a token's `sub`. Published by other back ends.
    User(Box<str>),
    /// `whale`: large transactions. Published by other back ends, as is all that follows up to `moderation`.
    Whale,
    /// `tasks:{user}`: how the tasks of this user get on.
    Tasks(Box<str>),
    /// `pipelines:{user}`: how far the pipelines of this user are.
    Pipelines(Box<str>),
    /// `budget:{user}`: what this user has spent.
    Budget(Box<str>),
    /// `moderation`: cases for moderators.
    Moderation,
    /// `health`: how the hub itself is. Published by the feed.
    Health,
}

/// There is no such channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Channel '{name}' does not exist")]
pub struct ChannelError {
    /// What was asked for, cut to [`MAX_CHANNEL_NAME`] bytes.
    pub name: String,
}

impl ChannelError {
    /// There is none of that name.
    pub(super) fn of(name: &str) -> Self {
        Self { name: cut(name) }
    }
}

impl Channel {
    /// The first parts of all names; of some, all there is.
    pub const FAMILIES: [&str; 14] = [
        "price",
        "signals",
        "market",
        "candles",
        "sentiment",
        "trending",
        "mentions",
        "user",
        "whale",
        "tasks",
        "pipelines",
        "budget",
        "moderation",
        "health",
    ];

    /// The family that a name is of, whether or not there is such a channel: `price` of `price:nosuchcoin`. A name of
    /// none is no channel's.
    pub fn family_of(name: &str) -> Option<&'static str> {
        let is_alone = |family: &str| matches!(family, "whale" | "moderation" | "health");
        let (first, is_one) = match name.split_once(':') {
            Some((first, _)) => (first, !is_alone(first)),
            None => (name, is_alone(name)),
        };
        let mut families = Self::FAMILIES.into_iter();
        families.find(|family| is_one && *family == first)
    }

    /// The channel that a client means by `name`, coins and pairs looked up in `catalog`.
    pub fn parse(name: &str, catalog: &Catalog) -> Result<Self, ChannelError> {
        let known = match Self::of_one_user(name) {
            Some(channel) => Some(channel).filter(Self::has_user),
            None if name.len() > MAX_CHANNEL_NAME => None,
            None => Self::find(name, catalog),
        };
        known.ok_or_else(|| ChannelError::of(name))
    }

    /// The channel of one user, if the name is such a one's.
    fn of_one_user(name: &str) -> Option<Self> {
        let (family, id) = name.split_once(':')?;
        match family {
            "user" => Some(Self::User(id.into())),
            "tasks" => Some(Self::Tasks(id.into())),
            "pipelines" => Some(Self::Pipelines(id.into())),
            "budget" => Some(Self::Budget(id.into())),
            _ => None,
        }
    }

    fn has_user(&self) -> bool {
        self.user()
            .is_some_and(|id| (1..=MAX_USER_ID).contains(&id.len()))
    }

    fn find(name: &str, catalog: &Catalog) -> Option<Self> {
        match name {
            "signals:all" => return Some(Self::SignalsAll),
            "signals:high" => return Some(Self::SignalsHigh),
            "market:summary" => return Some(Self::MarketSummary),
            "market:volume" => return Some(Self::MarketVolume),
            "market:sentiment" => return Some(Self::MarketSentiment),
            "whale" => return Some(Self::Whale),
            "moderation" => return Some(Self::Moderation),
            "health" => return Some(Self::Health),
            _ => {}
        }
        if let Some(coin) = name.strip_prefix("price:") {
            return catalog.resolve(coin).cloned().map(Self::Price);
        }
        if let Some(coin) = name.strip_prefix("sentiment:") {
            return catalog.resolve(coin).cloned().map(Self::Sentiment);
        }
        if let Some(timeframe) = name.strip_prefix("trending:") {
            return Timeframe::parse(timeframe).map(Self::Trending);
        }
        if let Some(candles) = name.strip_prefix("candles:") {
            let (pair, interval) = candles.rsplit_once(':')?;
            let pair = catalog.resolve_pair(pair)?;
            return Interval::parse(interval).map(|interval| Self::Candles(pair.clone(), interval));
        }
        if let Some(entity) = name.strip_prefix("mentions:") {
            let fits = (1..=MAX_ENTITY).contains(&entity.len());
            let named = fits && !entity.chars().any(char::is_control);
            return named.then(|| Self::Mentions(entity.into()));
        }
        let signal = name.strip_prefix("signals:type:")?;
        SignalType::parse(signal).map(Self::SignalsOfType)
    }

    /// The first part of the name, by which statistics count: `price`, `signals`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Price(_) => "price",
            Self::SignalsAll | Self::SignalsHigh | Self::SignalsOfType(_) => "signals",
            Self::MarketSummary | Self::MarketVolume | Self::MarketSentiment => "market",
            Self::Candles(..) => "candles",
            Self::Sentiment(_) => "sentiment",
            Self::Trending(_) => "trending",
            Self::Mentions(_) => "mentions",
            Self::User(_) => "user",
            Self::Whale => "whale",
            Self::Tasks(_) => "tasks",
            Self::Pipelines(_) => "pipelines",
            Self::Budget(_) => "budget",
            Self::Moderation => "moderation",
            Self::Health => "health",
        }
    }

    /// The user whom it is for alone, a token's `sub`, if it is one's.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(id) | Self::Tasks(id) | Self::Pipelines(id) | Self::Budget(id) => Some(id),
            _ => None,
        }
    }

    /// Whether other back ends publish on it, not the feed: whoever has the scope `publish`.
    pub fn is_of_others(&self) -> bool {
        Self::is_family_of_others(self.family())
    }

    /// The same of all channels of a family.
    pub fn is_family_of_others(family: &str) -> bool {
        matches!(
            family,
            "mentions" | "user" | "whale" | "tasks" | "pipelines" | "budget" | "moderation"
        )
    }

    /// Whether the channel has a current value, which a new subscriber gets first.
    pub fn has_state(&self) -> bool {
        matches!(
            self,
            Self::Price(_)
                | Self::MarketSummary
                | Self::MarketVolume
                | Self::MarketSentiment
                | Self::Candles(..)
                | Self::Sentiment(_)
                | Self::Trending(_)
                | Self::Health
        )
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(coin) => write!(f, "price:{coin}"),
            Self::SignalsAll => f.write_str("signals:all"),
            Self::SignalsHigh => f.write_str("signals:high"),
            Self::SignalsOfType(kind) => write!(f, "signals:type:{kind}"),
            Self::MarketSummary => f.write_str("market:summary"),
            Self::MarketVolume => f.write_str("market:volume"),
            Self::MarketSentiment => f.write_str("market:sentiment"),
            Self::Sentiment(coin) => write!(f, "sentiment:{coin}"),
            Self::Trending(timeframe) => write!(f, "trending:{timeframe}"),
            Self::Mentions(entity) => write!(f, "mentions:{entity}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Whale => f.write_str("whale"),
            Self::Tasks(id) => write!(f, "tasks:{id}"),
            Self::Pipelines(id) => write!(f, "pipelines:{id}"),
            Self::Budget(id) => write!(f, "budget:{id}"),
            Self::Moderation => f.write_str("moderation"),
            Self::Health => f.write_str("health"),
            Self::Candles(pair, interval) => write!(f, "candles:{pair}:{interval}"),
        }
    }
}

/// The longest prefix of `name` that fits a channel name and ends on a character.
fn cut(name: &str) -> String {
    let mut kept = String::new();
    for c in name.chars() {
        if kept.len() + c.len_utf8() > MAX_CHANNEL_NAME {
            break;
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests;
