use js_sys::{Date, Uint8Array};
use serde_json::json;
use wasm_bindgen::prelude::*;
use worker::{Error, State, WebSocket};

use crate::edge::log;
use crate::hub::{Attachment, ConnId};
use crate::model::UnixMillis;

#[wasm_bindgen]
extern "C" {
    /// A server-side socket, bound by hand.
    #[derive(Clone)]
    pub type Socket;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Socket, text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    fn send_bytes(this: &Socket, bytes: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn close(this: &Socket, code: u16, reason: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn ready_state(this: &Socket) -> u16;

    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    fn serialize_attachment(this: &Socket, attachment: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;

    /// The socket's place in the shard's table: a property of our own, gone after hibernation.
    #[wasm_bindgen(method, getter, js_name = connId)]
    fn conn_id(this: &Socket) -> Option<u32>;

    #[wasm_bindgen(method, setter, js_name = connId)]
    fn set_conn_id(this: &Socket, id: Option<u32>);

    /// `DurableObjectState`, for what `worker` does not bind.
    type ObjectState;

    #[wasm_bindgen(method, catch, js_name = acceptWebSocket)]
    fn accept_web_socket(this: &ObjectState, socket: &Socket) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_name = getWebSocketAutoResponseTimestamp)]
    fn auto_response_timestamp(this: &ObjectState, socket: &Socket) -> Option<Date>;
}

/// `readyState` of a socket that frames may be sent to.
const OPEN: u16 = 1;

impl Socket {
    /// The same socket, as bound here.
    pub fn of(socket: &WebSocket) -> Self {
        let socket: &JsValue = socket.as_ref();
        socket.clone().unchecked_into()
    }

    /// Hands the socket to the runtime, which keeps it while the object hibernates. Fails beyond 32,768
    /// sockets, among them those that the hub closed and whose peers have not acted.
    pub fn accept(&self, state: &State) -> Result<(), JsValue> {
        let state: &JsValue = state.as_raw();
        state.unchecked_ref::<ObjectState>().accept_web_socket(self)
    }

    /// Whether neither side has begun to close it.
    pub fn is_open(&self) -> bool {
        self.ready_state() == OPEN
    }

    /// Sends a text frame; `false` if the runtime refused it though the socket is open. Nobody asks first whether
    /// it is: a socket that is not refuses the frame, and its close event follows.
    pub fn deliver(&self, text: &str) -> bool {
        self.send(text).is_ok() || !self.is_open()
    }

    /// Sends a binary frame, likewise.
    pub fn deliver_bytes(&self, bytes: &Uint8Array) -> bool {
        self.send_bytes(bytes).is_ok() || !self.is_open()
    }

    /// Closes the socket; closing one that is closed already changes nothing.
    pub fn hang_up(&self, code: u16, reason: &str) {
        let _ = self.close(code, reason);
    }

    /// Who it is, in this object's life.
    pub fn conn(&self) -> Option<ConnId> {
        self.conn_id().map(ConnId)
    }

    /// Remembers who it is; `None` when it is nobody any more.
    pub fn set_conn(&self, conn: Option<ConnId>) {
        self.set_conn_id(conn.map(|conn| conn.0));
    }

    /// Writes the attachment. The hub keeps it below the runtime's limit; one that is refused nevertheless leaves the
    /// older one there, and the client is who it was then after an eviction.
    pub fn attach(&self, bytes: &[u8]) {
        if let Err(error) = self.serialize_attachment(&Uint8Array::from(bytes)) {
            let fields = json!({"bytes": bytes.len(), "error": Error::from(error).to_string()});
            log::event("attachment_refused", fields);
        }
    }

    /// The attachment, if there is one that this version of the program can read.
    pub fn attached(&self) -> Option<Attachment> {
        Attachment::decode(&self.attached_bytes()?)
    }

    /// The same as it was written.
    pub fn attached_bytes(&self) -> Option<Vec<u8>> {
        let value = self.deserialize_attachment().ok()?;
        Some(value.dyn_ref::<Uint8Array>()?.to_vec())
    }

    /// The attachment of a socket that has closed. It is taken away, so that nobody departs twice.
    pub fn left_behind(&self) -> Option<Attachment> {
        let attachment = self.attached()?;
        self.attach(&[]);
        Some(attachment)
    }

    /// When the runtime last answered a ping of this socket without waking the object.
    pub fn last_heard(&self, state: &State) -> Option<UnixMillis> {
        let state: &JsValue = state.as_raw();
        let at = state
            .unchecked_ref::<ObjectState>()
            .auto_response_timestamp(self)?;
        Some(UnixMillis::new(at.get_time() as u64))
    }
}
