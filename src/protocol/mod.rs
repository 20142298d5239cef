//! Wire dialects: bytes to [`Command`]s, events and [`Reply`]s to bytes. No I/O.
//!
//! A dialect is one folder. It knows its own words and nothing of the others; what all dialects
//! have in common is named here, and the hub speaks only this. Adding one is a folder, a variant of
//! [`Dialect`] and its arms below.

mod body;
mod candles;
mod command;
mod cryptointel;
mod fields;
mod json;
mod moderation;
mod news;
mod refusal;
mod reply;
mod rules;
mod wallet;
mod whale;
mod work;

use serde::{Deserialize, Serialize};

pub use body::{EventBody, Written};
pub use command::{Command, Since};
pub use refusal::Refusal;
pub use reply::{Place, Reply};
pub use rules::{Again, Allowance, Entry, Heartbeat, Rules};

use crate::model::{Catalog, Channel, Event, MarketEvent, SystemStatus, UnixMillis};

/// The wire protocol that a connection speaks. Its number rests in attachments: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// The product's own: `docs/websocket-api.md`.
    CryptoIntel,
    /// Wallets: `docs/wallet-api.md`.
    Wallet,
    /// Charts of a trading platform: `docs/candles-api.md`.
    Candles,
}

impl Dialect {
    /// Every dialect there is.
    pub const ALL: [Self; 3] = [Self::CryptoIntel, Self::Wallet, Self::Candles];

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
            Self::Wallet => "wallet.v1",
            Self::Candles => "candles.v1",
        }
    }

    /// What it holds its clients to, and what it does for them.
    pub const fn rules(self) -> &'static Rules {
        match self {
            Self::CryptoIntel => &cryptointel::RULES,
            Self::Wallet => &wallet::RULES,
            Self::Candles => &candles::RULES,
        }
    }

    /// How often at most a subscriber is told of that channel, milliseconds: the newest state then stands for all
    /// that came in between, and what is told of several channels at once may share a frame. `None`: of every message.
    pub const fn pace(self, channel: &Channel) -> Option<u64> {
        match self {
            Self::CryptoIntel => None,
            Self::Wallet => wallet::pace(channel),
            Self::Candles => candles::pace(channel),
        }
    }

    /// Reads one text frame of a client.
    ///
    /// # Errors
    /// Names the field that is wrong; the connection is none the worse for it.
    pub fn decode(self, text: &str) -> Result<Command, Refusal> {
        match self {
            Self::CryptoIntel => cryptointel::decode(text),
            Self::Wallet => wallet::decode(text),
            Self::Candles => candles::decode(text),
        }
    }

    /// Why there is no channel that its client called so.
    pub fn unknown_channel(self, name: String, catalog: &Catalog) -> Refusal {
        match self {
            Self::CryptoIntel | Self::Wallet => Refusal::UnknownChannel(name),
            Self::Candles => candles::unknown_symbol(&name, catalog),
        }
    }

    /// Writes an answer to one client; `None` if it expects none.
    pub fn reply(self, reply: &Reply<'_>, now: UnixMillis) -> Option<String> {
        match self {
            Self::CryptoIntel => cryptointel::reply(reply, now),
            Self::Wallet => wallet::reply(reply, now),
            Self::Candles => candles::reply(reply),
        }
    }

    /// Writes the hub's status, which goes to everybody; `None` if its clients do not know it.
    pub fn status(self, status: &SystemStatus) -> Option<String> {
        match self {
            Self::CryptoIntel => Some(cryptointel::status(status)),
            Self::Wallet | Self::Candles => None,
        }
    }

    /// Writes what an event says, once; [`EventBody::frame`] then addresses it to a channel. `None` if the dialect has
    /// no word for it.
    pub fn event(self, event: &Event, now: UnixMillis) -> Option<EventBody> {
        match self {
            Self::CryptoIntel => Some(cryptointel::event(event)),
            Self::Wallet => wallet::event(event, now),
            Self::Candles => candles::event(event),
        }
    }

    /// Writes one frame of several messages; `None` if its clients know only one by one.
    pub fn batch<'a>(
        self,
        messages: impl Iterator<Item = &'a Written> + Clone,
        now: UnixMillis,
    ) -> Option<String> {
        match self {
            Self::CryptoIntel => Some(cryptointel::batch(messages)),
            Self::Wallet => Some(wallet::batch(messages, now)),
            Self::Candles => None,
        }
    }

    /// The dialect's code for a refusal: what statistics count.
    pub const fn error_code(self, refusal: &Refusal) -> &'static str {
        match self {
            Self::CryptoIntel => cryptointel::error_code(refusal),
            Self::Wallet => wallet::error_code(refusal),
            Self::Candles => candles::error_code(refusal),
        }
    }
}

/// Writes the `data` of an event's message alone, a JSON object: what an answer over HTTP is made of.
pub fn data(event: &MarketEvent) -> String {
    cryptointel::data(event)
}
