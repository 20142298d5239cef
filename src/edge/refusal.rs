use serde_json::json;
use worker::{Response, Result};

use super::{log, tally};
use crate::sse;

/// Why a request is not served. Each is one log line and one JSON answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedRequest {
    /// `/ws` without an upgrade; the document prints the words.
    NotAnUpgrade,
    /// Plain http on a host that others can reach.
    NotEncrypted,
    /// A browser page from elsewhere.
    OriginNotAllowed,
    /// More connections a minute from one address than allowed.
    TooManyConnections,
    /// A dialect that this version does not speak.
    UnknownDialect(&'static str),
    /// No such path.
    NotFound,
    /// Another method than `GET` or `HEAD`, where something is only to be read.
    MethodNotAllowed,
    /// A part of the hub does not answer; names it.
    Silent(&'static str),
    /// No shard answers, so that nobody knows whether there is room.
    NoShard,
    /// A stream of events is not for this request.
    NoStream(sse::Refused),
    /// A setting is missing or wrong; names it.
    BadSetting(String),
}

impl RefusedRequest {
    const fn status(&self) -> u16 {
        match self {
            Self::NotAnUpgrade | Self::UnknownDialect(_) => 400,
            Self::NotEncrypted | Self::OriginNotAllowed => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooManyConnections => 429,
            Self::BadSetting(_) => 500,
            Self::Silent(_) | Self::NoShard => 503,
            Self::NoStream(refused) => refused.status,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::NotAnUpgrade => "EXPECTED_WEBSOCKET",
            Self::NotEncrypted => "TLS_REQUIRED",
            Self::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
            Self::TooManyConnections => "RATE_LIMITED",
            Self::UnknownDialect(_) => "UNKNOWN_DIALECT",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::BadSetting(_) => "BAD_SETTING",
            Self::Silent(_) | Self::NoShard => "UNAVAILABLE",
            Self::NoStream(refused) => &refused.code,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotAnUpgrade => "Expected WebSocket".to_owned(),
            Self::NotEncrypted => "Only https and wss are served here".to_owned(),
            Self::OriginNotAllowed => "This origin is not among ALLOWED_ORIGINS".to_owned(),
            Self::TooManyConnections => {
                "Too many connections from this address; retry in a minute".to_owned()
            }
            Self::UnknownDialect(name) => {
                format!(
                    "{name} is not spoken here; 'cryptointel.v1', 'coindaily.v1', 'wallet.v1' and 'candles.v1' are"
                )
            }
            Self::NotFound => "There is nothing at this path".to_owned(),
            Self::MethodNotAllowed => "Only GET and HEAD are served here".to_owned(),
            Self::NoShard => "No shard answers; retry with exponential backoff".to_owned(),
            Self::BadSetting(what) => what.clone(),
            Self::Silent(who) => format!("{who} does not answer"),
            Self::NoStream(refused) => refused.message.clone(),
        }
    }

    /// The answer, logged.
    pub fn respond(&self) -> Result<Response> {
        // What strangers try out costs neither a line nor a count.
        if !matches!(self, Self::NotFound | Self::MethodNotAllowed) {
            if !self.is_counted() {
                tally::count(self.code());
            }
            log::event(
                "refused",
                json!({"code": self.code(), "status": self.status(), "message": self.message()}),
            );
        }
        if *self == Self::NotAnUpgrade {
            return Response::error(self.message(), self.status());
        }
        let body = json!({"error": {"code": self.code(), "message": self.message()}});
        let mut response = Response::from_json(&body)?.with_status(self.status());
        match self {
            Self::TooManyConnections => response.headers_mut().set("retry-after", "60")?,
            Self::Silent(_) | Self::NoShard => response.headers_mut().set("retry-after", "5")?,
            Self::MethodNotAllowed => response.headers_mut().set("allow", "GET, HEAD")?,
            Self::NoStream(refused) => {
                let headers = response.headers_mut();
                if refused.status == 401 {
                    headers.set("www-authenticate", "Bearer")?;
                }
                if let Some(seconds) = refused.retry_after_s() {
                    headers.set("retry-after", &seconds.to_string())?;
                }
            }
            _ => {}
        }
        Ok(response)
    }

    /// Whether the hub has counted it already.
    const fn is_counted(&self) -> bool {
        matches!(self, Self::NoStream(refused) if refused.is_counted)
    }
}
