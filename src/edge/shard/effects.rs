//! What the hub wants done: at once, or when the borrow of the hub is over.

use serde_json::json;
use worker::State;

use super::socket::Socket;
use super::sockets::Sockets;
use crate::edge::{log, wire};
use crate::hub::exchange::Question;
use crate::hub::{Attachment, CloseReason, ConnId, Effect, Hub, Input};
use crate::model::{Interval, Pair, UnixMillis};

/// The hub and its sockets.
pub(super) struct Shard {
    /// The object's own: `json-0`.
    pub name: String,
    pub hub: Hub,
    pub sockets: Sockets,
    /// What the alarm is to be armed for. One event's tasks may be carried out after another's, and the newest counts.
    pub wake_at: Option<UnixMillis>,
}

/// What an effect needs that cannot be done at once.
pub(super) enum Task {
    /// For the time that [`Shard::wake_at`] says when it is carried out.
    Arm,
    SaveCatalog(Vec<u8>),
    Attach,
    Recover(Question),
    ReadCandles(Pair, Interval, u16),
}

impl Shard {
    /// Takes back a socket that outlived the last life; of one that closed in the meantime gives what it left.
    pub fn restore(&mut self, now: UnixMillis, socket: Socket) -> Option<Attachment> {
        // After a panic the object is built anew beside the same sockets: the places that they remember are void.
        socket.set_conn(None);
        if !socket.is_open() {
            return socket.left_behind();
        }
        match socket.attached() {
            Some(attachment) => {
                let conn = self.sockets.admit(socket);
                self.hub.restore(now, conn, attachment);
            }
            // Written by another version of this program: the client connects anew and is served again.
            None => socket.hang_up(CloseReason::Restart.code(), CloseReason::Restart.as_str()),
        }
        None
    }

    /// One input through the hub: does what can be done at once and returns what cannot.
    pub fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Task> {
        let effects = self.hub.handle(now, input);
        self.carry_out(effects)
    }

    /// The time of a deadline has come.
    pub fn alarm(&mut self, now: UnixMillis, state: &State) -> Vec<Task> {
        let sockets = &self.sockets;
        let last_heard = |conn: ConnId| sockets.get(conn).and_then(|socket| socket.last_heard(state));
        let effects = self.hub.handle(
            now,
            Input::Alarm {
                last_heard: &last_heard,
            },
        );
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Vec<Task> {
        let Self {
            name, hub, sockets, ..
        } = self;
        let mut tasks = Vec::new();
        let mut refused = 0;
        for effect in effects {
            match effect {
                Effect::Send { to, text } => refused += sockets.send(to, &text),
                Effect::Broadcast { to, text } => refused += sockets.broadcast(&to, &text),
                Effect::Batch { to, batch } => {
                    refused += batch.text().map_or(0, |text| sockets.broadcast(&to, &text));
                }
                Effect::Close { conn, reason } => {
                    if let Some(socket) = sockets.release(conn) {
                        socket.attach(&[]);
                        socket.hang_up(reason.code(), reason.as_str());
                    }
                }
                Effect::Save { conn, attachment } => {
                    if let Some(socket) = sockets.get(conn) {
                        socket.attach(&attachment);
                    }
                }
                Effect::WakeAt(at) => {
                    self.wake_at = Some(at);
                    tasks.push(Task::Arm);
                }
                Effect::SaveCatalog => {
                    tasks.extend(wire::encode(&hub.catalog().learned()).ok().map(Task::SaveCatalog));
                }
                Effect::Attach => tasks.push(Task::Attach),
                Effect::Recover(wanted) => tasks.push(Task::Recover(wanted)),
                Effect::ReadCandles { pair, interval, bars } => {
                    tasks.push(Task::ReadCandles(pair, interval, bars));
                }
            }
        }
        if refused > 0 {
            // A gap, of which its client learns by the next offset.
            log::event("frames_refused", json!({"shard": name, "frames": refused}));
        }
        tasks
    }
}
