//! The `WebSocketConnection` object: one hub with its sockets.
//!
//! Sockets hibernate: the object may be gone between any two events and is then built again from
//! the attachments. No timer, no `RefCell` borrow across an `await`.
//!
//! - [`events`]: what the runtime calls; [`accept`]: from an upgrade to a connection; [`socket`]: a socket as it is bound here; [`sockets`]: all of them
//! - [`effects`]: what the hub wants done, at once or later
//! - [`door`]: the way in of Socket.IO's clients, who are not always at a socket; [`front`]: these clients; [`sessions`]: the hub behind them
//! - `echo`: in their tests' build, what stands in the hub's place
//! - [`questions`]: what the shard asks the broker

// In the tests' build of Socket.IO nobody calls the hub.
#![cfg_attr(feature = "echo", allow(dead_code))]

mod accept;
mod door;
#[cfg(feature = "echo")]
pub(super) mod echo;
mod effects;
#[cfg(not(feature = "echo"))]
mod events;
mod front;
mod questions;
pub(super) mod sessions;
mod socket;
mod sockets;

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::join;
use uuid::Uuid;
use worker::{Env, Error, Request, Response, Result, State, WebSocketRequestResponsePair};

use super::{clock, config, wire};
use crate::gateway::Gateway;
use crate::hub::exchange::Delivery;
use crate::hub::{Hub, Input, Limits};
use crate::model::{Catalog, Channel, CoinId, Pair, Symbol, Target};
use crate::protocol::Dialect;
use crate::settings::Settings;
use effects::{Clients, Shard, Task};
use front::Front;
use questions::unreadable;
use socket::Socket;
use sockets::Sockets;

/// Where the catalog rests in the object's storage.
const CATALOG: &str = "catalog";

/// Holds hibernatable sockets of one family. What the runtime calls is in [`events`].
#[cfg(not(feature = "echo"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub struct WebSocketConnection {
    object: Rc<Object>,
}

struct Object {
    state: State,
    env: Env,
    /// Whether its clients speak Socket.IO.
    has_sessions: bool,
    /// `None` until the first event of this life.
    shard: RefCell<Option<Shard>>,
}

impl Object {
    fn new(state: State, env: Env) -> Self {
        let name = state.id().name().unwrap_or_default();
        if let Some((ping, pong)) = family_ping(wire::family_of(&name))
            && let Ok(pair) = WebSocketRequestResponsePair::new(ping, pong)
        {
            state.set_websocket_auto_response(&pair);
        }
        Self {
            has_sessions: wire::family_of(&name) == sessions::FAMILY,
            state,
            env,
            shard: RefCell::new(None),
        }
    }

    /// Answers the broker or the Worker. The shard is awake.
    async fn answer(self: &Rc<Self>, mut request: Request) -> Result<Response> {
        match request.path().as_str() {
            wire::DELIVER => {
                let delivery: Delivery = wire::decode(&request.bytes().await?)?;
                let ticks = delivery.decode().ok_or_else(unreadable)?;
                let after = delivery.after;
                self.feed(Input::Delivery { after, ticks }).await?;
                wire::encoded(&self.acknowledge()?)
            }
            wire::DISCONNECT => {
                let target: Target = wire::decode(&request.bytes().await?)?;
                wire::encoded(&self.disconnect(&target).await?)
            }
            wire::CHANNELS => wire::encoded(&self.read(Hub::channels)?),
            wire::CHARTS => wire::encoded(&self.read(Hub::charts)?),
            wire::PRESENCE => {
                let channel: Channel = wire::decode(&request.bytes().await?)?;
                wire::encoded(&self.read(|hub| hub.presence(&channel))?)
            }
            _ => Response::error("Not found", 404),
        }
    }

