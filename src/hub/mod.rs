//! The hub: connections, subscriptions, fan-out and limits of one shard. No I/O, no clock.
//!
//! Everything goes in by [`Hub::handle`] and comes out as [`Effect`]s, in the order in which they are
//! to be carried out. A shard that was evicted is the same shard after [`Hub::restore`] has seen
//! every socket's [attachment](Attachment) again.

mod absent;
mod access;
mod alike;
mod allowance;
mod attachment;
mod batches;
pub mod broker;
mod close;
mod commands;
mod connection;
mod deadlines;
mod delivery;
mod effect;
mod entry;
pub mod exchange;
mod gap;
mod groups;
mod heads;
mod holdings;
mod index;
mod limits;
mod link;
mod marks;
mod names;
mod operator;
mod outbox;
mod pace;
mod receivers;
mod replay;
mod returning;
mod rooms;
pub mod stats;
mod subscriptions;
mod telling;
#[cfg(test)]
mod tests;
mod waiting;

pub use absent::Returned;
pub use access::refused_token;
pub use allowance::Said;
pub use attachment::{Attachment, MAX_ATTACHMENT};
pub use batches::Batch;
pub use close::CloseReason;
pub use connection::{ConnId, Origin};
pub use effect::{Effect, Frame, Input};
pub use entry::Admission;
pub use limits::Limits;
pub use outbox::Outbox;

use absent::Absent;
use connection::{Connection, Connections};
use deadlines::Deadlines;
use gap::Gap;
use groups::Groups;
use heads::Heads;
use index::Index;
use link::Link;
use marks::Marks;
use pace::Paces;
use returning::Returning;
use rooms::Rooms;
use stats::ShardStats;
use waiting::Waiting;

use crate::auth::Verifier;
use crate::model::{Alarm, Catalog, UnixMillis};
use crate::protocol::Reply;

/// One shard's connections and what they are subscribed to.
pub struct Hub {
    verifier: Verifier,
    limits: Limits,
    catalog: Catalog,
    connections: Connections,
    index: Index,
    groups: Groups,
    heads: Heads,
    link: Link,
    waiting: Waiting,
    /// What this shard itself lacks, if something.
    gap: Option<Gap>,
    paces: Paces,
    rooms: Rooms,
    /// Whose attachment says what this shard has seen.
    keeper: Option<ConnId>,
    deadlines: Deadlines,
    marks: Marks,
    absent: Absent,
    returning: Returning,
    stats: ShardStats,
}

impl Hub {
    /// A shard without connections. `catalog` is what earlier lives of it had learned;
    /// `now` is when it wakes.
    pub fn new(now: UnixMillis, verifier: Verifier, limits: Limits, catalog: Catalog) -> Self {
        Self {
            verifier,
            limits,
            catalog,
            connections: Connections::default(),
            index: Index::default(),
            groups: Groups::default(),
            heads: Heads::default(),
            link: Link::default(),
            waiting: Waiting::default(),
            gap: None,
            paces: Paces::default(),
            rooms: Rooms::default(),
            keeper: None,
            deadlines: Deadlines::new(now),
            marks: Marks::new(now.get()),
            absent: Absent::default(),
            returning: Returning::default(),
            stats: ShardStats::new(now),
        }
    }

    /// The object wakes: a name for this life of it, from a good source, and what the runtime says of its alarm.
    pub fn wake(&mut self, life: u64, alarm: Alarm) {
        self.marks = Marks::new(life);
        self.deadlines.found(alarm);
    }

    /// Takes back a socket that outlived the object, from its attachment. Silent: the client notices nothing.
    pub fn restore(&mut self, conn: ConnId, attachment: Attachment) {
        let saved_at = attachment.last_in.max(attachment.last_out);
        self.link.skip_to(attachment.seen);
        self.paces.remember(attachment.paced_at, attachment.rests);
        for (channel, open_at) in &attachment.candles {
            self.paces.have_candle(channel, *open_at);
        }
        let connection = Connection::restore(attachment, self.limits.save_interval(), &mut self.index);
        self.connections.insert(conn, connection);
        self.join(conn);
        self.arm(conn);
        self.note_saved(conn, saved_at);
    }

