use std::collections::VecDeque;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::lines::StoredLine;
use super::log::Log;
use super::{Broker, receipts};
use crate::hub::stats::Totals;
use crate::model::{Epoch, Tick, UnixMillis};

/// The first byte of all that is stored; what another version wrote is not read.
const VERSION: u8 = 2;

/// So many of its first bytes say which tick a row holds.
pub const HEAD_BYTES: usize = 11;
/// A checkpoint has parts of at most so many bytes: a row of storage takes 2 MB.
const PART_BYTES: usize = 1 << 20;

/// A row is of use for so long, milliseconds: as long as messages and ids are kept.
const ROW_MS: u64 = 5 * 60_000;
/// All rows together; beyond that the oldest goes early, since an object that wakes reads them all.
const ROWS_BYTES: usize = 24 << 20;
/// What no row holds is written this often, milliseconds, and before a row goes that it needs.
const CHECKPOINT_MS: u64 = 60_000;

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

    /// The number of a tick, by the first [`HEAD_BYTES`] of its row or more of them.
    fn number(head: &[u8]) -> Option<u64> {
        let (number, _) = postcard::take_from_bytes(readable(head)?).ok()?;
        Some(number)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(readable(bytes)?).ok()
    }
}

/// What this version wrote, without saying so.
fn readable(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(&[VERSION])
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

/// Which slots are taken. A slot is used again once what is in it is of no use any more, so that nothing is ever
/// deleted: that would be billed like writing.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Oldest first.
    taken: VecDeque<Taken>,
    free: Vec<u32>,
    bytes: usize,
    /// Of the newest checkpoint.
    checkpoint: u64,
    checkpoint_at: UnixMillis,
}

#[derive(Debug)]
struct Taken {
    slot: u32,
    number: u64,
    at: UnixMillis,
    bytes: usize,
}

impl Slots {
    /// A slot for the tick of that number, and whether a checkpoint has to go along with it.
    pub fn take(&mut self, number: u64, bytes: usize, now: UnixMillis) -> (u32, bool) {
        let mut needed = now.since(self.checkpoint_at) >= CHECKPOINT_MS;
        self.bytes += bytes;
        while let Some(oldest) = self.taken.front() {
            if now.since(oldest.at) <= ROW_MS && self.bytes <= ROWS_BYTES {
                break;
            }
            needed |= oldest.number > self.checkpoint;
            self.bytes -= oldest.bytes;
            self.free.push(oldest.slot);
            self.taken.pop_front();
        }
        // Every slot is either taken or free: the next one is new.
        let slot = self.free.pop().unwrap_or(self.taken.len() as u32);
        self.taken.push_back(Taken {
            slot,
            number,
            at: now,
            bytes,
        });
        (slot, needed)
    }

    /// Slots as they were found in storage, oldest first. What cannot be read may be written over.
    fn found(&mut self, slot: u32, row: Option<&StoredRow>, bytes: usize) {
        match row {
            Some(row) => {
                self.bytes += bytes;
                self.taken.push_back(Taken {
                    slot,
                    number: row.number,
                    at: row.at,
                    bytes,
                });
            }
            None => self.free.push(slot),
        }
    }
}

impl Broker {
    /// What a broker stored: the parts of its checkpoint in order, none if there is none, and its rows. Of those come the
    /// first [`HEAD_BYTES`], in any order; each is read in whole, by its slot, when it is its turn, since all of them
    /// at once would take more memory than the broker itself.
    ///
    /// # Errors
    /// That of `read`.
    pub fn restore<E>(
        checkpoint: &[Vec<u8>],
        heads: Vec<Row>,
        mut read: impl FnMut(u32) -> Result<Vec<u8>, E>,
        now: UnixMillis,
    ) -> Result<Self, E> {
        let checkpoint = checkpoint.concat();
        let checkpoint: Option<Checkpoint> =
            readable(&checkpoint).and_then(|body| postcard::from_bytes(body).ok());
        let mut heads: Vec<(Option<u64>, u32)> = heads
            .into_iter()
            .map(|head| (StoredRow::number(&head.bytes), head.slot))
            .collect();
        heads.sort_unstable();
        let mut broker = Self::new(now);
        broker.log = Log::default();
        for (_, slot) in heads {
            let bytes = read(slot)?;
            let stored = StoredRow::decode(&bytes);
            broker.slots.found(slot, stored.as_ref(), bytes.len());
            if let Some(stored) = stored {
                broker.replay(stored, now);
            }
        }
        if let Some(checkpoint) = checkpoint {
            broker.take_up(checkpoint);
        }
        if broker.log.newest() == 0 {
            // It has no past; if it has one, that is what its log begins with.
            broker.log = Log::new(now);
        }
        Ok(broker)
    }

    fn replay(&mut self, row: StoredRow, now: UnixMillis) {
        let Ok(tick) = postcard::from_bytes::<Tick>(&row.tick) else {
            return;
        };
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
        for message in tick.messages {
            let places: Vec<_> = message.places().collect();
            let event = Rc::new(message.event);
            for (channel, position) in places {
                self.lines.put(channel, position, &event, row.at);
            }
        }
        self.lines.trim(now);
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
        self.totals = checkpoint.totals;
        self.born = checkpoint.born;
        self.slots.checkpoint = checkpoint.number;
        self.slots.checkpoint_at = checkpoint.at;
    }

    /// All that no row holds, to be stored in place of the checkpoint before: in parts, each of which is a row.
    pub fn checkpoint(&mut self, now: UnixMillis) -> Vec<Vec<u8>> {
        self.slots.checkpoint = self.log.newest();
        self.slots.checkpoint_at = now;
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
        let bytes = postcard::to_extend(&checkpoint, vec![VERSION]).unwrap_or_default();
        bytes.chunks(PART_BYTES).map(<[u8]>::to_vec).collect()
    }
}
