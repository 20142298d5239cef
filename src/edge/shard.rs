//! The `WebSocketConnection` object: one hub with its sockets.
//!
//! Sockets hibernate: the object may be gone between any two events and is then built again from
//! the attachments. No timer, no `RefCell` borrow across an `await`.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Promise, Uint8Array};
use serde::de::DeserializeOwned;
use serde_json::json;
use slab::Slab;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::{
    DurableObject, Env, Error, Request, Response, Result, State, WebSocketPair, WebSocketRequestResponsePair,
    durable_object,
};

use super::outbound::within;
use super::socket::Socket;
use super::{clock, config, log, wire};
use crate::hub::exchange::{Ack, Delivery, Welcome, decode_ticks};
use crate::hub::{Attachment, CloseReason, ConnId, Effect, Frame, Hub, Input, Limits, Origin};
use crate::model::{Catalog, Channel, CoinId, Pair, Position, Symbol, Target, UnixMillis};
use crate::protocol::Dialect;
use crate::settings::Settings;

/// Where the catalog rests in the object's storage.
const CATALOG: &str = "catalog";

/// A broker that does not answer within this is asked again later.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Holds hibernatable sockets of one family.
#[durable_object(alarm)]
pub struct WebSocketConnection {
    object: Rc<Object>,
}

struct Object {
    state: State,
    env: Env,
    /// `None` until the first event of this life.
    shard: RefCell<Option<Shard>>,
}

struct Shard {
    hub: Hub,
    sockets: Slab<Socket>,
}

/// What an effect needs that cannot be done at once.
enum Task {
    WakeAt(UnixMillis),
    SaveCatalog(Vec<u8>),
    Attach,
    Recover(Vec<(Channel, Position)>),
}

