use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Body, MAIN, Malformed, Message, Packet};

/// Longest name of a namespace, bytes.
const MAX_NAMESPACE: usize = 256;

/// 2^53 - 1: the largest whole number that JavaScript counts to.
const MAX_ACK_ID: u64 = 9_007_199_254_740_991;

/// Names that clients give to events of their own.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

impl<'a> Packet<'a> {
    /// Reads the text of an Engine.IO message. Attachments are counted here, not limited.
    ///
    /// # Errors
    /// [`Malformed`]: says what is wrong with it.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(Malformed::Type)?;
        let rest = chars.as_str();
        let (attachments, rest) = match kind {
            '0'..='3' => (0, rest),
            '5' | '6' => count(rest)?,
            _ => return Err(Malformed::Type),
        };
        let (namespace, rest) = namespace(rest)?;
        let body = match kind {
            '0' => Body::Connect(auth(rest)?),
            '1' if rest.is_empty() => Body::Disconnect,
            '1' => return Err(Malformed::Payload),
            '2' | '5' => Body::Event(message(rest, attachments, is_event)?),
            _ => Body::Ack(message(rest, attachments, |_| true)?),
        };
        if matches!(&body, Body::Ack(message) if message.id.is_none()) {
            return Err(Malformed::AckId);
        }
        Ok(Self { namespace, body })
    }
}

fn count(text: &str) -> Result<(usize, &str), Malformed> {
    let (digits, rest) = text.split_once('-').ok_or(Malformed::Attachments)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.parse().ok().filter(|_| is_number);
    count.map(|count| (count, rest)).ok_or(Malformed::Attachments)
}

fn namespace(text: &str) -> Result<(&str, &str), Malformed> {
    if !text.starts_with('/') {
        return Ok((MAIN, text));
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    if name.len() > MAX_NAMESPACE {
        return Err(Malformed::Namespace);
    }
    Ok((name, rest))
}

fn auth(text: &str) -> Result<&str, Malformed> {
    match text {
        "" => Ok("{}"),
        _ => serde_json::from_str::<Object>(text)
            .map(|_| text)
            .map_err(|_| Malformed::Payload),
    }
}

fn message(
    text: &str,
    attachments: usize,
    is_good: impl Fn(&[&RawValue]) -> bool,
) -> Result<Message<'_>, Malformed> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (id, payload) = text.split_at_checked(digits).ok_or(Malformed::AckId)?;
    let id = match id {
        "" => None,
        _ => Some(
            id.parse()
                .ok()
                .filter(|id| *id <= MAX_ACK_ID)
                .ok_or(Malformed::AckId)?,
        ),
    };
    let values: Vec<&RawValue> = serde_json::from_str(payload).map_err(|_| Malformed::Payload)?;
    if !is_good(&values) {
        return Err(Malformed::Payload);
    }
    Ok(Message {
        id,
        payload: payload.into(),
        attachments,
    })
}

/// Whether an array begins with the name of an event: text that is not reserved, or a number.
fn is_event(values: &[&RawValue]) -> bool {
    let Some(name) = values.first().map(|value| value.get()) else {
        return false;
    };
    match serde_json::from_str::<String>(name) {
        Ok(name) => !RESERVED.contains(&name.as_str()),
        Err(_) => name.starts_with(|c: char| c == '-' || c.is_ascii_digit()),
    }
}

/// Any JSON object.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                while map.next_entry::<String, IgnoredAny>()?.is_some() {}
                Ok(Object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
