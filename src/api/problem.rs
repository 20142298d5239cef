use serde::Serialize;

/// Why a request is not answered, as RFC 9457 has it: `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A query parameter is unknown, missing, given twice or not what it may be.
    Parameter {
        /// Which one, as the client wrote it, cut short.
        name: String,
        /// What is wrong, in a sentence.
        detail: String,
    },
    /// A field of the body is unknown, missing, given twice or not what it may be.
    Field {
        /// Where it is: `messages[3].data.price`; empty for the body itself.
        name: String,
        /// What is wrong, in a sentence.
        detail: String,
    },
    /// The body is larger than it may be, or a part of it; says which and by how much.
    TooLarge(String),
    /// The body is something else than `application/json`, or is compressed.
    NotJson,
    /// No token, where one is needed.
    TokenMissing,
    /// The token is no good; says why, and never shows it.
    TokenRefused(String),
    /// The token is good, but does not allow this.
    ScopeMissing {
        /// The scope that would.
        scope: &'static str,
        /// What it is needed to do: `publish on 'price:bitcoin'`.
        what: String,
    },
    /// A browser page from elsewhere.
    OriginNotAllowed,
    /// Plain http on a host that others can reach.
    NotEncrypted,
    /// No such path.
    NotFound,
    /// The path does not know the method; lists those that it does.
    MethodNotAllowed(&'static str),
    /// More requests from one network than allowed.
    TooManyRequests {
        /// How many are allowed in a quarter of an hour.
        limit: u32,
        /// When there may be more, seconds.
        retry_after_s: u64,
    },
    /// A setting of the deployment is missing or wrong; names it.
    BadSetting(String),
    /// Nothing is known yet that would answer the question: the feed has not run, or has nothing of the kind.
    NoData,
    /// What was to be published may have been, or not: the broker does not answer.
    BrokerSilent,
    /// Something that the answer depends on does not answer itself; names it.
    Unavailable(&'static str),
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// How long to leave alone what does not answer, seconds.
const PAUSE_S: u64 = 5;

impl Problem {
    /// A parameter that is not what it may be.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::Parameter {
            name: shown(name),
            detail: detail.into(),
        }
    }

    /// A field that is not what it may be.
    pub(super) fn field(name: &str, detail: impl Into<String>) -> Self {
        Self::Field {
            name: name.to_owned(),
            detail: detail.into(),
        }
    }

    /// A body that is no text.
    pub fn not_utf8() -> Self {
        Self::field("", "The body is not UTF-8")
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Parameter { .. } | Self::Field { .. } => 400,
            Self::TokenMissing | Self::TokenRefused(_) => 401,
            Self::ScopeMissing { .. } | Self::OriginNotAllowed | Self::NotEncrypted => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed(_) => 405,
            Self::TooLarge(_) => 413,
            Self::NotJson => 415,
            Self::TooManyRequests { .. } => 429,
            Self::BadSetting(_) => 500,
            Self::NoData | Self::BrokerSilent | Self::Unavailable(_) => 503,
        }
    }

    /// What statistics and logs call it; `type` is the same word in lower case with hyphens.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "INVALID_PARAMETER",
            Self::Field { .. } => "INVALID_FIELD",
            Self::TooLarge(_) => "TOO_LARGE",
            Self::NotJson => "UNSUPPORTED_MEDIA_TYPE",
            Self::TokenMissing => "UNAUTHORIZED",
            Self::TokenRefused(_) => "INVALID_TOKEN",
            Self::ScopeMissing { .. } => "FORBIDDEN",
            Self::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
            Self::NotEncrypted => "TLS_REQUIRED",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed(_) => "METHOD_NOT_ALLOWED",
            Self::TooManyRequests { .. } => "RATE_LIMITED",
            Self::BadSetting(_) => "BAD_SETTING",
            Self::NoData => "NO_DATA",
            Self::BrokerSilent | Self::Unavailable(_) => "UNAVAILABLE",
        }
    }

    /// After how many seconds to ask again, where that helps: `Retry-After`.
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after_s, .. } => Some(*retry_after_s),
            Self::NoData | Self::BrokerSilent | Self::Unavailable(_) => Some(PAUSE_S),
            _ => None,
        }
    }

    /// `WWW-Authenticate`, where a token is what is missing (RFC 6750, section 3).
    pub fn challenge(&self) -> Option<String> {
        const REALM: &str = r#"Bearer realm="cryptointel""#;
        match self {
            Self::TokenMissing => Some(REALM.to_owned()),
            Self::TokenRefused(why) => {
                let why = why.replace(['"', '\\'], "'");
                Some(format!(
                    r#"{REALM}, error="invalid_token", error_description="{why}""#
                ))
            }
            Self::ScopeMissing { scope, .. } => {
                Some(format!(r#"{REALM}, error="insufficient_scope", scope="{scope}""#))
            }
            _ => None,
        }
    }

    /// The answer's body.
    pub fn to_json(&self) -> String {
        let (parameter, field) = match self {
            Self::Parameter { name, .. } => (Some(name.as_str()), None),
            Self::Field { name, .. } => (None, Some(name.as_str())),
            _ => (None, None),
        };
        let body = Body {
            kind: format!(
                "urn:problem-type:cryptointel:{}",
                self.code().to_ascii_lowercase().replace('_', "-")
            ),
            title: self.title(),
            status: self.status(),
            detail: self.detail(),
            parameter,
            field,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "A parameter is wrong",
            Self::Field { .. } => "A field is wrong",
            Self::TooLarge(_) => "The body is too large",
            Self::NotJson => "The body is not JSON",
            Self::TokenMissing => "A token is needed",
            Self::TokenRefused(_) => "The token is refused",
            Self::ScopeMissing { .. } => "The token does not allow this",
            Self::OriginNotAllowed => "The origin is not allowed",
            Self::NotEncrypted => "TLS is required",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed(_) => "The method is not allowed",
            Self::TooManyRequests { .. } => "Too many requests",
            Self::BadSetting(_) => "The hub is not set up",
            Self::NoData => "No data yet",
            Self::BrokerSilent | Self::Unavailable(_) => "Not available now",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Parameter { detail, .. } | Self::Field { detail, .. } | Self::TooLarge(detail) => {
                detail.clone()
            }
            Self::NotJson => "Send 'Content-Type: application/json', not compressed".to_owned(),
            Self::TokenMissing => "Send a token: 'Authorization: Bearer <JWT>'".to_owned(),
            Self::TokenRefused(why) => why.clone(),
            Self::ScopeMissing { scope, what } => {
                format!("The token needs the scope '{scope}' to {what}; nothing was done")
            }
            Self::OriginNotAllowed => "This origin is not among ALLOWED_ORIGINS".to_owned(),
            Self::NotEncrypted => "Only https is served here".to_owned(),
            Self::NotFound => {
                "There is nothing at this path; /api/v1/openapi.json lists what there is".to_owned()
            }
            Self::MethodNotAllowed(methods) => format!("Only {methods} are known here"),
            Self::TooManyRequests { limit, retry_after_s } => {
                format!("More than {limit} requests in 15 minutes; try again in {retry_after_s} s")
            }
            Self::BadSetting(what) => what.clone(),
            Self::NoData => "The feed has brought nothing of this kind yet".to_owned(),
            Self::BrokerSilent => format!(
                "The broker does not answer, and may have published all of it or nothing; messages with an id can be \
                 sent again with the same in {PAUSE_S} s, and are published once"
            ),
            Self::Unavailable(what) => format!("{what} does not answer; try again in {PAUSE_S} s"),
        }
    }
}

/// A client's own text, short enough for an error.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut kept: String = text.chars().take(LONGEST).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests;
