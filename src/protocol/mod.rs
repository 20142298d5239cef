//! Wire dialects: bytes to [`Command`]s, events and [`Reply`]s to bytes. No I/O.
//!
//! A dialect is one folder. It knows its own words and nothing of the others; what all dialects
//! have in common is named here, and the hub speaks only this. Adding one is a folder, a variant of
//! [`Dialect`] and its arms below.

mod body;
mod candles;
mod coindaily;
mod command;
mod cryptointel;
mod fields;
mod health;
mod json;
mod moderation;
mod news;
mod opinions;
mod refusal;
mod reply;
mod rules;
mod said;
mod session;
mod wallet;
mod whale;
mod work;

use serde::{Deserialize, Serialize};

pub use body::{EventBody, Written};
pub use coindaily::packet::SocketIoEntry;
pub use command::{Command, Since};
pub use refusal::Refusal;
pub use reply::{Place, Reply};
pub use rules::{Again, Allowance, Entry, Heartbeat, Rules};
pub use said::{Answer, Said, Tag};

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
    /// CoinDaily's, in JSON frames: `docs/coindaily-api.md`.
    CoinDaily,
    /// CoinDaily's, in Socket.IO's packets.
    CoinDailyIo,
    /// Two dialects begin alike: this is the product's own until a message says which it is.
    Undecided,
    /// The same as [`Self::CoinDailyIo`], every event with a mark behind its arguments, by which a client that comes back says
    /// how far it got.
    CoinDailyIoMarked,
}

impl Dialect {
    /// Every dialect there is.
    pub const ALL: [Self; 7] = [
        Self::CryptoIntel,
        Self::Wallet,
        Self::Candles,
        Self::CoinDaily,
        Self::CoinDailyIo,
        Self::Undecided,
        Self::CoinDailyIoMarked,
    ];

