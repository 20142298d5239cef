use serde::{Deserialize, Serialize};

use super::{Channel, Event, Position, SystemStatus, UnixMillis};

/// All that was published at once: the unit of storage and of delivery. Every shard gets the same ticks in the
/// same order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Greater than that of every tick before: a shard drops what is not newer than what it has seen.
    pub number: u64,
    /// When the oldest of its messages came to be; delivery latency counts from here.
    pub published_at: UnixMillis,
    /// In the order of publishing.
    pub messages: Vec<Message>,
    /// For every client, whatever it subscribed to.
    pub status: Option<SystemStatus>,
}

/// An event and its place in each of its channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What happened.
    pub event: Event,
    /// One for each of the event's channels, in their order.
    pub positions: Vec<Position>,
}

impl Message {
    /// The event's channels, each with the message's place in it.
    pub fn places(&self) -> impl Iterator<Item = (Channel, Position)> {
        self.event
            .channels()
            .into_iter()
            .zip(self.positions.iter().copied())
    }
}
