//! What is sent to clients, and how sessions end.

use std::rc::Rc;

use super::packet::Outgoing;
use super::session::{Session, Transport};
use super::{Data, Effect, Engine, Event, SessionId};
use crate::model::UnixMillis;
use crate::socketio::Sid;

/// What sessions that are over have still to say waits for at most so many.
const MAX_FAREWELLS: usize = 64;

/// What a polling client has still to hear of a session that the server ended: what it had been sent, if it was not at a
/// GET, and, in an answer of its own, the end. Together, a client would forget the former over the latter.
pub(super) struct Farewell {
    packets: Vec<Outgoing>,
    pub until: UnixMillis,
}

impl<T: Data> Engine<T> {
    /// Sends a packet, or lets it wait for the client's next GET.
    pub fn send(&mut self, session: SessionId, packet: Outgoing) {
        let rules = self.rules;
        let weight = packet.weight();
        let Some(found) = self.get_mut(session) else {
            return;
        };
        match &mut found.transport {
            Transport::WebSocket(socket) => {
                let socket = *socket;
                self.write(socket, &packet);
            }
            Transport::Polling(polling) => {
                polling.buffered = polling.buffered.saturating_add(weight);
                polling.buffer.push(packet);
                let is_too_much = polling.buffered > rules.max_buffered;
                self.buffered = self.buffered.saturating_add(weight);
                self.dirty.insert(session);
                if is_too_much {
                    self.abort(session);
                } else if self.buffered > rules.max_buffered_in_all {
                    self.make_room();
                }
            }
        }
    }

    /// Too much waits in all: ends the session for which most does.
    fn make_room(&mut self) {
        let waits = |session: &SessionId| self.get(*session).map_or(0, Session::buffered);
        let greediest = self.sessions().max_by_key(waits);
        if let Some(greediest) = greediest {
            self.abort(greediest);
        }
    }

    /// What waits for a client, taken out.
    pub(super) fn take_buffer(&mut self, session: SessionId) -> Vec<Outgoing> {
        let Some(polling) = self.polling(session) else {
            return Vec::new();
        };
        let buffered = std::mem::take(&mut polling.buffered);
        let packets = std::mem::take(&mut polling.buffer);
        self.buffered = self.buffered.saturating_sub(buffered);
        packets
    }

    /// Sends a packet of text to many: one effect for all sockets, one text for all buffers.
    pub fn send_all(&mut self, sessions: &[SessionId], text: Rc<str>) {
        let mut to = Vec::with_capacity(sessions.len());
        for session in sessions {
            match self.socket_of(*session) {
                Some(socket) => to.push(socket),
                None => self.send(*session, Outgoing::Text(text.clone())),
            }
        }
        if !to.is_empty() {
            self.effects.push(Effect::Broadcast { to, text });
        }
    }

    /// Ends a session; its client gets what it has been sent before.
    pub fn close(&mut self, now: UnixMillis, session: SessionId) {
        if let Some(polling) = self.polling(session) {
            let is_waiting = polling.held.is_some();
            if !(is_waiting && polling.buffer.is_empty()) {
                let packets = if is_waiting {
                    Vec::new()
                } else {
                    self.take_buffer(session)
                };
                self.say_farewell(now, session, packets);
            }
        }
        self.abort(session);
    }

    /// Ends a session at once.
    pub fn abort(&mut self, session: SessionId) {
        self.release_held(session, Outgoing::fixed("1"));
        let socket = match self.get_mut(session).map(|session| &mut session.transport) {
            Some(Transport::WebSocket(socket)) => Some(*socket),
            Some(Transport::Polling(polling)) => polling.probe.take().map(|probe| probe.socket),
            None => None,
        };
        if let Some(socket) = socket {
            self.hang_up(socket);
        }
        self.forget(session);
    }

    /// A session is over: no id, no `sid`, and who is above learns of it.
    pub(super) fn forget(&mut self, session: SessionId) {
        if let Some(found) = self.sessions.try_remove(session.0 as usize) {
            self.by_sid.remove(&found.sid);
            self.dirty.remove(&session);
            self.buffered = self.buffered.saturating_sub(found.buffered());
            let data = found.data;
            self.events.push_back(Event::Closed { session, data });
        }
    }

    fn say_farewell(&mut self, now: UnixMillis, session: SessionId, packets: Vec<Outgoing>) {
        let Some(sid) = self.get(session).map(|session| session.sid) else {
            return;
        };
        let until = now.plus(self.rules.ping_timeout);
        self.farewells.retain(|_, farewell| farewell.until > now);
        while self.farewells.len() >= MAX_FAREWELLS {
            self.farewells.pop_first();
        }
        self.farewells.insert(sid, Farewell { packets, until });
    }

    /// What the next GET of a session that is over gets, if there is something.
    pub(super) fn farewell(&mut self, sid: Sid) -> Option<String> {
        let farewell = self.farewells.get_mut(&sid)?;
        let packets = std::mem::take(&mut farewell.packets);
        if packets.is_empty() {
            self.farewells.remove(&sid);
            return Some(Outgoing::payload(&[Outgoing::fixed("1")]));
        }
        Some(Outgoing::payload(&packets))
    }

    /// What is to be done now; GETs for which there is something are answered.
    pub fn drain(&mut self) -> Vec<Effect> {
        for session in std::mem::take(&mut self.dirty) {
            let has_packets = self
                .polling(session)
                .is_some_and(|polling| !polling.buffer.is_empty());
            if has_packets {
                self.release_held(session, Outgoing::fixed("6"));
            }
        }
        std::mem::take(&mut self.effects)
    }
}