    /// The dialect of that subprotocol, if there is one.
    pub fn by_subprotocol(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|dialect| dialect.subprotocol() == Some(name))
    }

    /// The name to ask for in `Sec-WebSocket-Protocol`, of those that a client can ask for.
    pub const fn subprotocol(self) -> Option<&'static str> {
        match self {
            Self::CryptoIntel => Some("cryptointel.v1"),
            Self::Wallet => Some("wallet.v1"),
            Self::Candles => Some("candles.v1"),
            Self::CoinDaily => Some("coindaily.v1"),
            Self::CoinDailyIo | Self::CoinDailyIoMarked | Self::Undecided => None,
        }
    }

    /// Its name within the hub.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CryptoIntel => "cryptointel",
            Self::Wallet => "wallet",
            Self::Candles => "candles",
            Self::CoinDaily => "coindaily",
            Self::CoinDailyIo => "coindaily-io",
            Self::Undecided => "undecided",
            Self::CoinDailyIoMarked => "coindaily-io-marked",
        }
    }

    /// The dialect of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// What it holds its clients to, and what it does for them.
    pub const fn rules(self) -> &'static Rules {
        match self {
            Self::CryptoIntel | Self::Undecided => &cryptointel::RULES,
            Self::Wallet => &wallet::RULES,
            Self::Candles => &candles::RULES,
            Self::CoinDaily => &coindaily::NATIVE,
            Self::CoinDailyIo | Self::CoinDailyIoMarked => &coindaily::SOCKET_IO,
        }
    }

    /// How often at most a subscriber is told of that channel, milliseconds: the newest state then stands for all
    /// that came in between, and what is told of several channels at once may share a frame. `None`: of every message.
    pub const fn pace(self, channel: &Channel) -> Option<u64> {
        match self {
            Self::CryptoIntel
            | Self::CoinDaily
            | Self::CoinDailyIo
            | Self::CoinDailyIoMarked
            | Self::Undecided => None,
            Self::Wallet => wallet::pace(channel),
            Self::Candles => candles::pace(channel),
        }
    }

    /// Reads one text frame of a client.
    pub fn read(self, text: &str) -> Said {
        let dialect = self.decided_by(text);
        let (asks, tag) = match dialect {
            Self::CryptoIntel | Self::Undecided => (cryptointel::decode(text), None),
            Self::Wallet => (wallet::decode(text), None),
            Self::Candles => (candles::decode(text), None),
            Self::CoinDaily => coindaily::native::decode(text),
            Self::CoinDailyIo | Self::CoinDailyIoMarked => coindaily::packet::decode(text),
        };
        Said { asks, tag, dialect }
    }

    /// What the answers to a message are to bear that is not read: as far as that is to be seen at a glance.
    pub fn tag(self, text: &str) -> Option<Tag> {
        match self {
            Self::CoinDaily if text.len() <= GLANCE => coindaily::native::decode(text).1,
            Self::CoinDailyIo | Self::CoinDailyIoMarked => coindaily::packet::tag(text),
            _ => None,
        }
    }

    /// The dialect after that message: the first that only one of two knows decides.
    fn decided_by(self, text: &str) -> Self {
        match self {
            Self::Undecided if coindaily::native::is_its_own(text) => Self::CoinDaily,
            Self::Undecided if cryptointel::is_its_own(text) => Self::CryptoIntel,
            other => other,
        }
    }

    /// Whether its messages bear their places, so that a client sees by the next one that one is missing.
    pub const fn shows_places(self) -> bool {
        match self {
            Self::CryptoIntel | Self::Undecided | Self::CoinDaily => true,
            Self::Wallet | Self::Candles | Self::CoinDailyIo | Self::CoinDailyIoMarked => false,
        }
    }

    /// Why there is no channel that its client called so.
    pub fn unknown_channel(self, name: String, catalog: &Catalog) -> Refusal {
        match self {
            Self::Candles => candles::unknown_symbol(&name, catalog),
            _ => Refusal::UnknownChannel(name),
        }
    }

    /// Writes an answer to one client, who marked what it asked for with `tag`; `None` if it expects none.
    pub fn reply(self, reply: &Reply<'_>, tag: Option<&Tag>, now: UnixMillis) -> Option<Answer> {
        let text = match self {
            Self::CryptoIntel | Self::Undecided => cryptointel::reply(reply, now),
            Self::Wallet => wallet::reply(reply, now),
            Self::Candles => candles::reply(reply),
            Self::CoinDaily => coindaily::native::reply(reply, tag, now),
            Self::CoinDailyIo => return coindaily::packet::reply(reply, tag, now),
            Self::CoinDailyIoMarked => return coindaily::packet::reply_to_marked(reply, tag, now),
        };
        text.map(Answer::from)
    }

    /// Writes the hub's status, which goes to everybody; `None` if its clients do not know it.
    pub fn status(self, status: &SystemStatus) -> Option<String> {
        match self {
            Self::CryptoIntel | Self::Undecided => Some(cryptointel::status(status)),
            Self::Wallet | Self::Candles | Self::CoinDaily | Self::CoinDailyIo | Self::CoinDailyIoMarked => {
                None
            }
        }
    }

    /// Writes what an event says, once; [`EventBody::frame`] then addresses it to a channel. `None` if the dialect has
    /// no word for it.
    pub fn event(self, event: &Event, now: UnixMillis) -> Option<EventBody> {
        match self {
            Self::CryptoIntel | Self::Undecided => Some(cryptointel::event(event)),
            Self::Wallet => wallet::event(event, now),
            Self::Candles => candles::event(event),
            Self::CoinDaily => coindaily::native::event(event, now),
            Self::CoinDailyIo | Self::CoinDailyIoMarked => coindaily::packet::event(event),
        }
    }

    /// Writes one frame of several messages; `None` if its clients know only one by one.
    pub fn batch<'a>(
        self,
        messages: impl Iterator<Item = &'a Written> + Clone,
        now: UnixMillis,
    ) -> Option<String> {
        match self {
            Self::CryptoIntel | Self::Undecided => Some(cryptointel::batch(messages)),
            Self::Wallet => Some(wallet::batch(messages, now)),
            Self::Candles | Self::CoinDaily | Self::CoinDailyIo | Self::CoinDailyIoMarked => None,
        }
    }

    /// Whether its clients may ask for several messages in one frame.
    pub const fn has_batches(self) -> bool {
        matches!(self, Self::CryptoIntel | Self::Undecided)
    }

    /// Whether every event bears a mark.
    pub const fn is_marked(self) -> bool {
        matches!(self, Self::CoinDailyIoMarked)
    }

    /// The dialect's code for a refusal: what statistics count.
    pub const fn error_code(self, refusal: &Refusal) -> &'static str {
        match self {
            Self::CryptoIntel | Self::Undecided => cryptointel::error_code(refusal),
            Self::Wallet => wallet::error_code(refusal),
            Self::Candles => candles::error_code(refusal),
            Self::CoinDaily | Self::CoinDailyIo | Self::CoinDailyIoMarked => coindaily::error_code(refusal),
        }
    }
}

/// A message that is not to be read is looked at if it has at most so many bytes.
const GLANCE: usize = 1_024;

/// Reads what a client of Socket.IO says as it connects.
///
/// # Errors
/// Names what is wrong.
pub fn entry(text: &str) -> Result<SocketIoEntry, Refusal> {
    coindaily::packet::entry(text)
}

/// An event's packet with a mark behind its arguments.
pub fn marked(packet: &str, mark: &str) -> String {
    coindaily::packet::marked(packet, mark)
}

/// Writes why a client of Socket.IO may not connect: a JSON object.
pub fn refused_entry(refusal: &Refusal, now: UnixMillis) -> String {
    coindaily::error(refusal, now)
}

/// Writes the `data` of an event's message alone, a JSON object: what an answer over HTTP is made of.
pub fn data(event: &MarketEvent) -> String {
    cryptointel::data(event)
}
