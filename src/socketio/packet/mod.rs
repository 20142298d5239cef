//! Socket.IO packets, protocol 5: what an Engine.IO message of text says, and the binary messages that follow it.
//!
//! `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`. JSON stays text: it is checked here and read by whom it concerns.

mod attachments;
mod decode;
mod encode;

use std::borrow::Cow;

pub use attachments::{Limits, Partial};
pub use encode::{ack, connect, connect_error, disconnect, event};

/// The namespace that every client begins with.
pub const MAIN: &str = "/";

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// `/`, or another one, beginning with `/`, without query.
    pub namespace: &'a str,
    /// What it is.
    pub body: Body<'a>,
}

/// What a packet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// `0`: the client wants to be in the namespace. A JSON object, `{}` if it gave none.
    Connect(&'a str),
    /// `1`: it leaves.
    Disconnect,
    /// `2`, `5`: an event.
    Event(Message<'a>),
    /// `3`, `6`: the answer to an event that carried this id.
    Ack(Message<'a>),
}

/// What events and acknowledgements carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// What the answer must carry; an acknowledgement always has it.
    pub id: Option<u64>,
    /// A JSON array. Of an event it begins with its name.
    pub payload: Cow<'a, str>,
    /// How many binary messages follow.
    pub attachments: usize,
}

/// Why what a client sent is no packet. Its connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing, or a type that no client sends.
    #[error("unknown packet type")]
    Type,
    /// Their number is no number, or too large.
    #[error("illegal attachments")]
    Attachments,
    /// Its name is too long.
    #[error("illegal namespace")]
    Namespace,
    /// It is no number that JavaScript has.
    #[error("illegal ack id")]
    AckId,
    /// It is no JSON, or not what the type demands.
    #[error("invalid payload")]
    Payload,
    /// Text came where an attachment was to come, or the other way round.
    #[error("an attachment at the wrong time")]
    OutOfTurn,
}
