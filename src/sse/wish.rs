use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::frame::position;
use super::places::Places;
use super::{Refused, Stream};
use crate::model::Position;

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    places: Places,
    /// Where the client was, as it said it itself.
    recover: Option<Box<RawValue>>,
}

/// A place as the WebSocket has it.
#[derive(Serialize, Deserialize)]
struct Place {
    epoch: String,
    offset: u64,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self {
            epoch: position.epoch.to_string(),
            offset: position.offset,
        }
    }
}

#[derive(Serialize)]
struct Auth<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    token: &'a str,
    batch: bool,
}

#[derive(Serialize)]
struct Subscribe<'a, R> {
    #[serde(rename = "type")]
    kind: &'static str,
    channels: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    recover: Option<R>,
}

impl Wish {
    /// Reads a query as it stands in the address, and the header `Last-Event-ID`. A stream has at most `max_channels`.
    ///
    /// # Errors
    /// A parameter is wrong.
    pub fn read(query: &str, last_event_id: Option<&str>, max_channels: usize) -> Result<Self, Refused> {
        let channels = channels(query);
        if channels.is_empty() {
            return Err(Refused::parameter("'channels': expected one or more names"));
        }
        if channels.len() > max_channels {
            return Err(Refused::parameter(format!(
                "'channels': expected at most {max_channels} names, found {}",
                channels.len()
            )));
        }
        let mut places = Places::of(channels);
        let recover = match parameter(query, "recover") {
            Some(json) => Some(recover(&json, &mut places)?),
            None => {
                let header = last_event_id.filter(|id| !id.is_empty());
                let id = header.map(Cow::Borrowed);
                if let Some(id) = id.or_else(|| parameter(query, "lastEventId")) {
                    places.resume(&id);
                }
                None
            }
        };
        Ok(Self { places, recover })
    }

    /// What is said to a shard, frame by frame, none longer than `max_bytes` if that can be.
    pub fn hello(&self, token: Option<&str>, max_bytes: usize) -> Vec<String> {
        let auth = token.map(|token| {
            json(&Auth {
                kind: "auth",
                token,
                batch: true,
            })
        });
        auth.into_iter().chain([self.subscribe(max_bytes)]).collect()
    }

    /// The stream that it becomes, of a client that has a token or has none.
    pub fn stream(self, has_token: bool) -> Stream {
        Stream::new(self.places, has_token)
    }

    fn subscribe(&self, max_bytes: usize) -> String {
        if self.recover.is_some() {
            return self.subscribe_from(self.recover.as_ref());
        }
        let known: BTreeMap<&str, Place> = self
            .places
            .known()
            .map(|(name, position)| (name, position.into()))
            .collect();
        let from = self.subscribe_from(Some(known).filter(|known| !known.is_empty()));
        if from.len() <= max_bytes {
            return from;
        }
        // The client is told that nothing was recovered, and gets current values.
        self.subscribe_from(None::<()>)
    }

    fn subscribe_from(&self, recover: Option<impl Serialize>) -> String {
        json(&Subscribe {
            kind: "subscribe",
            channels: self.places.channels(),
            recover,
        })
    }
}

/// The names in all `channels` of a query, each once. A comma stands between names, unless it is encoded.
fn channels(query: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for value in raw(query, "channels") {
        for name in value.split(',').map(decoded).filter(|name| !name.is_empty()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Checks the places that a client names itself, and notes those that it calls as it does in `channels`.
fn recover(json: &str, places: &mut Places) -> Result<Box<RawValue>, Refused> {
    let named: Result<BTreeMap<String, Place>, _> = serde_json::from_str(json);
    let raw = RawValue::from_string(json.to_owned());
    let (Ok(named), Ok(raw)) = (named, raw) else {
        return Err(Refused::parameter(
            "'recover': expected a JSON object of channels, each with 'epoch' (a string) and 'offset' (a whole number)",
        ));
    };
    for (name, Place { epoch, offset }) in named {
        if let Some(position) = position(&epoch, offset) {
            places.set(&name, position);
        }
    }
    Ok(raw)
}

/// The first parameter of that name that is not empty, decoded.
fn parameter<'a>(query: &'a str, name: &'a str) -> Option<Cow<'a, str>> {
    let first = raw(query, name).find(|value| !value.is_empty())?;
    Some(Cow::Owned(decoded(first)))
}

/// The values of all parameters of that name, as they stand in the query.
fn raw<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = query
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.filter_map(move |(key, value)| (decoded(key) == name).then_some(value))
}

/// A part of a query, decoded as forms are: `+` is a space.
fn decoded(text: &str) -> String {
    // Of a pair without a `&` the name is all there is, with what would stand between name and value encoded.
    let one = text.replace('&', "%26").replace('=', "%3D");
    let pair = form_urlencoded::parse(one.as_bytes()).next();
    pair.map(|(text, _)| text.into_owned()).unwrap_or_default()
}

fn json(value: &impl Serialize) -> String {
    // Names and numbers are always to be written.
    serde_json::to_string(value).unwrap_or_default()
}
