use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::decode::{PRICE, USER};
use super::{Rfc3339, message, to_json};
use crate::model::UnixMillis;
use crate::protocol::{Refusal, Reply};

#[derive(Serialize)]
struct Connected {
    connection_id: Uuid,
    server_time: Rfc3339,
}

#[derive(Serialize)]
struct Pong {
    server_time: Rfc3339,
}

#[derive(Serialize)]
struct Error {
    code: &'static str,
    message: String,
    details: Value,
}

/// Writes an answer to one client; `None` where the document has none.
pub(in crate::protocol) fn reply(reply: &Reply<'_>, now: UnixMillis) -> Option<String> {
    let server_time = Rfc3339(now);
    let (event, data) = match reply {
        Reply::Connected { connection } => {
            let connection_id = *connection;
            let connected = Connected {
                connection_id,
                server_time,
            };
            ("connected", to_json(&connected))
        }
        Reply::Pong => ("pong", to_json(&Pong { server_time })),
        Reply::Refused(refusal) | Reply::AuthRefused(refusal) => ("error", to_json(&error(refusal))),
        Reply::AuthSuccess { .. }
        | Reply::Subscribed { .. }
        | Reply::Missed { .. }
        | Reply::Latest { .. }
        | Reply::Unsubscribed { .. }
        | Reply::Candles { .. } => return None,
    };
    Some(message(event, &data, now))
}

fn error(refusal: &Refusal) -> Error {
    let (message, details) = match refusal {
        Refusal::UnknownChannel(name) => {
            let symbol = name.strip_prefix(PRICE).unwrap_or(name);
            (
                format!("Symbol '{symbol}' is not known"),
                json!({"symbol": symbol}),
            )
        }
        Refusal::ForbiddenChannel(name) | Refusal::ChannelNeedsToken(name) => {
            let user = name.strip_prefix(USER).unwrap_or(name);
            let message = "These notifications are another user's".to_owned();
            (message, json!({"user_id": user}))
        }
        Refusal::TooManyChannels {
            limit,
            refused,
            first,
        } => {
            let first = first
                .strip_prefix(PRICE)
                .or_else(|| first.strip_prefix(USER))
                .unwrap_or(first);
            let message = format!(
                "A connection holds at most {limit} symbols and users; {refused} were not subscribed, the first is '{first}'"
            );
            (
                message,
                json!({"limit": limit, "refused": refused, "first": first}),
            )
        }
        // A wallet names them there alone.
        Refusal::TooManyNames { most, count, .. } => {
            let message = format!("'symbols' has at most {most} in one message, this one has {count}");
            (message, json!({"limit": most}))
        }
        Refusal::Suspended { retry_after_s, .. } | Refusal::TooMuchWaits(retry_after_s) => {
            (refusal.to_string(), json!({"retry_after": retry_after_s}))
        }
        // The document's own sentence.
        Refusal::InvalidToken(reason) => ("Authentication failed".to_owned(), json!({"reason": reason})),
        Refusal::ExpiredToken => (
            "The token has expired; connect with a new one".to_owned(),
            json!({}),
        ),
        _ => (refusal.to_string(), json!({})),
    };
    Error {
        code: error_code(refusal),
        message,
        details,
    }
}

