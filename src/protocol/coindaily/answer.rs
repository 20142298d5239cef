use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::event::mood_of;
use super::request::MOOD;
use super::topic::Topic;
use crate::model::{Event, MAX_FILTER_PARTS, MarketEvent, Selection, UnixMillis};
use crate::protocol::json::{Millis, to_json};
use crate::protocol::{Refusal, Reply, session};

/// What a client is answered, whatever the transport.
pub(super) struct Said {
    /// The message's type.
    pub kind: &'static str,
    pub content: Content,
}

/// What an answer says.
pub(super) enum Content {
    /// Nothing but its type.
    Nothing,
    /// Its `data`, JSON.
    Data(String),
    /// Its `error`, JSON.
    Error(String),
}

fn data(kind: &'static str, data: String) -> Option<Said> {
    let content = Content::Data(data);
    Some(Said { kind, content })
}

/// Writes an answer to one client; `None` where the document has none.
pub(super) fn said(reply: &Reply<'_>, now: UnixMillis) -> Option<Said> {
    let refused = |kind, refusal| Said {
        kind,
        content: Content::Error(error(refusal, now)),
    };
    match reply {
        Reply::AuthSuccess {
            connection,
            subject,
            expires_at,
        } => data("auth_success", session::data(*connection, subject, *expires_at)),
        Reply::Subscribed { places, .. } => {
            let names: Vec<&str> = places.iter().map(|place| place.name).collect();
            data("subscription_confirmed", chosen(&names)?)
        }
        Reply::Unsubscribed { dropped, family, .. } => {
            let chosen = chosen(dropped).or_else(|| {
                let topic = Topic::of_channel((*family)?)?;
                Some(to_json(&json!({"channel": topic.name})))
            });
            data("unsubscription_confirmed", chosen?)
        }
        Reply::Latest { values } => {
            let moods = values.iter().filter_map(|(name, event)| match event {
                Event::Market(MarketEvent::TokenSentiment(mood)) => Some(mood_of(coin(name), mood)),
                _ => None,
            });
            let moods: Vec<String> = moods.collect();
            data("market_sentiment_snapshot", format!("[{}]", moods.join(",")))
        }
        Reply::Missed { places, .. } => {
            let topics = places.iter().filter_map(|place| Topic::of_channel(place.name));
            let topics: BTreeSet<&str> = topics.map(|topic| topic.name).collect();
            let lost = Error {
                code: "SERVER_ERROR",
                message: "Messages may be missing".to_owned(),
                details: Some(json!({"channels": topics})),
                timestamp: Millis(now),
            };
            (!topics.is_empty()).then(|| Said {
                kind: "error",
                content: Content::Error(to_json(&lost)),
            })
        }
        Reply::Pong => Some(Said {
            kind: "pong",
            content: Content::Nothing,
        }),
        Reply::Refused(refusal) => Some(refused("error", refusal)),
        Reply::AuthRefused(refusal) => Some(refused("auth_error", refusal)),
        Reply::Connected { .. } | Reply::Candles { .. } => None,
    }
}

/// The coin in the name of its mood's channel.
fn coin(name: &str) -> &str {
    name.strip_prefix(MOOD).unwrap_or(name)
}

/// What a client chose, in the words in which it asked for it; `None` if it did not ask for it.
fn chosen(names: &[&str]) -> Option<String> {
    let first = names.first()?;
    let topic = Topic::of_channel(first)?;
    let mut said = Map::new();
    said.insert("channel".to_owned(), json!(topic.name));
    if topic.family == "sentiment" {
        let tokens: Vec<&str> = names.iter().map(|name| coin(name)).collect();
        said.insert("tokens".to_owned(), json!(tokens));
        return Some(to_json(&said));
    }
    for clause in Selection::filter_of(first, topic.family).clauses() {
        if !clause.tokens.is_empty() {
            said.insert("tokens".to_owned(), json!(clause.tokens));
        }
        if let Some(least) = clause.min_amount {
            said.insert("minAmount".to_owned(), json!(least));
        }
        if let Some((field, id)) = topic.id.zip(clause.id.as_deref()) {
            said.insert(field.to_owned(), json!(id));
        }
        if let Some(severity) = clause.severity {
            said.insert("severity".to_owned(), json!(severity.as_str()));
        }
    }
    Some(to_json(&said))
}

