//! The broker: one order for every channel, what of it is kept, and how far each shard has got. No I/O.
//!
//! [`Broker::publish`] gives messages their places and says what to store; once that is stored,
//! [`Broker::next_delivery`] says what each shard gets next. A broker that was evicted is the same broker after
//! [`Broker::restore`] has read what was stored.
//!
//! - [`Inbox`]: what waits to be committed, and what of it is committed together
//! - [`publish`]: what is committed gets its places
//! - [`lines`]: each channel's place, current value and recent messages; [`shelf`]: which of them go when there are too
//!   many; [`owner`]: whose budget they are of
//! - [`log`]: the newest ticks, encoded, for shards that lag
//! - [`members`]: the shards that have sockets, and how far each of them got
//! - [`receipts`]: what a publisher that tries again is told
//! - [`catch_up`]: what who asks now and then has not had yet
//! - [`recovery`]: what was missed, and how much of it one answer holds
//! - [`store`]: what rests in the object's storage; [`slots`]: where; [`restore`]: what becomes of it in the next life

mod catch_up;
mod inbox;
mod lines;
mod log;
mod members;
mod owner;
mod publication;
mod publish;
mod receipts;
mod recovery;
mod restore;
mod shelf;
mod slots;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_bytes::ByteBuf;

pub use inbox::Inbox;
pub use members::Lag;
pub use publication::{Audience, Commit, Item, MessageId, Publication, Receipt, Sender, Taken};
pub use restore::{Loss, Restored};
pub use store::{HEAD_BYTES, Row, StoredRow};

use lines::Lines;
use log::Log;
use members::Members;
use receipts::Receipts;
use slots::Slots;

use super::exchange::{Ack, Welcome};
use super::stats::{ShardReport, Totals};
use crate::model::{Channel, Epoch, Position, UnixMillis};

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
    /// The newest tick of which is stored that every shard had it.
    delivered: Option<u64>,
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
            delivered: None,
            born: now,
        }
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
        self.forget_strangers(shard);
    }

    /// A shard has not answered yet and should have: it gets nothing else until it does.
    pub fn late(&mut self) {
        self.members.late();
    }

    /// A shard did not take a delivery, or did not say so. Gives the milliseconds to wait before it is tried
    /// again; `None` if it rests from now on, and is [`due`](Self::due) again later.
    pub fn failed(&mut self, shard: &str, now: UnixMillis) -> Option<u64> {
        let wait = self.members.failed(shard, now);
        self.forget_strangers(shard);
        wait
    }

    /// Whoever is on a shard that was dropped is not counted before it attaches again.
    fn forget_strangers(&mut self, shard: &str) {
        if !self.members.knows(shard) {
            self.totals.clear_gauges(shard);
        }
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

    /// The number of the newest tick.
    pub fn newest(&self) -> u64 {
        self.log.newest()
    }

    /// Whether every shard has acknowledged the newest tick.
    pub fn is_delivered(&self) -> bool {
        self.members.have_all(self.log.newest())
    }

    /// Whether something is known that no row and no [`checkpoint`](Self::checkpoint) holds: what was counted, which nobody is
    /// told of yet, or that every shard has everything, without which the next life tells the newest tick again.
    pub fn has_news(&self) -> bool {
        let delivered = self.is_delivered().then(|| self.log.newest());
        self.totals.has_news() || (delivered.is_some() && delivered != self.delivered)
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

    /// Deliveries that were not acknowledged in time: some were later, the others are faults too.
    pub fn deliveries_late(&self) -> u64 {
        self.members.lates()
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
