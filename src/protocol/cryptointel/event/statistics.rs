use serde::Serialize;

use crate::model::{
    Decimal, MarketSentiment, MarketSummary, MarketVolume, TokenSentiment, Trending, TrendingRow,
};
use crate::protocol::json::Rfc3339;
use crate::protocol::opinions::{Opinions, known};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SummaryData {
    total_market_cap: Decimal,
    total_volume_24h: Decimal,
    bitcoin_dominance: Decimal,
    active_cryptocurrencies: u64,
    market_cap_change_24h: Option<Decimal>,
    timestamp: Rfc3339,
    source: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

impl From<&MarketSummary> for SummaryData {
    fn from(summary: &MarketSummary) -> Self {
        Self {
            total_market_cap: summary.total_market_cap,
            total_volume_24h: summary.total_volume_24h,
            bitcoin_dominance: summary.bitcoin_dominance,
            active_cryptocurrencies: summary.active_cryptocurrencies,
            market_cap_change_24h: summary.market_cap_change_24h,
            timestamp: Rfc3339(summary.timestamp),
            source: summary.source.as_str(),
            stale: summary.stale,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct VolumeData<'a> {
    total_volume_24h: Decimal,
    change: Option<f64>,
    trend: &'static str,
    leaders: Vec<VolumeLeader<'a>>,
    timestamp: Rfc3339,
    source: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VolumeLeader<'a> {
    symbol: &'a str,
    volume_24h: Decimal,
    share: f64,
}

impl<'a> From<&'a MarketVolume> for VolumeData<'a> {
    fn from(volume: &'a MarketVolume) -> Self {
        let leaders = volume.leaders.iter().map(|leader| VolumeLeader {
            symbol: leader.symbol.as_str(),
            volume_24h: leader.volume_24h,
            share: leader.share,
        });
        Self {
            total_volume_24h: volume.total_volume_24h,
            change: volume.change,
            trend: volume.trend.as_str(),
            leaders: leaders.collect(),
            timestamp: Rfc3339(volume.timestamp),
            source: volume.source.as_str(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SentimentData<'a> {
    sentiment: &'static str,
    score: f64,
    confidence: f64,
    advancing: u32,
    declining: u32,
    unchanged: u32,
    fear_greed: Option<IndexData<'a>>,
    timestamp: Rfc3339,
    source: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IndexData<'a> {
    value: u8,
    classification: Option<&'a str>,
    timestamp: Rfc3339,
    source: &'static str,
}

impl<'a> From<&'a MarketSentiment> for SentimentData<'a> {
    fn from(sentiment: &'a MarketSentiment) -> Self {
        let fear_greed = sentiment.fear_greed.as_ref().map(|index| IndexData {
            value: index.value,
            classification: index.classification.as_deref(),
            timestamp: Rfc3339(index.observed_at),
            source: index.source.as_str(),
        });
        Self {
            sentiment: sentiment.level.as_str(),
            score: sentiment.score,
            confidence: sentiment.confidence,
            advancing: sentiment.advancing,
            declining: sentiment.declining,
            unchanged: sentiment.unchanged,
            fear_greed,
            timestamp: Rfc3339(sentiment.timestamp),
            source: sentiment.source.as_str(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TokenSentimentData<'a> {
    token: &'a str,
    sentiment: &'static str,
    score: f64,
    confidence: f64,
    sources: Opinions,
    /// Which of `sources` are known: 0 says nothing in the others.
    known: Vec<&'static str>,
    trending_rank: Option<u32>,
    change_24h: Option<Decimal>,
    timestamp: Rfc3339,
}

impl<'a> From<&'a TokenSentiment> for TokenSentimentData<'a> {
    fn from(mood: &'a TokenSentiment) -> Self {
        Self {
            token: mood.symbol.as_str(),
            sentiment: mood.level.as_str(),
            score: mood.score,
            confidence: mood.confidence,
            sources: Opinions::from(&mood.sources),
            known: known(&mood.sources),
            trending_rank: mood.trending_rank,
            change_24h: mood.change_24h,
            timestamp: Rfc3339(mood.timestamp),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TrendingData<'a> {
    timeframe: &'static str,
    coins: Vec<TrendingCoinData<'a>>,
    memecoins: Vec<TrendingCoinData<'a>>,
    timestamp: Rfc3339,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TrendingCoinData<'a> {
    token: &'a str,
    rank: u32,
    sentiment_score: Option<f64>,
    volume_24h: Option<Decimal>,
    change: Decimal,
    change_24h: Option<Decimal>,
    trending_score: f64,
}

impl<'a> From<&'a Trending> for TrendingData<'a> {
    fn from(ranking: &'a Trending) -> Self {
        Self {
            timeframe: ranking.timeframe.as_str(),
            coins: ranking.coins.iter().map(TrendingCoinData::from).collect(),
            memecoins: ranking.memecoins.iter().map(TrendingCoinData::from).collect(),
            timestamp: Rfc3339(ranking.timestamp),
        }
    }
}

impl<'a> From<&'a TrendingRow> for TrendingCoinData<'a> {
    fn from(row: &'a TrendingRow) -> Self {
        Self {
            token: row.symbol.as_str(),
            rank: row.rank,
            sentiment_score: row.sentiment_score,
            volume_24h: row.volume_24h,
            change: row.change,
            change_24h: row.change_24h,
            trending_score: row.trending_score,
        }
    }
}

#[cfg(test)]
mod tests;
