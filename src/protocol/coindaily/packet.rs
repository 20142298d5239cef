//! Socket.IO's packets, without what the transport puts before them: `2["ping"]`, and `31[..]` where one is acknowledged.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Content};
use super::event::{self, Told};
use super::native::envelope;
use super::request::request;
use crate::model::{Event, UnixMillis};
use crate::protocol::body::{EventBody, Template};
use crate::protocol::fields::{message, read, wrong};
use crate::protocol::{Answer, Command, Refusal, Reply, Tag};

/// Reads an event: the number by which it is to be acknowledged, if it is, and the list of its name and arguments. Every
/// error names what is wrong.
pub(in crate::protocol) fn decode(text: &str) -> (Result<Command, Refusal>, Option<Tag>) {
    let list = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (command(list), tag(text))
}

/// The number by which an event is to be acknowledged, if it is.
pub(in crate::protocol) fn tag(text: &str) -> Option<Tag> {
    let list = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let id = text.strip_suffix(list).filter(|id| !id.is_empty());
    id.map(|id| Tag(id.into()))
}

/// What a client says as it connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketIoEntry {
    /// Its token; `None` if it says none, which it may later.
    pub token: Option<String>,
    /// Whether it wants to get what it misses when its connection breaks and it comes back soon.
    pub recovery: bool,
    /// The name by which it was told to come back, and the last mark that it got since.
    pub came_back: Option<(String, Option<String>)>,
}

/// The same, its fields still unread. Unknown fields are ignored.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    recovery: Option<&'a RawValue>,
    #[serde(borrow)]
    pid: Option<&'a RawValue>,
    #[serde(borrow)]
    offset: Option<&'a RawValue>,
}

/// Reads what a client says as it connects.
pub(in crate::protocol) fn entry(text: &str) -> Result<SocketIoEntry, Refusal> {
    let entry: Entry<'_> = message(text, "token")?;
    let token = entry
        .token
        .filter(|token| !matches!(token.get(), "null" | r#""""#));
    let token = match token {
        Some(token) => {
            let read = read(Some(token));
            Some(read.ok_or(Refusal::InvalidToken("'token' must be a string"))?)
        }
        None => None,
    };
    let pid: Option<String> = read(entry.pid);
    Ok(SocketIoEntry {
        token,
        recovery: read(entry.recovery).unwrap_or(false),
        came_back: pid.map(|pid| (pid, read(entry.offset))),
    })
}

fn command(list: &str) -> Result<Command, Refusal> {
    let arguments: Vec<&RawValue> =
        serde_json::from_str(list).map_err(|_| wrong("An event is a list that begins with its name"))?;
    let mut arguments = arguments.into_iter();
    let name: String = read(arguments.next()).ok_or_else(|| wrong("An event's name must be a string"))?;
    request(&name, arguments.next(), None)
}

/// Writes an answer to one client; `None` where the document has none. What acknowledges a request is what a native client
/// would get.
pub(in crate::protocol) fn reply(reply: &Reply<'_>, tag: Option<&Tag>, now: UnixMillis) -> Option<Answer> {
    let said = answer::said(reply, now)?;
    let acknowledgement =
        tag.map(|Tag(id)| format!("3{id}[{}]", envelope(said.kind, &said.content, None, now)));
    let text = match said.content {
        Content::Nothing => format!(r#"2["{}"]"#, said.kind),
        Content::Data(data) | Content::Error(data) => format!(r#"2["{}",{data}]"#, said.kind),
    };
    Some(Answer {
        text,
        acknowledgement,
    })
}

/// The same for a client whose events bear marks: it takes any last argument that is text for one, the name of an event that has no
/// arguments too.
pub(in crate::protocol) fn reply_to_marked(
    it: &Reply<'_>,
    tag: Option<&Tag>,
    now: UnixMillis,
) -> Option<Answer> {
    let mut answer = reply(it, tag, now)?;
    if answer.text == PONG {
        answer.text = MARKED_PONG.to_owned();
    }
    Some(answer)
}

const PONG: &str = r#"2["pong"]"#;
const MARKED_PONG: &str = r#"2["pong",{}]"#;

/// An event's packet with a mark behind its arguments.
pub(in crate::protocol) fn marked(packet: &str, mark: &str) -> String {
    let arguments = packet.strip_suffix(']').unwrap_or(packet);
    format!(r#"{arguments},"{mark}"]"#)
}

/// Writes what an event says; `None` if this dialect has no word for it.
pub(in crate::protocol) fn event(event: &Event) -> Option<EventBody> {
    let Told { kind, data } = event::told(event)?;
    let before = format!(r#"2["{kind}","#).into();
    let pieces = [before].into_iter().chain(data).chain(["]".to_owned().into()]);
    Some(EventBody {
        alone: Template::of(pieces),
        among: None,
    })
}

#[cfg(test)]
mod tests;
