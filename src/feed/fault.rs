use std::fmt;

/// Why a provider's answer, or one row of it, is of no use.
///
/// `Display` is for logs: it names statuses and fields, never an address, a key or a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedFault {
    /// No whole answer within the time allowed.
    Timeout,
    /// No connection, or it broke.
    Unreachable,
    /// The provider asks for fewer questions (429, or 418 where that is ignored).
    RateLimited {
        /// How long it asks us to wait, milliseconds; `None` if it does not say.
        retry_after_ms: Option<u64>,
    },
    /// Any other status than 2xx.
    HttpStatus {
        /// The status.
        status: u16,
        /// How long it asks us to wait, milliseconds; `None` if it does not say.
        retry_after_ms: Option<u64>,
    },
    /// The answer arrived, but says that something went wrong, whatever its status.
    ProviderError {
        /// The provider's own number for it; `None` if it has none.
        code: Option<i64>,
    },
    /// The provider does not know what it was asked for: a pair that it does not trade.
    NotListed,
    /// The body is HTML or anything else that is not JSON.
    NotJson,
    /// The body is JSON that ends too early.
    CutOff,
    /// More than a provider has to say: the answer, or the frame of a stream, was not read.
    TooLarge,
    /// The body has no content, or an empty list.
    Empty,
    /// A needed field is missing or of another type.
    WrongShape {
        /// Which one.
        field: &'static str,
    },
    /// A needed field holds a number that cannot be: negative, zero or absurdly large.
    Implausible {
        /// Which one.
        field: &'static str,
    },
}

impl FeedFault {
    /// A stable code for statistics: `rate_limited`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::RateLimited { .. } => "rate_limited",
            Self::HttpStatus { .. } => "http_status",
            Self::ProviderError { .. } => "provider_error",
            Self::NotListed => "not_listed",
            Self::NotJson => "not_json",
            Self::CutOff => "cut_off",
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::WrongShape { .. } => "wrong_shape",
            Self::Implausible { .. } => "implausible",
        }
    }

    /// What went wrong in words, without how long to wait, which differs from time to time.
    pub fn cause(&self) -> String {
        match self {
            Self::Timeout => "no whole answer in time".to_owned(),
            Self::Unreachable => "not reachable".to_owned(),
            Self::RateLimited { .. } => "rate limited".to_owned(),
            Self::HttpStatus { status, .. } => format!("HTTP status {status}"),
            Self::ProviderError { code: Some(code) } => format!("provider error {code}"),
            Self::ProviderError { code: None } => "provider error".to_owned(),
            Self::NotListed => "not listed there".to_owned(),
            Self::NotJson => "the body is not JSON".to_owned(),
            Self::CutOff => "the body is cut off".to_owned(),
            Self::TooLarge => "the answer is too large".to_owned(),
            Self::Empty => "the answer is empty".to_owned(),
            Self::WrongShape { field } => format!("'{field}' is missing or of another type"),
            Self::Implausible { field } => format!("'{field}' is a number that cannot be"),
        }
    }

    /// How long the provider asked us to wait, milliseconds.
    pub const fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_ms } | Self::HttpStatus { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }
}

impl fmt::Display for FeedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause())?;
        match self.retry_after_ms() {
            Some(wait) => write!(f, ", asked to wait {} s", wait.div_ceil(1000)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FeedFault {}
