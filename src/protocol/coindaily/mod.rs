//! The CoinDaily dialect: market moods, whales, work and moderation, over two transports; documented in
//! `docs/coindaily-api.md`.
//!
//! - [`request`]: what a client may ask for, by [`topic`]; [`event`]: what it is told; [`answer`]: what it is answered
//! - [`native`]: all that in JSON frames; [`packet`]: the same in Socket.IO's packets

mod answer;
mod event;
pub(super) mod native;
pub(super) mod packet;
mod request;
mod topic;

pub(super) use answer::{error, error_code};

use super::rules::{Again, Allowance, Entry, Heartbeat, Rules};

/// As the document has them: ten messages a second, and rankings for everybody who is known.
const COMMON: Rules = Rules {
    family: "json",
    entry: Entry::Later,
    heartbeat: Heartbeat::Welcome,
    listeners_stay: false,
    allowance: Allowance::Messages(600),
    ping: Some((r#"{"type":"ping"}"#, r#"{"type":"pong"}"#)),
    again: Again::Nothing,
    choices_add_up: true,
    given: &["trending:1h", "trending:4h", "trending:24h", "trending:7d"],
};

/// Over JSON frames.
pub(super) const NATIVE: Rules = COMMON;

/// Over Socket.IO, whose pings are the server's: the runtime takes their answers without waking the shard.
pub(super) const SOCKET_IO: Rules = Rules {
    family: "socketio",
    heartbeat: Heartbeat::OfTransport,
    ping: Some(("3", "6")),
    ..COMMON
};
