//! What the runtime calls.

use std::future::Future;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::worker_sys::DurableObjectState;
use worker::{Env, State};

use super::door;
use super::effects::Task;
use super::socket::Socket;
use super::{Object, WebSocketConnection};
use crate::edge::wire::{self, Ask, Connect};
use crate::hub::{Frame, Input};

/// Bound by hand: an event of a shard that is awake needs no promise, and with thousands of clients the promises would
/// cost more than the events.
#[wasm_bindgen]
impl WebSocketConnection {
    /// The runtime makes the object for the first event of a life.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        Self {
            object: Rc::new(Object::new(State::from(state), env)),
        }
    }

    /// The Worker has a client, or the broker has news.
    ///
    /// # Errors
    /// Whoever asked gets what went wrong.
    pub fn fetch(&self, request: web_sys::Request) -> Result<JsValue, JsValue> {
        let object = Rc::clone(&self.object);
        let url = request.url();
        let asked = url.strip_prefix(wire::HOST).and_then(Connect::of);
        if let Some(asked) = asked.as_ref()
            && object.is_awake()
        {
            let (response, tasks) = object.accept(asked)?;
            if tasks.is_empty() {
                return Ok(response.into());
            }
            let completed = promise(async move {
                object.complete(tasks).await?;
                Ok(response.into())
            });
            return Ok(completed.into());
        }
        let session = url.strip_prefix(wire::HOST).and_then(Ask::of);
        let answered = promise(async move {
            object.wake().await?;
            if let Some(session) = session.filter(|_| object.has_sessions) {
                return Ok(door::answer(&object, session, request).await?.into());
            }
            if let Some(asked) = &asked {
                let (response, tasks) = object.accept(asked)?;
                object.complete(tasks).await?;
                return Ok(response.into());
            }
            let response = object.answer(request.into()).await?;
            Ok(web_sys::Response::from(response).into())
        });
        Ok(answered.into())
    }

    /// The time of a deadline has come.
    pub fn alarm(&self) -> Promise {
        let object = Rc::clone(&self.object);
        promise(async move {
            object.wake().await?;
            object.alarm().await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// A client sent a frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn on_message(&self, socket: Socket, message: JsValue) -> Option<Promise> {
        self.on(move |object| {
            if object.has_sessions {
                return object.session_frame(&socket, &message);
            }
            let Some(conn) = socket.conn() else {
                return Vec::new();
            };
            let text = message.as_string();
            let frame = match &text {
                Some(text) => Frame::Text(text),
                None => Frame::Binary {
                    bytes: Uint8Array::new(&message).length() as usize,
                    ack: None,
                },
            };
            object.take(Input::Frame { conn, frame })
        })
    }

    /// A client closed its socket, or the network did.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn on_close(&self, socket: Socket, code: u16) -> Option<Promise> {
        // These three never go over the wire; everything else is answered as it came.
        let code = if [1005, 1006, 1015].contains(&code) {
            1000
        } else {
            code
        };
        self.on(move |object| {
            socket.hang_up(code, "");
            object.gone(&socket)
        })
    }

    /// The socket broke.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn on_error(&self, socket: Socket) -> Option<Promise> {
        self.on(move |object| object.gone(&socket))
    }
}

impl WebSocketConnection {
    /// Lets an event have its effects: at once, if the shard is awake.
    fn on(&self, event: impl FnOnce(&Object) -> Vec<Task> + 'static) -> Option<Promise> {
        let object = Rc::clone(&self.object);
        if object.is_awake() {
            let tasks = event(&object);
            if tasks.is_empty() {
                return None;
            }
            return Some(promise(async move {
                object.complete(tasks).await?;
                Ok(JsValue::UNDEFINED)
            }));
        }
        Some(promise(async move {
            object.wake().await?;
            let tasks = event(&object);
            object.complete(tasks).await?;
            Ok(JsValue::UNDEFINED)
        }))
    }
}

fn promise(work: impl Future<Output = worker::Result<JsValue>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map_err(JsValue::from) })
}
