//! In the place of the hub, for the protocols' own tests: an application that echoes. In no build of the product.

mod application;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::worker_sys::DurableObjectState;
use worker::{Env, Error, Result, State, WebSocketRequestResponsePair};

use super::asleep;
use super::door::{self, Door};
use super::front::Front;
use super::socket::Socket;
use crate::edge::wire::{self, Ask};
use crate::edge::{clock, config};
use crate::model::{Alarm, UnixMillis};
use crate::settings::Settings;
use crate::socketio::{Input, Sid, SocketId, Standing};
use application::Application;

const SOCKET_IO: &str = "socketio";
const ENGINE_IO: &str = "engineio";

/// Which family a path is for.
pub(in crate::edge) fn family_of_path(path: &str) -> Option<&'static str> {
    match path {
        "/ws" | "/ws/" | "/socket.io" | "/socket.io/" => Some(SOCKET_IO),
        "/engine.io" | "/engine.io/" => Some(ENGINE_IO),
        _ => None,
    }
}

/// Bytes of a body.
pub(in crate::edge) fn max_payload(_settings: &Settings) -> usize {
    1_000_000
}

/// The class of the product's shards, in the tests' build.
#[wasm_bindgen]
pub struct WebSocketConnection {
    shard: Rc<Shard>,
}

struct Shard {
    state: State,
    env: Env,
    /// `None` until the first event of this life.
    life: RefCell<Option<Life>>,
}

struct Life {
    application: Box<dyn Application>,
    front: Front,
    alarm: Alarm,
}

impl Life {
    /// Gives what the alarm is to be armed for, if for another time.
    fn handle(&mut self, input: Input<'_>) -> Option<UnixMillis> {
        let now = clock::now();
        let effects = self.application.handle(now, input);
        self.front.carry_out(effects);
        self.alarm.arm(now, self.application.wakes_at())
    }
}

#[wasm_bindgen]
impl WebSocketConnection {
    /// The runtime makes the object for the first event of a life.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let state = State::from(state);
        // Not there unless asked for: the suites would see the answers.
        if env.var("ECHO_AUTO_RESPONSE").is_ok()
            && let Ok(pair) = WebSocketRequestResponsePair::new("3", "6")
        {
            state.set_websocket_auto_response(&pair);
        }
        let life = RefCell::new(None);
        Self {
            shard: Rc::new(Shard { state, env, life }),
        }
    }

    /// The Worker has a client.
    pub fn fetch(&self, request: web_sys::Request) -> Promise {
        let shard = Rc::clone(&self.shard);
        let url = request.url();
        let asked = url.strip_prefix(wire::HOST).and_then(Ask::of);
        promise(async move {
            match asked {
                Some(asked) => Ok(door::answer(&shard, asked, request).await?.into()),
                None => Ok(super::accept::refused(404)?.into()),
            }
        })
    }

    /// The time of a deadline has come.
    pub fn alarm(&self) -> Promise {
        let shard = Rc::clone(&self.shard);
        promise(async move {
            let wake_at = shard.with(|life, state| {
                life.alarm.rang();
                let front = &life.front;
                let last_heard = |socket| front.last_heard(socket, state);
                let last_heard = &last_heard;
                let effects = life.application.handle(clock::now(), Input::Alarm { last_heard });
                life.front.carry_out(effects);
                life.alarm.arm(clock::now(), life.application.wakes_at())
            })?;
            shard.complete(wake_at).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// A client sent a frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn on_message(&self, socket: Socket, message: JsValue) -> Promise {
        self.on(move |shard| {
            let Some(place) = socket.conn() else {
                return Ok(None);
            };
            let text = message.as_string();
            let bytes = || Uint8Array::new(&message).to_vec();
            shard.take(door::frame(SocketId(place.0), text.as_deref(), bytes))
        })
    }

    /// A client closed its socket, or the network did.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn on_close(&self, socket: Socket) -> Promise {
        socket.hang_up(1000, "");
        self.gone(socket)
    }

    /// The socket broke.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn on_error(&self, socket: Socket) -> Promise {
        self.gone(socket)
    }
}

impl WebSocketConnection {
    fn gone(&self, socket: Socket) -> Promise {
        self.on(move |shard| {
            let Some(place) = socket.conn() else {
                return Ok(None);
            };
            socket.attach(&[]);
            let wake_at = shard.take(Input::Closed {
                socket: SocketId(place.0),
            })?;
            shard.front(|front| front.sockets.release(place))?;
            Ok(wake_at)
        })
    }

    fn on(&self, event: impl FnOnce(&Shard) -> Result<Option<UnixMillis>> + 'static) -> Promise {
        let shard = Rc::clone(&self.shard);
        promise(async move {
            // Whoever it is, the application knows it when it is awake.
            shard.with(|_, _| ())?;
            let wake_at = event(&shard)?;
            shard.complete(wake_at).await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}

impl Shard {
    /// Lets the application look or act; at the first event of a life it is built anew beside the sockets that outlived
    /// the last one.
    fn with<R>(&self, act: impl FnOnce(&mut Life, &State) -> R) -> Result<R> {
        let mut life = self.life.borrow_mut();
        if life.is_none() {
            *life = Some(self.begin()?);
        }
        let life = life.as_mut().ok_or_else(asleep)?;
        Ok(act(life, &self.state))
    }

    fn begin(&self) -> Result<Life> {
        let settings = config::settings(&self.env).map_err(|error| Error::RustError(error.to_string()))?;
        let name = self.state.id().name().unwrap_or_default();
        let mut life = Life {
            application: application::of(&name, &settings, &self.env),
            front: Front::default(),
            // It is armed anew by the first input, for the earliest of what is due.
            alarm: Alarm::default(),
        };
        for socket in self.state.get_websockets() {
            let socket = Socket::of(&socket);
            socket.set_conn(None);
            if socket.is_open() {
                let attachment = socket.attached_bytes().unwrap_or_default();
                let heard = socket.last_heard(&self.state);
                let place = life.front.sockets.admit(socket);
                let restored = Input::Restored {
                    socket: SocketId(place.0),
                    attachment: &attachment,
                    heard,
                };
                let effects = life.application.handle(clock::now(), restored);
                life.front.carry_out(effects);
            }
        }
        Ok(life)
    }
}

impl Door for Shard {
    type Tasks = Option<UnixMillis>;

    fn state(&self) -> &State {
        &self.state
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn front<R>(&self, act: impl FnOnce(&mut Front) -> R) -> Result<R> {
        self.with(|life, _| act(&mut life.front))
    }

    fn standing(&self, sid: Sid) -> Result<Standing> {
        self.with(|life, _| life.application.standing(sid))
    }

    fn is_full(&self) -> Result<bool> {
        self.with(|life, _| life.application.is_full())
    }

    fn take(&self, input: Input<'_>) -> Result<Option<UnixMillis>> {
        self.with(|life, _| life.handle(input))
    }

    async fn complete(self: &Rc<Self>, wake_at: Option<UnixMillis>) -> Result<()> {
        match wake_at {
            Some(at) => clock::arm(&self.state.storage(), at).await,
            None => Ok(()),
        }
    }
}

fn promise(work: impl Future<Output = Result<JsValue>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map_err(JsValue::from) })
}
