use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::lines::StoredLine;
use super::log::Log;
use super::owner::Owner;
use super::shelf::Encoded;
use super::{Broker, receipts};
use crate::hub::stats::Totals;
use crate::model::{Channel, Epoch, Tick, UnixMillis};

/// The first byte of all that is stored; what another version wrote is not read.
const VERSION: u8 = 2;

/// One row of the object's storage: it replaces what was in its slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// From 0; the number of slots is bounded by what is published in five minutes.
    pub slot: u32,
    /// What rests there.
    pub bytes: Vec<u8>,
}

/// A tick as it rests in the object's storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredRow {
    pub(super) number: u64,
    /// The tick before.
    pub(super) after: u64,
    pub(super) at: UnixMillis,
    /// The encoded [`Tick`], as the shards get it.
    pub(super) tick: ByteBuf,
    /// Ids of messages, by their index.
    pub(super) ids: Vec<(u32, String)>,
    /// Which publications of senders it holds.
    pub(super) senders: Vec<(String, u64)>,
}

impl StoredRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).ok(),
            _ => None,
        }
    }
}

/// A row as it was found.
struct Found {
    slot: u32,
    bytes: usize,
    /// `None` if it cannot be read.
    stored: Option<StoredRow>,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        Self {
            slot: row.slot,
            bytes: row.bytes.len(),
            stored: StoredRow::decode(&row.bytes),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Checkpoint {
    number: u64,
    at: UnixMillis,
    born: UnixMillis,
    fresh: Epoch,
    lines: Vec<StoredLine>,
    senders: Vec<(String, u64)>,
    members: Vec<String>,
    totals: Totals,
}

impl Checkpoint {
    fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.lines.iter().map(StoredLine::channel)
    }
}

impl Broker {
    /// What a broker stored: its checkpoint, if there is one, and its rows in any order.
    pub fn restore(checkpoint: Option<&[u8]>, rows: Vec<Row>, now: UnixMillis) -> Self {
        let checkpoint = checkpoint.and_then(|bytes| match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes::<Checkpoint>(body).ok(),
            _ => None,
        });
        let mut broker = Self::new(now);
        // Each is in memory once only: all together they are much of what the object has.
        let mut rows: Vec<Found> = rows.into_iter().map(Found::from).collect();
        if checkpoint.is_some() || rows.iter().any(|row| row.stored.is_some()) {
            // It has a past, and that is what its log begins with.
            broker.log = Log::default();
        }
        rows.sort_unstable_by_key(|row| row.stored.as_ref().map(|it| it.number));
        let known: BTreeSet<Channel> = checkpoint
            .iter()
            .flat_map(Checkpoint::channels)
            .cloned()
            .collect();
        let upto = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.number);
        broker.totals = checkpoint
            .as_ref()
            .map(|checkpoint| checkpoint.totals.clone())
            .unwrap_or_default();
        for Found { slot, bytes, stored } in rows {
            let tick = stored
                .as_ref()
                .and_then(|row| postcard::from_bytes::<Tick>(&row.tick).ok());
            match stored.zip(tick) {
                Some((row, tick)) => {
                    broker
                        .slots
                        .found(Owner::of_tick(&tick), slot, row.number, bytes, row.at);
                    // What the checkpoint knew and does not name was forgotten by then.
                    let is_new = row.number > upto;
                    broker.place_again(&tick, row.at, |channel| is_new || known.contains(channel));
                    broker.lines.trim(now);
                    if is_new {
                        broker.count_again(&tick);
                    }
                    broker.replay(row, &tick);
                }
                None => broker.slots.found_unreadable(slot),
            }
        }
        if let Some(checkpoint) = checkpoint {
            broker.take_up(checkpoint);
        }
        broker
    }

    fn place_again(&mut self, tick: &Tick, at: UnixMillis, is_known: impl Fn(&Channel) -> bool) {
        for message in &tick.messages {
            let event = Encoded::new(&message.event);
            for (channel, position) in message.places().filter(|(channel, _)| is_known(channel)) {
                self.lines.put(channel, position, &event, at);
            }
        }
    }

    fn count_again(&mut self, tick: &Tick) {
        for message in &tick.messages {
            self.count(message.event.channels().first());
        }
    }

    fn replay(&mut self, row: StoredRow, tick: &Tick) {
        self.log.begin_after(row.after);
        self.log.push(row.number, row.tick.into_vec(), row.at);
        for (name, sequence) in row.senders {
            let known = self.senders.entry(name).or_default();
            *known = sequence.max(*known);
        }
        for (at, id) in row.ids {
            if let Some(message) = tick.messages.get(at as usize) {
                let key = receipts::key(&message.event.channels(), &id);
                self.receipts
                    .put(key, message.positions.as_slice().into(), row.at);
            }
        }
    }

    fn take_up(&mut self, checkpoint: Checkpoint) {
        self.log.begin_after(checkpoint.number);
        self.lines.add_stored(checkpoint.fresh, checkpoint.lines);
        for (name, sequence) in checkpoint.senders {
            let known = self.senders.entry(name).or_default();
            *known = sequence.max(*known);
        }
        for member in checkpoint.members {
            self.members.restore(member);
        }
        self.born = checkpoint.born;
        self.slots.checkpointed(checkpoint.number, checkpoint.at);
    }

    /// All that no row holds, to be stored in place of the checkpoint before.
    pub fn checkpoint(&mut self, now: UnixMillis) -> Vec<u8> {
        self.slots.checkpointed(self.log.newest(), now);
        let checkpoint = Checkpoint {
            number: self.log.newest(),
            at: now,
            born: self.born,
            fresh: self.lines.fresh(),
            lines: self.lines.stored(),
            senders: self.senders.clone().into_iter().collect(),
            members: self.members.names(),
            totals: self.totals.clone(),
        };
        postcard::to_extend(&checkpoint, vec![VERSION]).unwrap_or_default()
    }
}