    /// The one way in. The effects are to be carried out in order, before the next input.
    pub fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Opened { conn, origin } => self.opened(now, conn, origin, &mut out),
            Input::Frame { conn, frame } => self.frame(now, conn, frame, &mut out),
            Input::Closed { conn } => self.forget(now, conn),
            Input::Lost { conn } => {
                self.note_away(now, conn);
                self.forget(now, conn);
            }
            Input::Upgraded { conn } => self.note_durable(conn, &mut out),
            Input::Departed(attachment) => self.departed(now, &attachment, &mut out),
            Input::Delivery { after, ticks } => self.deliver(now, after, ticks, &mut out),
            Input::Welcome { welcome, missed } => self.welcomed(now, welcome, missed, &mut out),
            Input::AttachFailed => self.attach_failed(now, &mut out),
            Input::Recovered(recovery) => self.recovered(now, recovery, &mut out),
            Input::RecoverFailed => self.recover_failed(now, &mut out),
            Input::Candles {
                pair,
                interval,
                candles,
            } => self.past_read(now, (pair, interval), candles, &mut out),
            Input::Disconnect(target) => self.disconnect(now, target, &mut out),
            Input::Alarm { last_heard } => self.alarm(now, last_heard, &mut out),
        }
        self.keep_cursor(&mut out);
        if let Some(at) = self.deadlines.arm(now) {
            out.push(Effect::WakeAt(at));
        }
        out
    }

    /// When something is to be done next, if anything is.
    pub fn wakes_at(&self) -> Option<UnixMillis> {
        self.deadlines.earliest()
    }

    /// Whether anything may be delivered to that connection: it need not hurry to say who it is.
    pub fn is_served(&self, conn: ConnId) -> bool {
        let connection = self.connections.get(conn);
        connection.is_some_and(|connection| connection.is_served(&self.limits))
    }

    /// Open connections.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the shard has all the connections that it may have.
    pub fn is_full(&self) -> bool {
        self.len() >= self.limits.max_connections
    }

    /// The coins that this shard knows, to be kept beyond its life.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What this shard has counted since it woke, and its gauges now.
    pub fn stats(&mut self) -> stats::ShardReport {
        self.stats.report(&self.connections, &self.index)
    }

    fn opened(&mut self, now: UnixMillis, conn: ConnId, origin: Origin, out: &mut Vec<Effect>) {
        if self.is_empty() {
            // The broker drops a shard that answered that nobody is there, and what this one remembers is old.
            self.heads = Heads::default();
            self.link.begin_anew();
            self.forget_gap();
            self.rooms.clear();
        }
        self.stats.opened();
        let (id, claims) = (origin.id, origin.claims.clone());
        let returned = origin.returned.clone();
        self.connections.insert(conn, Connection::open(now, origin));
        self.join(conn);
        self.arm(conn);
        self.answer(now, conn, &Reply::Connected { connection: id }, &mut None, out);
        if let Some(claims) = &claims {
            self.note_subject(conn, &claims.subject, now);
        }
        if let Some(claims) = claims.filter(|_| returned.is_none()) {
            let welcome = Reply::AuthSuccess {
                connection: id,
                subject: &claims.subject,
                expires_at: claims.expires_at,
            };
            self.answer(now, conn, &welcome, &mut None, out);
        }
        self.save(conn, out);
        self.attach_if_due(now, out);
        match returned {
            Some(returned) => self.come_back(now, conn, returned, out),
            None => self.give(now, conn, out),
        }
    }

    fn departed(&mut self, now: UnixMillis, attachment: &Attachment, out: &mut Vec<Effect>) {
        if let Some(claims) = &attachment.identity {
            self.returning.left(&claims.subject, now);
        }
        if attachment.seen > self.link.seen() {
            // It was the one that remembered how far the shard is: another one has to.
            self.link.skip_to(attachment.seen);
            self.save_cursor(out);
        }
        self.stats.closed();
    }

    /// Takes a connection out of everything, whoever closed it. A second call does nothing.
    fn forget(&mut self, now: UnixMillis, conn: ConnId) {
        self.leave(conn);
        let Some(connection) = self.connections.remove(conn) else {
            return;
        };
        for id in connection.subscriptions {
            self.index.release(id);
        }
        self.waiting.forget(conn);
        for request in self.rooms.forget(conn) {
            self.waiting.load.release(&request);
        }
        if self.keeper == Some(conn) {
            self.keeper = None;
        }
        if let Some(claims) = &connection.identity {
            self.returning.left(&claims.subject, now);
        }
        self.stats.closed();
    }

    fn close(&mut self, now: UnixMillis, conn: ConnId, reason: CloseReason, out: &mut Vec<Effect>) {
        self.forget(now, conn);
        out.push(Effect::Close { conn, reason });
    }
}
