//! What a shard and the broker say to each other.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::stats::ShardReport;
use crate::model::{Channel, Epoch, Event, Position, Tick};

/// Ticks for a shard, in order. The broker encodes a tick once, for its storage and for every shard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The tick that these follow: who has not seen that one lacks something, and says so instead of taking these.
    pub after: u64,
    /// Each an encoded [`Tick`].
    pub ticks: Vec<ByteBuf>,
}

impl Delivery {
    /// The ticks, decoded; `None` if one is of another version of this program.
    pub fn decode(&self) -> Option<Vec<Tick>> {
        decode_ticks(&self.ticks)
    }
}

/// Ticks as the broker encoded them; `None` if one is of another version of this program.
pub fn decode_ticks(ticks: &[ByteBuf]) -> Option<Vec<Tick>> {
    let ticks = ticks.iter().map(|tick| postcard::from_bytes(tick).ok());
    ticks.collect()
}

/// A shard's answer to a [`Delivery`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    /// The newest tick that it has passed on to its sockets.
    pub seen: u64,
    /// What it has counted.
    pub report: ShardReport,
}

/// The broker's answer to a shard that has sockets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The tick that `missed` follow, or `heads` if there are none: a shard that has been told of ticks since it
    /// asked, and not of this one, lacks something and asks again.
    pub after: u64,
    /// What the shard's sockets have missed since the tick that it had seen last.
    pub missed: Vec<ByteBuf>,
    /// The newest tick of all; `heads` are as of then.
    pub newest: u64,
    /// Every channel that has had a message.
    pub heads: Vec<(Channel, Head)>,
    /// The epoch of every other channel.
    pub fresh: Epoch,
}

/// Where a channel stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The place of its newest message.
    pub position: Position,
    /// That message, if the channel has a current value.
    pub latest: Option<Event>,
}

/// What a shard asks the broker for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Its clients came back: what they have missed of these channels since the places that they name.
    Since(Vec<(Channel, Position)>),
    /// It lacks ticks that nobody keeps: what was published on these channels after that one.
    After(u64, Vec<Channel>),
}

/// The broker's answer to a [`Question`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// The newest tick when it was answered: all that follows comes as ticks.
    pub newest: u64,
    /// By channel; without those that have no message of that run, or none after that tick.
    pub histories: Vec<(Channel, History)>,
    /// Those for which the answer had no room.
    pub left_out: Vec<Channel>,
}

/// What a channel's followers have missed, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The epoch of the messages.
    pub epoch: Epoch,
    /// Offset and event, without a gap, up to the newest; none if none is kept.
    pub messages: Vec<(u64, Event)>,
}

/// Where channels stand, for operators.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// Those that have had a message.
    pub channels: Vec<(Channel, Position)>,
    /// The epoch of all others.
    pub fresh: Epoch,
}
