use std::collections::VecDeque;

use super::owner::Owner;
use crate::model::UnixMillis;

/// A row is of use for so long, milliseconds: as long as messages and ids are kept.
const ROW_MS: u64 = 5 * 60_000;
/// All rows with messages on the feed's channels, bytes; beyond that the oldest goes early, since an object that wakes reads
/// them all. 300 prices of each of 500 coins and 300 of each candle of 20 pairs are some 21 MB.
const FEED_BYTES: usize = 24 << 20;
/// ... and all other rows.
const OTHERS_BYTES: usize = 8 << 20;
/// What no row holds is written this often, milliseconds, and before a row goes that it needs.
const CHECKPOINT_MS: u64 = 60_000;

/// Which slots are taken. A slot is used again once what is in it is of no use any more, so that nothing is ever
/// deleted: that would be billed like writing.
#[derive(Debug, Default)]
pub(super) struct Slots {
    feed: Queue,
    others: Queue,
    free: Vec<u32>,
    /// Of the newest checkpoint.
    checkpoint: u64,
    checkpoint_at: UnixMillis,
}

/// Slots of one owner, oldest first.
#[derive(Debug, Default)]
struct Queue {
    taken: VecDeque<Taken>,
    bytes: usize,
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
    pub fn take(&mut self, owner: Owner, number: u64, bytes: usize, now: UnixMillis) -> (u32, bool) {
        let mut needed = now.since(self.checkpoint_at) >= CHECKPOINT_MS;
        self.queue(owner).bytes += bytes;
        for (queue, budget) in [(&mut self.feed, FEED_BYTES), (&mut self.others, OTHERS_BYTES)] {
            while let Some(oldest) = queue.taken.front() {
                if now.since(oldest.at) <= ROW_MS && queue.bytes <= budget {
                    break;
                }
                needed |= oldest.number > self.checkpoint;
                queue.bytes -= oldest.bytes;
                self.free.push(oldest.slot);
                queue.taken.pop_front();
            }
        }
        // Every slot is either taken or free: the next one is new.
        let new = self.feed.taken.len() + self.others.taken.len();
        let slot = self.free.pop().unwrap_or(new as u32);
        self.queue(owner).taken.push_back(Taken {
            slot,
            number,
            at: now,
            bytes,
        });
        (slot, needed)
    }

    /// A slot as it was found in storage, after all that are older.
    pub fn found(&mut self, owner: Owner, slot: u32, number: u64, bytes: usize, at: UnixMillis) {
        let queue = self.queue(owner);
        queue.bytes += bytes;
        queue.taken.push_back(Taken {
            slot,
            number,
            at,
            bytes,
        });
    }

    /// A slot was found in storage that may be written over.
    pub fn found_free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// All ticks up to that number are in a checkpoint.
    pub fn checkpointed(&mut self, number: u64, at: UnixMillis) {
        self.checkpoint = number;
        self.checkpoint_at = at;
    }

    fn queue(&mut self, owner: Owner) -> &mut Queue {
        match owner {
            Owner::Feed => &mut self.feed,
            Owner::Others => &mut self.others,
        }
    }
}
