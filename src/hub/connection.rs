use uuid::Uuid;

use super::absent::{Recoverable, Returned};
use super::allowance::Said;
use super::attachment::Attachment;
use super::groups::Seat;
use super::index::{Index, SubId};
use super::limits::Limits;
use crate::auth::Claims;
use crate::model::UnixMillis;
use crate::protocol::{Dialect, Entry, Heartbeat};

/// A connection of this object's life: the place of its socket in the shell's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u32);

/// What the Worker says of a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The connection's name beyond this object's life; random.
    pub id: Uuid,
    /// What it speaks.
    pub dialect: Dialect,
    /// Who it is, where its dialect says so before the upgrade.
    pub claims: Option<Claims>,
    /// The name by which it may come back when it breaks, which only its client knows; `None` if it may not.
    pub pid: Option<Uuid>,
    /// It has come back to this.
    pub returned: Option<Returned>,
    /// What is saved of it outlives the object.
    pub is_durable: bool,
    /// What the same client has said lately by connections before.
    pub said: Said,
}

/// Whether a connection is one that came back. An eviction takes it as it looks then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Return {
    /// It has not subscribed yet.
    Unknown,
    /// Its first subscription named no place where it had been.
    New,
    /// It is counted as one that came back, and not again.
    Counted,
}

/// One client's connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub id: Uuid,
    pub dialect: Dialect,
    pub opened_at: UnixMillis,
    /// Who it is, once a token was accepted. Boxed: under `PUBLIC_READ` most have none.
    pub identity: Option<Box<Claims>>,
    /// The token expired and the client was told so then; nothing is delivered until a new one comes.
    pub paused_at: Option<UnixMillis>,
    /// It wants one frame a delivery.
    pub batch: bool,
    /// What it holds, oldest first.
    pub subscriptions: Vec<SubId>,
    /// Its place among those that get the same frames; none while nothing is delivered to it.
    pub seat: Option<Seat>,
    /// What it has said lately.
    pub said: Said,
    /// It has sent a ping, as far as the hub has looked, and is expected to go on: the runtime answers pings without waking
    /// the hub.
    pub pings: bool,
    pub returns: Return,
    /// What is saved of it outlives the object.
    pub is_durable: bool,
    /// It may come back when it breaks.
    pub recoverable: Option<Box<Recoverable>>,
    /// When it was last heard; of a dialect that needs pings, when it last sent one.
    pub last_in: UnixMillis,
    /// The last frame to it, but for what its group was sent since it joined.
    pub last_out: UnixMillis,
    /// After hibernation: how much later than `last_out` the last frame may have been, since attachments
    /// lag behind deliveries. It is never written back.
    pub slack: u64,
}

impl Connection {
    pub fn open(now: UnixMillis, origin: Origin) -> Self {
        Self {
            id: origin.id,
            dialect: origin.dialect,
            opened_at: now,
            identity: origin.claims.map(Box::new),
            paused_at: None,
            batch: false,
            subscriptions: Vec::new(),
            seat: None,
            said: origin.said,
            pings: false,
            returns: Return::Unknown,
            is_durable: origin.is_durable,
            recoverable: origin.pid.map(|pid| Recoverable::boxed(pid, origin.returned)),
            last_in: now,
            last_out: UnixMillis::default(),
            slack: 0,
        }
    }

    /// Whether it needs no token for what any token may read.
    pub fn is_open(&self, limits: &Limits) -> bool {
        self.dialect.rules().entry == Entry::Open || limits.public_read
    }

    /// Whether anything may be delivered to it.
    pub fn is_served(&self, limits: &Limits) -> bool {
        self.paused_at.is_none() && (self.identity.is_some() || self.is_open(limits))
    }

    /// Whether it has come back, and has not got yet what it has missed.
    pub fn has_just_returned(&self) -> bool {
        let recoverable = self.recoverable.as_deref();
        recoverable.is_some_and(|it| it.returned.is_some())
    }

    /// Takes in when the runtime last answered a ping of it, if it ever has.
    pub fn note_heard(&mut self, heard: Option<UnixMillis>) {
        if let Some(heard) = heard {
            self.last_in = self.last_in.max(heard);
            self.pings = self.dialect.rules().heartbeat != Heartbeat::OfTransport;
        }
    }

    pub fn restore(attachment: Attachment, slack: u64, index: &mut Index) -> Self {
        let subscriptions = attachment
            .subscriptions
            .into_iter()
            .map(|held| index.hold(held))
            .collect::<Vec<SubId>>();
        // Rather too few than one twice.
        let returns = match (&attachment.identity, subscriptions.as_slice()) {
            (None, []) => Return::Unknown,
            (None, _) => Return::New,
            (Some(_), _) => Return::Counted,
        };
        Self {
            id: attachment.id,
            dialect: attachment.dialect,
            opened_at: attachment.opened_at,
            identity: attachment.identity.map(Box::new),
            paused_at: attachment.paused_at,
            batch: attachment.batch,
            subscriptions,
            seat: None,
            said: attachment.said,
            pings: attachment.pings,
            returns,
            is_durable: true,
            recoverable: attachment.pid.map(|pid| Recoverable::boxed(pid, None)),
            last_in: attachment.last_in,
            last_out: attachment.last_out,
            slack,
        }
    }
}

/// The connections by id.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Option<Connection>>,
    open: usize,
}

impl Connections {
    pub fn insert(&mut self, conn: ConnId, connection: Connection) {
        let at = conn.0 as usize;
        if at >= self.slots.len() {
            self.slots.resize_with(at + 1, || None);
        }
        if let Some(slot) = self.slots.get_mut(at)
            && slot.replace(connection).is_none()
        {
            self.open += 1;
        }
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        let removed = self.slots.get_mut(conn.0 as usize)?.take()?;
        self.open -= 1;
        Some(removed)
    }

    pub fn get(&self, conn: ConnId) -> Option<&Connection> {
        self.slots.get(conn.0 as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Connection> {
        self.slots.get_mut(conn.0 as usize)?.as_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = (ConnId, &Connection)> {
        // A shard holds at most 32,768 sockets.
        let ids = (0..).map(ConnId);
        ids.zip(&self.slots)
            .filter_map(|(id, slot)| slot.as_ref().map(|connection| (id, connection)))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ConnId, &mut Connection)> {
        let ids = (0..).map(ConnId);
        ids.zip(&mut self.slots)
            .filter_map(|(id, slot)| slot.as_mut().map(|connection| (id, connection)))
    }

    pub fn len(&self) -> usize {
        self.open
    }
}
