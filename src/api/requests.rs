use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{Network, UnixMillis};

/// How long a window is, seconds: a quarter of an hour.
pub const WINDOW_S: u64 = 900;
const WINDOW_MS: u64 = WINDOW_S * 1000;

/// Networks whose windows are kept; beyond that the oldest is forgotten, which would be over first anyway.
const MAX_NETWORKS: usize = 10_000;

/// A count is worth a write only every so often: writes are billed, and what an eviction may forget is less than this.
const SAVE_EVERY: u32 = 10;

/// The first byte of what is stored; another version is begun anew.
const VERSION: u8 = 1;

/// Requests counted by network, each in a window of a quarter of an hour that opens with its first request.
#[derive(Debug, Default)]
pub struct RequestWindows {
    open: BTreeMap<Network, Window>,
    /// The order in which they were opened. Every open window is in it; so may be some that are over.
    opened: VecDeque<(UnixMillis, Network)>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Window {
    opened_at: UnixMillis,
    count: u32,
}

/// How a network stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether the request may go on.
    pub admitted: bool,
    /// How many more may follow in this window.
    pub remaining: u32,
    /// When the window is over, seconds from now, 1 to [`WINDOW_S`].
    pub reset_s: u64,
}

/// What came of counting a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// For the client.
    pub standing: Standing,
    /// The windows should be stored now.
    pub save: bool,
}

impl RequestWindows {
    /// Counts a request; one beyond `limit` is not admitted and does not count.
    pub fn admit(&mut self, network: Network, now: UnixMillis, limit: u32) -> Admission {
        self.sweep(now);
        let window = self.window(network, now);
        let admitted = window.count < limit;
        if admitted {
            window.count += 1;
        }
        let remaining = limit.saturating_sub(window.count);
        let standing = Standing {
            admitted,
            remaining,
            reset_s: (WINDOW_MS - now.since(window.opened_at)).div_ceil(1000),
        };
        Admission {
            standing,
            save: admitted && (remaining == 0 || window.count.is_multiple_of(SAVE_EVERY)),
        }
    }

    /// To be stored: about 10 bytes a network.
    pub fn encode(&self) -> Vec<u8> {
        let windows: Vec<(Network, Window)> = self
            .opened
            .iter()
            .filter_map(|(opened_at, network)| {
                let window = self.open.get(network).filter(|it| it.opened_at == *opened_at)?;
                Some((*network, *window))
            })
            .collect();
        // Writing to memory cannot fail; should it ever, nothing stored is a fresh start.
        postcard::to_extend(&windows, vec![VERSION]).unwrap_or_default()
    }

    /// What was stored; nothing at all if it is damaged or of another version.
    pub fn decode(bytes: &[u8]) -> Self {
        let Some((&VERSION, body)) = bytes.split_first() else {
            return Self::default();
        };
        let windows: Vec<(Network, Window)> = postcard::from_bytes(body).unwrap_or_default();
        let mut decoded = Self::default();
        for (network, window) in windows.into_iter().take(MAX_NETWORKS) {
            decoded.opened.push_back((window.opened_at, network));
            decoded.open.insert(network, window);
        }
        decoded
    }

    /// The network's window at `now`, opened if there is none.
    fn window(&mut self, network: Network, now: UnixMillis) -> &mut Window {
        let fresh = Window {
            opened_at: now,
            count: 0,
        };
        let known = self.open.get(&network).is_some_and(|window| !window.is_over(now));
        if !known {
            self.opened.push_back((now, network));
            self.open.insert(network, fresh);
        }
        self.open.entry(network).or_insert(fresh)
    }

    /// Forgets windows that are over, and makes room for one more.
    fn sweep(&mut self, now: UnixMillis) {
        while let Some(&(opened_at, network)) = self.opened.front() {
            let over = now.since(opened_at) >= WINDOW_MS;
            if !over && self.opened.len() < MAX_NETWORKS {
                break;
            }
            self.opened.pop_front();
            if self
                .open
                .get(&network)
                .is_some_and(|window| window.opened_at == opened_at)
            {
                self.open.remove(&network);
            }
        }
    }
}

impl Window {
    /// A window from the future is over too: the clock was set back.
    fn is_over(&self, now: UnixMillis) -> bool {
        now.since(self.opened_at) >= WINDOW_MS || self.opened_at.since(now) >= WINDOW_MS
    }
}

#[cfg(test)]
mod tests;
