//! WebSockets: sessions that begin with one, and those that take over from polling.

use super::packet::{Outgoing, Packet};
use super::session::{Probe, Session, Transport};
use super::{Answer, Data, Effect, Engine, Event, Role, SessionId, SocketId, Standing};
use crate::model::UnixMillis;
use crate::socketio::{Refusal, Sid};

/// A socket that has not taken over within this is closed, milliseconds.
const UPGRADE_TIMEOUT: u64 = 10_000;

impl<T: Data> Engine<T> {
    /// A socket without a `sid`: a session begins. The `sid` is the caller's.
    pub(super) fn open_socket(&mut self, now: UnixMillis, socket: SocketId, sid: Sid) {
        if self.is_full() || self.by_sid.contains_key(&sid) {
            return self.hang_up(socket);
        }
        let transport = Transport::WebSocket(socket);
        let session = self.insert(Session::new(now, sid, transport, &self.rules));
        self.set_role(socket, Some(Role::Main(session)));
        let open = Outgoing::open(sid, &[], &self.rules);
        self.write(socket, &open);
        self.events.push_back(Event::Opened { session });
    }

    /// What a socket finds that asks for a session.
    pub fn standing(&self, sid: Sid) -> Standing {
        let session = self.by_sid.get(&sid).and_then(|session| self.get(*session));
        match session.map(|session| &session.transport) {
            None => Standing::Unknown,
            Some(Transport::Polling(polling)) if polling.probe.is_none() => Standing::Polling,
            Some(_) => Standing::Taken,
        }
    }

    /// A socket with the `sid` of a session: it wants to take over. One that may not is closed, and the session does not
    /// notice.
    pub(super) fn probe(&mut self, now: UnixMillis, socket: SocketId, sid: Sid) {
        let Some(&id) = self.by_sid.get(&sid) else {
            return self.hang_up(socket);
        };
        match self.polling(id) {
            Some(polling) if polling.probe.is_none() => {
                polling.probe = Some(Probe {
                    socket,
                    answered: false,
                    until: now.plus(UPGRADE_TIMEOUT),
                });
                self.set_role(socket, Some(Role::Probe(id)));
                self.note_deadline(id);
            }
            _ => self.hang_up(socket),
        }
    }

    /// Takes back a socket that outlived the last life of the object; the runtime may have answered pongs since.
    /// One that was not the main one of a session, or is of another version, is closed.
    pub(super) fn restore(&mut self, socket: SocketId, attachment: &[u8], heard: Option<UnixMillis>) {
        let session = Session::decode(attachment, socket, heard, &self.rules)
            .filter(|session| !self.by_sid.contains_key(&session.sid));
        let Some(session) = session else {
            return self.hang_up(socket);
        };
        let session = self.insert(session);
        self.set_role(socket, Some(Role::Main(session)));
        self.events.push_back(Event::Restored { session });
    }

    /// A socket sent a text frame.
    pub(super) fn text(&mut self, now: UnixMillis, socket: SocketId, text: &str) {
        if text.len() > self.rules.max_payload {
            return self.fail(socket);
        }
        match (self.role(socket), Packet::parse(text)) {
            (Some(Role::Main(session)), Ok(packet)) => {
                if !self.receive(now, session, packet) {
                    self.abort(session);
                }
            }
            (Some(Role::Probe(session)), Ok(packet)) => self.on_probe(now, socket, session, &packet),
            _ => self.fail(socket),
        }
    }

    /// A socket sent a binary frame.
    pub(super) fn binary(&mut self, now: UnixMillis, socket: SocketId, bytes: Vec<u8>) {
        if bytes.len() > self.rules.max_payload {
            return self.fail(socket);
        }
        match self.role(socket) {
            Some(Role::Main(session)) => {
                if !self.receive(now, session, Packet::Binary(bytes)) {
                    self.abort(session);
                }
            }
            _ => self.fail(socket),
        }
    }

    /// A socket is gone, whoever closed it.
    pub(super) fn socket_closed(&mut self, socket: SocketId) {
        let role = self.role(socket);
        self.set_role(socket, None);
        match role {
            Some(Role::Main(session)) => self.forget(session),
            Some(Role::Probe(session)) => self.drop_probe(session),
            None => {}
        }
    }

    fn on_probe(&mut self, now: UnixMillis, socket: SocketId, session: SessionId, packet: &Packet<'_>) {
        let Some(probe) = self.polling(session).and_then(|polling| polling.probe.as_mut()) else {
            return self.fail(socket);
        };
        match packet {
            Packet::Ping("probe") if !probe.answered => {
                probe.answered = true;
                self.write(socket, &Outgoing::fixed("3probe"));
                let polling = self.polling(session);
                if polling.is_some_and(|polling| polling.is_beside_probe) {
                    self.hold(now, session);
                } else {
                    // The client waits for the end of its GET before it goes on.
                    self.release_held(session, Outgoing::fixed("6"));
                }
            }
            Packet::Upgrade if probe.answered => self.take_over(now, socket, session),
            _ => self.fail(socket),
        }
    }

    /// From here on the session is at this socket; what was buffered goes first.
    fn take_over(&mut self, now: UnixMillis, socket: SocketId, session: SessionId) {
        let Some(polling) = self.polling(session) else {
            return;
        };
        let held = polling.held.take();
        let buffer = self.take_buffer(session);
        if let Some(found) = self.get_mut(session) {
            found.transport = Transport::WebSocket(socket);
            found.heard_at = found.heard_at.max(now);
        }
        self.dirty.remove(&session);
        self.set_role(socket, Some(Role::Main(session)));
        if let Some(request) = held {
            self.answer(request, Answer::Refused(Refusal::BadRequest));
        }
        for packet in &buffer {
            self.write(socket, packet);
        }
        self.save(session);
        self.note_deadline(session);
        self.events.push_back(Event::Upgraded { session });
    }

    /// What this socket did ends what it is: a session, or the attempt to take one over.
    fn fail(&mut self, socket: SocketId) {
        match self.role(socket) {
            Some(Role::Main(session)) => self.abort(session),
            Some(Role::Probe(session)) => {
                self.drop_probe(session);
                self.hang_up(socket);
            }
            None => self.hang_up(socket),
        }
    }

    /// The session goes on polling.
    pub(super) fn drop_probe(&mut self, session: SessionId) {
        if let Some(polling) = self.polling(session) {
            polling.probe = None;
        }
    }

    pub(super) fn write(&mut self, socket: SocketId, packet: &Outgoing) {
        self.effects.push(match packet {
            Outgoing::Text(text) => Effect::Send {
                socket,
                text: text.clone(),
            },
            Outgoing::Binary(bytes) => Effect::SendBinary {
                socket,
                bytes: bytes.clone(),
            },
        });
    }

    pub(super) fn hang_up(&mut self, socket: SocketId) {
        self.set_role(socket, None);
        self.effects.push(Effect::Close { socket });
    }

    fn role(&self, socket: SocketId) -> Option<Role> {
        self.roles.get(socket.0 as usize).copied().flatten()
    }

    fn set_role(&mut self, socket: SocketId, role: Option<Role>) {
        let place = socket.0 as usize;
        if place >= self.roles.len() {
            if role.is_none() {
                return;
            }
            self.roles.resize(place + 1, None);
        }
        if let Some(slot) = self.roles.get_mut(place) {
            *slot = role;
        }
    }
}
