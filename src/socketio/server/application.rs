//! What the application says.

use uuid::Uuid;

use super::{MAX_KEPT, Server};
use crate::model::UnixMillis;
use crate::socketio::engine::SessionId;
use crate::socketio::engine::packet::Outgoing;
use crate::socketio::packet;

impl Server {
    /// The client is in the namespace; it is told so, with a `sid` of the application's, and a `pid` if it may come back by it.
    pub fn accept(&mut self, session: SessionId, namespace: &str, sid: Uuid, pid: Option<Uuid>) {
        let Some(data) = self.engine.data_mut(session) else {
            return;
        };
        let Some(found) = data.namespaces.iter_mut().find(|it| it.name == namespace) else {
            return;
        };
        found.sid = Some(sid);
        let sid = sid.as_simple().to_string();
        let pid = pid.map(|pid| pid.as_simple().to_string());
        let text = packet::connect(namespace, &sid, pid.as_deref());
        self.engine.send(session, Outgoing::message(&text));
        self.engine.save(session);
    }

    /// The client may stay for as long as it is in a namespace. Until then it has only the time of one that is in none, however
    /// often it comes and goes.
    pub fn let_stay(&mut self, session: SessionId) {
        let is_somewhere = self.engine.data(session).is_some_and(|data| !data.is_nowhere());
        if is_somewhere && self.engine.expires_at(session).is_some() {
            self.engine.expire_at(session, None);
            self.engine.save(session);
        }
    }

    /// The client is not let into the namespace. `data` is JSON.
    pub fn refuse(&mut self, session: SessionId, namespace: &str, message: &str, data: Option<&str>) {
        let Some(found) = self.engine.data_mut(session) else {
            return;
        };
        found
            .namespaces
            .retain(|it| it.name != namespace || it.sid.is_some());
        let text = packet::connect_error(namespace, message, data);
        self.engine.send(session, Outgoing::message(&text));
    }

    /// Sends a whole Socket.IO packet: `2["name",..]`.
    pub fn emit(&mut self, session: SessionId, text: &str) {
        self.engine.send(session, Outgoing::message(text));
    }

    /// The same with what its placeholders stand for.
    pub fn emit_binary(&mut self, session: SessionId, text: &str, attachments: Vec<Vec<u8>>) {
        self.emit(session, text);
        for bytes in attachments {
            self.engine.send(session, Outgoing::Binary(bytes.into()));
        }
    }

    /// Sends the same packet to many.
    pub fn emit_all(&mut self, sessions: &[SessionId], text: &str) {
        self.engine.send_all(sessions, format!("4{text}").into());
    }

    /// Puts a client out of a namespace: it sees `io server disconnect`, and does not come back by itself.
    pub fn disconnect(&mut self, now: UnixMillis, session: SessionId, namespace: &str) {
        let is_there = self
            .engine
            .data(session)
            .is_some_and(|data| data.namespaces.iter().any(|it| it.name == namespace));
        if is_there {
            self.emit(session, &packet::disconnect(namespace));
            self.now = now;
            self.leave(session, namespace);
        }
    }

    /// Ends a session, after what it has been sent: its client sees `transport close` and comes back.
    pub fn close(&mut self, now: UnixMillis, session: SessionId) {
        self.now = now;
        self.engine.close(now, session);
    }

    /// Keeps bytes of the application's with a session, in place of those before: while the client is at a WebSocket,
    /// they outlive this object. `false` if there are more than [`MAX_KEPT`]: those before stay.
    pub fn keep(&mut self, session: SessionId, bytes: Vec<u8>) -> bool {
        let is_short = bytes.len() <= MAX_KEPT;
        // Of who is in no namespace nothing is kept.
        let found = self.engine.data_mut(session).filter(|data| !data.is_nowhere());
        if is_short && let Some(data) = found {
            data.kept = bytes;
            self.engine.save(session);
        }
        is_short
    }
}
