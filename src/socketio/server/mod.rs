//! Socket.IO on top of Engine.IO sessions: namespaces, packets, attachments.
//!
//! - [`receive`]: from what clients send to [`Event`]s; [`application`]: what the application says

mod application;
mod receive;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sid;
use super::engine::{Effect, Engine, Input, LastHeard, Rules, SessionId, SocketId, Standing};
use super::packet::{Limits, Partial};
use crate::model::UnixMillis;

/// What an application may let rest with a session, bytes: with what the session itself needs, an attachment has room for it.
pub const MAX_KEPT: usize = 16_384 - 64 - 320;

/// Attachments of one message.
const MAX_ATTACHMENTS: usize = 16;

/// What happens to the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A client wants to be in a namespace. Answered by [`Server::accept`] or [`Server::refuse`].
    Connect {
        /// Who.
        session: SessionId,
        /// One of those that the application has.
        namespace: String,
        /// A JSON object, `{}` if the client gave none.
        auth: String,
        /// What [`Server::keep`] kept last, before the client left the namespace that it was in.
        kept: Vec<u8>,
    },
    /// A client in a namespace sent an event.
    Event {
        /// Who.
        session: SessionId,
        /// Where.
        namespace: String,
        /// It wants an answer with this id.
        ack: Option<u64>,
        /// A JSON array that begins with the event's name.
        payload: String,
        /// What the payload's placeholders stand for.
        attachments: Vec<Vec<u8>>,
    },
    /// A client answered an event.
    Ack {
        /// Who.
        session: SessionId,
        /// Where.
        namespace: String,
        /// The event's.
        id: u64,
        /// A JSON array.
        payload: String,
        /// What the payload's placeholders stand for.
        attachments: Vec<Vec<u8>>,
    },
    /// A session outlived the last life of the object.
    Restored {
        /// Its id in this life.
        session: SessionId,
        /// Where it is, and the `sid` that it was told there.
        namespaces: Vec<(String, Uuid)>,
        /// What [`Server::keep`] kept.
        kept: Vec<u8>,
    },
    /// A client that polled is at a WebSocket from now on: what is kept outlives the object.
    Upgraded {
        /// Who.
        session: SessionId,
    },
    /// A client is no longer in a namespace, whoever ended it, or will not be. It comes once for each `Connect`
    /// that was not refused.
    Disconnected {
        /// Who. If the session is over, the id is free from now on.
        session: SessionId,
        /// Which.
        namespace: String,
        /// Nobody wanted it: the session broke.
        is_lost: bool,
    },
}

/// What is remembered of a session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Session {
    namespaces: Vec<Namespace>,
    #[serde(skip)]
    partial: Option<Partial>,
    /// How often it wanted to be in a namespace, in the minute that began then.
    #[serde(skip)]
    connects: (UnixMillis, u32),
    /// The application's own.
    #[serde(with = "serde_bytes")]
    kept: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Namespace {
    name: String,
    /// `None` until the application has accepted it.
    sid: Option<Uuid>,
}

/// All sessions of one shard.
pub struct Server {
    engine: Engine<Session>,
    namespaces: &'static [&'static str],
    limits: Limits,
    events: VecDeque<Event>,
    now: UnixMillis,
}

impl Server {
    /// Nobody is there. `namespaces` are those that the application has.
    pub fn new(rules: Rules, namespaces: &'static [&'static str]) -> Self {
        Self {
            engine: Engine::new(rules),
            namespaces,
            limits: Limits {
                count: MAX_ATTACHMENTS,
                bytes: rules.max_payload,
            },
            events: VecDeque::new(),
            now: UnixMillis::default(),
        }
    }

    /// Whether nobody else is admitted.
    pub fn is_full(&self) -> bool {
        self.engine.is_full()
    }

    /// Sessions at the moment.
    pub fn len(&self) -> usize {
        self.engine.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.engine.is_empty()
    }

    /// What a socket finds that asks for a session.
    pub fn standing(&self, sid: Sid) -> Standing {
        self.engine.standing(sid)
    }

    /// The WebSocket by which a session is reached; `None` while it polls.
    pub fn socket_of(&self, session: SessionId) -> Option<SocketId> {
        self.engine.socket_of(session)
    }

    /// When a client was last known to be there: by what it sent, or by what the runtime has seen.
    pub fn heard_at(&self, session: SessionId, last_heard: LastHeard<'_>) -> Option<UnixMillis> {
        self.engine.heard_at(session, last_heard)
    }

    /// What the application kept with the session of a socket that closed while the object slept, by its attachment; `None` if its
    /// client was nowhere.
    pub fn left_behind(attachment: &[u8]) -> Option<Vec<u8>> {
        let session: Session = Engine::left_behind(attachment)?;
        (!session.is_nowhere()).then_some(session.kept)
    }

    /// When something is to be done next, if anything is.
    pub fn wakes_at(&self) -> Option<UnixMillis> {
        self.engine.wakes_at()
    }

    /// One thing happens. Then ask for events until there are none, and drain.
    pub fn handle(&mut self, now: UnixMillis, input: Input<'_>) {
        self.now = now;
        self.engine.handle(now, input);
    }

    /// What the application has not heard of yet, oldest first. Ask until there is nothing, after every input.
    ///
    /// What a client sent is looked at piece by piece, as the application asks: what it says of one piece counts for the next.
    pub fn next_event(&mut self) -> Option<Event> {
        while self.events.is_empty() && self.hear() {}
        self.events.pop_front()
    }

    /// What is to be done now. After every input, when the application has heard everything.
    pub fn drain(&mut self) -> Vec<Effect> {
        self.engine.drain()
    }
}
