use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::Broker;
use super::lines::StoredLine;
use super::receipts::Key;
use crate::hub::stats::{Counters, Totals};
use crate::model::{Epoch, Tick, UnixMillis};

/// The first byte of all that is stored; what another version wrote is not read.
const VERSION: u8 = 5;

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
    /// Digests of the ids of messages, by their index.
    pub(super) ids: Vec<(u32, Key)>,
    /// Which publications of senders it holds.
    pub(super) senders: Vec<(String, u64)>,
    /// Of all shards, as they were then.
    pub(super) counters: Counters,
}

impl StoredRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// The number of a tick, by the first [`HEAD_BYTES`] of its row or more of them.
    pub(super) fn number(head: &[u8]) -> Option<u64> {
        let (number, _) = postcard::take_from_bytes(readable(head)?).ok()?;
        Some(number)
    }

    /// With its tick, decoded.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, Tick)> {
        let row: Self = postcard::from_bytes(readable(bytes)?).ok()?;
        let tick = postcard::from_bytes(&row.tick).ok()?;
        Some((row, tick))
    }
}

/// What a slot holds from which nothing was to be had: it may be written over, and says no more that something is lost.
pub(super) const BLANK: [u8; 1] = [VERSION];

/// What this version wrote, without saying so.
fn readable(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(&[VERSION])
}

/// All that no row holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Of the newest tick that it knows of.
    pub number: u64,
    pub at: UnixMillis,
    pub born: UnixMillis,
    pub fresh: Epoch,
    pub lines: Vec<StoredLine>,
    pub senders: Vec<(String, u64)>,
    pub members: Vec<String>,
    /// Whether all of them had acknowledged that tick.
    pub delivered: bool,
    pub totals: Totals,
}

impl Checkpoint {
    pub fn decode(parts: &[Vec<u8>]) -> Option<Self> {
        postcard::from_bytes(readable(&parts.concat())?).ok()
    }

    fn encode(&self) -> Vec<Vec<u8>> {
        let bytes = postcard::to_extend(self, vec![VERSION]).unwrap_or_default();
        bytes.chunks(PART_BYTES).map(<[u8]>::to_vec).collect()
    }
}

impl Broker {
    /// All that no row holds, to be stored in place of the checkpoint before: in parts, each of which is a row.
    pub fn checkpoint(&mut self, now: UnixMillis) -> Vec<Vec<u8>> {
        self.slots.checkpointed(self.log.newest(), now);
        self.totals.store();
        self.delivered = self.is_delivered().then(|| self.log.newest());
        let checkpoint = Checkpoint {
            number: self.log.newest(),
            at: now,
            born: self.born,
            fresh: self.lines.fresh(),
            lines: self.lines.stored(),
            senders: self.senders.clone().into_iter().collect(),
            members: self.members.names(),
            delivered: self.is_delivered(),
            totals: self.totals.clone(),
        };
        checkpoint.encode()
    }
}
