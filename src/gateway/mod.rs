//! Socket.IO's clients as connections of the hub: what is behind the sessions of [`crate::socketio`] in the product. No I/O.
//!
//! A session is the hub's connection of the same number from when its client was let into `/` until it has left.

use uuid::Uuid;

use crate::hub::{self, Admission, Attachment, CloseReason, ConnId, Frame, Hub, Origin, Said};
use crate::model::{Alarm, UnixMillis};
use crate::protocol::Dialect;
use crate::socketio::{self, Event, Rules, Server, SessionId, Sid, Standing};

// What the hub keeps with a connection fits beside what a session needs.
const _: () = assert!(hub::MAX_ATTACHMENT <= socketio::MAX_KEPT);

/// The one namespace there is.
const MAIN: &str = "/";

/// What a client that may not come in is told, in exactly these words.
const REFUSED: &str = "Authentication failed";

/// The sessions of one shard, in front of its hub.
pub struct Gateway {
    server: Server,
    /// One for the hub and the sessions.
    alarm: Alarm,
}

/// What happens.
pub enum Input<'a> {
    /// To a client.
    Client(socketio::Input<'a>),
    /// To the hub; whatever is about clients comes to it from here.
    Hub(hub::Input<'a>),
    /// To a client whose socket closed while the object slept: what its attachment said.
    Departed(&'a [u8]),
}

/// What is to be done, in this order.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Towards clients.
    pub clients: Vec<socketio::Effect>,
    /// All else that the hub wants done, but for the alarm.
    pub rest: Vec<hub::Effect>,
    /// What the alarm is to be armed for, if for another time.
    pub wake_at: Option<UnixMillis>,
}

impl Gateway {
    /// Nobody is there. The alarm is as the runtime says, when the object wakes.
    pub fn new(rules: Rules, alarm: Alarm) -> Self {
        Self {
            server: Server::new(rules, &[MAIN]),
            alarm,
        }
    }

    /// What a socket finds that asks for a session.
    pub fn standing(&self, sid: Sid) -> Standing {
        self.server.standing(sid)
    }

    /// Whether nobody else is admitted.
    pub fn is_full(&self) -> bool {
        self.server.is_full()
    }

    /// The one way in, for the hub too. `new_id` gives names for connections, from a good source.
    pub fn handle(
        &mut self,
        hub: &mut Hub,
        now: UnixMillis,
        input: Input<'_>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let alarm = match &input {
            Input::Client(socketio::Input::Alarm { last_heard }) => Some(*last_heard),
            _ => None,
        };
        let is_restored = matches!(&input, Input::Client(socketio::Input::Restored { .. }));
        match input {
            Input::Client(input) => self.server.handle(now, input),
            Input::Hub(input) => {
                let effects = hub.handle(now, input);
                self.carry_out(now, effects, &mut outcome);
            }
            Input::Departed(attachment) => {
                let kept = Server::left_behind(attachment);
                if let Some(attachment) = kept.and_then(|kept| Attachment::decode(&kept)) {
                    let effects = hub.handle(now, hub::Input::Departed(attachment));
                    self.carry_out(now, effects, &mut outcome);
                }
            }
        }
        if let Some(last_heard) = alarm {
            self.alarm.rang();
            let server = &self.server;
            let last_heard = |conn: ConnId| server.heard_at(session_of(conn), last_heard);
            let effects = hub.handle(
                now,
                hub::Input::Alarm {
                    last_heard: &last_heard,
                },
            );
            self.carry_out(now, effects, &mut outcome);
        }
        while let Some(event) = self.server.next_event() {
            let effects = self.hear(hub, now, event, new_id);
            self.carry_out(now, effects, &mut outcome);
        }
        outcome.clients = self.server.drain();
        // The object woke for something else, which comes next and may be the alarm: arming it twice would be billed twice.
        if !is_restored {
            let due = [hub.wakes_at(), self.server.wakes_at()];
            outcome.wake_at = self.alarm.arm(now, due.into_iter().flatten().min());
        }
        outcome
    }

    /// What a client did, for the hub.
    fn hear(
        &mut self,
        hub: &mut Hub,
        now: UnixMillis,
        event: Event,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Vec<hub::Effect> {
        match event {
            Event::Connect {
                session, auth, kept, ..
            } => match hub.admit(now, &auth) {
                Ok(admission) => {
                    if let Some(broken) = admission.broken {
                        self.server.close(now, session_of(broken));
                    }
                    let mut origin = origin(admission, new_id);
                    origin.is_durable = self.server.socket_of(session).is_some();
                    // Who leaves and comes in again may say no more for that.
                    origin.said = Attachment::decode(&kept).map_or(origin.said, |before| before.said());
                    self.server.accept(session, MAIN, origin.id, origin.pid);
                    if origin.returned.is_some() {
                        // Nothing of it is kept until it has what it missed, and nothing of who was here before.
                        self.server.keep(session, Vec::new());
                    }
                    let conn = conn(session);
                    let effects = hub.handle(now, hub::Input::Opened { conn, origin });
                    self.let_stay(hub, session);
                    effects
                }
                Err(why) => {
                    self.server.refuse(session, MAIN, REFUSED, Some(&why));
                    Vec::new()
                }
            },
            Event::Event {
                session,
                ack,
                payload,
                attachments,
                ..
            } => {
                let text = match ack {
                    Some(id) => format!("{id}{payload}"),
                    None => payload,
                };
                let frame = match attachments.as_slice() {
                    [] => Frame::Text(&text),
                    some => Frame::Binary {
                        bytes: some.iter().map(Vec::len).sum(),
                        ack,
                    },
                };
                let conn = conn(session);
                let effects = hub.handle(now, hub::Input::Frame { conn, frame });
                self.let_stay(hub, session);
                effects
            }
            Event::Upgraded { session } => {
                let conn = conn(session);
                hub.handle(now, hub::Input::Upgraded { conn })
            }
            Event::Restored {
                session,
                namespaces,
                kept,
            } => {
                if namespaces.is_empty() {
                    return Vec::new();
                }
                match Attachment::decode(&kept) {
                    Some(attachment) => hub.restore(conn(session), attachment),
                    // Another version of this program wrote it: the client connects anew and is served again.
                    None => self.server.close(now, session),
                }
                Vec::new()
            }
            Event::Disconnected { session, is_lost, .. } => {
                let conn = conn(session);
                let input = match is_lost {
                    true => hub::Input::Lost { conn },
                    false => hub::Input::Closed { conn },
                };
                hub.handle(now, input)
            }
            // The hub asks for none.
            Event::Ack { .. } => Vec::new(),
        }
    }

    /// Lets a client stay that the hub serves.
    fn let_stay(&mut self, hub: &Hub, session: SessionId) {
        if hub.is_served(conn(session)) {
            self.server.let_stay(session);
        }
    }

    /// What the hub wants done: towards clients at once.
    fn carry_out(&mut self, now: UnixMillis, effects: Vec<hub::Effect>, outcome: &mut Outcome) {
        for effect in effects {
            match effect {
                hub::Effect::Send { to, text } => self.server.emit(session_of(to), &text),
                hub::Effect::Broadcast { to, text } => self.emit_all(&to, &text),
                hub::Effect::Batch { to, batch } => {
                    if let Some(text) = batch.text() {
                        self.emit_all(&to, &text);
                    }
                }
                hub::Effect::Close { conn, reason } => self.close(now, session_of(conn), reason),
                hub::Effect::Save { conn, attachment } => {
                    self.server.keep(session_of(conn), attachment);
                }
                // What both want is looked at together.
                hub::Effect::WakeAt(_) => {}
                other @ (hub::Effect::Attach
                | hub::Effect::Recover(_)
                | hub::Effect::ReadCandles { .. }
                | hub::Effect::SaveCatalog) => outcome.rest.push(other),
            }
        }
    }

    fn emit_all(&mut self, to: &[ConnId], text: &str) {
        let sessions: Vec<SessionId> = to.iter().copied().map(session_of).collect();
        self.server.emit_all(&sessions, text);
    }

    /// Who is put out of the namespace does not come back by itself; whose transport closes does.
    fn close(&mut self, now: UnixMillis, session: SessionId, reason: CloseReason) {
        if !reason.invites_back() {
            self.server.disconnect(now, session, MAIN);
        }
        self.server.close(now, session);
    }
}

/// Who comes in, for the hub.
fn origin(admission: Admission, new_id: &mut dyn FnMut() -> Uuid) -> Origin {
    let Admission {
        claims,
        recovery,
        returned,
        ..
    } = admission;
    let (id, pid) = match &returned {
        Some(returned) => (returned.id, returned.pid),
        None => (new_id(), new_id()),
    };
    let dialect = match recovery {
        true => Dialect::CoinDailyIoMarked,
        false => Dialect::CoinDailyIo,
    };
    Origin {
        id,
        dialect,
        claims,
        pid: recovery.then_some(pid),
        returned,
        is_durable: false,
        said: Said::default(),
    }
}

/// The connection that a session is.
const fn conn(session: SessionId) -> ConnId {
    ConnId(session.0)
}

/// The session that a connection is.
const fn session_of(conn: ConnId) -> SessionId {
    SessionId(conn.0)
}

#[cfg(test)]
mod tests;
