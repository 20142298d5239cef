use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

/// A minute, the span of every message limit, in milliseconds.
const MINUTE: u64 = 60_000;

/// What a shard and its connections may do. Times are milliseconds.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections of this shard: its part of `MAX_CONNECTIONS`.
    pub max_connections: usize,
    /// Messages a minute and connection; 0 is no limit. Pings that the runtime answers do not count.
    pub messages_per_minute: u32,
    /// Channels a connection may hold.
    pub max_channels: usize,
    /// Bytes of one message.
    pub max_message_bytes: usize,
    /// Without a frame in either direction for so long, a connection is closed.
    pub idle_timeout: u64,
    /// Clients that send heartbeats send one this often.
    pub heartbeat_interval: u64,
    /// So long a connection has to authenticate.
    pub auth_timeout: u64,
    /// So long an expired token may be replaced.
    pub expiry_grace: u64,
    /// Whether public channels need no token.
    pub public_read: bool,
}

impl Default for Limits {
    /// The limits of `docs/websocket-api.md`.
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            messages_per_minute: 100,
            max_channels: 50,
            max_message_bytes: 65_536,
            idle_timeout: 300_000,
            heartbeat_interval: 30_000,
            auth_timeout: 10_000,
            expiry_grace: 30_000,
            public_read: false,
        }
    }
}

impl Limits {
    /// How far attachments may lag behind the deliveries to a group, so that not every delivery writes them:
    /// after hibernation an idle connection is closed later by at most this, never earlier.
    pub(super) const fn save_interval(&self) -> u64 {
        self.idle_timeout / 4
    }
}

/// Messages counted in a window of one minute that opens with its first message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    opened_at: UnixMillis,
    count: u32,
}

impl Window {
    /// Counts a message; `Err` with the seconds to wait if it is one too many.
    pub fn admit(&mut self, now: UnixMillis, limit: u32) -> Result<(), u64> {
        if limit == 0 {
            return Ok(());
        }
        let age = now.since(self.opened_at);
        if self.count == 0 || age >= MINUTE {
            *self = Self {
                opened_at: now,
                count: 1,
            };
            return Ok(());
        }
        if self.count >= limit {
            return Err((MINUTE - age).div_ceil(1000));
        }
        self.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_admits_its_limit_and_opens_again_after_a_minute() {
        let mut window = Window::default();
        let start = UnixMillis::from_secs(1_000);
        assert!((0..100).all(|n| window.admit(start.plus(n), 100).is_ok()));
        assert_eq!(window.admit(start.plus(15_500), 100), Err(45));
        assert_eq!(window.admit(start.plus(59_999), 100), Err(1));
        assert_eq!(window.admit(start.plus(60_000), 100), Ok(()));
    }

    #[test]
    fn zero_is_no_limit() {
        let mut window = Window::default();
        assert!((0..10_000).all(|_| window.admit(UnixMillis::from_secs(1), 0).is_ok()));
    }
}
