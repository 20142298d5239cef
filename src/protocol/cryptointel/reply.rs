use std::collections::BTreeMap;

use serde::Serialize;

use super::{Rfc3339, to_json};
use crate::model::UnixMillis;
use crate::protocol::{Place, Refusal, Reply, session};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Subscribed<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    channels: &'a [&'a str],
    /// By the channel's name; of those that were asked for.
    positions: BTreeMap<&'a str, Stands>,
    /// Other names of channels, by which the hub does not call them: what each of these is held as.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, schemars(default))]
    aliases: BTreeMap<&'a str, &'a str>,
}

/// Where a channel stands; without a place if that is not known.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Stands {
    recovered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

impl From<&Place<'_>> for Stands {
    fn from(place: &Place<'_>) -> Self {
        Self {
            recovered: place.recovered,
            epoch: place.position.map(|position| position.epoch.to_string()),
            offset: place.position.map(|position| position.offset),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Unsubscribed<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    channels: &'a [&'a str],
}

/// Writes an answer to one client; `None` where this dialect has none.
pub(in crate::protocol) fn reply(reply: &Reply<'_>, now: UnixMillis) -> Option<String> {
    let text = match reply {
        Reply::Connected { .. } | Reply::Candles { .. } | Reply::Latest { .. } => return None,
        Reply::AuthSuccess {
            connection,
            subject,
            expires_at,
        } => {
            let data = session::data(*connection, subject, *expires_at);
            format!(
                r#"{{"type":"auth_success","data":{data},"timestamp":{}}}"#,
                now.get()
            )
        }
        Reply::Subscribed {
            held,
            places,
            aliases,
        } => subscribed(held, places, aliases),
        Reply::Missed { held, places } => subscribed(held, places, &[]),
        Reply::Unsubscribed { held, .. } => to_json(&Unsubscribed {
            kind: "unsubscribed",
            channels: held,
        }),
        Reply::Pong => r#"{"type":"pong"}"#.to_owned(),
        Reply::Refused(refusal) | Reply::AuthRefused(refusal) => error(refusal, now),
    };
    Some(text)
}

fn subscribed(held: &[&str], places: &[Place<'_>], aliases: &[(&str, &str)]) -> String {
    to_json(&Subscribed {
        kind: "subscribed",
        channels: held,
        positions: places.iter().map(|place| (place.name, place.into())).collect(),
        aliases: aliases.iter().copied().collect(),
    })
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ErrorMessage<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ErrorBody<'a> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    timestamp: Rfc3339,
}

fn error(refusal: &Refusal, now: UnixMillis) -> String {
    let channel = match refusal {
        Refusal::UnknownChannel(name)
        | Refusal::ForbiddenChannel(name)
        | Refusal::ChannelNeedsToken(name) => Some(name.as_str()),
        _ => None,
    };
    let body = ErrorBody {
        code: error_code(refusal),
        message: refusal.to_string(),
        channel,
        timestamp: Rfc3339(now),
    };
    to_json(&ErrorMessage {
        kind: "error",
        error: body,
    })
}

/// The document's seven codes.
pub(in crate::protocol) const fn error_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidToken(_) => "INVALID_TOKEN",
        Refusal::ExpiredToken => "EXPIRED_TOKEN",
        Refusal::AuthRequired(_)
        | Refusal::AuthTimeout(_)
        | Refusal::OtherSubject
        | Refusal::NoToken
        | Refusal::ForbiddenChannel(_)
        | Refusal::ChannelNeedsToken(_)
        | Refusal::MoreForbiddenChannels(_) => "UNAUTHORIZED",
        Refusal::UnknownChannel(_) | Refusal::MoreUnknownChannels(_) | Refusal::UnknownPair { .. } => {
            "INVALID_CHANNEL"
        }
        Refusal::TooManyChannels { .. }
        | Refusal::TooManyMessages { .. }
        | Refusal::TooMuchWaits(_)
        | Refusal::Suspended { .. } => "RATE_LIMITED",
        Refusal::Full => "CONNECTION_FULL",
        Refusal::BadMessage(_)
        | Refusal::TooManyNames { .. }
        | Refusal::BadValue { .. }
        | Refusal::NoHistory
        | Refusal::NoValues(_) => "INVALID_MESSAGE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Epoch, Position};
    use serde_json::{Value, json};
    use uuid::Uuid;

    const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

    fn written(it: &Reply<'_>) -> Value {
        serde_json::from_str(&reply(it, NOW).unwrap()).unwrap()
    }

    #[test]
    fn answers_are_as_documented() {
        assert_eq!(
            written(&Reply::AuthSuccess {
                connection: Uuid::nil(),
                subject: "alice",
                expires_at: NOW.plus(3_600_000)
            }),
            json!({
                "type": "auth_success",
                "data": {
                    "connection_id": "00000000-0000-0000-0000-000000000000",
                    "subject": "alice",
                    "expires_at": "2025-12-02T13:30:00Z",
                },
                "timestamp": 1_764_678_600_000_u64,
            })
        );
        assert_eq!(
            written(&Reply::Subscribed {
                held: vec!["price:BTC", "signals:all"],
                places: vec![],
                aliases: vec![]
            }),
            json!({"type": "subscribed", "channels": ["price:BTC", "signals:all"], "positions": {}})
        );
        assert_eq!(
            written(&Reply::Unsubscribed {
                held: vec![],
                dropped: vec![],
                family: None
            }),
            json!({"type": "unsubscribed", "channels": []})
        );
        assert_eq!(reply(&Reply::Pong, NOW).as_deref(), Some(r#"{"type":"pong"}"#));
    }

    #[test]
    fn a_subscription_says_where_its_channels_stand() {
        let place = |name, offset: Option<u64>, recovered| Place {
            name,
            position: offset.map(|offset| Position {
                epoch: Epoch::new(u64::MAX),
                offset,
            }),
            recovered,
        };
        assert_eq!(
            written(&Reply::Subscribed {
                held: vec!["signals:all", "price:BTC", "price:\"x\""],
                places: vec![
                    place("price:\"x\"", None, false),
                    place("price:BTC", Some(42), true),
                    place("signals:all", Some(0), false),
                ],
                aliases: vec![]
            })["positions"],
            json!({
                "price:\"x\"": {"recovered": false},
                "price:BTC": {"recovered": true, "epoch": "18446744073709551615", "offset": 42},
                "signals:all": {"recovered": false, "epoch": "18446744073709551615", "offset": 0},
            })
        );
    }

    #[test]
    fn a_subscription_says_what_other_names_are_held_as() {
        assert_eq!(
            written(&Reply::Subscribed {
                held: vec!["price:BTC"],
                places: vec![],
                aliases: vec![("price:bitcoin", "price:BTC")]
            })["aliases"],
            json!({"price:bitcoin": "price:BTC"})
        );
    }

    #[test]
    fn an_error_has_the_documented_shape() {
        let refusal = Refusal::UnknownChannel("price:invalid".into());
        assert_eq!(
            written(&Reply::Refused(&refusal)),
            json!({
                "type": "error",
                "error": {
                    "code": "INVALID_CHANNEL",
                    "message": "Channel 'price:invalid' does not exist",
                    "channel": "price:invalid",
                    "timestamp": "2025-12-02T12:30:00Z",
                },
            })
        );
    }
}
