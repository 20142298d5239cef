//! The way in for Socket.IO's clients: requests that wait, sockets, and the application behind them.
//!
//! A shard of a family that speaks Socket.IO has a [`Door`]. It turns requests and frames into
//! [`crate::socketio::Input`], lets an [`Application`] act, and carries out the effects.
//!
//! - [`requests`]: what the Worker asks; [`events`]: what the runtime calls; [`application`]: who is behind the door
//! - `behind`: the application itself; with the feature `echo`, one for the protocols' own tests

mod application;
#[cfg(feature = "echo")]
#[path = "echo.rs"]
mod behind;
#[cfg(not(feature = "echo"))]
#[path = "nobody.rs"]
mod behind;
mod events;
mod requests;

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::Uint8Array;
use serde_json::json;
use slab::Slab;
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::DurableObjectState;
use worker::{Env, Error, Result, State};

use super::socket::Socket;
use super::sockets::Sockets;
use crate::edge::wire::{self, Said};
use crate::edge::{clock, config, log};
use crate::hub::ConnId;
use crate::model::UnixMillis;
use crate::socketio::{Answer, Effect, Input, LastHeard, RequestId, SocketId};
use application::Application;
pub(in crate::edge) use behind::{families, max_payload, paths};

/// Sockets of a door that the server ends are closed with this code: to clients of Socket.IO all codes say the same.
const CLOSED: u16 = 1000;

/// One shard's sessions.
pub(super) struct Door {
    name: String,
    state: State,
    env: Env,
    /// `None` until the first event of this life.
    life: RefCell<Option<Life>>,
}

/// What is gone with the object.
struct Life {
    application: Box<dyn Application>,
    /// A socket's number is its place.
    sockets: Sockets,
    requests: Slab<oneshot::Sender<Said>>,
}

/// What the alarm is to be armed for, if for another time.
pub(super) type WakeAt = Option<UnixMillis>;

impl Door {
    /// The door of the shard of that name, if its family has one.
    pub fn of(name: &str, state: &State, env: &Env) -> Option<Rc<Self>> {
        if !families().contains(&wire::family_of(name)) {
            return None;
        }
        if let Some((pong, nothing)) = behind::auto_response(env)
            && let Ok(pair) = worker::WebSocketRequestResponsePair::new(pong, nothing)
        {
            state.set_websocket_auto_response(&pair);
        }
        Some(Rc::new(Self {
            name: name.to_owned(),
            state: State::from(JsValue::clone(state.as_raw()).unchecked_into::<DurableObjectState>()),
            env: env.clone(),
            life: RefCell::new(None),
        }))
    }

    /// One input through the application: all effects at once, but the alarm, which is given back.
    fn take(&self, input: Input<'_>) -> Result<WakeAt> {
        self.with(|life, _| life.take(clock::now(), input))
    }

    /// Lets the application look or act; at the first event of a life it is built anew beside the sockets that outlived
    /// the last one.
    fn with<R>(&self, act: impl FnOnce(&mut Life, &State) -> R) -> Result<R> {
        let mut life = self.life.borrow_mut();
        if life.is_none() {
            *life = Some(self.begin()?);
        }
        let life = life.as_mut().ok_or_else(super::asleep)?;
        Ok(act(life, &self.state))
    }

    fn begin(&self) -> Result<Life> {
        let settings = config::settings(&self.env).map_err(|error| Error::RustError(error.to_string()))?;
        let mut life = Life {
            application: behind::of(&self.name, &settings, &self.env),
            sockets: Sockets::default(),
            requests: Slab::new(),
        };
        for socket in self.state.get_websockets() {
            let socket = Socket::of(&socket);
            // After a panic the object is built anew beside the same sockets: the places that they remember are void.
            socket.set_conn(None);
            if socket.is_open() {
                life.restore(socket, &self.state);
            } else {
                life.departed(clock::now(), &socket);
            }
        }
        Ok(life)
    }

    async fn arm(&self, wake_at: WakeAt) -> Result<()> {
        match wake_at {
            Some(at) => clock::arm(&self.state.storage(), at).await,
            None => Ok(()),
        }
    }
}

impl Life {
    fn take(&mut self, now: UnixMillis, input: Input<'_>) -> WakeAt {
        let effects = self.application.handle(now, input);
        self.carry_out(effects)
    }

    fn restore(&mut self, socket: Socket, state: &State) {
        let attachment = socket.attached_bytes().unwrap_or_default();
        let heard = socket.last_heard(state);
        let place = self.sockets.admit(socket);
        let input = Input::Restored {
            socket: SocketId(place.0),
            attachment: &attachment,
            heard,
        };
        // The alarm of the last life is still armed, and not later than what this one knows by now.
        self.take(clock::now(), input);
    }

    /// A socket that is nobody any more: the server closed it, or it was gone when the object woke.
    fn departed(&mut self, now: UnixMillis, socket: &Socket) -> WakeAt {
        let attachment = socket.attached_bytes().filter(|bytes| !bytes.is_empty())?;
        // Nobody departs twice.
        socket.attach(&[]);
        let effects = self.application.departed(now, &attachment);
        self.carry_out(effects)
    }

    fn alarm(&mut self, now: UnixMillis, state: &State) -> WakeAt {
        let sockets = &self.sockets;
        let last_heard: LastHeard<'_> = &|socket| sockets.get(ConnId(socket.0))?.last_heard(state);
        let effects = self.application.handle(now, Input::Alarm { last_heard });
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> WakeAt {
        let mut wake_at = None;
        let mut refused = 0;
        for effect in effects {
            match effect {
                Effect::Answer { request, answer } => self.answer(request, answer),
                Effect::Send { socket, text } => refused += self.sockets.send(ConnId(socket.0), &text),
                Effect::SendBinary { socket, bytes } => {
                    let socket = self.sockets.get(ConnId(socket.0));
                    let bytes = Uint8Array::from(&*bytes);
                    refused += socket.map_or(0, |socket| u32::from(!socket.deliver_bytes(&bytes)));
                }
                Effect::Broadcast { to, text } => {
                    let places: Vec<u32> = to.iter().map(|socket| socket.0).collect();
                    refused += self.sockets.send_to(&places, &text);
                }
                Effect::Close { socket } => {
                    if let Some(socket) = self.sockets.release(ConnId(socket.0)) {
                        socket.attach(&[]);
                        socket.hang_up(CLOSED, "");
                    }
                }
                Effect::Save { socket, attachment } => {
                    if let Some(socket) = self.sockets.get(ConnId(socket.0)) {
                        socket.attach(&attachment);
                    }
                }
                Effect::WakeAt(at) => wake_at = Some(at),
            }
        }
        if refused > 0 {
            log::event("frames_refused", json!({"frames": refused}));
        }
        wake_at
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        let Some(sender) = self.requests.try_remove(request.0 as usize) else {
            return;
        };
        let said = match answer {
            Answer::Payload(body) => (200, body),
            Answer::Taken => (200, "ok".to_owned()),
            Answer::Refused(refusal) => (refusal.status(), refusal.body().to_owned()),
        };
        // Whoever asked may be gone.
        let _ = sender.send(said);
    }
}
