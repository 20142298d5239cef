use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::fields::{message, read, shown, wrong};
use crate::protocol::{Command, Refusal, Since};

/// A client's message, its fields still unread. Unknown fields are ignored: they belong to newer clients.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
    #[serde(borrow)]
    channels: Option<&'a RawValue>,
    #[serde(borrow)]
    recover: Option<&'a RawValue>,
}

/// The last message that a client got on a channel.
#[derive(Deserialize)]
struct Place {
    epoch: String,
    offset: u64,
}

/// Reads one text frame. Every error names the field that is wrong.
pub(in crate::protocol) fn decode(text: &str) -> Result<Command, Refusal> {
    let message: Message<'_> = message(text, "type")?;
    let kind: String = read(message.kind).ok_or_else(|| wrong("'type' must be a string"))?;
    match kind.as_str() {
        "auth" => {
            let token = read(message.token).ok_or_else(|| wrong("'token' must be a string"))?;
            let batch = message.batch.map(|raw| read(Some(raw)));
            if batch == Some(None) {
                return Err(wrong("'batch' must be true or false"));
            }
            let batch = batch.flatten();
            Ok(Command::Auth { token, batch })
        }
        "subscribe" => Ok(Command::Subscribe {
            channels: channels(message.channels)?,
            recover: recover(message.recover)?,
            bars: None,
        }),
        "unsubscribe" => Ok(Command::Unsubscribe {
            channels: channels(message.channels)?,
            family: None,
        }),
        "ping" => Ok(Command::Ping),
        other => Err(unknown_type(other)),
    }
}

/// Whether no other dialect has such a message, though its connections may begin alike.
pub(in crate::protocol) fn is_its_own(text: &str) -> bool {
    let kind = message::<Message<'_>>(text, "type")
        .ok()
        .and_then(|message| read::<String>(message.kind));
    matches!(kind.as_deref(), Some("subscribe" | "unsubscribe"))
}

fn channels(field: Option<&RawValue>) -> Result<Vec<String>, Refusal> {
    read(field).ok_or_else(|| wrong("'channels' must be a list of strings"))
}

/// Where the client was, by channel; nowhere if it does not say.
fn recover(field: Option<&RawValue>) -> Result<Vec<(String, Since)>, Refusal> {
    let Some(field) = field else {
        return Ok(Vec::new());
    };
    let places: Option<BTreeMap<String, Place>> = read(Some(field));
    let places = places.ok_or_else(|| {
        wrong("'recover' must be an object of channels, each with 'epoch' (a string) and 'offset' (a whole number)")
    })?;
    let places = places.into_iter();
    Ok(places
        .map(|(channel, Place { epoch, offset })| (channel, Since::Place { epoch, offset }))
        .collect())
}

