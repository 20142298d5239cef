//! Shards whose clients speak Socket.IO: the hub behind sessions.

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use worker::{Env, Result, State};

use super::door::{self, Door};
use super::effects::{Clients, Task};
use super::front::Front;
use super::socket::Socket;
use super::{Object, asleep};
use crate::edge::{clock, wire};
use crate::gateway::{Gateway, Input};
use crate::protocol::Dialect;
use crate::settings::Settings;
use crate::socketio::{self, Rules, Sid, SocketId, Standing};

/// The family whose clients speak Socket.IO.
pub(in crate::edge) const FAMILY: &str = Dialect::CoinDailyIo.rules().family;

/// Which family a path is for, if its clients speak Socket.IO.
pub(in crate::edge) fn family_of_path(path: &str) -> Option<&'static str> {
    matches!(path, "/ws" | "/ws/" | "/socket.io" | "/socket.io/").then_some(FAMILY)
}

/// Bytes of a body.
pub(in crate::edge) fn max_payload(settings: &Settings) -> usize {
    settings.limits.max_message_bytes
}

/// What the shard of that name grants and demands.
pub(super) fn rules(name: &str, settings: &Settings) -> Rules {
    Rules {
        ping_interval: 25_000,
        ping_timeout: 20_000,
        // Whoever is let in late still has all the time to say who it is.
        connect_timeout: 45_000 + settings.limits.auth_timeout_ms,
        max_payload: max_payload(settings),
        max_sessions: settings.shards.part_of(wire::number_of(name)) as usize,
        max_buffered: 256 << 10,
        max_buffered_in_all: 32 << 20,
        packets_per_minute: 3_000,
    }
}

impl Object {
    /// A socket of a session sent a frame.
    pub(super) fn session_frame(&self, socket: &Socket, message: &JsValue) -> Vec<Task> {
        let Some(place) = socket.conn() else {
            return Vec::new();
        };
        let text = message.as_string();
        let bytes = || Uint8Array::new(message).to_vec();
        self.take_client(door::frame(SocketId(place.0), text.as_deref(), bytes))
    }

    fn take_client(&self, input: socketio::Input<'_>) -> Vec<Task> {
        let tasks = self.write(|shard| shard.handle_clients(clock::now(), Input::Client(input)));
        tasks.unwrap_or_default()
    }

    /// A socket of a session is gone, or was gone when the shard woke.
    pub(super) fn session_gone(&self, socket: &Socket) -> Vec<Task> {
        let Some(place) = socket.conn() else {
            let left = super::front::left_behind(socket);
            let departed = left.map(|left| {
                self.write(|shard| shard.handle_clients(clock::now(), Input::Departed(&left)))
                    .unwrap_or_default()
            });
            return departed.unwrap_or_default();
        };
        socket.attach(&[]);
        let socket = SocketId(place.0);
        let tasks = self.take_client(socketio::Input::Closed { socket });
        let _ = self.front(|front| front.sockets.release(place));
        tasks
    }

    fn gateway<R>(&self, look: impl FnOnce(&Gateway) -> R) -> Result<R> {
        match self.shard.borrow().as_ref().map(|shard| &shard.clients) {
            Some(Clients::Sessions(gateway, _)) => Ok(look(gateway)),
            _ => Err(asleep()),
        }
    }
}

impl Door for Object {
    type Tasks = Vec<Task>;

    fn state(&self) -> &State {
        &self.state
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn front<R>(&self, act: impl FnOnce(&mut Front) -> R) -> Result<R> {
        self.write(|shard| match &mut shard.clients {
            Clients::Sessions(_, front) => Ok(act(front)),
            Clients::Sockets(_) => Err(asleep()),
        })?
    }

    fn standing(&self, sid: Sid) -> Result<Standing> {
        self.gateway(|gateway| gateway.standing(sid))
    }

    fn is_full(&self) -> Result<bool> {
        self.gateway(Gateway::is_full)
    }

    fn take(&self, input: socketio::Input<'_>) -> Result<Vec<Task>> {
        self.write(|shard| shard.handle_clients(clock::now(), Input::Client(input)))
    }

    async fn complete(self: &Rc<Self>, tasks: Vec<Task>) -> Result<()> {
        Object::complete(self, tasks).await
    }
}
