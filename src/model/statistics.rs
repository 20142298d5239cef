use serde::{Deserialize, Serialize};

use super::{CoinId, Decimal, Source, Symbol, Timeframe, UnixMillis};

/// The whole market in four figures: `market:summary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketSummary {
    /// US dollars.
    pub total_market_cap: Decimal,
    /// Traded over the last 24 hours, US dollars.
    pub total_volume_24h: Decimal,
    /// Bitcoin's share of the total market cap, in per cent.
    pub bitcoin_dominance: Decimal,
    /// How many coins trade.
    pub active_cryptocurrencies: u64,
    /// Change of the total market cap over 24 hours, in per cent; `None` where unknown.
    pub market_cap_change_24h: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When the provider last updated it.
    pub timestamp: UnixMillis,
    /// No provider has confirmed it for three polls or more.
    pub stale: bool,
}

/// What is traded, and which way it goes: `market:volume`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketVolume {
    /// Traded over the last 24 hours, US dollars.
    pub total_volume_24h: Decimal,
    /// Change against the recent average, in per cent; `None` until there is one.
    pub change: Option<f64>,
    /// `change` in a word.
    pub trend: VolumeTrend,
    /// The coins with the largest volume, largest first, at most 10.
    pub leaders: Vec<VolumeShare>,
    /// Whose the total is; where the coins' sum stands in for one, whose the price of the first leader is.
    pub source: Source,
    /// When the newest price was made.
    pub timestamp: UnixMillis,
}

/// One coin's part of the market's volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolumeShare {
    /// Which coin.
    pub symbol: Symbol,
    /// Traded over the last 24 hours, US dollars.
    pub volume_24h: Decimal,
    /// Part of the total, in per cent.
    pub share: f64,
}

/// Which way the market's volume goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeTrend {
    /// Clearly above its recent average.
    Rising,
    /// Near its recent average.
    Steady,
    /// Clearly below its recent average.
    Falling,
}

impl VolumeTrend {
    /// Every trend there is.
    pub const ALL: [Self; 3] = [Self::Rising, Self::Steady, Self::Falling];

    /// The trend of that word, if there is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trend| trend.as_str() == word)
    }

    /// The word on the wire: `rising`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Steady => "steady",
            Self::Falling => "falling",
        }
    }
}

/// The mood of the market: `market:sentiment`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketSentiment {
    /// `score` in a word.
    pub level: SentimentLevel,
    /// -1 (everything falls) to 1 (everything rises); the formula is in `market`.
    pub score: f64,
    /// 0 to 1: how much of the market the score rests on.
    pub confidence: f64,
    /// Coins that rose over the last 24 hours.
    pub advancing: u32,
    /// Coins that fell over the last 24 hours.
    pub declining: u32,
    /// Coins that did neither.
    pub unchanged: u32,
    /// The fear and greed index that is part of the score; `None` where none is known of the last 48 hours.
    pub fear_greed: Option<FearGreed>,
    /// Whose the price of the coin is that weighs most.
    pub source: Source,
    /// When it was computed.
    pub timestamp: UnixMillis,
}

/// The fear and greed index of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FearGreed {
    /// 0 (extreme fear) to 100 (extreme greed).
    pub value: u8,
    /// `value` in the provider's words, at most 32 bytes: `Neutral`; `None` where it does not say.
    pub classification: Option<String>,
    /// Who said so.
    pub source: Source,
    /// The day it is for: midnight UTC, or when it was received.
    pub observed_at: UnixMillis,
}

/// The mood about one coin: `sentiment:{token}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenSentiment {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// `score` in a word.
    pub level: SentimentLevel,
    /// -1 (very bearish) to 1 (very bullish); the formula is in `market`.
    pub score: f64,
    /// 0 to 1: how much there is to go by, and how fresh it is.
    pub confidence: f64,
    /// What the score is made of.
    pub sources: SentimentSources,
    /// Its place in the ranking of 24 hours, from 1; `None` where it is not ranked.
    pub trending_rank: Option<u32>,
    /// Change over 24 hours, per cent; `None` where the provider does not say.
    pub change_24h: Option<Decimal>,
    /// When it was computed.
    pub timestamp: UnixMillis,
}

/// The four kinds of opinion, each -1 to 1; `None` where nothing is known, and nothing is invented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SentimentSources {
    /// What people look for and say.
    pub social: Option<f64>,
    /// What the press says.
    pub news: Option<f64>,
    /// What large holders do.
    pub whale: Option<f64>,
    /// What the price does.
    pub technical: Option<f64>,
}

/// The coins that stand out over some time: `trending:{timeframe}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trending {
    /// How far back it looks.
    pub timeframe: Timeframe,
    /// Most remarkable first, at most 20.
    pub coins: Vec<TrendingRow>,
    /// The same of the [memecoins](super::is_memecoin) alone, at most 20, with ranks of their own; what they are ranked by
    /// compares with that of `coins`.
    pub memecoins: Vec<TrendingRow>,
    /// When it was computed.
    pub timestamp: UnixMillis,
}

/// A coin in a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendingRow {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// From 1.
    pub rank: u32,
    /// As in [`TokenSentiment::score`]; `None` where it is not known.
    pub sentiment_score: Option<f64>,
    /// Traded over 24 hours, US dollars; `None` where the provider does not say.
    pub volume_24h: Option<Decimal>,
    /// Change over the timeframe, per cent.
    pub change: Decimal,
    /// Change over 24 hours, per cent; `None` where the provider does not say.
    pub change_24h: Option<Decimal>,
    /// What it is ranked by, 0 to 1; the formula is in `market`.
    pub trending_score: f64,
}

/// A mood in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SentimentLevel {
    /// score <= -0.6
    VeryBearish,
    /// score <= -0.2
    Bearish,
    /// in between
    Neutral,
    /// score >= 0.2
    Bullish,
    /// score >= 0.6
    VeryBullish,
}

impl SentimentLevel {
    /// The word for a score, -1 to 1.
    pub fn of(score: f64) -> Self {
        match score {
            s if s <= -0.6 => Self::VeryBearish,
            s if s <= -0.2 => Self::Bearish,
            s if s >= 0.6 => Self::VeryBullish,
            s if s >= 0.2 => Self::Bullish,
            _ => Self::Neutral,
        }
    }

    /// The word on the wire: `very_bullish`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VeryBearish => "very_bearish",
            Self::Bearish => "bearish",
            Self::Neutral => "neutral",
            Self::Bullish => "bullish",
            Self::VeryBullish => "very_bullish",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_begins_at_its_documented_score() {
        for (score, level) in [
            (-1.0, "very_bearish"),
            (-0.6, "very_bearish"),
            (-0.5999, "bearish"),
            (-0.2, "bearish"),
            (-0.1999, "neutral"),
            (0.0, "neutral"),
            (0.1999, "neutral"),
            (0.2, "bullish"),
            (0.5999, "bullish"),
            (0.6, "very_bullish"),
            (1.0, "very_bullish"),
        ] {
            assert_eq!(SentimentLevel::of(score).as_str(), level, "{score}");
        }
    }
}
