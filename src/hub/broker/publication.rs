use serde::{Deserialize, Serialize};

use crate::model::{Event, Position, SystemStatus, UnixMillis};

/// What one publisher has to say at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// When the oldest of it came to be.
    pub published_at: UnixMillis,
    /// In order.
    pub items: Vec<Item>,
    /// For every client, whatever it subscribed to.
    pub status: Option<SystemStatus>,
    /// Makes the whole publication one that may be sent again.
    pub sender: Option<Sender>,
}

/// An event to be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What.
    pub event: Event,
    /// For five minutes, another event of this id on the same channels is this one, sent again.
    pub id: Option<MessageId>,
}

/// What a publisher knows its message by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// Whose it is: ids of two publishers are never the same, and neither uses up those of the other.
    pub publisher: String,
    /// The publisher's own name for it.
    pub id: String,
}

impl From<Event> for Item {
    fn from(event: Event) -> Self {
        Self { event, id: None }
    }
}

/// A publisher that counts its publications, and sends one again until it is told that it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Who.
    pub name: String,
    /// Greater than that of every publication before.
    pub sequence: u64,
}

/// What came of a call of [`publish`](super::Broker::publish).
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// By publication, by item; a publication that was sent again and taken before has none.
    pub receipts: Vec<Vec<Receipt>>,
    /// To be stored; `None` if all of it was known.
    pub row: Option<super::Row>,
    /// To be stored with the row, in place of all parts of the one before, if it is there.
    pub checkpoint: Option<Vec<Vec<u8>>>,
}

/// Where an event went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its place in each of its channels, in their order.
    pub positions: Vec<Position>,
    /// It had been published before, under the same id; this is where.
    pub repeated: bool,
}

/// Who listens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Audience {
    /// Shards with sockets.
    pub shards: u32,
    /// Open connections on all of them, by their last reports.
    pub connections: u64,
    /// Messages to clients, over the last minute.
    pub messages_per_second: f64,
    /// When that was so: the newest tick, and the broker's clock. The greater is the newer; since ticks only rise, a clock
    /// that is put back holds up news until the next tick at most.
    pub as_of: (u64, UnixMillis),
}

impl Audience {
    /// Whether nobody listens.
    pub const fn is_empty(&self) -> bool {
        self.shards == 0
    }

    /// Takes over what is told now, unless something newer is known: notices and answers may overtake each other.
    pub fn update(&mut self, told: Self) {
        if told.as_of >= self.as_of {
            *self = told;
        }
    }
}

/// The broker's answer to a [`Publication`]: it is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// By item; none if the whole publication had been taken before.
    pub receipts: Vec<Receipt>,
    /// Who listens.
    pub audience: Audience,
    /// When the broker began without a past: if that has changed, it does not know what was published before.
    pub born: UnixMillis,
}
