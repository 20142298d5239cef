use serde::{Deserialize, Serialize};

use super::{MarketEvent, SystemStatus, UnixMillis};

/// All that one feed cycle has for the shards, handed to each of them at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// When the events came to be; delivery latency counts from here.
    pub published_at: UnixMillis,
    /// In order.
    pub events: Vec<MarketEvent>,
    /// For every client, whatever it subscribed to.
    pub status: Option<SystemStatus>,
}
