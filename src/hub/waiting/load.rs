use std::collections::BTreeMap;

use super::{Request, Wants};
use crate::hub::ConnId;
use crate::protocol::Tag;

/// Bytes of one connection's requests that wait at once: as many as its minute allows, if they are not all huge.
const SHARE: usize = 1 << 20;

/// Bytes of all requests that wait: 10,000 clients that come back with 50 channels each take some 20 MB.
const BYTES: usize = 32 << 20;

/// What a request takes besides its names, what a name takes besides its bytes, and a place to recover from with it.
const REQUEST: usize = 64;
const NAME: usize = 16;
const PLACE: usize = 48;

/// How much waits for the broker.
#[derive(Debug, Default)]
pub struct Load {
    shares: BTreeMap<ConnId, usize>,
    bytes: usize,
}

impl Load {
    /// Counts a request in; `false` if it is one too many.
    pub fn admit(&mut self, request: &Request) -> bool {
        let bytes = size(request);
        let share = bytes + self.shares.get(&request.conn).copied().unwrap_or(0);
        if share > SHARE || self.bytes + bytes > BYTES {
            return false;
        }
        self.shares.insert(request.conn, share);
        self.bytes += bytes;
        true
    }

    /// A request is answered, or nobody waits for it any more.
    pub fn release(&mut self, request: &Request) {
        let bytes = size(request);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(share) = self.shares.get_mut(&request.conn) {
            *share = share.saturating_sub(bytes);
            if *share == 0 {
                self.shares.remove(&request.conn);
            }
        }
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.shares.is_empty() && self.bytes == 0
    }
}

/// Bytes that a request takes, about.
fn size(request: &Request) -> usize {
    let of_names = |names: &[String]| names.iter().map(|name| NAME + name.len()).sum::<usize>();
    REQUEST
        + match &request.wants {
            Wants::Subscribe { names, recover, .. } => {
                let places = recover.iter();
                of_names(names)
                    + places
                        .map(|(name, since)| PLACE + name.len() + since.size())
                        .sum::<usize>()
            }
            Wants::Unsubscribe { names, .. } | Wants::Latest { names } => of_names(names),
        }
        + request.tag.as_ref().map_or(0, Tag::size)
}
