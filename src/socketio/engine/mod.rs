//! Engine.IO 4: sessions, whichever way their clients are reached.
//!
//! - [`packet`]: what is sent; [`session`]: one client and what of it outlives the object
//! - [`requests`]: polling; [`sockets`]: WebSockets, and how one takes over from polling
//! - [`heartbeat`]: pings, silence and other deadlines; [`outbox`]: what is sent to clients, and how sessions end

mod heartbeat;
mod outbox;
pub mod packet;
mod requests;
mod session;
mod sockets;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use slab::Slab;

use super::{Refusal, Sid};
use crate::model::UnixMillis;
use outbox::Farewell;
use session::Session;

/// A session, in this object's life. Free again when it has been told that the session is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// A WebSocket, by the shell's own number; small, since they are places in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// An HTTP request that waits for its answer, by the shell's own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// What the server grants and demands.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Milliseconds from one ping to the next.
    pub ping_interval: u64,
    /// Milliseconds that a client has to answer a ping.
    pub ping_timeout: u64,
    /// Milliseconds that a client has until it is in a namespace and let stay.
    pub connect_timeout: u64,
    /// Bytes of a body or of a frame.
    pub max_payload: usize,
    /// Sessions at once.
    pub max_sessions: usize,
    /// Bytes that wait for a polling client; one that lets more wait is closed.
    pub max_buffered: usize,
    /// Bytes that wait for all polling clients together; beyond that those are closed that let most wait.
    pub max_buffered_in_all: usize,
    /// Packets that a client may send in a minute; 0 for any number.
    pub packets_per_minute: u32,
}

/// What happens to a shard's sessions.
pub enum Input<'a> {
    /// A GET without a `sid`: a session begins.
    Open {
        /// Answered with the handshake.
        request: RequestId,
        /// The session's from now on: the caller's, from a good source.
        sid: Sid,
    },
    /// A GET of a session.
    Poll {
        /// Answered as soon as there is a packet.
        request: RequestId,
        /// Which.
        sid: Sid,
    },
    /// A POST of a session.
    Post {
        /// Answered at once.
        request: RequestId,
        /// Which.
        sid: Sid,
        /// Packets.
        body: &'a str,
    },
    /// A socket without a `sid`: a session begins.
    Socket {
        /// Accepted already.
        socket: SocketId,
        /// The session's from now on: the caller's, from a good source.
        sid: Sid,
    },
    /// A socket with the `sid` of a session, which it wants to take over.
    Probe {
        /// Accepted already.
        socket: SocketId,
        /// Of which session.
        sid: Sid,
    },
    /// A socket that outlived the last life of the object.
    Restored {
        /// Its number in this life.
        socket: SocketId,
        /// What [`Effect::Save`] wrote last.
        attachment: &'a [u8],
        /// When the runtime last answered a pong by itself.
        heard: Option<UnixMillis>,
    },
    /// A socket sent a text frame.
    Text {
        /// Which.
        socket: SocketId,
        /// What.
        text: &'a str,
    },
    /// A socket sent a binary frame.
    Binary {
        /// Which.
        socket: SocketId,
        /// What.
        bytes: Vec<u8>,
    },
    /// A socket is gone, whoever closed it.
    Closed {
        /// Which.
        socket: SocketId,
    },
    /// The time of [`Engine::wakes_at`] has come.
    Alarm {
        /// When the runtime last answered a pong of a socket without waking the object.
        last_heard: LastHeard<'a>,
    },
}

/// When the runtime last answered a pong of that socket without waking the object.
pub type LastHeard<'a> = &'a dyn Fn(SocketId) -> Option<UnixMillis>;

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Answer a request.
    Answer {
        /// Which.
        request: RequestId,
        /// What.
        answer: Answer,
    },
    /// Send a text frame.
    Send {
        /// To whom.
        socket: SocketId,
        /// A whole Engine.IO packet.
        text: Rc<str>,
    },
    /// Send a binary frame.
    SendBinary {
        /// To whom.
        socket: SocketId,
        /// A message.
        bytes: Rc<[u8]>,
    },
    /// Send the same text frame to many: convert it once.
    Broadcast {
        /// To whom.
        to: Vec<SocketId>,
        /// A whole Engine.IO packet.
        text: Rc<str>,
    },
    /// Close a socket. It is forgotten already: its number is free, and nothing is expected of it.
    Close {
        /// Which.
        socket: SocketId,
    },
    /// Write a socket's attachment.
    Save {
        /// Which.
        socket: SocketId,
        /// Encoded.
        attachment: Vec<u8>,
    },
}

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 and packets.
    Payload(String),
    /// 200 `ok`: what was posted is taken.
    Taken,
    /// An error's status and JSON.
    Refused(Refusal),
}

/// What who is above has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<T> {
    /// There is a session.
    Opened {
        /// Its id from now on.
        session: SessionId,
    },
    /// A client sent text.
    Text {
        /// Who.
        session: SessionId,
        /// What.
        text: String,
    },
    /// A client sent bytes.
    Binary {
        /// Who.
        session: SessionId,
        /// What.
        bytes: Vec<u8>,
    },
    /// A session outlived the last life of the object, with what was remembered of it.
    Restored {
        /// Its id in this life.
        session: SessionId,
    },
    /// A client that polled is at a WebSocket from now on.
    Upgraded {
        /// Who.
        session: SessionId,
    },
    /// A session is over, whoever ended it.
    Closed {
        /// Its id until now.
        session: SessionId,
        /// What was remembered of it.
        data: T,
    },
}

/// What a socket finds that asks for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no such session.
    Unknown,
    /// It is at a socket, or one is about to take over.
    Taken,
    /// It polls.
    Polling,
}

