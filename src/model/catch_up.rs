use serde::{Deserialize, Serialize};

use super::{Event, Position};

/// What a client of one channel has not had yet: the broker's part of the answer to who asks now and then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaughtUp {
    /// Where the client is once it has these messages. There may be more after that: what it asks for next.
    pub position: Position,
    /// `messages` follow the place that it named, without a gap.
    pub recovered: bool,
    /// Oldest first, each with its place. If nothing is recovered, the channel's current value, if it has one.
    pub messages: Vec<(Position, Event)>,
}
