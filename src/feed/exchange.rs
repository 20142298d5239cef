use std::fmt;

use super::FeedFault;
use super::retry_after;
use crate::model::{Observation, UnixMillis};

/// Providers refuse callers that do not say who they are.
const USER_AGENT: &str = concat!(
    "cryptointel/",
    env!("CARGO_PKG_VERSION"),
    " (real-time market-data hub)"
);

/// Where a provider is, and the key for it. Its `Debug` shows no key.
#[derive(Clone)]
pub struct Endpoint {
    /// Scheme, host and whatever stands before the provider's own path: `https://api.coingecko.com`.
    /// A trailing slash does not matter.
    pub base_url: String,
    /// The secret, if there is one.
    pub api_key: Option<String>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Endpoint");
        shown
            .field("base_url", &self.base_url)
            .field("has_key", &self.api_key.is_some())
            .finish()
    }
}

/// A GET request. Its `Debug` shows the names of the headers only: one of them is a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Absolute; holds no secret.
    pub url: String,
    /// Name in lower case, and value.
    pub headers: Vec<(&'static str, String)>,
}

impl Request {
    /// Asks `endpoint` for `path_and_query` (which begins with a slash), without a key.
    pub(super) fn get(endpoint: &Endpoint, path_and_query: &str) -> Self {
        let base = endpoint.base_url.trim().trim_end_matches('/');
        Self {
            url: format!("{base}{path_and_query}"),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("user-agent", USER_AGENT.to_owned()),
            ],
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("headers", &names)
            .finish()
    }
}

/// One question to a provider, with the function that understands the answer.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked, for logs: `markets`.
    pub name: &'static str,
    /// What to send.
    pub request: Request,
    pub(super) parse: fn(&Answer<'_>) -> Result<Parsed, FeedFault>,
}

impl Call {
    /// Reads the answer to this call; an unwanted status is a fault before the body is looked at.
    pub fn read(&self, answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
        answer.check_status()?;
        (self.parse)(answer)
    }
}

/// What came back for a [`Request`].
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header of that name, if there was one.
    pub retry_after: Option<&'a str>,
    /// The body, whole.
    pub body: &'a [u8],
    /// When it was whole.
    pub received_at: UnixMillis,
}

impl Answer<'_> {
    fn check_status(&self) -> Result<(), FeedFault> {
        let wait = || {
            self.retry_after
                .and_then(|text| retry_after::wait_ms(text, self.received_at))
        };
        match self.status {
            200..=299 => Ok(()),
            418 | 429 => Err(FeedFault::RateLimited {
                retry_after_ms: wait(),
            }),
            status => Err(FeedFault::HttpStatus {
                status,
                retry_after_ms: wait(),
            }),
        }
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The good part.
    pub observation: Observation,
    /// Why rows were left out, one fault a row.
    pub refused: Vec<FeedFault>,
}
