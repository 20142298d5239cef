use serde::Serialize;

use crate::model::{
    Decimal, Event, MarketEvent, ModerationCase, SystemHealth, TokenSentiment, Trending, TrendingRow,
    WhaleActivity, WorkEvent,
};
use crate::protocol::body::Piece;
use crate::protocol::json::{Millis, further_fields, to_json};
use crate::protocol::opinions::{Opinions, known};
use crate::protocol::{health, moderation, whale, work};

/// What an event says, whatever the transport.
pub(super) struct Told {
    /// The message's type.
    pub kind: &'static str,
    /// Its `data`.
    pub data: Vec<Piece>,
}

/// Writes what an event says; `None` if this dialect has no word for it.
pub(super) fn told(event: &Event) -> Option<Told> {
    let whole = |kind, data: String| Told {
        kind,
        data: vec![data.into()],
    };
    match event {
        Event::Market(MarketEvent::TokenSentiment(mood)) => Some(Told {
            kind: "market_sentiment_update",
            data: mood_data(mood).into(),
        }),
        Event::Market(MarketEvent::Trending(ranking)) if !ranking.memecoins.is_empty() => {
            let data = to_json(&RankingData::from(ranking));
            Some(whole("trending_memecoins_update", data))
        }
        Event::Health(condition) => Some(whole(SystemHealth::KIND, health::data(condition))),
        Event::Whale(activity) => Some(whole(WhaleActivity::KIND, whale::data(activity))),
        Event::Work(WorkEvent { news, .. }) => Some(whole(news.kind(), work::data(news))),
        Event::Moderation(case) => Some(whole(ModerationCase::KIND, moderation::data(case))),
        _ => None,
    }
}

/// A mood; its coin is called as the subscriber calls it.
fn mood_data(mood: &TokenSentiment) -> [Piece; 3] {
    [
        r#"{"token":"#.to_owned().into(),
        Piece::Coin,
        further_fields(&MoodData::from(mood)).into(),
    ]
}

/// The same of the coin that one client calls `name`.
pub(super) fn mood_of(name: &str, mood: &TokenSentiment) -> String {
    format!(
        r#"{{"token":{}{}"#,
        to_json(&name),
        further_fields(&MoodData::from(mood))
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MoodData {
    sentiment: &'static str,
    score: f64,
    confidence: f64,
    sources: Opinions,
    /// Which of `sources` are known: 0 says nothing in the others.
    known: Vec<&'static str>,
    /// 0 for a coin that is not in the ranking.
    trending_rank: u32,
    #[serde(rename = "priceChange24h")]
    price_change_24h: Option<Decimal>,
    timestamp: Millis,
}

impl From<&TokenSentiment> for MoodData {
    fn from(mood: &TokenSentiment) -> Self {
        Self {
            sentiment: mood.level.as_str(),
            score: mood.score,
            confidence: mood.confidence,
            sources: Opinions::from(&mood.sources),
            known: known(&mood.sources),
            trending_rank: mood.trending_rank.unwrap_or(0),
            price_change_24h: mood.change_24h,
            timestamp: Millis(mood.timestamp),
        }
    }
}

#[derive(Serialize)]
struct RankingData<'a> {
    timeframe: &'static str,
    coins: Vec<RankedCoin<'a>>,
    timestamp: Millis,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RankedCoin<'a> {
    token: &'a str,
    rank: u32,
    sentiment_score: Option<f64>,
    #[serde(rename = "volume24h")]
    volume_24h: Option<Decimal>,
    #[serde(rename = "priceChange24h")]
    price_change_24h: Option<Decimal>,
    trending_score: f64,
}

impl<'a> From<&'a Trending> for RankingData<'a> {
    fn from(ranking: &'a Trending) -> Self {
        Self {
            timeframe: ranking.timeframe.as_str(),
            coins: ranking.memecoins.iter().map(RankedCoin::from).collect(),
            timestamp: Millis(ranking.timestamp),
        }
    }
}

impl<'a> From<&'a TrendingRow> for RankedCoin<'a> {
    fn from(row: &'a TrendingRow) -> Self {
        Self {
            token: row.symbol.as_str(),
            rank: row.rank,
            sentiment_score: row.sentiment_score,
            volume_24h: row.volume_24h,
            price_change_24h: row.change_24h,
            trending_score: row.trending_score,
        }
    }
}
