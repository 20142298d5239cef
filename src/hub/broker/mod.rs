//! The broker: one order for every channel, what of it is kept, and how far each shard has got. No I/O.
//!
//! [`Broker::publish`] gives messages their places and says what to store; once that is stored,
//! [`Broker::next_delivery`] says what each shard gets next. A broker that was evicted is the same broker after
//! [`Broker::restore`] has read what was stored.
//!
//! - [`Inbox`]: what waits to be committed
//! - [`lines`]: each channel's place, current value and recent messages
//! - [`log`]: the newest ticks, encoded, for shards that lag
//! - [`members`]: the shards that have sockets, and how far each of them got
//! - [`receipts`]: what a publisher that tries again is told
//! - [`store`]: what rests in the object's storage

mod inbox;
mod lines;
mod log;
mod members;
mod publication;
mod receipts;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_bytes::ByteBuf;

pub use inbox::Inbox;
pub use members::Lag;
pub use publication::{Audience, Commit, Item, Publication, Receipt, Sender, Taken};
pub use store::{HEAD_BYTES, Row, StoredRow};

use lines::Lines;
use log::Log;
use members::Members;
use receipts::Receipts;
use store::Slots;

use super::exchange::{Ack, Recovery, Welcome};
use super::stats::{ShardReport, Totals};
use crate::model::{Channel, Epoch, Message, Position, Tick, UnixMillis};

/// All that a broker knows.
#[derive(Debug)]
pub struct Broker {
    lines: Lines,
    log: Log,
    members: Members,
    receipts: Receipts,
    slots: Slots,
    /// The highest sequence of each sender that counts its publications.
    senders: BTreeMap<String, u64>,
    totals: Totals,
    /// When it began, without a past.
    born: UnixMillis,
}

