mod statistics;

use serde::Serialize;

use statistics::{SentimentData, SummaryData, TokenSentimentData, TrendingData, VolumeData};

use super::{Rfc3339, to_json};
use crate::model::{
    CandleUpdate, Decimal, Event, MarketEvent, Mention, ModerationCase, Price, Signal, Source, Sources,
    SystemHealth, SystemStatus, UserEvent, WhaleActivity, WorkEvent,
};
use crate::protocol::body::{EventBody, Piece, Template, Written};
use crate::protocol::{health, moderation, news, whale, work};

/// Writes what an event says, once for all channels and spellings.
pub(in crate::protocol) fn event(event: &Event) -> EventBody {
    let (kind, data) = match event {
        Event::Market(event) => (kind(event), data(event)),
        Event::Mention(mention) => ("mention_alert", to_json(&MentionData::from(mention))),
        Event::User(UserEvent { news, .. }) => (news.kind(), news::data(news)),
        Event::Whale(activity) => (WhaleActivity::KIND, whale::data(activity)),
        Event::Work(WorkEvent { news, .. }) => (news.kind(), work::data(news)),
        Event::Moderation(case) => (ModerationCase::KIND, moderation::data(case)),
        Event::Health(condition) => (SystemHealth::KIND, health::data(condition)),
    };
    let alone = Template::of([
        format!(r#"{{"type":"{kind}","channel":"#).into(),
        Piece::Channel,
        format!(r#","data":{data}}}"#).into(),
    ]);
    EventBody { alone, among: None }
}

const fn kind(event: &MarketEvent) -> &'static str {
    match event {
        MarketEvent::Price(_) => "price_update",
        MarketEvent::Signal(_) => "signal_alert",
        MarketEvent::Summary(_) | MarketEvent::Volume(_) | MarketEvent::Sentiment(_) => "market_data",
        MarketEvent::Candle(_) => "candle_update",
        MarketEvent::TokenSentiment(_) => "sentiment_update",
        MarketEvent::Trending(_) => "trending_update",
    }
}

/// Writes one frame of several messages.
pub(in crate::protocol) fn batch<'a>(messages: impl Iterator<Item = &'a Written> + Clone) -> String {
    const BEFORE: &str = r#"{"type":"batch","messages":["#;
    const AFTER: &str = "]}";
    let size: usize = messages.clone().map(|message| message.alone.len() + 1).sum();
    let mut frame = String::with_capacity(BEFORE.len() + size + AFTER.len());
    frame.push_str(BEFORE);
    for (n, message) in messages.enumerate() {
        if n > 0 {
            frame.push(',');
        }
        frame.push_str(&message.alone);
    }
    frame.push_str(AFTER);
    frame
}

/// Writes the `data` of an event's message.
pub(in crate::protocol) fn data(event: &MarketEvent) -> String {
    match event {
        MarketEvent::Price(price) => to_json(&PriceData::from(price)),
        MarketEvent::Signal(signal) => to_json(&SignalData::from(signal)),
        MarketEvent::Summary(summary) => to_json(&SummaryData::from(summary)),
        MarketEvent::Volume(volume) => to_json(&VolumeData::from(volume)),
        MarketEvent::Sentiment(sentiment) => to_json(&SentimentData::from(sentiment)),
        MarketEvent::Candle(update) => candle(update),
        MarketEvent::TokenSentiment(mood) => to_json(&TokenSentimentData::from(mood)),
        MarketEvent::Trending(ranking) => to_json(&TrendingData::from(ranking)),
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PriceData<'a> {
    symbol: &'a str,
    price: Decimal,
    change_24h: Option<Decimal>,
    volume_24h: Option<Decimal>,
    timestamp: Rfc3339,
    source: &'static str,
    metadata: SaidBy,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SaidBy {
    sources: Vec<&'static str>,
}

impl From<Sources> for SaidBy {
    fn from(sources: Sources) -> Self {
        Self {
            sources: sources.iter().map(Source::as_str).collect(),
        }
    }
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
            metadata: price.sources.into(),
            stale: price.stale,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MentionData<'a> {
    entity: &'a str,
    title: &'a str,
    url: &'a str,
    source: &'a str,
    timestamp: Rfc3339,
}

impl<'a> From<&'a Mention> for MentionData<'a> {
    fn from(mention: &'a Mention) -> Self {
        Self {
            entity: &mention.entity,
            title: &mention.title,
            url: &mention.url,
            source: &mention.source,
            timestamp: Rfc3339(mention.timestamp),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusData {
    status: &'static str,
    active_connections: u64,
    messages_per_second: f64,
    uptime: f64,
    timestamp: Rfc3339,
}

#[cfg(test)]
mod frames;
#[cfg(test)]
mod tests;
