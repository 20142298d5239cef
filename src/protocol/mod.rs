//! Wire dialects: bytes to [`Command`]s, events and [`Reply`]s to bytes. No I/O.
//!
//! A dialect is one folder. It knows its own words and nothing of the others; what all dialects
//! have in common is named here, and the hub speaks only this. Adding one is a folder, a variant of
//! [`Dialect`] and its arms below.

mod command;
mod cryptointel;
mod refusal;
mod reply;

use serde::{Deserialize, Serialize};

pub use command::{Command, MessageError, Since};
pub use refusal::Refusal;
pub use reply::{Place, Reply};

use crate::model::{Event, MarketEvent, Position, SystemStatus, UnixMillis};

/// The wire protocol that a connection speaks. Its number rests in attachments: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// The product's own: `docs/websocket-api.md`.
    CryptoIntel,
}

impl Dialect {
    /// Every dialect there is.
    pub const ALL: [Self; 1] = [Self::CryptoIntel];

    /// The dialect of that subprotocol, if there is one.
    pub fn by_subprotocol(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.subprotocol() == name)
    }

    /// The name to ask for in `Sec-WebSocket-Protocol`.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::CryptoIntel => "cryptointel.v1",
        }
    }

    /// Reads one text frame of a client.
    ///
    /// # Errors
    /// Names the field that is wrong; the connection is none the worse for it.
    pub fn decode(self, text: &str) -> Result<Command, MessageError> {
        match self {
            Self::CryptoIntel => cryptointel::decode(text),
        }
    }

    /// Writes an answer to one client.
    pub fn reply(self, reply: &Reply<'_>, now: UnixMillis) -> String {
        match self {
            Self::CryptoIntel => cryptointel::reply(reply, now),
        }
    }

    /// Writes the hub's status, which goes to everybody.
    pub fn status(self, status: &SystemStatus) -> String {
        match self {
            Self::CryptoIntel => cryptointel::status(status),
        }
    }

    /// Writes what an event says, once; [`EventBody::frame`] then addresses it to a channel.
    pub fn event(self, event: &Event) -> EventBody {
        match self {
            Self::CryptoIntel => cryptointel::event(event),
        }
    }

    /// Writes one frame of several messages, each as [`EventBody::frame`] or [`Dialect::status`] wrote it.
    pub fn batch<'a>(self, messages: impl Iterator<Item = &'a str> + Clone) -> String {
        match self {
            Self::CryptoIntel => cryptointel::batch(messages),
        }
    }

    /// Writes the `data` of an event's message alone, a JSON object: what an answer over HTTP is made of.
    pub fn data(self, event: &MarketEvent) -> String {
        match self {
            Self::CryptoIntel => cryptointel::data(event),
        }
    }

    /// The dialect's code for a refusal: what statistics count.
    pub const fn error_code(self, refusal: &Refusal) -> &'static str {
        match self {
            Self::CryptoIntel => cryptointel::error_code(refusal),
        }
    }
}

/// An event as a dialect writes it, all but what differs from channel to channel and from subscriber to subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBody {
    before_channel: String,
    after_position: String,
}

impl EventBody {
    /// The frame for subscribers that call the channel `spelling`, on which the event has that place.
    pub fn frame(&self, spelling: &str, position: Position) -> String {
        let name = serde_json::to_string(spelling).unwrap_or_default();
        let Self {
            before_channel,
            after_position,
        } = self;
        let Position { epoch, offset } = position;
        format!(r#"{before_channel}{name},"offset":{offset},"epoch":"{epoch}"{after_position}"#)
    }
}
