use serde::Serialize;

use super::event::Bar;
use super::to_json;
use crate::protocol::{Refusal, Reply};

#[derive(Serialize)]
struct Initial {
    #[serde(rename = "type")]
    kind: &'static str,
    symbol: String,
    interval: &'static str,
    bars: Vec<Bar>,
}

#[derive(Serialize)]
struct Error {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

/// Writes an answer to one client; `None` where the document has none.
pub(in crate::protocol) fn reply(reply: &Reply<'_>) -> Option<String> {
    match reply {
        Reply::Candles {
            pair,
            interval,
            candles,
        } => Some(to_json(&Initial {
            kind: "initial",
            symbol: pair.to_string(),
            interval: interval.as_str(),
            bars: candles.iter().map(|candle| Bar::from(*candle)).collect(),
        })),
        Reply::Pong => Some(r#"{"type":"pong"}"#.to_owned()),
        Reply::Refused(refusal) | Reply::AuthRefused(refusal) => Some(to_json(&error(refusal))),
        Reply::Connected { .. }
        | Reply::AuthSuccess { .. }
        | Reply::Subscribed { .. }
        | Reply::Missed { .. }
        | Reply::Latest { .. }
        | Reply::Unsubscribed { .. } => None,
    }
}

/// The document has one sentence for whatever it does not understand; what exactly that was is added.
fn error(refusal: &Refusal) -> Error {
    let (message, details) = match refusal {
        Refusal::BadMessage(what) => ("Invalid message format".to_owned(), Some(what.clone())),
        _ => (refusal.to_string(), None),
    };
    Error {
        kind: "error",
        message,
        details,
    }
}

/// The document has no codes: these are for statistics.
pub(in crate::protocol) const fn error_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownPair { .. } | Refusal::UnknownChannel(_) | Refusal::MoreUnknownChannels(_) => {
            "INVALID_SYMBOL"
        }
        Refusal::BadValue { .. } | Refusal::TooManyNames { .. } | Refusal::BadMessage(_) => "INVALID_MESSAGE",
        Refusal::TooManyMessages { .. }
        | Refusal::TooMuchWaits(_)
        | Refusal::Suspended { .. }
        | Refusal::TooManyChannels { .. } => "RATE_LIMITED",
        Refusal::Full => "CONNECTION_FULL",
        Refusal::NoHistory | Refusal::NoValues(_) => "UNAVAILABLE",
        Refusal::InvalidToken(_)
        | Refusal::ExpiredToken
        | Refusal::AuthRequired(_)
        | Refusal::AuthTimeout(_)
        | Refusal::OtherSubject
        | Refusal::ForbiddenChannel(_)
        | Refusal::ChannelNeedsToken(_)
        | Refusal::MoreForbiddenChannels(_)
        | Refusal::NoToken => "UNAUTHORIZED",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::event::tests::candle;
    use super::*;
    use crate::model::{Interval, Pair};

    fn written(it: &Reply<'_>) -> Value {
        serde_json::from_str(&reply(it).unwrap()).unwrap()
    }

    #[test]
    fn the_first_bars_are_as_documented() {
        let candle = candle(Some("9772345.67"));
        let first = Reply::Candles {
            pair: &Pair::parse("BTC/USDT").unwrap(),
            interval: Interval::M5,
            candles: vec![&candle],
        };
        assert_eq!(
            written(&first),
            json!({
                "type": "initial",
                "symbol": "BTC/USDT",
                "interval": "5m",
                "bars": [{
                    "time": "2024-10-24T10:00:00.000Z",
                    "open": 67234.50,
                    "high": 67340.00,
                    "low": 67200.00,
                    "close": 67310.25,
                    "volume": 145.23,
                    "quoteVolume": 9_772_345.67,
                }],
            })
        );
    }

    #[test]
    fn what_is_not_understood_has_the_documented_sentence_and_says_why() {
        let refusal = Refusal::BadMessage("'type' must be a string".into());
        assert_eq!(
            written(&Reply::Refused(&refusal)),
            json!({
                "type": "error",
                "message": "Invalid message format",
                "details": "'type' must be a string",
            })
        );
        let interval = Refusal::BadValue {
            field: "interval",
            given: "10m".into(),
            valid: "1m, 5m".into(),
        };
        assert_eq!(
            written(&Reply::Refused(&interval)),
            json!({"type": "error", "message": "Invalid interval: 10m. Valid: 1m, 5m"})
        );
    }
}
