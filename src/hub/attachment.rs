use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Hub;
use super::allowance::Said;
use super::connection::{ConnId, Connection};
use super::effect::Effect;
use super::index::Subscription;
use crate::auth::Claims;
use crate::model::{Channel, UnixMillis};
use crate::protocol::Dialect;

/// The runtime takes 16,384 bytes; its own wrapping of a byte array needs some of them, and so does a session of Socket.IO.
pub const MAX_ATTACHMENT: usize = 16_384 - 64 - 320;

/// The first byte of an encoded attachment. A socket with another version is closed when it wakes.
const VERSION: u8 = 5;

/// All that the hub must remember of a socket while it hibernates: written beside the socket by the
/// runtime, read by [`Hub::restore`]. Channels are named, not numbered: numbers die with the object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    pub(super) id: Uuid,
    pub(super) dialect: Dialect,
    pub(super) opened_at: UnixMillis,
    pub(super) identity: Option<Claims>,
    pub(super) paused_at: Option<UnixMillis>,
    pub(super) said: Said,
    pub(super) pings: bool,
    pub(super) last_in: UnixMillis,
    pub(super) last_out: UnixMillis,
    /// Whether it gets one frame a delivery.
    pub(super) batch: bool,
    pub(super) subscriptions: Vec<Subscription>,
    /// The name by which it may come back when it breaks.
    pub(super) pid: Option<Uuid>,
    /// The newest tick that the shard had seen when this was written. What one socket has seen all have, so that
    /// a shard that was evicted knows by the newest of them what it must not send again.
    pub(super) seen: u64,
    /// When the shard had last told something at a pace, and whether something rested: likewise.
    pub(super) paced_at: UnixMillis,
    pub(super) rests: bool,
    /// When the newest candles begin that somebody of the shard was told of: likewise.
    pub(super) candles: Vec<(Channel, UnixMillis)>,
}

impl Attachment {
    /// Version and postcard.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// What its client had said lately.
    pub const fn said(&self) -> Said {
        self.said
    }

    /// `None` if `bytes` are of another version or no attachment at all.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).ok(),
            _ => None,
        }
    }
}

impl Hub {
    /// Remembers a connection beyond this object's life.
    pub(super) fn save(&self, conn: ConnId, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get(conn)
            && !connection.has_just_returned()
        {
            let attachment = self.attachment(connection).encode();
            out.push(Effect::Save { conn, attachment });
        }
    }

    pub(super) fn attachment(&self, connection: &Connection) -> Attachment {
        let held = connection
            .subscriptions
            .iter()
            .filter_map(|id| self.index.get(*id));
        let (paced_at, rests) = self.paces.memory();
        Attachment {
            id: connection.id,
            dialect: connection.dialect,
            opened_at: connection.opened_at,
            identity: connection.identity.as_deref().cloned(),
            paused_at: connection.paused_at,
            said: connection.said,
            pings: connection.pings,
            last_in: connection.last_in,
            last_out: self.last_out(connection),
            batch: connection.batch,
            subscriptions: held.cloned().collect(),
            pid: connection
                .recoverable
                .as_deref()
                .map(|recoverable| recoverable.pid),
            seen: self.link.seen(),
            paced_at,
            rests,
            candles: self.paces.candles(),
        }
    }

    /// Notes with one socket what all sockets have seen: an attachment costs nothing, a row of storage does.
    pub(super) fn save_cursor(&mut self, out: &mut Vec<Effect>) {
        if self.keeper.is_none() {
            let lasts = |it: &Connection| it.is_durable && !it.has_just_returned();
            let mut connections = self.connections.iter();
            self.keeper = connections.find(|(_, it)| lasts(it)).map(|(conn, _)| conn);
        }
        if let Some(keeper) = self.keeper {
            self.save(keeper, out);
        }
    }

    /// What is saved of a connection outlives the object from now on.
    pub(super) fn note_durable(&mut self, conn: ConnId, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get_mut(conn) {
            connection.is_durable = true;
        }
        // What was saved last knows nothing of what was told since.
        self.save(conn, out);
    }

    /// The socket that noted it is gone: another one has to.
    pub(super) fn keep_cursor(&mut self, out: &mut Vec<Effect>) {
        if self.keeper.is_none() && self.link.seen() > 0 && !self.is_empty() {
            self.save_cursor(out);
        }
    }
}
