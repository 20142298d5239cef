use crate::auth::TokenError;
use crate::query::Wrong;

/// Why there is no stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Of the answer.
    pub status: u16,
    /// One word for programs.
    pub code: String,
    /// A sentence for whoever reads it.
    pub message: String,
    /// The hub said it, and has counted it.
    pub is_counted: bool,
}

impl Refused {
    /// A token is needed, and none has come.
    pub fn no_token() -> Self {
        let message = "A token is needed: in 'Authorization: Bearer', or as 'token' in the query";
        Self::new(401, "UNAUTHORIZED", message)
    }

    /// There are credentials, but of another kind.
    pub fn not_bearer() -> Self {
        let message = "The Authorization header is not 'Bearer' with a token";
        Self::new(401, "INVALID_TOKEN", message)
    }

    /// The token is no good.
    pub fn token(error: TokenError) -> Self {
        let code = match error {
            TokenError::Expired => "EXPIRED_TOKEN",
            TokenError::Invalid(_) => "INVALID_TOKEN",
        };
        Self::new(401, code, format!("The token was refused: {error}"))
    }

    /// There is no room.
    pub fn full() -> Self {
        let message = "The server is at its maximum of connections; retry with exponential backoff";
        Self::new(503, "CONNECTION_FULL", message)
    }

    /// The hub said no before the stream began, to who has a token or has none.
    pub(super) fn told(code: String, message: String, has_token: bool) -> Self {
        let status = match code.as_str() {
            "INVALID_TOKEN" | "EXPIRED_TOKEN" => 401,
            "UNAUTHORIZED" if has_token => 403,
            "UNAUTHORIZED" => 401,
            // More channels than may be held were refused before: what is left is haste.
            "RATE_LIMITED" => 429,
            "CONNECTION_FULL" => 503,
            _ => 400,
        };
        Self {
            status,
            code,
            message,
            is_counted: true,
        }
    }

    /// Seconds after which it is worth another try.
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self.status {
            429 | 503 => Some(5),
            _ => None,
        }
    }

    fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            is_counted: false,
        }
    }
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::new(400, "INVALID_PARAMETER", wrong.message)
    }
}
