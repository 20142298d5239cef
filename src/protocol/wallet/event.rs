use serde::{Serialize, Serializer};

use super::{Rfc3339, message};
use crate::model::{Decimal, Event, MarketEvent, Price, UnixMillis, UserEvent};
use crate::protocol::body::{EventBody, Piece, Template, Written};
use crate::protocol::json::further_fields;
use crate::protocol::news;

/// Writes what an event says; `None` if this dialect has no word for it.
pub(in crate::protocol) fn event(event: &Event, now: UnixMillis) -> Option<EventBody> {
    match event {
        Event::Market(MarketEvent::Price(price)) => Some(priced(price, now)),
        Event::User(UserEvent { news, .. }) => {
            Some(EventBody::whole(message(news.kind(), &news::data(news), now)))
        }
        _ => None,
    }
}

/// Writes one frame of prices: `price_update` if there is only one.
pub(in crate::protocol) fn batch<'a>(prices: impl Iterator<Item = &'a Written>, now: UnixMillis) -> String {
    let prices: Vec<&Written> = prices.collect();
    if let [only] = prices.as_slice() {
        return only.alone.clone();
    }
    let among: Vec<&str> = prices.iter().filter_map(|price| price.among.as_deref()).collect();
    message(
        "price_batch",
        &format!(r#"{{"prices":[{}]}}"#, among.join(",")),
        now,
    )
}

fn priced(price: &Price, now: UnixMillis) -> EventBody {
    let figures = || Figures {
        price_usd: Text(price.price),
        price_change_24h: price.change_24h.map(Text),
        stale: price.stale,
    };
    let detail = Detail {
        figures: figures(),
        volume_24h: price.volume_24h.map(Text),
        timestamp: Rfc3339(price.timestamp),
    };
    let update = message("price_update", SYMBOL_HERE, now);
    let (before, after) = update.split_once(SYMBOL_HERE).unwrap_or_default();
    EventBody {
        alone: Template::of([
            format!("{before}{BEFORE_SYMBOL}").into(),
            Piece::Coin,
            format!("{}{after}", further_fields(&detail)).into(),
        ]),
        among: Some(Template::of([
            BEFORE_SYMBOL.to_owned().into(),
            Piece::Coin,
            further_fields(&figures()).into(),
        ])),
    }
}

const BEFORE_SYMBOL: &str = r#"{"symbol":"#;
/// Stands in a message for an object that is written around its symbol.
const SYMBOL_HERE: &str = "{}";

/// What is told of a price in either frame.
#[derive(Serialize)]
struct Figures {
    price_usd: Text,
    price_change_24h: Option<Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

/// What is told of a price that comes alone.
#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    figures: Figures,
    volume_24h: Option<Text>,
    timestamp: Rfc3339,
}

/// A number as text, every digit as it came.
struct Text(Decimal);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
