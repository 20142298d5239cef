use serde::{Deserialize, Serialize};

use super::packet::Outgoing;
use super::{RequestId, Rules, SocketId};
use crate::model::UnixMillis;
use crate::socketio::Sid;

/// The first byte of an attachment. A socket with another version is closed when it wakes.
const VERSION: u8 = 1;

/// One client, whichever way it is reached.
pub(super) struct Session<T> {
    pub sid: Sid,
    pub transport: Transport,
    pub heard_at: UnixMillis,
    pub ping_due: UnixMillis,
    pub ping: Ping,
    /// It is closed then, unless who is above has said otherwise.
    pub expires_at: Option<UnixMillis>,
    packets: Packets,
    /// What who is above remembers of it.
    pub data: T,
}

/// How a client is reached.
pub(super) enum Transport {
    Polling(Polling),
    WebSocket(SocketId),
}

/// A client that asks again and again.
#[derive(Default)]
pub(super) struct Polling {
    /// The GET that waits for a packet: nothing is buffered then, but for a moment.
    pub held: Option<RequestId>,
    /// It came when a socket had begun to take over.
    pub is_beside_probe: bool,
    /// It is answered then, whatever happens.
    pub held_until: Option<UnixMillis>,
    pub buffer: Vec<Outgoing>,
    pub buffered: usize,
    /// When it was first seen that something waits and nobody fetches it.
    pub unfetched_since: Option<UnixMillis>,
    pub probe: Option<Probe>,
}

/// A socket that wants to take over.
pub(super) struct Probe {
    pub socket: SocketId,
    /// It has sent `2probe`.
    pub answered: bool,
    /// It is closed then.
    pub until: UnixMillis,
}

/// Whether the client is known to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ping {
    /// It answered, or was not asked yet.
    Answered,
    /// It was asked then.
    Asked(UnixMillis),
    /// The object that may have asked is gone.
    Unknown,
}

/// How many packets came in the minute that began then.
#[derive(Default)]
struct Packets {
    since: UnixMillis,
    count: u32,
}

/// What of a session must outlive the object.
#[derive(Serialize, Deserialize)]
struct Snapshot<T> {
    sid: Sid,
    heard_at: UnixMillis,
    expires_at: Option<UnixMillis>,
    data: T,
}

impl<T> Session<T> {
    pub fn new(now: UnixMillis, sid: Sid, transport: Transport, rules: &Rules) -> Self
    where
        T: Default,
    {
        Self {
            sid,
            transport,
            heard_at: now,
            ping_due: now.plus(rules.ping_interval),
            ping: Ping::Answered,
            expires_at: None,
            packets: Packets::default(),
            data: T::default(),
        }
    }

    /// Bytes that wait for it.
    pub fn buffered(&self) -> usize {
        match &self.transport {
            Transport::Polling(polling) => polling.buffered,
            Transport::WebSocket(_) => 0,
        }
    }

    /// The client is there.
    pub fn heard(&mut self, at: UnixMillis) {
        self.heard_at = self.heard_at.max(at);
        self.ping = Ping::Answered;
    }

    /// The pong that must have come by then.
    pub fn pong_due(&self, rules: &Rules) -> Option<UnixMillis> {
        match self.ping {
            Ping::Answered => None,
            Ping::Asked(at) => Some(at.plus(rules.ping_timeout)),
            // A ping that the former object sent was due by then, and so is its answer.
            Ping::Unknown => Some(self.heard_at.plus(rules.ping_interval + rules.ping_timeout)),
        }
    }

    /// When something is to be done next.
    pub fn deadline(&self, rules: &Rules) -> UnixMillis {
        let (held, probe) = match &self.transport {
            Transport::Polling(polling) => (
                polling.held_until,
                polling.probe.as_ref().map(|probe| probe.until),
            ),
            Transport::WebSocket(_) => (None, None),
        };
        let ping = match self.ping {
            Ping::Asked(_) => None,
            Ping::Answered | Ping::Unknown => Some(self.ping_due),
        };
        let all = [held, probe, ping, self.pong_due(rules), self.expires_at];
        all.into_iter().flatten().min().unwrap_or(self.ping_due)
    }

    /// Counts a packet of the client; `false` if there were too many within a minute.
    pub fn admit(&mut self, now: UnixMillis, rules: &Rules) -> bool {
        const MINUTE: u64 = 60_000;
        if now.since(self.packets.since) >= MINUTE {
            self.packets = Packets { since: now, count: 0 };
        }
        self.packets.count = self.packets.count.saturating_add(1);
        rules.packets_per_minute == 0 || self.packets.count <= rules.packets_per_minute
    }

    /// Version and postcard.
    pub fn encode(&self) -> Vec<u8>
    where
        T: Serialize,
    {
        let snapshot = Snapshot {
            sid: self.sid,
            heard_at: self.heard_at,
            expires_at: self.expires_at,
            data: &self.data,
        };
        postcard::to_extend(&snapshot, vec![VERSION]).unwrap_or_default()
    }

    /// What who is above remembers, by an attachment of this version.
    pub fn decode_data(bytes: &[u8]) -> Option<T>
    where
        T: for<'de> Deserialize<'de>,
    {
        let snapshot: Snapshot<T> = snapshot(bytes)?;
        Some(snapshot.data)
    }

    /// The session of a socket that outlived the object; `None` if the bytes are of another version or of none.
    pub fn decode(bytes: &[u8], socket: SocketId, heard: Option<UnixMillis>, rules: &Rules) -> Option<Self>
    where
        T: for<'de> Deserialize<'de>,
    {
        let snapshot: Snapshot<T> = snapshot(bytes)?;
        let heard_at = heard.unwrap_or_default().max(snapshot.heard_at);
        Some(Self {
            sid: snapshot.sid,
            transport: Transport::WebSocket(socket),
            heard_at,
            ping_due: heard_at.plus(rules.ping_interval),
            ping: Ping::Unknown,
            expires_at: snapshot.expires_at,
            packets: Packets::default(),
            data: snapshot.data,
        })
    }
}

fn snapshot<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<Snapshot<T>> {
    match bytes.split_first() {
        Some((&VERSION, body)) => postcard::from_bytes(body).ok(),
        _ => None,
    }
}
