//! What an operator asks and is told: `/api/v1/disconnect`, `/channels`, `/presence`.

use serde::Serialize;
use serde_json::json;

use super::fields::Fields;
use super::parameters::Parameters;
use super::problem::shown;
use super::{Answer, Known, Problem, Service, values};
use crate::model::{Channel, Epoch, Listing, MAX_USER_ID, Position, Presence, Target};

/// Reads whom to disconnect: `{"user": …}` or `{"connection": …}`.
///
/// # Errors
/// The first field that is wrong.
pub fn whom(body: &str) -> Result<Target, Problem> {
    let body = values::json(body)?;
    let mut fields = Fields::read(String::new(), body)?;
    let user = fields.optional_text("user", MAX_USER_ID)?;
    let connection = fields.optional("connection", "the id of a connection", |raw| {
        values::text(raw)?.parse().ok()
    })?;
    let target = match (user, connection) {
        (Some(user), None) => Target::User(user),
        (None, Some(connection)) => Target::Connection(connection),
        (Some(_), Some(_)) => return Err(fields.refuse("connection", "expected it or 'user', not both")),
        (None, None) => return Err(fields.missing("user", &"it or 'connection'")),
    };
    fields.end()?;
    Ok(target)
}

/// Reads which channel is asked about, and how the question spells it.
///
/// # Errors
/// The first parameter that is wrong; or a coin that perhaps the feed knows.
pub fn which(
    query: impl IntoIterator<Item = (String, String)>,
    known: Known<'_>,
) -> Result<(Channel, String), Problem> {
    let expected = "the name of a channel";
    let parameters = Parameters::read(query, Service::Presence.parameters())?;
    let name = parameters.required("channel", expected, |name| Some(name.to_owned()))?;
    let channel = known.channel(&name, |_| {
        let found = shown(&name);
        Problem::parameter(
            "channel",
            format!("'channel': expected {expected}, found '{found}'"),
        )
    })?;
    Ok((channel, name))
}

/// So many connections were closed.
pub fn closed(count: u64) -> Answer {
    fresh(json!({"closed": count}).to_string())
}

/// Who holds a channel.
pub fn present(name: &str, presence: &Presence) -> Answer {
    let Presence { subscribers, users } = presence;
    fresh(json!({"channel": name, "subscribers": subscribers, "users": users}).to_string())
}

/// Every channel that somebody holds or that has had a message: who holds it, and where it stands.
#[derive(Debug, Default)]
pub struct Standings {
    channels: Listing<(u64, Option<Position>)>,
    fresh: Epoch,
}

#[derive(Serialize)]
struct Listed {
    channels: Vec<Standing>,
    left_out: u64,
}

#[derive(Serialize)]
struct Standing {
    channel: String,
    subscribers: u64,
    epoch: String,
    offset: u64,
}

impl Standings {
    /// From where the broker says that channels stand; `fresh` is the epoch of all others.
    pub fn new(places: Vec<(Channel, Position)>, fresh: Epoch) -> Self {
        let mut channels = Listing::default();
        for (channel, place) in places {
            if let Some(standing) = channels.entry(channel.to_string()) {
                *standing = (0, Some(place));
            }
        }
        Self { channels, fresh }
    }

    /// Adds what the connections of a shard hold.
    pub fn add(&mut self, held: Listing<u64>) {
        for (channel, subscribers) in held.first {
            if let Some((count, _)) = self.channels.entry(channel) {
                *count = count.saturating_add(subscribers);
            }
        }
        self.channels.left_out = self.channels.left_out.saturating_add(held.left_out);
    }

    /// All of them in the order of their names, as far as they are not too many.
    pub fn answer(self) -> Answer {
        let Self {
            channels: Listing { first, left_out },
            fresh: epoch,
        } = self;
        let channels = first.into_iter().map(|(channel, (subscribers, place))| {
            let Position { epoch, offset } = place.unwrap_or(Position { epoch, offset: 0 });
            Standing {
                channel,
                subscribers,
                epoch: epoch.to_string(),
                offset,
            }
        });
        let listed = Listed {
            channels: channels.collect(),
            left_out,
        };
        // Text and numbers: neither can fail to be written.
        fresh(serde_json::to_string(&listed).unwrap_or_default())
    }
}

