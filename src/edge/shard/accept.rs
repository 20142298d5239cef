//! From an upgrade to a connection of the hub.

use uuid::Uuid;
use wasm_bindgen::prelude::*;
use web_sys::Response;
use worker::{Result, WebSocketPair};

use super::Object;
use super::effects::Task;
use super::socket::Socket;
use crate::edge::wire::Connect;
use crate::hub::{Input, Origin};

#[wasm_bindgen]
extern "C" {
    /// `ResponseInit` of an upgrade's answer.
    #[wasm_bindgen(js_name = Object)]
    type Switching;

    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> Switching;

    #[wasm_bindgen(method, setter)]
    fn set_status(this: &Switching, status: u16);

    #[wasm_bindgen(method, setter, js_name = webSocket)]
    fn set_web_socket(this: &Switching, socket: &JsValue);

    #[wasm_bindgen(method, setter)]
    fn set_headers(this: &Switching, headers: &JsValue);
}

impl Object {
    /// Accepts a socket: the answer, and what is to be done before it goes out. The shard is awake.
    pub(super) fn accept(&self, asked: &Connect) -> Result<(Response, Vec<Task>)> {
        if self.read(|hub| hub.is_full())? {
            return Ok((full()?, Vec::new()));
        }
        let pair = WebSocketPair::new()?;
        let socket = Socket::of(&pair.server);
        if socket.accept(&self.state).is_err() {
            return Ok((full()?, Vec::new()));
        }
        let conn = self.write(|shard| shard.sockets().admit(socket))?;
        let origin = Origin {
            id: Uuid::new_v4(),
            dialect: asked.dialect,
            claims: asked.claims.clone(),
            pid: None,
            returned: None,
            is_durable: true,
            said: crate::hub::Said::default(),
        };
        let tasks = self.take(Input::Opened { conn, origin });

        let protocol = asked.dialect.subprotocol().filter(|_| asked.by_name);
        let response = switching(pair.client.as_ref(), protocol)?;
        Ok((response, tasks))
    }
}

/// The answer that brings a socket, and the subprotocol that the client asked for by name.
pub(super) fn switching(client: &JsValue, protocol: Option<&str>) -> Result<Response> {
    let init = Switching::new();
    init.set_status(101);
    init.set_web_socket(client);
    if let Some(protocol) = protocol {
        let headers = web_sys::Headers::new()?;
        headers.set("sec-websocket-protocol", protocol)?;
        init.set_headers(&headers);
    }
    Ok(Response::new_with_opt_str_and_init(None, init.unchecked_ref())?)
}

pub(super) fn full() -> Result<Response> {
    refused(503)
}

/// No socket, and why.
pub(super) fn refused(status: u16) -> Result<Response> {
    let init = Switching::new();
    init.set_status(status);
    Ok(Response::new_with_opt_str_and_init(None, init.unchecked_ref())?)
}
