use std::collections::BTreeMap;

use super::ConnId;
use super::waiting::{Request, Wants};

/// Requests of one connection that wait at once: a client that waits for its answers has one, one that does not a handful.
const REQUESTS: usize = 16;

/// Bytes of all requests that wait: 10,000 clients that come back with 50 channels each take some 20 MB.
const BYTES: usize = 32 << 20;

/// What a name takes besides its bytes, and a place to recover from with it.
const NAME: usize = 16;
const PLACE: usize = 48;

/// How much waits for the broker.
#[derive(Debug, Default)]
pub(super) struct Load {
    requests: BTreeMap<ConnId, usize>,
    bytes: usize,
}

impl Load {
    /// Counts a request in; `false` if it is one too many.
    pub fn admit(&mut self, request: &Request) -> bool {
        let bytes = size(request);
        let requests = self.requests.get(&request.conn).copied().unwrap_or(0);
        if requests >= REQUESTS || self.bytes + bytes > BYTES {
            return false;
        }
        self.requests.insert(request.conn, requests + 1);
        self.bytes += bytes;
        true
    }

    /// A request is answered, or nobody waits for it any more.
    pub fn release(&mut self, request: &Request) {
        self.bytes = self.bytes.saturating_sub(size(request));
        if let Some(requests) = self.requests.get_mut(&request.conn) {
            *requests -= 1;
            if *requests == 0 {
                self.requests.remove(&request.conn);
            }
        }
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.bytes == 0
    }
}

/// Bytes that a request takes, about.
fn size(request: &Request) -> usize {
    let of_names = |names: &[String]| names.iter().map(|name| NAME + name.len()).sum::<usize>();
    match &request.wants {
        Wants::Subscribe { names, recover } => {
            let places = recover.iter();
            of_names(names)
                + places
                    .map(|(name, since)| PLACE + name.len() + since.epoch.len())
                    .sum::<usize>()
        }
        Wants::Unsubscribe { names } => of_names(names),
    }
}