    /// Builds the hub at the first event of a life, from the sockets that outlived the last one.
    async fn wake(self: &Rc<Self>) -> Result<()> {
        if self.shard.borrow().is_some() {
            return Ok(());
        }
        let settings = config::settings(&self.env).map_err(|error| Error::RustError(error.to_string()))?;
        let alarm = clock::alarm(&self.state.storage()).await?;
        let catalog = self.load_catalog(&settings.feed.candle_pairs).await?;
        if self.shard.borrow().is_some() {
            return Ok(());
        }
        let name = self.name();
        let limits = limits(&settings, &name);
        let verifier = config::verifier(&settings)?;
        let now = clock::now();
        let clients = match self.has_sessions {
            true => Clients::Sessions(
                Box::new(Gateway::new(sessions::rules(&name, &settings), alarm)),
                Front::default(),
            ),
            false => Clients::Sockets(Sockets::default()),
        };
        let mut hub = Hub::new(now, verifier, limits, catalog);
        hub.wake(Uuid::new_v4().as_u64_pair().1, alarm);
        let mut shard = Shard {
            name,
            hub,
            clients,
            wake_at: None,
        };
        let mut sockets: Vec<Socket> = self.state.get_websockets().iter().map(Socket::of).collect();
        // Who has left is counted when all others are back.
        sockets.sort_by_key(|socket| !socket.is_open());
        let tasks = sockets
            .into_iter()
            .flat_map(|socket| shard.restore(now, socket, &self.state))
            .collect();
        self.shard.replace(Some(shard));
        self.complete(tasks).await
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

    async fn alarm(self: &Rc<Self>) -> Result<()> {
        let tasks = self.write(|shard| shard.alarm(clock::now(), &self.state))?;
        self.complete(tasks).await
    }

    /// A socket has closed. It may be nobody any more: the hub closed it, or it was gone when the shard woke.
    fn gone(&self, socket: &Socket) -> Vec<Task> {
        if self.has_sessions {
            return self.session_gone(socket);
        }
        let Some(conn) = socket.conn() else {
            let left = socket.left_behind();
            return left.map_or_else(Vec::new, |attachment| self.take(Input::Departed(attachment)));
        };
        socket.attach(&[]);
        let tasks = self.take(Input::Closed { conn });
        if let Some(shard) = self.shard.borrow_mut().as_mut() {
            shard.sockets().release(conn);
        }
        tasks
    }

    /// Closes the connections that an operator means; gives how many there were.
    async fn disconnect(self: &Rc<Self>, target: &Target) -> Result<u64> {
        let before = self.read(Hub::len)?;
        let tasks = self.take(Input::Disconnect(target));
        let after = self.read(Hub::len)?;
        self.complete(tasks).await?;
        Ok(before.saturating_sub(after) as u64)
    }

    fn read<T>(&self, look: impl FnOnce(&Hub) -> T) -> Result<T> {
        let shard = self.shard.borrow();
        shard.as_ref().map(|shard| look(&shard.hub)).ok_or_else(asleep)
    }

    fn write<T>(&self, change: impl FnOnce(&mut Shard) -> T) -> Result<T> {
        let mut shard = self.shard.borrow_mut();
        shard.as_mut().map(change).ok_or_else(asleep)
    }

    async fn feed(self: &Rc<Self>, input: Input<'_>) -> Result<()> {
        let tasks = self.take(input);
        self.complete(tasks).await
    }

    /// One input through the hub: effects on sockets at once; the rest is given back.
    fn take(&self, input: Input<'_>) -> Vec<Task> {
        self.write(|shard| shard.handle(clock::now(), input))
            .unwrap_or_default()
    }

    fn is_awake(&self) -> bool {
        self.shard.borrow().is_some()
    }

    async fn complete(self: &Rc<Self>, tasks: Vec<Task>) -> Result<()> {
        let mut wake_at = None;
        let mut catalog = None;
        for task in tasks {
            match task {
                Task::Arm => wake_at = self.write(|shard| shard.wake_at.take())?.or(wake_at),
                Task::SaveCatalog(bytes) => catalog = Some(bytes),
                // Nobody's upgrade waits for the broker.
                Task::Attach => self.in_background(async |object| object.attach().await),
                Task::ReadCandles(pair, interval, bars) => {
                    self.in_background(async move |object| object.read_candles(pair, interval, bars).await)
                }
                Task::Recover(wanted) => {
                    self.in_background(async move |object| object.recover(&wanted).await)
                }
            }
        }
        // Both writes begin at once: while one was waited for, another event could arm the alarm for an earlier time.
        let storage = self.state.storage();
        let armed = async {
            match wake_at {
                Some(at) => clock::arm(&storage, at).await,
                None => Ok(()),
            }
        };
        let saved = async {
            match catalog {
                Some(bytes) => storage.put_raw(CATALOG, wire::stored(&bytes)).await,
                None => Ok(()),
            }
        };
        let (armed, saved) = join(armed, saved).await;
        armed.and(saved)
    }
}

/// A client's ping and its answer, which the runtime gives to all sockets of a family.
fn family_ping(family: &str) -> Option<(&'static str, &'static str)> {
    let mut dialects = Dialect::ALL.into_iter();
    let one = dialects.find(|dialect| dialect.rules().family == family)?;
    one.rules().ping
}

fn asleep() -> Error {
    Error::RustError("the shard sleeps".to_owned())
}

fn limits(settings: &Settings, shard: &str) -> Limits {
    Limits {
        max_connections: settings.shards.part_of(wire::number_of(shard)) as usize,
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
