use serde::{Deserialize, Serialize};

use super::{MarketEvent, SystemStatus, UnixMillis};

/// All that one feed cycle has for the shards, handed to each of them at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Greater than that of every batch before: a shard drops what is not newer than what it has seen.
    pub number: u64,
    /// When the events came to be; delivery latency counts from here.
    pub published_at: UnixMillis,
    /// What this shard did not acknowledge, older than `events`, in order.
    pub missed: Vec<Missed>,
    /// In order.
    pub events: Vec<MarketEvent>,
    /// For every client, whatever it subscribed to.
    pub status: Option<SystemStatus>,
}

/// An event of an earlier batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// The batch that it was in: a shard that has seen that one has seen the event.
    pub number: u64,
    /// The event.
    pub event: MarketEvent,
}