/// The document's code for a token, and others in its manner.
pub(in crate::protocol) const fn error_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidToken(_) => "INVALID_TOKEN",
        Refusal::ExpiredToken => "EXPIRED_TOKEN",
        Refusal::NoToken
        | Refusal::AuthRequired(_)
        | Refusal::AuthTimeout(_)
        | Refusal::OtherSubject
        | Refusal::ForbiddenChannel(_)
        | Refusal::ChannelNeedsToken(_)
        | Refusal::MoreForbiddenChannels(_) => "UNAUTHORIZED",
        Refusal::UnknownChannel(_) | Refusal::MoreUnknownChannels(_) | Refusal::UnknownPair { .. } => {
            "INVALID_SYMBOL"
        }
        Refusal::TooManyChannels { .. }
        | Refusal::TooManyMessages { .. }
        | Refusal::TooMuchWaits(_)
        | Refusal::Suspended { .. } => "RATE_LIMITED",
        Refusal::Full => "CONNECTION_FULL",
        Refusal::NoHistory | Refusal::NoValues(_) => "UNAVAILABLE",
        Refusal::BadMessage(_) | Refusal::TooManyNames { .. } | Refusal::BadValue { .. } => "INVALID_MESSAGE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_760_437_800);

    fn written(it: &Reply<'_>) -> Value {
        serde_json::from_str(&reply(it, NOW).unwrap()).unwrap()
    }

    #[test]
    fn answers_are_as_documented() {
        assert_eq!(
            written(&Reply::Connected {
                connection: Uuid::nil()
            }),
            json!({
                "event": "connected",
                "data": {
                    "connection_id": "00000000-0000-0000-0000-000000000000",
                    "server_time": "2025-10-14T10:30:00Z",
                },
                "timestamp": "2025-10-14T10:30:00Z",
            })
        );
        assert_eq!(
            written(&Reply::Pong),
            json!({
                "event": "pong",
                "data": {"server_time": "2025-10-14T10:30:00Z"},
                "timestamp": "2025-10-14T10:30:00Z",
            })
        );
        assert_eq!(
            reply(
                &Reply::Subscribed {
                    held: vec![],
                    places: vec![],
                    aliases: vec![]
                },
                NOW
            ),
            None
        );
    }

    #[test]
    fn an_error_has_a_code_a_sentence_and_details() {
        let unknown = Refusal::UnknownChannel("price:NOPE".into());
        assert_eq!(
            written(&Reply::Refused(&unknown)),
            json!({
                "event": "error",
                "data": {
                    "code": "INVALID_SYMBOL",
                    "message": "Symbol 'NOPE' is not known",
                    "details": {"symbol": "NOPE"},
                },
                "timestamp": "2025-10-14T10:30:00Z",
            })
        );
        let forbidden = Refusal::ForbiddenChannel("user:bob".into());
        let data = written(&Reply::Refused(&forbidden))["data"].take();
        assert_eq!(
            (&data["code"], &data["details"]),
            (&json!("UNAUTHORIZED"), &json!({"user_id": "bob"}))
        );
        let refused = Refusal::InvalidToken("the signature is wrong");
        assert_eq!(
            written(&Reply::Refused(&refused))["data"],
            json!({
                "code": "INVALID_TOKEN",
                "message": "Authentication failed",
                "details": {"reason": "the signature is wrong"},
            })
        );
        let over = Refusal::TooManyChannels {
            limit: 50,
            refused: 1,
            first: "user:alice".into(),
        };
        let data = written(&Reply::Refused(&over))["data"].take();
        assert_eq!(
            data["details"],
            json!({"limit": 50, "refused": 1, "first": "alice"})
        );
        let names = Refusal::TooManyNames {
            field: "channels",
            most: 1_000,
            count: 1_001,
        };
        let data = written(&Reply::Refused(&names))["data"].take();
        assert_eq!(
            (&data["code"], &data["message"]),
            (
                &json!("INVALID_MESSAGE"),
                &json!("'symbols' has at most 1000 in one message, this one has 1001")
            )
        );
        let waits = Refusal::TooMuchWaits(5);
        let data = written(&Reply::Refused(&waits))["data"].take();
        assert_eq!(
            (&data["code"], &data["details"]),
            (&json!("RATE_LIMITED"), &json!({"retry_after": 5}))
        );
        let suspended = Refusal::Suspended {
            what: "pings",
            limit: 60,
            retry_after_s: 60,
        };
        let data = written(&Reply::Refused(&suspended))["data"].take();
        assert_eq!(
            (&data["code"], &data["details"]),
            (&json!("RATE_LIMITED"), &json!({"retry_after": 60}))
        );
    }
}