/// Whose a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Main(SessionId),
    Probe(SessionId),
}

/// All sessions of one shard. `T` is what who is above remembers of each; it lies in the attachments.
pub struct Engine<T> {
    rules: Rules,
    sessions: Slab<Session<T>>,
    by_sid: BTreeMap<Sid, SessionId>,
    /// At the place that a socket's number says.
    roles: Vec<Option<Role>>,
    /// Polling sessions that got something since the last `drain`.
    dirty: BTreeSet<SessionId>,
    /// What sessions that are over have still to say.
    farewells: BTreeMap<Sid, Farewell>,
    /// No deadline is earlier.
    due: Option<UnixMillis>,
    /// Bytes that wait for polling clients.
    buffered: usize,
    events: VecDeque<Event<T>>,
    effects: Vec<Effect>,
}

/// What may rest in an attachment.
pub trait Data: Default + Serialize + DeserializeOwned {}
impl<T: Default + Serialize + DeserializeOwned> Data for T {}

impl<T: Data> Engine<T> {
    /// Nobody is there.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            sessions: Slab::new(),
            by_sid: BTreeMap::new(),
            roles: Vec::new(),
            dirty: BTreeSet::new(),
            farewells: BTreeMap::new(),
            due: None,
            buffered: 0,
            events: VecDeque::new(),
            effects: Vec::new(),
        }
    }

    /// One thing happens. Then ask for events until there are none, and drain.
    pub fn handle(&mut self, now: UnixMillis, input: Input<'_>) {
        match input {
            Input::Open { request, sid } => self.open(now, request, sid),
            Input::Poll { request, sid } => self.poll(now, request, sid),
            Input::Post { request, sid, body } => self.post(now, request, sid, body),
            Input::Socket { socket, sid } => self.open_socket(now, socket, sid),
            Input::Probe { socket, sid } => self.probe(now, socket, sid),
            Input::Restored {
                socket,
                attachment,
                heard,
            } => self.restore(socket, attachment, heard),
            Input::Text { socket, text } => self.text(now, socket, text),
            Input::Binary { socket, bytes } => self.binary(now, socket, bytes),
            Input::Closed { socket } => self.socket_closed(socket),
            Input::Alarm { last_heard } => self.alarm(now, last_heard),
        }
    }

    /// What it grants and demands.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Sessions at the moment.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Whether nobody else is admitted.
    pub fn is_full(&self) -> bool {
        self.len() >= self.rules.max_sessions
    }

    /// What is remembered of a session, if it is there.
    pub fn data(&self, session: SessionId) -> Option<&T> {
        self.get(session).map(|session| &session.data)
    }

    /// The same, to be changed; [`Self::save`] makes it last.
    pub fn data_mut(&mut self, session: SessionId) -> Option<&mut T> {
        self.get_mut(session).map(|session| &mut session.data)
    }

    /// The sessions that are there.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        // At most `max_sessions`.
        self.sessions.iter().map(|(key, _)| SessionId(key as u32))
    }

    /// The WebSocket by which a session is reached; `None` while it polls.
    pub fn socket_of(&self, session: SessionId) -> Option<SocketId> {
        match self.get(session)?.transport {
            session::Transport::WebSocket(socket) => Some(socket),
            session::Transport::Polling(_) => None,
        }
    }

    /// When a client was last known to be there: by what it sent, or by what the runtime has seen.
    pub fn heard_at(&self, session: SessionId, last_heard: LastHeard<'_>) -> Option<UnixMillis> {
        let seen = self.socket_of(session).and_then(last_heard);
        seen.max(self.get(session).map(|session| session.heard_at))
    }

    /// What was remembered of the session of a socket that has closed, by its attachment.
    pub fn left_behind(attachment: &[u8]) -> Option<T> {
        Session::decode_data(attachment)
    }

    /// When something is to be done next, if anything is.
    pub fn wakes_at(&self) -> Option<UnixMillis> {
        self.due
    }

    /// What who is above has not heard of yet, oldest first.
    pub fn next_event(&mut self) -> Option<Event<T>> {
        self.events.pop_front()
    }

    /// When a session is to be closed, if it is.
    pub fn expires_at(&self, session: SessionId) -> Option<UnixMillis> {
        self.get(session)?.expires_at
    }

    /// Closes a session then, or not at all.
    pub fn expire_at(&mut self, session: SessionId, at: Option<UnixMillis>) {
        if let Some(found) = self.get_mut(session) {
            found.expires_at = at;
            self.note_deadline(session);
        }
    }

    /// Makes what is remembered of a session outlive this object. Nothing of a polling session does.
    pub fn save(&mut self, session: SessionId) {
        if let Some(socket) = self.socket_of(session)
            && let Some(found) = self.get(session)
        {
            let attachment = found.encode();
            self.effects.push(Effect::Save { socket, attachment });
        }
    }

    fn get(&self, session: SessionId) -> Option<&Session<T>> {
        self.sessions.get(session.0 as usize)
    }

    fn get_mut(&mut self, session: SessionId) -> Option<&mut Session<T>> {
        self.sessions.get_mut(session.0 as usize)
    }

    fn insert(&mut self, session: Session<T>) -> SessionId {
        let sid = session.sid;
        let id = SessionId(self.sessions.insert(session) as u32);
        self.by_sid.insert(sid, id);
        self.note_deadline(id);
        id
    }

    fn note_deadline(&mut self, session: SessionId) {
        let deadline = self.get(session).map(|session| session.deadline(&self.rules));
        self.due = [self.due, deadline].into_iter().flatten().min();
    }
}
