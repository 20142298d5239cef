//! What the hub wants done: at once, or when the borrow of the hub is over.

use slab::Slab;
use wasm_bindgen::JsValue;

use super::socket::Socket;
use crate::edge::wire;
use crate::hub::{Attachment, CloseReason, ConnId, Effect, Hub};
use crate::model::{Channel, Position, UnixMillis};

/// The hub and its sockets.
pub(super) struct Shard {
    pub hub: Hub,
    pub sockets: Slab<Socket>,
}

/// What an effect needs that cannot be done at once.
pub(super) enum Task {
    WakeAt(UnixMillis),
    SaveCatalog(Vec<u8>),
    Attach,
    Recover(Vec<(Channel, Position)>),
}

impl Shard {
    /// A place for a new socket.
    pub fn admit(&mut self, socket: Socket) -> ConnId {
        let slot = self.sockets.vacant_entry();
        // At most 32,768 sockets.
        let conn = ConnId(slot.key() as u32);
        socket.set_conn(Some(conn));
        slot.insert(socket);
        conn
    }

    /// Takes back a socket that outlived the last life.
    pub fn restore(&mut self, now: UnixMillis, socket: Socket) {
        if !socket.is_open() {
            return;
        }
        match socket.attached().as_deref().and_then(Attachment::decode) {
            Some(attachment) => {
                let conn = self.admit(socket);
                self.hub.restore(now, conn, attachment);
            }
            // Written by another version of this program: the client connects anew and is served again.
            None => socket.hang_up(CloseReason::Restart.code(), CloseReason::Restart.as_str()),
        }
    }
}

/// Does what can be done at once and returns what cannot.
pub(super) fn carry_out(effects: Vec<Effect>, sockets: &mut Slab<Socket>, hub: &Hub) -> Vec<Task> {
    let mut tasks = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { to, text } => {
                if let Some(socket) = sockets.get(to.0 as usize) {
                    socket.deliver(&JsValue::from_str(&text));
                }
            }
            Effect::Broadcast { to, text } => {
                let text = JsValue::from_str(&text);
                for socket in to.iter().filter_map(|conn| sockets.get(conn.0 as usize)) {
                    socket.deliver(&text);
                }
            }
            Effect::Close { conn, reason } => {
                if let Some(socket) = sockets.try_remove(conn.0 as usize) {
                    socket.set_conn(None);
                    socket.attach(&[]);
                    socket.hang_up(reason.code(), reason.as_str());
                }
            }
            Effect::Save { conn, attachment } => {
                if let Some(socket) = sockets.get(conn.0 as usize) {
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
