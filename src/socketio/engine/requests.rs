//! Polling: sessions that begin with a GET, GETs that wait for packets, POSTs that bring some.

use super::packet::{Outgoing, Packet};
use super::session::{Polling, Session, Transport};
use super::{Answer, Data, Effect, Engine, Event, RequestId, SessionId};
use crate::model::UnixMillis;
use crate::socketio::{Refusal, Sid};

/// A GET that comes while a socket is about to take over waits for so long, milliseconds.
const HOLD_BESIDE_PROBE: u64 = 100;

impl<T: Data> Engine<T> {
    /// A GET without a `sid`: a session begins. The `sid` is the caller's.
    pub(super) fn open(&mut self, now: UnixMillis, request: RequestId, sid: Sid) {
        if self.is_full() || self.by_sid.contains_key(&sid) {
            return self.refuse(request, Refusal::Full);
        }
        let transport = Transport::Polling(Polling::default());
        let session = self.insert(Session::new(now, sid, transport, &self.rules));
        let open = Outgoing::open(sid, &["websocket"], &self.rules);
        self.answer(request, Answer::Payload(Outgoing::payload(&[open])));
        self.events.push_back(Event::Opened { session });
    }

    /// A GET of a session: it is answered as soon as there is a packet.
    pub(super) fn poll(&mut self, now: UnixMillis, request: RequestId, sid: Sid) {
        if let Some(payload) = self.farewell(sid) {
            return self.answer(request, Answer::Payload(payload));
        }
        let Some(id) = self.find(now, sid) else {
            return self.refuse(request, Refusal::UnknownSid);
        };
        let Some(polling) = self.polling(id) else {
            return self.refuse(request, Refusal::BadRequest);
        };
        if polling.held.is_some() {
            // Two at once: nobody knows any more which of them the client reads. `abort` answers the other.
            self.refuse(request, Refusal::BadRequest);
            return self.abort(id);
        }
        polling.held = Some(request);
        polling.unfetched_since = None;
        polling.is_beside_probe = polling.probe.is_some();
        let is_late = polling.probe.as_ref().is_some_and(|probe| probe.answered);
        self.dirty.insert(id);
        if is_late {
            self.hold(now, id);
        }
    }

    /// A POST of a session: packets, in order.
    pub(super) fn post(&mut self, now: UnixMillis, request: RequestId, sid: Sid, body: &str) {
        if self.farewells.contains_key(&sid) {
            return self.answer(request, Answer::Taken);
        }
        let Some(id) = self.find(now, sid) else {
            return self.refuse(request, Refusal::UnknownSid);
        };
        if self.polling(id).is_none() {
            return self.refuse(request, Refusal::BadRequest);
        }
        if body.len() > self.rules.max_payload {
            return self.refuse(request, Refusal::TooLarge);
        }
        let packets = match Packet::parse_all(body) {
            // Pings are the server's to send.
            Ok(packets) if !packets.iter().any(|packet| matches!(packet, Packet::Ping(_))) => packets,
            _ => {
                self.refuse(request, Refusal::BadRequest);
                return self.abort(id);
            }
        };
        self.answer(request, Answer::Taken);
        for packet in packets {
            match packet {
                // What waits is told by an empty packet that it waits no longer.
                Packet::Close => {
                    self.release_held(id, Outgoing::fixed("6"));
                    return self.abort(id);
                }
                packet => {
                    if !self.receive(now, id, packet) {
                        return self.abort(id);
                    }
                }
            }
        }
    }

    /// A packet by whichever transport; `false` if the session cannot go on.
    pub(super) fn receive(&mut self, now: UnixMillis, session: SessionId, packet: Packet<'_>) -> bool {
        let rules = self.rules;
        let Some(found) = self.get_mut(session) else {
            return true;
        };
        if !found.admit(now, &rules) {
            return false;
        }
        match packet {
            Packet::Pong => {
                found.heard(now);
                self.note_deadline(session);
            }
            Packet::Message(text) => {
                let text = text.to_owned();
                self.events.push_back(Event::Text { session, text });
            }
            Packet::Binary(bytes) => self.events.push_back(Event::Binary { session, bytes }),
            Packet::Noop | Packet::Upgrade => {}
            // Pings are the server's to send.
            Packet::Ping(_) | Packet::Close => return false,
        }
        true
    }

    /// The session of that name, unless its time has come and the alarm is late.
    fn find(&mut self, now: UnixMillis, sid: Sid) -> Option<SessionId> {
        let id = *self.by_sid.get(&sid)?;
        if self.is_over(now, id) {
            self.abort(id);
            return None;
        }
        Some(id)
    }

    pub(super) fn polling(&mut self, session: SessionId) -> Option<&mut Polling> {
        match &mut self.get_mut(session)?.transport {
            Transport::Polling(polling) => Some(polling),
            Transport::WebSocket(_) => None,
        }
    }

    /// Lets a GET that came beside a socket wait for a moment: if the socket takes over, it was one too many, and
    /// its client must not believe that more of them are welcome.
    pub(super) fn hold(&mut self, now: UnixMillis, session: SessionId) {
        if let Some(polling) = self.polling(session).filter(|polling| polling.held.is_some()) {
            polling.held_until = Some(now.plus(HOLD_BESIDE_PROBE));
            self.note_deadline(session);
        }
    }

    /// Answers the GET that waits, if there is one: with what is buffered, else with this packet.
    pub(super) fn release_held(&mut self, session: SessionId, packet: Outgoing) {
        let Some(polling) = self.polling(session) else {
            return;
        };
        let Some(request) = polling.held.take() else {
            return;
        };
        polling.held_until = None;
        let mut packets = self.take_buffer(session);
        if packets.is_empty() {
            packets.push(packet);
        }
        self.answer(request, Answer::Payload(Outgoing::payload(&packets)));
    }

    pub(super) fn answer(&mut self, request: RequestId, answer: Answer) {
        self.effects.push(Effect::Answer { request, answer });
    }

    pub(super) fn refuse(&mut self, request: RequestId, refusal: Refusal) {
        self.answer(request, Answer::Refused(refusal));
    }
}
