//! Where no dialect is spoken: clients come as far as CONNECT, and nobody is let in.

use worker::Env;

use super::application::Application;
use crate::model::UnixMillis;
use crate::settings::Settings;
use crate::socketio::{Effect, Event, Input, Rules, Server, Sid, Standing};

/// The family whose shards have a door.
const FAMILY: &str = "socketio";

/// The families whose shards have a door.
pub fn families() -> &'static [&'static str] {
    &[FAMILY]
}

/// Which family a path is for, if its clients speak Socket.IO.
pub fn paths(path: &str) -> Option<&'static str> {
    matches!(path, "/ws" | "/ws/" | "/socket.io" | "/socket.io/").then_some(FAMILY)
}

/// Bytes of a body.
pub fn max_payload(settings: &Settings) -> usize {
    settings.limits.max_message_bytes
}

/// A client's pong, which the runtime answers with nothing so that no shard wakes for it.
pub fn auto_response(_env: &Env) -> Option<(&'static str, &'static str)> {
    Some(("3", "6"))
}

/// The application of the shard of that name.
pub fn of(name: &str, settings: &Settings, _env: &Env) -> Box<dyn Application> {
    let number = name.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let rules = Rules {
        ping_interval: 25_000,
        ping_timeout: 20_000,
        max_payload: settings.limits.max_message_bytes,
        max_sessions: settings.shards.part_of(number) as usize,
        max_buffered: 1 << 20,
        packets_per_minute: 3_000,
    };
    Box::new(Nobody {
        server: Server::new(rules, &["/"]),
    })
}

struct Nobody {
    server: Server,
}

impl Application for Nobody {
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect> {
        self.server.handle(now, input);
        while let Some(event) = self.server.next_event() {
            if let Event::Connect {
                session, namespace, ..
            } = event
            {
                self.server
                    .refuse(session, &namespace, "Authentication failed", None);
            }
        }
        self.server.drain()
    }

    fn standing(&self, sid: Sid) -> Standing {
        self.server.standing(sid)
    }

    fn is_full(&self) -> bool {
        self.server.is_full()
    }
}
