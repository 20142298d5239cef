//! `market_data`: the whole market's figures.

use serde_json::value::RawValue;

use super::COUNT;
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{
    FearGreed, MarketEvent, MarketSentiment, MarketSummary, MarketVolume, SentimentLevel, Symbol,
    VolumeShare, VolumeTrend,
};

const PERCENT: &str = "a number, in per cent";
const SHARE: &str = "a number from 0 to 100, in per cent";
const DOLLARS: &str = "a number that is not negative, in US dollars";
const FRACTION: &str = "a number from 0 to 1";

/// Coins with the largest volume, at most.
const LEADERS: usize = 10;
/// Longest word for the fear and greed index, in bytes.
const MAX_CLASSIFICATION: usize = 32;

/// `market:summary`
pub(super) fn summary(mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let hundred = 100.into();
    let summary = MarketSummary {
        total_market_cap: data.required("total_market_cap", DOLLARS, values::not_negative)?,
        total_volume_24h: data.required("total_volume_24h", DOLLARS, values::not_negative)?,
        bitcoin_dominance: data.required("bitcoin_dominance", SHARE, |raw| {
            values::not_negative(raw).filter(|share| *share <= hundred)
        })?,
        active_cryptocurrencies: data.required("active_cryptocurrencies", COUNT, values::whole)?,
        market_cap_change_24h: data.optional("market_cap_change_24h", PERCENT, values::decimal)?,
        source: data.source()?,
        timestamp: data.time("timestamp")?,
        stale: data
            .optional("stale", "true or false", values::flag)?
            .unwrap_or(false),
    };
    data.end()?;
    Ok(MarketEvent::Summary(summary))
}

/// `market:volume`
pub(super) fn volume(mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let trends = VolumeTrend::ALL.map(VolumeTrend::as_str);
    let trend = data.word("trend", &trends, VolumeTrend::parse)?;
    let volume = MarketVolume {
        total_volume_24h: data.required("total_volume_24h", DOLLARS, values::not_negative)?,
        change: data.optional("change", PERCENT, values::number)?,
        trend: trend.ok_or_else(|| data.missing("trend", &"which way it goes"))?,
        leaders: leaders(&mut data)?,
        source: data.source()?,
        timestamp: data.time("timestamp")?,
    };
    data.end()?;
    Ok(MarketEvent::Volume(volume))
}

fn leaders(data: &mut Fields<'_>) -> Result<Vec<VolumeShare>, Problem> {
    let mut leaders: Vec<VolumeShare> = Vec::new();
    for mut row in data.objects("leaders", LEADERS)? {
        let leader = VolumeShare {
            symbol: row.required("symbol", "a ticker", |raw| Symbol::new(&values::text(raw)?))?,
            volume_24h: row.required("volume_24h", DOLLARS, values::not_negative)?,
            share: row.required("share", SHARE, |raw| values::within(raw, 0.0, 100.0))?,
        };
        if leaders
            .last()
            .is_some_and(|before| before.volume_24h < leader.volume_24h)
        {
            return Err(row.refuse("volume_24h", "expected the largest first"));
        }
        leaders.push(leader);
        row.end()?;
    }
    Ok(leaders)
}

/// `market:sentiment`
pub(super) fn sentiment(mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let (level, score) = mood(&mut data)?;
    let sentiment = MarketSentiment {
        level,
        score,
        confidence: data.required("confidence", FRACTION, |raw| values::within(raw, 0.0, 1.0))?,
        advancing: data.required("advancing", COUNT, values::count)?,
        declining: data.required("declining", COUNT, values::count)?,
        unchanged: data.required("unchanged", COUNT, values::count)?,
        fear_greed: data.optional_object("fear_greed")?.map(fear_greed).transpose()?,
        source: data.source()?,
        timestamp: data.time("timestamp")?,
    };
    data.end()?;
    Ok(MarketEvent::Sentiment(sentiment))
}

fn fear_greed(mut index: Fields<'_>) -> Result<FearGreed, Problem> {
    let value = |raw: &RawValue| serde_json::from_str(raw.get()).ok().filter(|value| *value <= 100);
    let fear_greed = FearGreed {
        value: index.required("value", "a whole number from 0 to 100", value)?,
        classification: index.optional_text("classification", MAX_CLASSIFICATION)?,
        source: index.source()?,
        observed_at: index.time("timestamp")?,
    };
    index.end()?;
    Ok(fear_greed)
}

/// A score and its word, which must be that of the score.
pub(super) fn mood(data: &mut Fields<'_>) -> Result<(SentimentLevel, f64), Problem> {
    let score = data.required("score", "a number from -1 to 1", |raw| {
        values::within(raw, -1.0, 1.0)
    })?;
    let level = SentimentLevel::of(score);
    data.required(
        "sentiment",
        format_args!("'{}', the word for {score}", level.as_str()),
        |raw| (values::text(raw)? == level.as_str()).then_some((level, score)),
    )
}
