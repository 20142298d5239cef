use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// The hub's own condition, pushed to every client: `system_status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemStatus {
    /// In a word.
    pub status: HealthStatus,
    /// Open connections, on all shards.
    pub active_connections: u64,
    /// Messages sent to clients per second, over the last minute.
    pub messages_per_second: f64,
    /// Feed cycles on time in the last 24 hours, in per cent.
    pub uptime: f64,
    /// When it was measured.
    pub timestamp: UnixMillis,
}

/// How the hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthStatus {
    /// All providers answer, data is fresh.
    Healthy,
    /// A provider fails or data is stale; the rest goes on.
    Degraded,
    /// There is no data at all.
    Down,
}

impl HealthStatus {
    /// The word on the wire: `healthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}