impl Broker {
    /// A broker without a past.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            lines: Lines::new(Epoch::new(now.get())),
            log: Log::new(now),
            members: Members::default(),
            receipts: Receipts::default(),
            slots: Slots::default(),
            senders: BTreeMap::new(),
            totals: Totals::default(),
            born: now,
        }
    }

    /// Gives the publications their places, as one tick.
    ///
    /// The commit's rows are to be stored before anybody is told of it, and before the next delivery.
    pub fn publish(&mut self, publications: Vec<Publication>, now: UnixMillis) -> Commit {
        let number = self.log.next_number(now);
        let mut tick = Tick {
            number,
            published_at: now,
            ..Tick::default()
        };
        let mut row = StoredRow::default();
        let mut receipts = Vec::with_capacity(publications.len());
        for publication in publications {
            receipts.push(self.take_in(publication, &mut tick, &mut row, now));
        }
        if tick.messages.is_empty() && tick.status.is_none() {
            return Commit {
                receipts,
                row: None,
                checkpoint: None,
            };
        }
        let (row, checkpoint) = self.commit(&tick, row, now);
        Commit {
            receipts,
            row: Some(row),
            checkpoint,
        }
    }

    fn take_in(
        &mut self,
        publication: Publication,
        tick: &mut Tick,
        row: &mut StoredRow,
        now: UnixMillis,
    ) -> Vec<Receipt> {
        if let Some(Sender { name, sequence }) = publication.sender {
            let known = self.senders.entry(name.clone()).or_default();
            if sequence <= *known {
                // It was stored; only the answer was lost.
                return Vec::new();
            }
            *known = sequence;
            row.senders.push((name, sequence));
        }
        tick.published_at = tick.published_at.min(publication.published_at);
        if publication.status.is_some() {
            tick.status = publication.status;
        }
        let items = publication.items.into_iter();
        items.map(|item| self.place(item, tick, row, now)).collect()
    }

    fn place(&mut self, item: Item, tick: &mut Tick, row: &mut StoredRow, now: UnixMillis) -> Receipt {
        let channels = item.event.channels();
        let key = item.id.as_deref().map(|id| receipts::key(&channels, id));
        if let Some(known) = key.and_then(|key| self.receipts.get(key, now)) {
            return Receipt {
                positions: known.to_vec(),
                repeated: true,
            };
        }
        let event = Rc::new(item.event);
        let mut positions = Vec::with_capacity(channels.len());
        for channel in channels {
            positions.push(self.lines.append(channel, &event, now));
        }
        if let (Some(key), Some(id)) = (key, item.id) {
            self.receipts.put(key, positions.as_slice().into(), now);
            row.ids.push((tick.messages.len() as u32, id));
        }
        tick.messages.push(Message {
            event: Rc::unwrap_or_clone(event),
            positions: positions.clone(),
        });
        Receipt {
            positions,
            repeated: false,
        }
    }

    fn commit(&mut self, tick: &Tick, mut row: StoredRow, now: UnixMillis) -> (Row, Option<Vec<Vec<u8>>>) {
        // None of its types can fail to be written.
        let bytes = postcard::to_stdvec(tick).unwrap_or_default();
        row.number = tick.number;
        row.after = self.log.newest();
        row.at = now;
        let fresh = self.lines.fresh();
        self.lines.trim(now);
        // Which channels were forgotten no row tells: their offsets must not begin again in the epoch they had.
        let has_forgotten = self.lines.fresh() != fresh;
        self.log.push(tick.number, bytes.clone(), now);
        row.tick = ByteBuf::from(bytes);
        let bytes = row.encode();
        let (slot, needs_checkpoint) = self.slots.take(tick.number, bytes.len(), now);
        let checkpoint = (needs_checkpoint || has_forgotten).then(|| self.checkpoint(now));
        (Row { slot, bytes }, checkpoint)
    }

    /// A shard has sockets, which have seen all up to the tick `seen`; 0 if none of them has seen any.
    /// `true` if it was not known to; that is to be stored then, as [`checkpoint`](Self::checkpoint).
    pub fn attach(&mut self, shard: &str, seen: u64, report: ShardReport) -> (Welcome, bool) {
        let newest = self.log.newest();
        let missed = if seen == 0 {
            Vec::new()
        } else {
            self.log.after(seen)
        };
        let after = match seen {
            0 => newest,
            _ if self.log.reaches(seen) => seen,
            // What is lost cannot hold up what is not.
            _ => 0,
        };
        // An older report than the last is no news, but who asks is there.
        self.totals.record(shard, report);
        let joined = self.members.join(shard, newest);
        let welcome = Welcome {
            after,
            missed: missed.into_iter().map(|tick| ByteBuf::from(&*tick)).collect(),
            newest,
            heads: self.lines.heads(),
            fresh: self.lines.fresh(),
        };
        (welcome, joined)
    }

    /// What a shard is to be sent now, an encoded [`Delivery`](super::exchange::Delivery); `None` if it has
    /// everything, or one is under way. To be followed by [`acknowledged`](Self::acknowledged) or
    /// [`failed`](Self::failed).
    pub fn next_delivery(&mut self, shard: &str) -> Option<Rc<[u8]>> {
        self.members.next_delivery(shard, &self.log)
    }

    /// A shard took a delivery, or says how far it is. If nobody is there and it has not attached since, it leaves.
    pub fn acknowledged(&mut self, shard: &str, ack: Ack) {
        let nobody = ack.report.gauges.connections == 0;
        let newest = self.totals.record(shard, ack.report);
        if newest && nobody {
            self.members.leave(shard);
        } else {
            self.members.acknowledged(shard, ack.seen);
        }
    }

    /// A shard has not answered yet and should have: it gets nothing else until it does.
    pub fn late(&mut self) {
        self.members.late();
    }

    /// A shard did not take a delivery, or did not say so. Gives the milliseconds to wait before it is tried
    /// again; `None` if it rests from now on, and is [`due`](Self::due) again later.
    pub fn failed(&mut self, shard: &str, now: UnixMillis) -> Option<u64> {
        self.members.failed(shard, now)
    }

    /// The shards that are to be served after a publication: all but those that fail again and again, and those once
    /// in a while.
    pub fn due(&self, now: UnixMillis) -> Vec<String> {
        self.members.due(now)
    }

    /// The shards that have sockets.
    pub fn shards(&self) -> Vec<String> {
        self.members.names()
    }

    /// Who listens, for the feed.
    pub fn audience(&self, now: UnixMillis) -> Audience {
        Audience {
            shards: self.members.len() as u32,
            connections: self.totals.gauges().connections,
            messages_per_second: self.totals.rates().1,
            as_of: (self.log.newest(), now),
        }
    }

    /// What followers of these channels have missed since the places they name.
    pub fn recover(&self, wanted: &[(Channel, Position)]) -> Recovery {
        let histories = wanted.iter().filter_map(|(channel, since)| {
            let history = self.lines.history(channel, *since)?;
            Some((channel.clone(), history))
        });
        Recovery {
            newest: self.log.newest(),
            histories: histories.collect(),
        }
    }

    /// Every channel that has had a message, with the place of its newest.
    pub fn channels(&self) -> impl Iterator<Item = (&Channel, Position)> {
        self.lines.positions()
    }

    /// The epoch of channels without a message.
    pub fn fresh(&self) -> Epoch {
        self.lines.fresh()
    }

    /// When it began without a past: what was published before that it does not know.
    pub fn born(&self) -> UnixMillis {
        self.born
    }

    /// How far each shard is behind.
    pub fn lags(&self, now: UnixMillis) -> Vec<(String, Lag)> {
        self.members.lags(&self.log, now)
    }

    /// Deliveries that were not acknowledged.
    pub fn delivery_faults(&self) -> u64 {
        self.members.faults()
    }

    /// What all shards have counted.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Requests that were refused before they reached a shard, by code.
    pub fn count_refused(&mut self, refused: &BTreeMap<String, u64>) {
        self.totals.count_refused(refused);
    }

    /// Notes where the counters stand, for the rates.
    pub fn tick(&mut self, now: UnixMillis) {
        self.totals.tick(now);
    }
}
