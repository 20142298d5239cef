use js_sys::Array;
use slab::Slab;
use wasm_bindgen::prelude::*;

use super::socket::Socket;
use crate::hub::ConnId;

#[wasm_bindgen(module = "/src/edge/shard/fan_out.js")]
extern "C" {
    #[wasm_bindgen(js_name = sendToAll)]
    fn send_to_all(sockets: &Array, places: &[u32], text: &str) -> u32;
}

/// The shard's sockets, each at the place that is its connection's id.
#[derive(Default)]
pub(super) struct Sockets {
    places: Slab<Socket>,
    /// The same at the same places, for the loop that sends to many.
    table: Array,
}

impl Sockets {
    /// Gives a socket a place.
    pub fn admit(&mut self, socket: Socket) -> ConnId {
        let slot = self.places.vacant_entry();
        // At most 32,768 sockets.
        let conn = ConnId(slot.key() as u32);
        socket.set_conn(Some(conn));
        self.table.set(conn.0, JsValue::clone(&socket));
        slot.insert(socket);
        conn
    }

    pub fn get(&self, conn: ConnId) -> Option<&Socket> {
        self.places.get(conn.0 as usize)
    }

    /// Takes a socket out, if it is still there: it is nobody any more.
    pub fn release(&mut self, conn: ConnId) -> Option<Socket> {
        let socket = self.places.try_remove(conn.0 as usize)?;
        socket.set_conn(None);
        self.table.set(conn.0, JsValue::UNDEFINED);
        Some(socket)
    }

    /// Sends one text frame to one; gives how many open sockets did not get it.
    pub fn send(&self, to: ConnId, text: &str) -> u32 {
        self.get(to).map_or(0, |socket| u32::from(!socket.deliver(text)))
    }

    /// Sends one text frame to many; gives how many open sockets did not get it.
    pub fn broadcast(&self, to: &[ConnId], text: &str) -> u32 {
        let places: Vec<u32> = to.iter().map(|conn| conn.0).collect();
        self.send_to(&places, text)
    }

    /// The same to those at these places.
    pub fn send_to(&self, places: &[u32], text: &str) -> u32 {
        send_to_all(&self.table, places, text)
    }
}
