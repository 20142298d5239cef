//! From what clients send to what the application hears.

use super::{Event, Namespace, Server, Session};
use crate::model::UnixMillis;
use crate::socketio::engine::packet::Outgoing;
use crate::socketio::engine::{self, SessionId};
use crate::socketio::packet::{self, Body, Malformed, Packet, Partial};

impl Server {
    /// Takes the next thing that the engine has heard; `false` if there is none.
    pub(super) fn hear(&mut self) -> bool {
        let now = self.now;
        let Some(event) = self.engine.next_event() else {
            return false;
        };
        match event {
            engine::Event::Opened { session } => self.expire(now, session),
            engine::Event::Restored { session } => self.restored(now, session),
            engine::Event::Text { session, text } => {
                if self.on_text(session, &text).is_err() {
                    self.engine.abort(session);
                }
            }
            engine::Event::Binary { session, bytes } => {
                if self.on_binary(session, bytes).is_err() {
                    self.engine.abort(session);
                }
            }
            engine::Event::Upgraded { session } => self.events.push_back(Event::Upgraded { session }),
            engine::Event::Closed { session, data } => {
                for Namespace { name, .. } in data.namespaces {
                    self.disconnected(session, name, true);
                }
            }
        }
        true
    }

    fn on_text(&mut self, session: SessionId, text: &str) -> Result<(), Malformed> {
        let limits = self.limits;
        // It was closed by what came before.
        let Some(data) = self.engine.data_mut(session) else {
            return Ok(());
        };
        if data.partial.is_some() {
            return Err(Malformed::OutOfTurn);
        }
        let packet = Packet::parse(text)?;
        if let Some(partial) = Partial::begin(&packet, limits)? {
            data.partial = Some(partial);
            return Ok(());
        }
        self.on_packet(session, packet.namespace, packet.body, Vec::new())
    }

    fn on_binary(&mut self, session: SessionId, bytes: Vec<u8>) -> Result<(), Malformed> {
        let limits = self.limits;
        let Some(data) = self.engine.data_mut(session) else {
            return Ok(());
        };
        let partial = data.partial.as_mut().ok_or(Malformed::OutOfTurn)?;
        if !partial.add(bytes, limits)? {
            return Ok(());
        }
        match data.partial.take().map(Partial::finish) {
            Some((namespace, body, attachments)) => self.on_packet(session, &namespace, body, attachments),
            None => Ok(()),
        }
    }

    fn on_packet(
        &mut self,
        session: SessionId,
        namespace: &str,
        body: Body<'_>,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), Malformed> {
        let is_known = self.namespaces.contains(&namespace);
        let Some(data) = self.engine.data_mut(session) else {
            return Ok(());
        };
        let place = data.namespaces.iter().position(|it| it.name == namespace);
        let is_in = place.is_some_and(|at| data.namespaces.get(at).is_some_and(|it| it.sid.is_some()));
        let namespace = namespace.to_owned();
        if matches!(body, Body::Connect(_)) && !data.may_connect(self.now) {
            return Err(Malformed::OutOfTurn);
        }
        match body {
            Body::Connect(_) if !is_known => {
                let text = packet::connect_error(&namespace, "Invalid namespace", None);
                self.engine.send(session, Outgoing::message(&text));
            }
            Body::Connect(auth) if place.is_none() => {
                let (name, auth) = (namespace.clone(), auth.to_owned());
                data.namespaces.push(Namespace { name, sid: None });
                let kept = data.kept.clone();
                self.events.push_back(Event::Connect {
                    session,
                    namespace,
                    auth,
                    kept,
                });
            }
            Body::Disconnect if place.is_some() => self.leave(session, &namespace),
            Body::Event(message) if is_in => self.events.push_back(Event::Event {
                session,
                namespace,
                ack: message.id,
                payload: message.payload.into_owned(),
                attachments,
            }),
            Body::Ack(message) if is_in => self.events.push_back(Event::Ack {
                session,
                namespace,
                id: message.id.ok_or(Malformed::AckId)?,
                payload: message.payload.into_owned(),
                attachments,
            }),
            // In a namespace twice, or speaking where it is not.
            _ => return Err(Malformed::OutOfTurn),
        }
        Ok(())
    }

    /// The client is no longer in that namespace; the application learns of it.
    pub(super) fn leave(&mut self, session: SessionId, namespace: &str) {
        let Some(data) = self.engine.data_mut(session) else {
            return;
        };
        let before = data.namespaces.len();
        data.namespaces.retain(|it| it.name != namespace);
        if data.namespaces.len() == before {
            return;
        }
        if data.namespaces.is_empty() {
            self.expire(self.now, session);
        }
        self.engine.save(session);
        self.disconnected(session, namespace.to_owned(), false);
    }

    fn disconnected(&mut self, session: SessionId, namespace: String, is_lost: bool) {
        self.events.push_back(Event::Disconnected {
            session,
            namespace,
            is_lost,
        });
    }

    fn restored(&mut self, now: UnixMillis, session: SessionId) {
        let Some(data) = self.engine.data_mut(session) else {
            return;
        };
        // What the application had not decided, nobody remembers.
        let before = data.namespaces.len();
        data.namespaces.retain(|it| it.sid.is_some());
        let is_left_alone = data.namespaces.len() < before && data.is_nowhere();
        let all = data.namespaces.iter();
        let namespaces = all.filter_map(|it| Some((it.name.clone(), it.sid?))).collect();
        let kept = data.kept.clone();
        if is_left_alone {
            self.expire(now, session);
        }
        self.events.push_back(Event::Restored {
            session,
            namespaces,
            kept,
        });
    }

    /// Nobody stays for long who is in no namespace, and nobody gets more time by leaving one.
    fn expire(&mut self, now: UnixMillis, session: SessionId) {
        let at = self.engine.expires_at(session);
        self.engine.expire_at(
            session,
            at.or(Some(now.plus(self.engine.rules().connect_timeout))),
        );
        self.engine.save(session);
    }
}

/// How often a session may ask to be in a namespace, in a minute: what it said before is forgotten each time.
const CONNECTS: u32 = 10;

impl Session {
    /// Counts one more wish to be in a namespace; `false` if that is one too many.
    fn may_connect(&mut self, now: UnixMillis) -> bool {
        let (since, count) = &mut self.connects;
        if now.since(*since) >= 60_000 {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= CONNECTS
    }

    pub(super) fn is_nowhere(&self) -> bool {
        self.namespaces.is_empty()
    }
}