impl DurableObject for WebSocketConnection {
    fn new(state: State, env: Env) -> Self {
        if let Ok(pair) = WebSocketRequestResponsePair::new(r#"{"type":"ping"}"#, r#"{"type":"pong"}"#) {
            state.set_websocket_auto_response(&pair);
        }
        Self {
            object: Rc::new(Object {
                state,
                env,
                shard: RefCell::new(None),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        self.object.wake().await?;
        match request.path().as_str() {
            wire::CONNECT => self.object.connect(&request).await,
            wire::DELIVER => {
                let delivery: Delivery = wire::decode(&request.bytes().await?)?;
                let ticks = delivery.decode().ok_or_else(unreadable)?;
                let after = delivery.after;
                self.object.feed(Input::Delivery { after, ticks: &ticks }).await?;
                wire::encoded(&self.object.acknowledge()?)
            }
            wire::DISCONNECT => {
                let target: Target = wire::decode(&request.bytes().await?)?;
                wire::encoded(&self.object.disconnect(&target).await?)
            }
            wire::CHANNELS => wire::encoded(&self.object.read(Hub::channels)?),
            wire::PRESENCE => {
                let channel: Channel = wire::decode(&request.bytes().await?)?;
                wire::encoded(&self.object.read(|hub| hub.presence(&channel))?)
            }
            _ => Response::error("Not found", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.object.wake().await?;
        self.object.alarm().await?;
        Response::empty()
    }
}

/// What the runtime calls for a socket. Bound by hand: an event of a shard that is awake needs no promise, and
/// with thousands of clients the promises would cost more than the events.
#[wasm_bindgen]
impl WebSocketConnection {
    /// A client sent a frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn on_message(&self, socket: Socket, message: JsValue) -> Option<Promise> {
        self.on(move |object| {
            let Some(conn) = socket.conn() else {
                return Vec::new();
            };
            let text = message.as_string();
            let frame = match &text {
                Some(text) => Frame::Text(text),
                None => Frame::Binary(Uint8Array::new(&message).length() as usize),
            };
            object.take(Input::Frame { conn, frame })
        })
    }

    /// A client closed its socket, or the network did.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn on_close(&self, socket: Socket, code: u16) -> Option<Promise> {
        self.on(move |object| {
            // These three never go over the wire; everything else is answered as it came.
            let code = if [1005, 1006, 1015].contains(&code) {
                1000
            } else {
                code
            };
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
            return Some(promise(async move { object.complete(tasks).await }));
        }
        Some(promise(async move {
            object.wake().await?;
            let tasks = event(&object);
            object.complete(tasks).await
        }))
    }
}

fn promise(work: impl Future<Output = Result<()>> + 'static) -> Promise {
    future_to_promise(async move {
        work.await.map_err(JsValue::from)?;
        Ok(JsValue::UNDEFINED)
    })
}

impl Object {
    /// Builds the hub at the first event of a life, from the sockets that outlived the last one.
    async fn wake(&self) -> Result<()> {
        if self.shard.borrow().is_some() {
            return Ok(());
        }
        let settings = config::settings(&self.env).map_err(|error| Error::RustError(error.to_string()))?;
        let catalog = self.load_catalog(&settings.feed.candle_pairs).await?;
        if self.shard.borrow().is_some() {
            return Ok(());
        }
        let name = self.name();
        let limits = limits(&settings, &name);
        let verifier = config::verifier(&settings)?;
        let now = clock::now();
        let mut shard = Shard {
            hub: Hub::new(now, verifier, limits, catalog),
            sockets: Slab::new(),
        };
        for socket in self.state.get_websockets() {
            shard.restore(now, Socket::of(&socket));
        }
        self.shard.replace(Some(shard));
        Ok(())
    }

    /// The object's own name: `json-0`.
    fn name(&self) -> String {
        self.state.id().name().unwrap_or_default()
    }

    async fn load_catalog(&self, pairs: &[Pair]) -> Result<Catalog> {
        let mut catalog = Catalog::embedded().with_pairs(pairs.iter().cloned());
        let stored = self.state.storage().get::<serde_bytes::ByteBuf>(CATALOG).await?;
        if let Some(coins) = stored.and_then(|bytes| wire::decode::<Vec<(CoinId, Symbol)>>(&bytes).ok()) {
            for (id, symbol) in &coins {
                catalog.learn(id, symbol);
            }
        }
        Ok(catalog)
    }

    async fn connect(self: &Rc<Self>, request: &Request) -> Result<Response> {
        let asked = request.headers().get(wire::DIALECT_HEADER)?;
        let Some(dialect) = asked.as_deref().and_then(Dialect::by_subprotocol) else {
            return Response::error("No such dialect", 400);
        };
        if self
            .shard
            .borrow()
            .as_ref()
            .is_none_or(|shard| shard.hub.is_full())
        {
            return Response::error("Full", 503);
        }
        let pair = WebSocketPair::new()?;
        let socket = Socket::of(&pair.server);
        if socket.accept(&self.state).is_err() {
            return Response::error("Full", 503);
        }
        let conn = match self.shard.borrow_mut().as_mut() {
            Some(shard) => shard.admit(socket),
            None => return Response::error("Full", 503),
        };
        let origin = Origin {
            id: Uuid::new_v4(),
            dialect,
        };
        self.feed(Input::Opened { conn, origin }).await?;
        let mut response = Response::from_websocket(pair.client)?;
        if request.headers().has(wire::ECHO_HEADER)? {
            response
                .headers_mut()
                .set("sec-websocket-protocol", dialect.subprotocol())?;
        }
        Ok(response)
    }

    async fn alarm(self: &Rc<Self>) -> Result<()> {
        let tasks = match self.shard.borrow_mut().as_mut() {
            Some(Shard { hub, sockets, .. }) => {
                let last_heard = |conn: ConnId| {
                    sockets
                        .get(conn.0 as usize)
                        .and_then(|socket| socket.last_heard(&self.state))
                };
                let effects = hub.handle(
                    clock::now(),
                    Input::Alarm {
                        last_heard: &last_heard,
                    },
                );
                carry_out(effects, sockets, hub)
            }
            None => Vec::new(),
        };
        self.complete(tasks).await
    }

    fn gone(&self, socket: &Socket) -> Vec<Task> {
        let Some(conn) = socket.conn() else {
            return Vec::new();
        };
        socket.set_conn(None);
        let tasks = self.take(Input::Closed { conn });
        if let Some(shard) = self.shard.borrow_mut().as_mut() {
            shard.sockets.try_remove(conn.0 as usize);
        }
        tasks
    }

    /// Closes the connections that an operator means; gives how many there were.
    async fn disconnect(self: &Rc<Self>, target: &Target) -> Result<u64> {
        let meant = self.read(|hub| hub.meant(target).len() as u64)?;
        self.feed(Input::Disconnect(target)).await?;
        Ok(meant)
    }

    fn read<T>(&self, look: impl FnOnce(&Hub) -> T) -> Result<T> {
        let shard = self.shard.borrow();
        shard.as_ref().map(|shard| look(&shard.hub)).ok_or_else(asleep)
    }

    async fn feed(self: &Rc<Self>, input: Input<'_>) -> Result<()> {
        let tasks = self.take(input);
        self.complete(tasks).await
    }

    /// One input through the hub: effects on sockets at once; the rest is given back.
    fn take(&self, input: Input<'_>) -> Vec<Task> {
        match self.shard.borrow_mut().as_mut() {
            Some(Shard { hub, sockets, .. }) => {
                let effects = hub.handle(clock::now(), input);
                carry_out(effects, sockets, hub)
            }
            None => Vec::new(),
        }
    }

    fn is_awake(&self) -> bool {
        self.shard.borrow().is_some()
    }

    async fn complete(self: &Rc<Self>, tasks: Vec<Task>) -> Result<()> {
        let storage = self.state.storage();
        // A write that fails must leave no question unasked: the hub would wait for its answer.
        let is_question = |task: &Task| matches!(task, Task::Attach | Task::Recover(_));
        let (questions, writes): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(is_question);
        for task in questions.into_iter().chain(writes) {
            match task {
                Task::WakeAt(at) => clock::arm(&storage, at).await?,
                Task::SaveCatalog(bytes) => storage.put_raw(CATALOG, wire::stored(&bytes)).await?,
                // Nobody's upgrade waits for the broker.
                Task::Attach => self.in_background(async |object| object.attach().await),
                Task::Recover(wanted) => {
                    self.in_background(async move |object| object.recover(&wanted).await)
                }
            }
        }
        Ok(())
    }

    fn in_background<F>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> F + 'static)
    where
        F: Future<Output = Result<()>> + 'static,
    {
        let object = Rc::clone(self);
        let name = self.name();
        self.state.wait_until(async move {
            if let Err(error) = work(object).await {
                log::event("shard_failed", json!({"shard": name, "error": error.to_string()}));
            }
        });
    }

    async fn attach(self: Rc<Self>) -> Result<()> {
        let body = wire::encode(&(self.name(), self.acknowledge()?))?;
        let answer = self.ask_broker::<Welcome>(wire::ATTACH, &body).await;
        let ticks = answer.and_then(|welcome| {
            let missed = decode_ticks(&welcome.missed).ok_or_else(unreadable)?;
            Ok((welcome, missed))
        });
        match ticks {
            Ok((welcome, missed)) => {
                let missed = &missed;
                self.feed(Input::Welcome { welcome, missed }).await
            }
            Err(error) => {
                log::event(
                    "attach_failed",
                    json!({"shard": self.name(), "error": error.to_string()}),
                );
                self.feed(Input::AttachFailed).await
            }
        }
    }

    async fn recover(self: Rc<Self>, wanted: &[(Channel, Position)]) -> Result<()> {
        let body = wire::encode(&wanted)?;
        match self.ask_broker(wire::RECOVER, &body).await {
            Ok(recovery) => self.feed(Input::Recovered(recovery)).await,
            Err(error) => {
                log::event(
                    "recover_failed",
                    json!({"shard": self.name(), "error": error.to_string()}),
                );
                self.feed(Input::RecoverFailed).await
            }
        }
    }

    async fn ask_broker<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T> {
        let broker = wire::broker(&self.env)?;
        let exchange = async {
            let mut answer = wire::post(&broker, path, body).await?;
            wire::decode(&answer.bytes().await?)
        };
        within(TIMEOUT, exchange)
            .await
            .unwrap_or_else(|| Err(Error::RustError("no answer in 10 s".to_owned())))
    }

    /// How far the sockets are, and what was counted.
    fn acknowledge(&self) -> Result<Ack> {
        let mut shard = self.shard.borrow_mut();
        let shard = shard.as_mut().ok_or_else(asleep)?;
        let mut report = shard.hub.stats();
        report.gauges.wasm_heap_bytes = wasm_heap_bytes();
        let seen = shard.hub.seen();
        Ok(Ack { seen, report })
    }
}

impl Shard {
    /// A place for a new socket.
    fn admit(&mut self, socket: Socket) -> ConnId {
        let slot = self.sockets.vacant_entry();
        // At most 32,768 sockets.
        let conn = ConnId(slot.key() as u32);
        socket.set_conn(Some(conn));
        slot.insert(socket);
        conn
    }

    /// Takes back a socket that outlived the last life.
    fn restore(&mut self, now: UnixMillis, socket: Socket) {
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
fn carry_out(effects: Vec<Effect>, sockets: &mut Slab<Socket>, hub: &Hub) -> Vec<Task> {
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

fn asleep() -> Error {
    Error::RustError("the shard sleeps".to_owned())
}

/// Another version of this program wrote it: a deployment is under way.
fn unreadable() -> Error {
    Error::RustError("ticks of another version".to_owned())
}

fn limits(settings: &Settings, shard: &str) -> Limits {
    let number = shard.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    Limits {
        max_connections: settings.shards.part_of(number) as usize,
        messages_per_minute: settings.limits.messages_per_minute.unwrap_or(0),
        max_channels: settings.limits.max_channels,
        max_message_bytes: settings.limits.max_message_bytes,
        idle_timeout: settings.limits.idle_timeout_ms,
        heartbeat_interval: settings.limits.heartbeat_interval_ms,
        auth_timeout: settings.limits.auth_timeout_ms,
        public_read: settings.auth.public_read,
        ..Limits::default()
    }
}

/// The Wasm memory of this isolate; shards of one isolate share it.
fn wasm_heap_bytes() -> u64 {
    core::arch::wasm32::memory_size(0) as u64 * 65_536
}
