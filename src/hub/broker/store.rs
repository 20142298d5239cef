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
const VERSION: u8 = 3;

/// So many of its first bytes say which tick a row holds.
pub const HEAD_BYTES: usize = 11;
/// A checkpoint has parts of at most so many bytes: a row of storage takes 2 MB.
const PART_BYTES: usize = 1 << 20;

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

    /// With its tick, decoded.
    fn decode(bytes: &[u8]) -> Option<(Self, Tick)> {
        let row: Self = postcard::from_bytes(readable(bytes)?).ok()?;
        let tick = postcard::from_bytes(&row.tick).ok()?;
        Some((row, tick))
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

impl Checkpoint {
    fn decode(parts: &[Vec<u8>]) -> Option<Self> {
        postcard::from_bytes(readable(&parts.concat())?).ok()
    }

    fn encode(&self) -> Vec<Vec<u8>> {
        let bytes = postcard::to_extend(self, vec![VERSION]).unwrap_or_default();
        bytes.chunks(PART_BYTES).map(<[u8]>::to_vec).collect()
    }
}

/// What a checkpoint says of the rows: a channel that it does not name was forgotten, with all that rows before it hold.
#[derive(Default)]
struct Known<'a> {
    upto: u64,
    channels: BTreeSet<&'a Channel>,
}

impl<'a> Known<'a> {
    fn by(checkpoint: &'a Checkpoint) -> Self {
        Self {
            upto: checkpoint.number,
            channels: checkpoint.lines.iter().map(StoredLine::channel).collect(),
        }
    }

    fn holds(&self, row: &StoredRow) -> bool {
        row.number <= self.upto
    }

    fn names(&self, channel: &Channel) -> bool {
        self.channels.contains(channel)
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
        let checkpoint = Checkpoint::decode(checkpoint);
        let known = checkpoint.as_ref().map(Known::by).unwrap_or_default();
        let mut heads: Vec<(Option<u64>, u32)> = heads
            .into_iter()
            .map(|head| (StoredRow::number(&head.bytes), head.slot))
            .collect();
        heads.sort_unstable();
        let mut broker = Self::new(now);
        broker.log = Log::default();
        broker.totals = checkpoint
            .as_ref()
            .map(|it| it.totals.clone())
            .unwrap_or_default();
        for (_, slot) in heads {
            let bytes = read(slot)?;
            match StoredRow::decode(&bytes) {
                Some((row, tick)) => {
                    let owner = Owner::of_tick(&tick);
                    broker.slots.found(owner, slot, row.number, bytes.len(), row.at);
                    broker.replay(row, tick, &known);
                    broker.lines.trim(now);
                }
                None => broker.slots.found_unreadable(slot),
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

    fn replay(&mut self, row: StoredRow, tick: Tick, known: &Known) {
        let is_new = !known.holds(&row);
        for message in &tick.messages {
            if is_new {
                self.count(message.event.channels().first());
            }
            let event = Encoded::new(&message.event);
            for (channel, position) in message.places() {
                if is_new || known.names(&channel) {
                    self.lines.put(channel, position, &event, row.number, row.at);
                }
            }
        }
        for (at, id) in row.ids {
            if let Some(message) = tick.messages.get(at as usize) {
                let key = receipts::key(&message.event.channels(), &id);
                self.receipts
                    .put(key, message.positions.as_slice().into(), row.at);
            }
        }
        for (name, sequence) in row.senders {
            let known = self.senders.entry(name).or_default();
            *known = sequence.max(*known);
        }
        self.log.begin_after(row.after);
        self.log.push(row.number, row.tick.into_vec(), row.at);
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

    /// All that no row holds, to be stored in place of the checkpoint before: in parts, each of which is a row.
    pub fn checkpoint(&mut self, now: UnixMillis) -> Vec<Vec<u8>> {
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
        checkpoint.encode()
    }
}
