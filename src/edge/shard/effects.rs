//! What the hub wants done: at once, or when the borrow of the hub is over.

use super::socket::Socket;
use super::sockets::Sockets;
use crate::edge::wire;
use crate::hub::{Attachment, CloseReason, Effect, Hub};
use crate::model::{Channel, Position, UnixMillis};

/// The hub and its sockets.
pub(super) struct Shard {
    pub hub: Hub,
    pub sockets: Sockets,
}

/// What an effect needs that cannot be done at once.
pub(super) enum Task {
    WakeAt(UnixMillis),
    SaveCatalog(Vec<u8>),
    Attach,
    Recover(Vec<(Channel, Position)>),
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
}

/// Does what can be done at once and returns what cannot.
pub(super) fn carry_out(effects: Vec<Effect>, sockets: &mut Sockets, hub: &Hub) -> Vec<Task> {
    let mut tasks = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { to, text } => {
                if let Some(socket) = sockets.get(to) {
                    socket.deliver(&text);
                }
            }
            Effect::Broadcast { to, text } => sockets.broadcast(&to, &text),
            Effect::Batch { to, batch } => sockets.broadcast(&to, &batch.text()),
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
            Effect::WakeAt(at) => tasks.push(Task::WakeAt(at)),
            Effect::SaveCatalog => {
                tasks.extend(wire::encode(&hub.catalog().learned()).ok().map(Task::SaveCatalog));
            }
            Effect::Attach => tasks.push(Task::Attach),
            Effect::Recover(wanted) => tasks.push(Task::Recover(wanted)),
        }
    }
    tasks
}