/// Writes a refusal as the document's `WebSocketError`.
pub(in crate::protocol) fn error(refusal: &Refusal, now: UnixMillis) -> String {
    to_json(&Error::of(refusal, now))
}

/// The document's `WebSocketError`.
#[derive(Serialize)]
struct Error {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    timestamp: Millis,
}

impl Error {
    fn of(refusal: &Refusal, now: UnixMillis) -> Self {
        let (message, details) = explained(refusal);
        Self {
            code: error_code(refusal),
            message,
            details,
            timestamp: Millis(now),
        }
    }
}

/// The refusal in the words of this dialect, which has no channels.
fn explained(refusal: &Refusal) -> (String, Option<Value>) {
    let topic = |name: &str| Topic::of_channel(name).map_or("this", |topic| topic.name);
    match refusal {
        Refusal::UnknownChannel(name) => {
            let token = coin(name);
            let details = json!({"field": "tokens", "token": token});
            (format!("Invalid token symbol '{token}'"), Some(details))
        }
        Refusal::MoreUnknownChannels(count) => {
            (format!("{count} more of the token symbols are invalid"), None)
        }
        Refusal::BadValue { field, .. } => (refusal.to_string(), Some(json!({"field": field}))),
        Refusal::ForbiddenChannel(name) => {
            let details = json!({"channel": topic(name)});
            (format!("'{}' is not for this token", topic(name)), Some(details))
        }
        Refusal::ChannelNeedsToken(name) => {
            let details = json!({"channel": topic(name)});
            (format!("'{}' needs authentication", topic(name)), Some(details))
        }
        Refusal::TooManyChannels {
            limit,
            refused,
            first,
        } => {
            let what = match Topic::of_channel(first) {
                Some(topic) if topic.family != "sentiment" => topic.name,
                _ => coin(first),
            };
            let message = format!(
                "A connection holds at most {limit} subscriptions, and of one kind {MAX_FILTER_PARTS} choices; {refused} did not fit, the first is '{what}'"
            );
            (message, Some(json!({"limit": limit, "refused": refused})))
        }
        Refusal::TooManyNames { most, count, .. } => {
            let message = format!("'tokens' names at most {most} in one message, this one has {count}");
            (message, Some(json!({"field": "tokens", "limit": most})))
        }
        Refusal::TooManyMessages { retry_after_s, .. }
        | Refusal::TooMuchWaits(retry_after_s)
        | Refusal::NoValues(retry_after_s) => {
            (refusal.to_string(), Some(json!({"retryAfter": retry_after_s})))
        }
        Refusal::AuthRequired(_) => ("Authentication needed; send your token first".to_owned(), None),
        Refusal::ExpiredToken => (
            "The token has expired; authenticate with a new one".to_owned(),
            None,
        ),
        _ => (refusal.to_string(), None),
    }
}

/// The document's seven codes.
pub(in crate::protocol) const fn error_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AuthRequired(_) | Refusal::NoToken | Refusal::ChannelNeedsToken(_) => "AUTH_REQUIRED",
        Refusal::InvalidToken(_) | Refusal::ExpiredToken | Refusal::OtherSubject => "AUTH_FAILED",
        Refusal::UnknownChannel(_)
        | Refusal::MoreUnknownChannels(_)
        | Refusal::UnknownPair { .. }
        | Refusal::ForbiddenChannel(_)
        | Refusal::MoreForbiddenChannels(_)
        | Refusal::TooManyChannels { .. }
        | Refusal::TooManyNames { .. }
        | Refusal::BadValue { .. } => "SUBSCRIPTION_FAILED",
        Refusal::TooManyMessages { .. } | Refusal::TooMuchWaits(_) | Refusal::Suspended { .. } => {
            "RATE_LIMIT_EXCEEDED"
        }
        Refusal::BadMessage(_) => "INVALID_MESSAGE_FORMAT",
        Refusal::Full | Refusal::NoHistory | Refusal::NoValues(_) => "SERVER_ERROR",
        Refusal::AuthTimeout(_) => "CONNECTION_TIMEOUT",
    }
}
