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

/// No answer is read beyond this, bytes: the largest that is asked for, 500 coins of CoinMarketCap with their tags, has
/// about a million, and a dozen that are read at once must fit an object's memory.
pub const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// The header that says who we are.
pub fn user_agent() -> (&'static str, String) {
    ("user-agent", USER_AGENT.to_owned())
}

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
            headers: vec![("accept", "application/json".to_owned()), user_agent()],
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

/// One question to a provider, with the function that understands the answer: an [`Observation`],
/// or a `T` of the provider's own.
#[derive(Debug, Clone)]
pub struct Call<T = Observation> {
    /// What is asked, for logs: `markets`.
    pub name: &'static str,
    /// What to send.
    pub request: Request,
    pub(super) parse: Reader<T>,
    /// What the body of a refusal says, where a provider says more than the status does.
    pub(super) explain: fn(&Answer<'_>) -> Option<FeedFault>,
}

pub(super) type Reader<T = Observation> = fn(&Answer<'_>) -> Result<Parsed<T>, FeedFault>;

impl<T> Call<T> {
    pub(super) fn new(name: &'static str, request: Request, parse: Reader<T>) -> Self {
        Self {
            name,
            request,
            parse,
            explain: |_| None,
        }
    }

    /// Reads the answer to this call; an unwanted status is a fault, whatever the body holds.
    pub fn read(&self, answer: &Answer<'_>) -> Result<Parsed<T>, FeedFault> {
        match answer.check_status() {
            Ok(()) => (self.parse)(answer),
            Err(fault) => Err((self.explain)(answer).unwrap_or(fault)),
        }
    }
}

/// What came back for a [`Request`].
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header of that name, if there was one.
    pub retry_after: Option<&'a str>,
    /// The body, whole; at most [`MAX_ANSWER`] bytes.
    pub body: &'a [u8],
    /// When it was whole.
    pub received_at: UnixMillis,
}

impl Answer<'_> {
    /// How long the header asks us to wait, milliseconds.
    pub(super) fn wait_ms(&self) -> Option<u64> {
        self.retry_after
            .and_then(|text| retry_after::wait_ms(text, self.received_at))
    }

    fn check_status(&self) -> Result<(), FeedFault> {
        let retry_after_ms = self.wait_ms();
        match self.status {
            200..=299 => Ok(()),
            418 | 429 => Err(FeedFault::RateLimited { retry_after_ms }),
            status => Err(FeedFault::HttpStatus {
                status,
                retry_after_ms,
            }),
        }
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<T = Observation> {
    /// The good part.
    pub observation: T,
    /// Why rows were left out, one fault a row.
    pub refused: Vec<FeedFault>,
}

impl<T> Parsed<T> {
    /// An answer of which nothing was left out.
    pub(super) fn whole(observation: T) -> Self {
        Self {
            observation,
            refused: Vec::new(),
        }
    }
}

impl<T> Parsed<Vec<T>> {
    /// The good rows of many. If there is none, the fault of the first is the fault of the whole.
    pub(super) fn rows(rows: impl Iterator<Item = Result<T, FeedFault>>) -> Result<Self, FeedFault> {
        let mut parsed = Self::whole(Vec::new());
        for row in rows {
            match row {
                Ok(row) => parsed.observation.push(row),
                Err(fault) => parsed.refused.push(fault),
            }
        }
        if parsed.observation.is_empty() {
            return Err(parsed.refused.into_iter().next().unwrap_or(FeedFault::Empty));
        }
        Ok(parsed)
    }

    pub(super) fn map<U>(self, what: impl FnOnce(Vec<T>) -> U) -> Parsed<U> {
        Parsed {
            observation: what(self.observation),
            refused: self.refused,
        }
    }
}
