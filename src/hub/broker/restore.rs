use std::collections::BTreeSet;

use super::Broker;
use super::lines::StoredLine;
use super::log::Log;
use super::owner::Owner;
use super::shelf::Encoded;
use super::store::{BLANK, Checkpoint, Row, StoredRow};
use crate::model::{Channel, Tick, UnixMillis};

/// A broker as it was read from storage.
#[derive(Debug)]
pub struct Restored {
    /// The broker.
    pub broker: Broker,
    /// What was not to be read, if anything.
    pub loss: Option<Loss>,
}

/// What of the storage was not to be read: another version wrote it, or it is damaged. Messages went with it that clients
/// have seen, so every channel goes on in another epoch: none of its places is ever used twice.
#[derive(Debug, PartialEq, Eq)]
pub struct Loss {
    /// Rows that were not to be read.
    pub rows: usize,
    /// Whether there was no checkpoint to be read.
    pub checkpoint: bool,
    /// To be stored, so that the next life finds no loss again: blank rows in place of those, and a checkpoint; all of it or
    /// nothing.
    pub mend: (Vec<Row>, Vec<Vec<u8>>),
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
    ) -> Result<Restored, E> {
        let had_checkpoint = !checkpoint.is_empty();
        let checkpoint = Checkpoint::decode(checkpoint);
        let known = checkpoint.as_ref().map(Known::by).unwrap_or_default();
        let mut heads: Vec<(Option<u64>, u32)> = heads
            .into_iter()
            .map(|head| (StoredRow::number(&head.bytes), head.slot))
            .collect();
        heads.sort_unstable();
        let lacks_checkpoint = checkpoint.is_none() && (had_checkpoint || !heads.is_empty());
        let mut unreadable = Vec::new();
        let mut broker = Self::new(now);
        broker.log = Log::default();
        broker.totals = checkpoint
            .as_ref()
            .map(|it| it.totals.clone().restored())
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
                None => {
                    broker.slots.found_free(slot);
                    if bytes != BLANK {
                        unreadable.push(slot);
                    }
                }
            }
        }
        if let Some(checkpoint) = checkpoint {
            broker.take_up(checkpoint);
        }
        if broker.log.newest() == 0 {
            // It has no past; if it has one, that is what its log begins with.
            broker.log = Log::new(now);
        }
        let is_whole = unreadable.is_empty() && !lacks_checkpoint;
        let loss = (!is_whole).then(|| broker.mend(&unreadable, lacks_checkpoint, now));
        Ok(Restored { broker, loss })
    }

    /// Goes on without what is lost. Current values stay, and whoever counts on the past is told that it is another one.
    fn mend(&mut self, unreadable: &[u32], checkpoint: bool, now: UnixMillis) -> Loss {
        self.lines.begin_anew(now);
        self.born = now;
        let blank = |slot: &u32| Row {
            slot: *slot,
            bytes: BLANK.to_vec(),
        };
        Loss {
            rows: unreadable.len(),
            checkpoint,
            mend: (unreadable.iter().map(blank).collect(), self.checkpoint(now)),
        }
    }

    fn replay(&mut self, row: StoredRow, tick: Tick, known: &Known) {
        let is_new = !known.holds(&row);
        if is_new {
            self.totals.restore(row.counters, row.at);
        }
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
        for (at, key) in row.ids {
            if let Some(message) = tick.messages.get(at as usize) {
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
        // Else it is not known how far each is: they get the newest tick, and say so if they lack what is before.
        let is_delivered = checkpoint.delivered && checkpoint.number == self.log.newest();
        self.delivered = is_delivered.then_some(checkpoint.number);
        for member in checkpoint.members {
            self.members.restore(member, self.delivered);
        }
        self.born = checkpoint.born;
        self.slots.checkpointed(checkpoint.number, checkpoint.at);
    }
}
