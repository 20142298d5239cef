use serde::Serialize;

use super::json::{Rfc3339, to_json};
use crate::model::{
    CandleUpdate, Decimal, MarketEvent, MarketSentiment, MarketSummary, MarketVolume, Price, Signal,
    SystemStatus,
};
use crate::protocol::EventBody;

/// Writes what an event says, once for all channels and spellings.
pub(in crate::protocol) fn event(event: &MarketEvent) -> EventBody {
    let (kind, data) = match event {
        MarketEvent::Price(price) => ("price_update", to_json(&PriceData::from(price))),
        MarketEvent::Signal(signal) => ("signal_alert", to_json(&SignalData::from(signal))),
        MarketEvent::Summary(summary) => ("market_data", to_json(&SummaryData::from(summary))),
        MarketEvent::Volume(volume) => ("market_data", to_json(&VolumeData::from(volume))),
        MarketEvent::Sentiment(sentiment) => ("market_data", to_json(&SentimentData::from(sentiment))),
        MarketEvent::Candle(update) => ("candle_update", candle(update)),
    };
    EventBody {
        before_channel: format!(r#"{{"type":"{kind}","channel":"#),
        after_channel: format!(r#","data":{data}}}"#),
    }
}

/// Writes `system_status`, which has no channel.
pub(in crate::protocol) fn status(status: &SystemStatus) -> String {
    let data = StatusData {
        status: status.status.as_str(),
        active_connections: status.active_connections,
        messages_per_second: status.messages_per_second,
        uptime: status.uptime,
        timestamp: Rfc3339(status.timestamp),
    };
    format!(r#"{{"type":"system_status","data":{}}}"#, to_json(&data))
}

#[derive(Serialize)]
struct PriceData<'a> {
    symbol: &'a str,
    price: Decimal,
    change_24h: Option<Decimal>,
    volume_24h: Option<Decimal>,
    timestamp: Rfc3339,
    source: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

impl<'a> From<&'a Price> for PriceData<'a> {
    fn from(price: &'a Price) -> Self {
        Self {
            symbol: price.symbol.as_str(),
            price: price.price,
            change_24h: price.change_24h,
            volume_24h: price.volume_24h,
            timestamp: Rfc3339(price.timestamp),
            source: price.source.as_str(),
            stale: price.stale,
        }
    }
}

#[derive(Serialize)]
struct SignalData<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    symbol: &'a str,
    confidence: f64,
    description: &'a str,
    timestamp: Rfc3339,
    metadata: SignalFigures,
}

#[derive(Serialize)]
struct SignalFigures {
    price_change: f64,
    volume_spike: f64,
    sources: Vec<&'static str>,
}

impl<'a> From<&'a Signal> for SignalData<'a> {
    fn from(signal: &'a Signal) -> Self {
        Self {
            id: &signal.id,
            kind: signal.kind.as_str(),
            symbol: signal.symbol.as_str(),
            confidence: signal.confidence,
            description: &signal.description,
            timestamp: Rfc3339(signal.timestamp),
            metadata: SignalFigures {
                price_change: signal.metadata.price_change,
                volume_spike: signal.metadata.volume_spike,
                sources: signal
                    .metadata
                    .sources
                    .iter()
                    .map(|source| source.as_str())
                    .collect(),
            },
        }
    }
}

#[derive(Serialize)]
struct SummaryData {
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
struct VolumeData<'a> {
    total_volume_24h: Decimal,
    change: Option<f64>,
    trend: &'static str,
    leaders: Vec<VolumeLeader<'a>>,
    timestamp: Rfc3339,
    source: &'static str,
}

#[derive(Serialize)]
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
struct SentimentData {
    sentiment: &'static str,
    score: f64,
    confidence: f64,
    advancing: u32,
    declining: u32,
    unchanged: u32,
    timestamp: Rfc3339,
    source: &'static str,
}

impl From<&MarketSentiment> for SentimentData {
    fn from(sentiment: &MarketSentiment) -> Self {
        Self {
            sentiment: sentiment.level.as_str(),
            score: sentiment.score,
            confidence: sentiment.confidence,
            advancing: sentiment.advancing,
            declining: sentiment.declining,
            unchanged: sentiment.unchanged,
            timestamp: Rfc3339(sentiment.timestamp),
            source: sentiment.source.as_str(),
        }
    }
}

#[derive(Serialize)]
struct CandleData<'a> {
    pair: &'a str,
    interval: &'static str,
    time: Rfc3339,
    open: Decimal,
    high: Decimal,
    low: Decimal,
    close: Decimal,
    volume: Decimal,
    quote_volume: Option<Decimal>,
    closed: bool,
    source: &'static str,
}

fn candle(update: &CandleUpdate) -> String {
    let candle = &update.candle;
    to_json(&CandleData {
        pair: &update.pair.to_string(),
        interval: update.interval.as_str(),
        time: Rfc3339(candle.open_at),
        open: candle.open,
        high: candle.high,
        low: candle.low,
        close: candle.close,
        volume: candle.volume,
        quote_volume: candle.quote_volume,
        closed: update.closed,
        source: update.source.as_str(),
    })
}

#[derive(Serialize)]
struct StatusData {
    status: &'static str,
    active_connections: u64,
    messages_per_second: f64,
    uptime: f64,
    timestamp: Rfc3339,
}

#[cfg(test)]
mod tests;