fn unknown_type(kind: &str) -> Refusal {
    Refusal::BadMessage(format!(
        "'type' is '{}'; expected 'auth', 'subscribe', 'unsubscribe' or 'ping'",
        shown(kind)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_documented_messages() {
        let read = |text: &str| decode(text).unwrap();
        assert_eq!(
            read(r#"{"type":"auth","token":"a.b.c"}"#),
            Command::Auth {
                token: "a.b.c".into(),
                batch: None
            }
        );
        for (word, batch) in [("true", true), ("false", false)] {
            assert_eq!(
                read(&format!(r#"{{"type":"auth","token":"a","batch":{word}}}"#)),
                Command::Auth {
                    token: "a".into(),
                    batch: Some(batch)
                }
            );
        }
        assert_eq!(
            read(r#"{"type":"subscribe","channels":["price:bitcoin","signals:all"]}"#),
            Command::Subscribe {
                channels: vec!["price:bitcoin".into(), "signals:all".into()],
                recover: vec![],
                bars: None
            }
        );
        let since = |epoch: &str, offset| Since::Place {
            epoch: epoch.into(),
            offset,
        };
        assert_eq!(
            read(
                r#"{"type":"subscribe","channels":[],"recover":{"b":{"epoch":"7","offset":0,"new":1},"a":{"epoch":"x","offset":42}}}"#
            ),
            Command::Subscribe {
                channels: vec![],
                recover: vec![("a".into(), since("x", 42)), ("b".into(), since("7", 0))],
                bars: None
            }
        );
        assert_eq!(
            read(r#"{"type":"unsubscribe","channels":[]}"#),
            Command::Unsubscribe {
                channels: vec![],
                family: None
            }
        );
        assert_eq!(
            read(r#" { "type" : "ping", "extra": {"a": [1]} } "#),
            Command::Ping
        );
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        for (text, named) in [
            ("", "JSON object"),
            ("[\"ping\"]", "JSON object"),
            ("\"ping\"", "JSON object"),
            ("{", "not valid JSON"),
            ("{}", "'type' must be a string"),
            (r#"{"type":1}"#, "'type' must be a string"),
            (r#"{"type":"ping","type":"ping"}"#, "duplicate field"),
            (r#"{"type":"dance"}"#, "'dance'"),
            (r#"{"type":"auth"}"#, "'token'"),
            (r#"{"type":"auth","token":null}"#, "'token'"),
            (r#"{"type":"auth","token":"a","batch":1}"#, "'batch'"),
            (r#"{"type":"auth","token":"a","batch":"true"}"#, "'batch'"),
            (r#"{"type":"auth","token":"a","batch":[]}"#, "'batch'"),
            (r#"{"type":"subscribe"}"#, "'channels'"),
            (r#"{"type":"subscribe","channels":"price:bitcoin"}"#, "'channels'"),
            (r#"{"type":"subscribe","channels":[1]}"#, "'channels'"),
            (r#"{"type":"subscribe","channels":["\ud800"]}"#, "'channels'"),
        ] {
            let error = decode(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn a_place_to_recover_from_of_the_wrong_shape_is_named() {
        for recover in [
            "7",
            "[]",
            r#""price:bitcoin""#,
            r#"{"price:bitcoin":null}"#,
            r#"{"price:bitcoin":42}"#,
            r#"{"price:bitcoin":{}}"#,
            r#"{"price:bitcoin":{"epoch":"7"}}"#,
            r#"{"price:bitcoin":{"offset":42}}"#,
            r#"{"price:bitcoin":{"epoch":7,"offset":42}}"#,
            r#"{"price:bitcoin":{"epoch":null,"offset":42}}"#,
            r#"{"price:bitcoin":{"epoch":"7","offset":"42"}}"#,
            r#"{"price:bitcoin":{"epoch":"7","offset":-1}}"#,
            r#"{"price:bitcoin":{"epoch":"7","offset":1.5}}"#,
            r#"{"price:bitcoin":{"epoch":"7","offset":18446744073709551616}}"#,
            r#"{"price:bitcoin":{"epoch":"7","offset":1,"offset":2}}"#,
        ] {
            let text = format!(r#"{{"type":"subscribe","channels":[],"recover":{recover}}}"#);
            let error = decode(&text).unwrap_err().to_string();
            assert!(error.contains("'recover'"), "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_read_without_recursion() {
        let deep = format!(
            r#"{{"type":"ping","x":{}{}}}"#,
            "[".repeat(30_000),
            "]".repeat(30_000)
        );
        assert_eq!(decode(&deep), Ok(Command::Ping));
        let open = format!(r#"{{"type":"subscribe","channels":{}}}"#, "[".repeat(60_000));
        assert!(decode(&open).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = decode(&text);
        }

        #[test]
        fn never_panics_on_nearly_right_messages(
            kind in "(auth|subscribe|unsubscribe|ping|\\PC{0,6})",
            field in "(token|channels|type|batch|recover)",
            value in "(\"[a-z:]{0,8}\"|\\[(\"[a-z:]{0,8}\",?){0,3}\\]|[0-9e.-]{1,6}|null|\\{\\})",
        ) {
            let _ = decode(&format!(r#"{{"type":"{kind}","{field}":{value}}}"#));
        }
    }
}
