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
    /// `whale`: large transactions. Published by other back ends, as is all that follows.
    Whale,
    /// `tasks:{user}`: how the tasks of this user get on.
    Tasks(Box<str>),
    /// `pipelines:{user}`: how far the pipelines of this user are.
    Pipelines(Box<str>),
    /// `budget:{user}`: what this user has spent.
    Budget(Box<str>),
    /// `moderation`: cases for moderators.
    Moderation,
}

/// There is no such channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Channel '{name}' does not exist")]
pub struct ChannelError {
    /// What was asked for, cut to [`MAX_CHANNEL_NAME`] bytes.
    pub name: String,
}

impl Channel {
    /// The first parts of all names; of some, all there is.
    pub const FAMILIES: [&str; 13] = [
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
    ];

    /// The family that a name is of, whether or not there is such a channel: `price` of `price:nosuchcoin`. A name of
    /// none is no channel's.
    pub fn family_of(name: &str) -> Option<&'static str> {
        let is_alone = |family: &str| matches!(family, "whale" | "moderation");
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
        known.ok_or_else(|| ChannelError { name: cut(name) })
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
    pub const fn is_of_others(&self) -> bool {
        match self {
            Self::Mentions(_)
            | Self::User(_)
            | Self::Whale
            | Self::Tasks(_)
            | Self::Pipelines(_)
            | Self::Budget(_)
            | Self::Moderation => true,
            Self::Price(_)
            | Self::SignalsAll
            | Self::SignalsHigh
            | Self::SignalsOfType(_)
            | Self::MarketSummary
            | Self::MarketVolume
            | Self::MarketSentiment
            | Self::Candles(..)
            | Self::Sentiment(_)
            | Self::Trending(_) => false,
        }
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
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<String, String> {
        let parsed = Channel::parse(name, &Catalog::embedded());
        parsed
            .map(|channel| channel.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_documented_channel_exists_under_its_own_name() {
        for name in [
            "price:bitcoin",
            "price:ethereum",
            "signals:all",
            "signals:high",
            "signals:type:price_anomaly",
            "signals:type:volume_spike",
            "market:summary",
            "market:volume",
            "market:sentiment",
            "sentiment:bitcoin",
            "trending:1h",
            "trending:4h",
            "trending:24h",
            "trending:7d",
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_family_is_known_by_the_name_alone() {
        let catalog = Catalog::embedded().with_pairs(Pair::parse("BTC/USDT"));
        for (name, family) in [
            ("price:BTC", "price"),
            ("signals:all", "signals"),
            ("signals:high", "signals"),
            ("signals:type:volume_spike", "signals"),
            ("market:summary", "market"),
            ("market:volume", "market"),
            ("market:sentiment", "market"),
            ("candles:btc/usdt:1m", "candles"),
            ("sentiment:BTC", "sentiment"),
            ("trending:1h", "trending"),
            ("mentions:price:x", "mentions"),
            ("user:market:x", "user"),
            ("whale", "whale"),
            ("tasks:alice", "tasks"),
            ("pipelines:a:b", "pipelines"),
            ("budget:alice", "budget"),
            ("moderation", "moderation"),
        ] {
            assert_eq!(Channel::parse(name, &catalog).unwrap().family(), family, "{name}");
            assert_eq!(Channel::family_of(name), Some(family), "{name}");
        }
        assert_eq!(Channel::family_of("price:nosuchcoin"), Some("price"));
        for name in [
            "",
            "price",
            "tasks",
            "whale:",
            "moderation:x",
            "prices:BTC",
            "Price:BTC",
            ":price:BTC",
            "system",
        ] {
            assert_eq!(Channel::family_of(name), None, "{name}");
        }
    }

    #[test]
    fn spellings_of_a_coin_are_one_channel() {
        for name in ["price:BTC", "price:btc", "price:Bitcoin"] {
            assert_eq!(parse(name).as_deref(), Ok("price:bitcoin"));
        }
        assert_eq!(parse("price:ADA").as_deref(), Ok("price:cardano"));
        for name in ["sentiment:BTC", "sentiment:btc", "sentiment:Bitcoin"] {
            assert_eq!(parse(name).as_deref(), Ok("sentiment:bitcoin"));
        }
    }

    #[test]
    fn candles_are_of_the_known_pairs_and_intervals_alone() {
        let pairs = ["BTC/USDT", "ETH/BTC"].map(|pair| Pair::parse(pair).unwrap());
        let catalog = Catalog::embedded().with_pairs(pairs);
        let parse = |name: &str| Channel::parse(name, &catalog).map(|channel| channel.to_string());
        for interval in Interval::ALL {
            let name = format!("candles:BTC/USDT:{interval}");
            assert_eq!(parse(&name).as_ref(), Ok(&name));
        }
        assert_eq!(parse("candles:eth/btc:1D").as_deref(), Ok("candles:ETH/BTC:1D"));
        for name in [
            "candles:SOL/USDT:1m",
            "candles:BTC/USDT:1d",
            "candles:BTC/USDT",
            "candles:BTCUSDT:1m",
            "candles::1m",
            "candles:BTC/USDT:1m:1m",
            "candles:",
        ] {
            assert!(parse(name).is_err(), "{name}");
        }
        let channel = Channel::parse("candles:BTC/USDT:5m", &catalog).unwrap();
        assert_eq!((channel.family(), channel.has_state()), ("candles", true));
        assert!(Channel::parse("candles:BTC/USDT:5m", &Catalog::embedded()).is_err());
    }

    #[test]
    fn moods_and_rankings_have_a_current_value_and_a_family_of_their_own() {
        for (name, family) in [("sentiment:ETH", "sentiment"), ("trending:24h", "trending")] {
            let channel = Channel::parse(name, &Catalog::embedded()).unwrap();
            assert_eq!((channel.family(), channel.has_state()), (family, true));
        }
    }

    #[test]
    fn users_and_entities_have_channels_of_their_own_names_within_bounds() {
        for name in [
            "mentions:Bitcoin",
            "mentions:bitcoin",
            "user:alice",
            "user:a:b c",
            "user:ä",
            "tasks:alice",
            "pipelines:a:b",
            "budget:ä",
            "whale",
            "moderation",
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
        let entity = |length: usize| parse(&format!("mentions:{}", "x".repeat(length)));
        for family in ["user", "tasks", "pipelines", "budget"] {
            let user = |length: usize| parse(&format!("{family}:{}", "x".repeat(length)));
            assert!(user(MAX_USER_ID).is_ok() && user(MAX_USER_ID + 1).is_err() && user(0).is_err());
        }
        assert!(entity(MAX_ENTITY).is_ok() && entity(MAX_ENTITY + 1).is_err() && entity(0).is_err());
        assert!(parse("mentions:a\nb").is_err());
        let channel = Channel::parse("user:alice", &Catalog::embedded()).unwrap();
        assert_eq!((channel.family(), channel.has_state()), ("user", false));
    }

    #[test]
    fn an_unknown_channel_is_named_in_the_error() {
        assert_eq!(
            parse("price:invalid").unwrap_err(),
            "Channel 'price:invalid' does not exist"
        );
        for name in [
            "",
            "price",
            "price:",
            "PRICE:bitcoin",
            "signals:type:",
            "signals:type:x",
            "market:",
            "sentiment",
            "sentiment:",
            "sentiment:invalid",
            "sentiment:24h",
            "trending:",
            "trending:2h",
            "trending:24H",
            "trending:1D",
            "trending:bitcoin",
            "trending:24h:24h",
            "whale:BTC",
            "Whale",
            "tasks",
            "tasks:",
            "pipelines",
            "budget",
            "moderation:high",
        ] {
            assert!(parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_over_the_limit_is_cut_on_a_character_in_the_error() {
        let error = Channel::parse(&"ä".repeat(200), &Catalog::embedded()).unwrap_err();
        assert_eq!(error.name, "ä".repeat(64));
    }
}
