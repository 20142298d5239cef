//! The address of a request, taken apart by the runtime: a parser of our own in the Wasm would be some 20 KB after gzip.

use std::borrow::Cow;

use worker::Result;

use crate::query;

/// An address and its parts.
pub struct Url {
    scheme: String,
    authority: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    /// Takes an address apart, as a request has it.
    ///
    /// # Errors
    /// It is none.
    pub fn read(address: &str) -> Result<Self> {
        let url = web_sys::Url::new(address)?;
        Ok(Self {
            scheme: url.protocol().trim_end_matches(':').to_owned(),
            authority: url.host(),
            host: url.hostname(),
            path: url.pathname(),
            query: url.search(),
        })
    }

    /// `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host, and the port where it is not the scheme's: `localhost:8787`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        match host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }

    /// `/api/v1/prices`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query as it stands there, with its `?`.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The names and values of the query, decoded, as they come.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        query::pairs(&self.query)
    }
}
