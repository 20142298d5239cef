//! JSON frames: `{type, data, timestamp, id?, room?, error?}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Content};
use super::event::{self, Told};
use super::request::{Kind, request};
use crate::model::{Event, UnixMillis};
use crate::protocol::body::{EventBody, Piece, Template};
use crate::protocol::fields::{message, read, wrong};
use crate::protocol::{Command, Refusal, Reply, Tag};

/// Longest `id` of a request, in bytes as JSON has it.
const MAX_ID: usize = 128;

/// A client's message, its fields still unread. Unknown fields are ignored.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// Reads one text frame, and the `id` that its answers are to bear. Every error names the field that is wrong.
pub(in crate::protocol) fn decode(text: &str) -> (Result<Command, Refusal>, Option<Tag>) {
    let message: Message<'_> = match message(text, "type") {
        Ok(message) => message,
        Err(refusal) => return (Err(refusal), None),
    };
    match id(message.id) {
        Ok(id) => (command(&message), id),
        Err(refusal) => (Err(refusal), None),
    }
}

fn command(message: &Message<'_>) -> Result<Command, Refusal> {
    let kind: String = read(message.kind).ok_or_else(|| wrong("'type' must be a string"))?;
    request(&kind, message.data, message.token)
}

fn id(field: Option<&RawValue>) -> Result<Option<Tag>, Refusal> {
    let Some(id) = field.map(RawValue::get).filter(|id| *id != "null") else {
        return Ok(None);
    };
    let is_one =
        id.len() <= MAX_ID && id.starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    match is_one {
        true => Ok(Some(Tag(id.into()))),
        false => Err(Refusal::BadMessage(format!(
            "'id' must be a string of up to {MAX_ID} bytes"
        ))),
    }
}

/// Whether no other dialect has such a message: its connection speaks this one from now on.
pub(in crate::protocol) fn is_its_own(text: &str) -> bool {
    let Ok(message) = message::<Message<'_>>(text, "type") else {
        return false;
    };
    let kind: Option<String> = read(message.kind);
    match kind.as_deref().map(|kind| (kind, Kind::named(kind))) {
        // The product's own has the token beside the type.
        Some(("auth", _)) => message.token.is_none() && message.data.is_some(),
        Some((_, Some(kind))) => kind != Kind::Ping,
        _ => false,
    }
}

/// Writes an answer to one client; `None` where the document has none.
pub(in crate::protocol) fn reply(reply: &Reply<'_>, tag: Option<&Tag>, now: UnixMillis) -> Option<String> {
    let said = answer::said(reply, now)?;
    Some(envelope(said.kind, &said.content, tag, now))
}

/// An answer as a frame.
pub(super) fn envelope(kind: &str, content: &Content, tag: Option<&Tag>, now: UnixMillis) -> String {
    let content = match content {
        Content::Nothing => r#""data":{}"#.to_owned(),
        Content::Data(data) => format!(r#""data":{data}"#),
        Content::Error(error) => format!(r#""error":{error}"#),
    };
    let id = tag.map_or_else(String::new, |Tag(id)| format!(r#","id":{id}"#));
    format!(r#"{{"type":"{kind}",{content},"timestamp":{}{id}}}"#, now.get())
}

/// Writes what an event says; `None` if this dialect has no word for it. Its `id` is its place in its channel, the `room`.
pub(in crate::protocol) fn event(event: &Event, now: UnixMillis) -> Option<EventBody> {
    let Told { kind, data } = event::told(event)?;
    let before = format!(r#"{{"type":"{kind}","timestamp":{},"room":"#, now.get());
    let head = [
        before.into(),
        Piece::Room,
        r#","id":"#.to_owned().into(),
        Piece::Place,
        r#","data":"#.to_owned().into(),
    ];
    let pieces = head.into_iter().chain(data).chain(["}".to_owned().into()]);
    Some(EventBody {
        alone: Template::of(pieces),
        among: None,
    })
}

#[cfg(test)]
pub(super) mod tests;
