use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::MAX_USER_ID;
use crate::protocol::fields::{message, read, shown, wrong};
use crate::protocol::{Command, Refusal, Since};

/// A client's message, its fields still unread. Unknown fields are ignored.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    symbols: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
}

/// Reads one text frame. Every error names the field that is wrong.
pub(in crate::protocol) fn decode(text: &str) -> Result<Command, Refusal> {
    let message: Message<'_> = message(text, "action")?;
    let action: String = read(message.action).ok_or_else(|| wrong("'action' must be a string"))?;
    match action.as_str() {
        "ping" => Ok(Command::Ping),
        "subscribe" => {
            let channels = channels(&message)?;
            let recover = channels.iter().filter(|name| name.starts_with(USER));
            let recover = recover.map(|name| (name.clone(), Since::Kept)).collect();
            Ok(Command::Subscribe {
                channels,
                recover,
                bars: None,
            })
        }
        "unsubscribe" => Ok(Command::Unsubscribe {
            channels: channels(&message)?,
            family: None,
        }),
        other => Err(Refusal::BadMessage(format!(
            "'action' is '{}'; there are 'subscribe', 'unsubscribe' and 'ping'",
            shown(other)
        ))),
    }
}

/// What stands before a coin in the name of its channel.
pub(super) const PRICE: &str = "price:";
/// What stands before a user's id in the name of their channel.
pub(super) const USER: &str = "user:";

/// The hub's names of what the message is about.
fn channels(message: &Message<'_>) -> Result<Vec<String>, Refusal> {
    let channel: String = read(message.channel).ok_or_else(|| wrong("'channel' must be a string"))?;
    match channel.as_str() {
        "prices" => {
            let symbols: Vec<String> = read(message.symbols)
                .filter(|symbols: &Vec<String>| !symbols.is_empty())
                .ok_or_else(|| wrong("'symbols' must be a list of at least one string"))?;
            let named = symbols.into_iter().map(|symbol| format!("{PRICE}{symbol}"));
            Ok(named.collect())
        }
        "notifications" => {
            let user: String = read(message.user_id)
                .filter(|user: &String| (1..=MAX_USER_ID).contains(&user.len()))
                .ok_or_else(|| {
                    Refusal::BadMessage(format!("'user_id' must be a string of 1 to {MAX_USER_ID} bytes"))
                })?;
            Ok(vec![format!("{USER}{user}")])
        }
        other => Err(Refusal::BadMessage(format!(
            "'channel' is '{}'; there are 'prices' and 'notifications'",
            shown(other)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        match decode(text).unwrap() {
            Command::Subscribe { channels, .. } | Command::Unsubscribe { channels, .. } => channels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_printed_messages_are_read() {
        let prices = r#"{"action":"subscribe","channel":"prices","symbols":["BTC","ETH","SOL","XLM"]}"#;
        assert_eq!(
            names(prices),
            ["price:BTC", "price:ETH", "price:SOL", "price:XLM"]
        );
        let fewer = r#"{"action":"unsubscribe","channel":"prices","symbols":["BTC"]}"#;
        assert_eq!(names(fewer), ["price:BTC"]);
        assert_eq!(decode(r#"{"action":"ping"}"#), Ok(Command::Ping));
        let notifications = r#"{"action":"subscribe","channel":"notifications","user_id":"7b0e"}"#;
        assert_eq!(
            decode(notifications),
            Ok(Command::Subscribe {
                channels: vec!["user:7b0e".into()],
                recover: vec![("user:7b0e".into(), Since::Kept)],
                bars: None,
            })
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            ("", "JSON object"),
            ("[]", "JSON object"),
            (r#"["subscribe"]"#, "JSON object"),
            ("{", "not valid JSON"),
            ("{}", "'action'"),
            (r#"{"action":7}"#, "'action'"),
            (r#"{"action":"buy"}"#, "'buy'"),
            (r#"{"action":"subscribe"}"#, "'channel'"),
            (r#"{"action":"subscribe","channel":"trades"}"#, "'trades'"),
            (r#"{"action":"subscribe","channel":"prices"}"#, "'symbols'"),
            (
                r#"{"action":"subscribe","channel":"prices","symbols":"BTC"}"#,
                "'symbols'",
            ),
            (
                r#"{"action":"subscribe","channel":"prices","symbols":[]}"#,
                "'symbols'",
            ),
            (
                r#"{"action":"subscribe","channel":"prices","symbols":[1]}"#,
                "'symbols'",
            ),
            (
                r#"{"action":"unsubscribe","channel":"notifications"}"#,
                "'user_id'",
            ),
            (
                r#"{"action":"subscribe","channel":"notifications","user_id":""}"#,
                "'user_id'",
            ),
            (
                r#"{"action":"subscribe","channel":"notifications","user_id":7}"#,
                "'user_id'",
            ),
        ] {
            let error = decode(text).unwrap_err().to_string();
            assert!(error.contains(field), "{text}: {error}");
        }
    }

    #[test]
    fn a_user_s_name_is_as_long_as_a_token_s_at_most() {
        let subscribe = |bytes: usize| {
            let user = "x".repeat(bytes);
            decode(&format!(
                r#"{{"action":"subscribe","channel":"notifications","user_id":"{user}"}}"#
            ))
        };
        assert!(subscribe(128).is_ok());
        let error = subscribe(129).unwrap_err().to_string();
        assert_eq!(error, "'user_id' must be a string of 1 to 128 bytes");
    }

    #[test]
    fn a_long_word_is_not_repeated_in_full() {
        let text = format!(r#"{{"action":"{}"}}"#, "x".repeat(5_000));
        assert!(decode(&text).unwrap_err().to_string().len() < 200);
    }
}
