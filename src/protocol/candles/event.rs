use serde::{Serialize, Serializer};

use super::to_json;
use crate::model::{Candle, CandleUpdate, Decimal, Event, MarketEvent, UnixMillis};
use crate::protocol::body::EventBody;

/// Writes what an event says; `None` if this dialect has no word for it.
pub(in crate::protocol) fn event(event: &Event) -> Option<EventBody> {
    match event {
        Event::Market(MarketEvent::Candle(update)) => Some(EventBody::whole(to_json(&Update::from(update)))),
        _ => None,
    }
}

#[derive(Serialize)]
struct Update {
    #[serde(rename = "type")]
    kind: &'static str,
    symbol: String,
    interval: &'static str,
    bar: Bar,
}

impl From<&CandleUpdate> for Update {
    fn from(update: &CandleUpdate) -> Self {
        Self {
            kind: "update",
            symbol: update.pair.to_string(),
            interval: update.interval.as_str(),
            bar: Bar::from(&update.candle),
        }
    }
}

/// A candle as a chart reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bar {
    time: Iso,
    open: Decimal,
    high: Decimal,
    low: Decimal,
    close: Decimal,
    volume: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_volume: Option<Decimal>,
}

impl From<&Candle> for Bar {
    fn from(candle: &Candle) -> Self {
        Self {
            time: Iso(candle.open_at),
            open: candle.open,
            high: candle.high,
            low: candle.low,
            close: candle.close,
            volume: candle.volume,
            quote_volume: candle.quote_volume,
        }
    }
}

/// A time as JavaScript's `toISOString` writes it, which is what the document shows.
struct Iso(UnixMillis);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_iso_string())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Interval, Pair, Position, Source};

    pub fn candle(quote_volume: Option<&str>) -> Candle {
        let number = |text: &str| text.parse().unwrap();
        Candle {
            open_at: UnixMillis::parse_rfc3339("2024-10-24T10:00:00Z").unwrap(),
            open: number("67234.50"),
            high: number("67340.00"),
            low: number("67200.00"),
            close: number("67310.25"),
            volume: number("145.23"),
            quote_volume: quote_volume.map(number),
        }
    }

    #[test]
    fn an_update_is_the_documented_one_digit_for_digit() {
        let update = CandleUpdate {
            pair: Pair::parse("BTC/USDT").unwrap(),
            interval: Interval::M5,
            candle: candle(Some("9772345.67")),
            closed: false,
            source: Source::Bitget,
        };
        let body = event(&Event::Market(MarketEvent::Candle(update))).unwrap();
        assert_eq!(
            body.frame("candles:BTC/USDT:5m", Position::default()),
            concat!(
                r#"{"type":"update","symbol":"BTC/USDT","interval":"5m","bar":{"time":"2024-10-24T10:00:00.000Z","#,
                r#""open":67234.50,"high":67340.00,"low":67200.00,"close":67310.25,"volume":145.23,"#,
                r#""quoteVolume":9772345.67}}"#
            )
        );
    }

    #[test]
    fn a_quote_volume_that_is_not_known_is_left_out() {
        let bar: Value = serde_json::from_str(&to_json(&Bar::from(&candle(None)))).unwrap();
        assert_eq!(bar.get("quoteVolume"), None);
        assert_eq!(bar["volume"], json!(145.23));
    }
}