/// True now, and perhaps not a moment later.
fn fresh(body: String) -> Answer {
    Answer { body, max_age_s: 0 }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;
    use crate::model::{Catalog, MAX_LISTED};

    fn body(answer: &Answer) -> Value {
        serde_json::from_str(&answer.body).unwrap()
    }

    fn held(channels: &[(&str, u64)]) -> Listing<u64> {
        let first = channels.iter().map(|(name, count)| ((*name).to_owned(), *count));
        Listing {
            first: first.collect(),
            left_out: 0,
        }
    }

    #[test]
    fn one_is_disconnected_by_name_or_by_id_and_not_by_both() {
        assert_eq!(whom(r#"{"user":"alice"}"#), Ok(Target::User("alice".into())));
        let id = Uuid::from_u128(7);
        assert_eq!(
            whom(&json!({"connection": id}).to_string()),
            Ok(Target::Connection(id))
        );
        for (wrong, field) in [
            (json!({}), "user"),
            (json!({"user": ""}), "user"),
            (json!({"user": null}), "user"),
            (json!({"user": "x".repeat(129)}), "user"),
            (json!({"connection": "x"}), "connection"),
            (json!({"connection": id, "user": "alice"}), "connection"),
            (json!({"user": "alice", "reason": "x"}), "reason"),
            (json!([]), ""),
        ] {
            match whom(&wrong.to_string()) {
                Err(Problem::Field { name, .. }) => assert_eq!(name, field, "{wrong}"),
                other => panic!("{wrong}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_channel_is_asked_about_by_any_of_its_names() {
        let catalog = Catalog::embedded();
        let ask_with = |is_all: bool, name: &str| {
            let known = Known {
                catalog: &catalog,
                is_all,
            };
            which([("channel".to_owned(), name.to_owned())], known)
        };
        let ask = |name: &str| ask_with(true, name);
        let (channel, name) = ask("price:BTC").unwrap();
        assert_eq!(
            (channel.to_string().as_str(), name.as_str()),
            ("price:bitcoin", "price:BTC")
        );
        for wrong in ["", "price:nosuchcoin", "nonsense"] {
            assert!(
                matches!(ask(wrong), Err(Problem::Parameter { name, .. }) if name == "channel"),
                "{wrong}"
            );
        }
        assert_eq!(ask_with(false, "price:BTC"), ask("price:BTC"));
        assert_eq!(
            ask_with(false, "price:nosuchcoin"),
            Err(Problem::Unavailable("The feed"))
        );
        assert_eq!(ask_with(false, "nonsense"), ask("nonsense"));
    }

    #[test]
    fn channels_are_listed_with_those_that_nobody_holds_and_those_without_a_message() {
        let parse = |name: &str| Channel::parse(name, &Catalog::embedded()).unwrap();
        let place = Position {
            epoch: Epoch::new(7),
            offset: 41,
        };
        let mut standings = Standings::new(vec![(parse("price:bitcoin"), place)], Epoch::new(9));
        standings.add(held(&[("signals:all", 2), ("candles:BTC/USDT:1m", 1)]));
        standings.add(held(&[("signals:all", 3)]));
        let expected = json!({"channels": [
            {"channel": "candles:BTC/USDT:1m", "subscribers": 1, "epoch": "9", "offset": 0},
            {"channel": "price:bitcoin", "subscribers": 0, "epoch": "7", "offset": 41},
            {"channel": "signals:all", "subscribers": 5, "epoch": "9", "offset": 0},
        ], "left_out": 0});
        assert_eq!(body(&standings.answer()), expected);
    }

    #[test]
    fn more_channels_than_an_answer_lists_are_counted() {
        let many = |from: usize| {
            let names = (from..).take(MAX_LISTED).map(|n| (format!("mentions:{n:05}"), 1));
            Listing {
                first: names.collect(),
                left_out: 2,
            }
        };
        let mut standings = Standings::default();
        standings.add(many(3));
        standings.add(many(0));
        let body = body(&standings.answer());
        assert_eq!(body["left_out"], 3 + 2 + 2);
        let channels = body["channels"].as_array().unwrap();
        assert_eq!(channels.len(), MAX_LISTED);
        let subscribers = |n: usize| channels[n]["subscribers"].as_u64().unwrap();
        assert_eq!((subscribers(2), subscribers(3), subscribers(9_999)), (1, 2, 2));
    }

    #[test]
    fn what_was_done_and_who_is_there_is_told() {
        let mut presence = Presence::default();
        presence.note(Some("bob"));
        presence.note(None);
        let expected = json!({"channel": "price:BTC", "subscribers": 2, "users": ["bob"]});
        assert_eq!(body(&present("price:BTC", &presence)), expected);
        assert_eq!(body(&closed(2)), json!({"closed": 2}));
    }
}
