//! Engine.IO packets: one type character, then data; several of them in the body of a request.

use std::rc::Rc;

use base64ct::{Base64, Encoding};
use serde_json::json;

use super::Rules;
use crate::socketio::Sid;

/// Between the packets of one body.
const SEPARATOR: char = '\u{1e}';

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `1`: the session is over.
    Close,
    /// `2`: only `2probe` on a socket that wants to take over is a client's to send.
    Ping(&'a str),
    /// `3`: the answer to the server's ping.
    Pong,
    /// `4`: text for who is above.
    Message(&'a str),
    /// `b` and base64, or a binary frame: bytes for who is above.
    Binary(Vec<u8>),
    /// `5`: this socket takes over.
    Upgrade,
    /// `6`: nothing.
    Noop,
}

/// What the server sends, ready to be written. The same text may wait for many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A packet as text, its type first.
    Text(Rc<str>),
    /// A message of bytes: as they are on a socket, in base64 in a body.
    Binary(Rc<[u8]>),
}

/// It is no packet, or none that a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no Engine.IO packet of a client")]
pub struct Malformed;

impl<'a> Packet<'a> {
    /// One packet of a text frame or of a body.
    ///
    /// # Errors
    /// [`Malformed`]: no or another type, or what should be base64 is not.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut rest = text.chars();
        let kind = rest.next().ok_or(Malformed)?;
        let data = rest.as_str();
        Ok(match kind {
            '1' => Self::Close,
            '2' => Self::Ping(data),
            '3' => Self::Pong,
            '4' => Self::Message(data),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            'b' => Self::Binary(Base64::decode_vec(data).map_err(|_| Malformed)?),
            _ => return Err(Malformed),
        })
    }

    /// All packets of a body, none if one of them is none.
    ///
    /// # Errors
    /// [`Malformed`], as of one.
    pub fn parse_all(body: &'a str) -> Result<Vec<Self>, Malformed> {
        body.split(SEPARATOR).map(Self::parse).collect()
    }
}

impl Outgoing {
    /// A packet that is always the same.
    pub fn fixed(text: &'static str) -> Self {
        Self::Text(text.into())
    }

    /// `4`: a message of text.
    pub fn message(text: &str) -> Self {
        Self::Text(format!("4{text}").into())
    }

    /// `0`: what a session begins with.
    pub fn open(sid: Sid, upgrades: &[&str], rules: &Rules) -> Self {
        let data = json!({
            "sid": sid.to_string(),
            "upgrades": upgrades,
            "pingInterval": rules.ping_interval,
            "pingTimeout": rules.ping_timeout,
            "maxPayload": rules.max_payload,
        });
        Self::Text(format!("0{data}").into())
    }

    /// About what it takes while it waits, bytes.
    pub fn weight(&self) -> usize {
        const ENTRY: usize = 32;
        ENTRY
            + match self {
                Self::Text(text) => text.len(),
                Self::Binary(bytes) => bytes.len(),
            }
    }

    /// The body of an answer.
    pub fn payload(packets: &[Self]) -> String {
        let mut body = String::with_capacity(packets.iter().map(Self::weight).sum());
        for (n, packet) in packets.iter().enumerate() {
            if n > 0 {
                body.push(SEPARATOR);
            }
            match packet {
                Self::Text(text) => body.push_str(text),
                Self::Binary(bytes) => {
                    body.push('b');
                    body.push_str(&Base64::encode_string(bytes));
                }
            }
        }
        body
    }
}
