//! What operators and Prometheus ask of the objects; the rest is in [`wire`](super::wire).

use serde::{Deserialize, Serialize};

use crate::model::{Channel, Epoch, Position};

/// The broker: which shards have sockets? Answers their names.
pub const SHARDS: &str = "/shards";
/// The broker: where does every channel stand? Answers [`Places`].
pub const PLACES: &str = "/places";
/// A shard: close the connections that this `Target` means. Answers how many there were.
pub const DISCONNECT: &str = "/disconnect";
/// A shard: which channels are held? Answers each with how many hold it.
pub const CHANNELS: &str = "/channels";
/// A shard: who holds this `Channel`? Answers a `Presence`.
pub const PRESENCE: &str = "/presence";
/// The feed, the broker: its part of what Prometheus reads, as text.
pub const METRICS: &str = "/metrics";

/// Where channels stand.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Places {
    /// Those that have had a message.
    pub channels: Vec<(Channel, Position)>,
    /// The epoch of all others.
    pub fresh: Epoch,
}
