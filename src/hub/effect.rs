use std::rc::Rc;

use super::exchange::{Question, Recovery, Welcome};
use super::{Attachment, Batch, CloseReason, ConnId, Origin};
use crate::model::{CandleUpdate, Interval, Pair, Target, Tick, UnixMillis};

/// What happens to a shard.
pub enum Input<'a> {
    /// A socket was accepted. The id is the caller's, free until the `Closed` of the same id.
    Opened {
        /// Its id from now on.
        conn: ConnId,
        /// What the Worker said of it.
        origin: Origin,
    },
    /// A client sent a frame.
    Frame {
        /// Who.
        conn: ConnId,
        /// What.
        frame: Frame<'a>,
    },
    /// A socket is gone, whoever closed it.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// The same, by no wish of anybody's: its client may come back to what it held.
    Lost {
        /// Which.
        conn: ConnId,
    },
    /// What is saved of a connection outlives the object from now on: its client polled, and is at a socket.
    Upgraded {
        /// Which.
        conn: ConnId,
    },
    /// A socket that closed while the object slept: it was never restored.
    Departed(Attachment),
    /// The broker has news.
    Delivery {
        /// The tick that these follow.
        after: u64,
        /// In order.
        ticks: Vec<Tick>,
    },
    /// The broker knows this shard now.
    Welcome {
        /// Its answer.
        welcome: Welcome,
        /// The missed ticks of the answer, decoded.
        missed: Vec<Tick>,
    },
    /// [`Effect::Attach`] found nobody.
    AttachFailed,
    /// The broker says what was missed.
    Recovered(Recovery),
    /// [`Effect::Recover`] found nobody.
    RecoverFailed,
    /// What [`Effect::ReadCandles`] found.
    Candles {
        /// What is traded for what.
        pair: Pair,
        /// How long each is.
        interval: Interval,
        /// Oldest first; `None` if they cannot be read.
        candles: Option<Vec<CandleUpdate>>,
    },
    /// An operator closes these connections.
    Disconnect(&'a Target),
    /// The time of [`Effect::WakeAt`] has come.
    Alarm {
        /// When the runtime last answered a client's ping by itself.
        last_heard: &'a dyn Fn(ConnId) -> Option<UnixMillis>,
    },
}

/// A client's frame.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// Text.
    Text(&'a str),
    /// Binary; no dialect here reads it.
    Binary {
        /// How long it is.
        bytes: usize,
        /// The number by which its client wants it to be acknowledged, if it does.
        ack: Option<u64>,
    },
}

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send one frame to one socket.
    Send {
        /// To whom.
        to: ConnId,
        /// A text frame.
        text: String,
    },
    /// Send the same frame to many sockets: convert it once.
    Broadcast {
        /// To whom; the list is shared by the frames of a group.
        to: Rc<[ConnId]>,
        /// A text frame.
        text: String,
    },
    /// Send one frame of several messages to many sockets: write and convert it once.
    Batch {
        /// To whom.
        to: Rc<[ConnId]>,
        /// What.
        batch: Batch,
    },
    /// Close a socket. The hub has forgotten it already and its id is free again: no `Closed` is to follow.
    Close {
        /// Which.
        conn: ConnId,
        /// With which code and words.
        reason: CloseReason,
    },
    /// Write the socket's attachment.
    Save {
        /// Which.
        conn: ConnId,
        /// Encoded, at most [`super::MAX_ATTACHMENT`] bytes.
        attachment: Vec<u8>,
    },
    /// Arm the object's one alarm; replaces the earlier one.
    WakeAt(UnixMillis),
    /// Tell the broker that this shard has sockets and how far they are, and ask where all channels stand.
    /// Answered by `Input::Welcome` or `Input::AttachFailed`.
    Attach,
    /// Ask the broker what was missed. Answered by `Input::Recovered` or `Input::RecoverFailed`; one question is
    /// under way at a time.
    Recover(Question),
    /// Read so many of the newest candles, the running one among them. Answered by `Input::Candles`.
    ReadCandles {
        /// What is traded for what.
        pair: Pair,
        /// How long each is.
        interval: Interval,
        /// Up to 1,000.
        bars: u16,
    },
    /// Keep the catalog of coins beyond this life.
    SaveCatalog,
}
