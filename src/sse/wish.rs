use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::frame::place;
use super::places::Places;
use super::{Refused, Stream};
use crate::model::Position;

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    places: Places,
    /// Where the client was, as it said it itself.
    recover: Option<Map<String, Value>>,
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
        let auth = token.map(|token| json!({"type": "auth", "token": token, "batch": true}).to_string());
        auth.into_iter().chain([self.subscribe(max_bytes)]).collect()
    }

    /// The stream that it becomes, of a client that has a token or has none.
    pub fn stream(self, has_token: bool) -> Stream {
        Stream::new(self.places, has_token)
    }

    fn subscribe(&self, max_bytes: usize) -> String {
        let channels = self.places.channels();
        let alone = json!({"type": "subscribe", "channels": channels}).to_string();
        let known = self.places.known().map(|(name, Position { epoch, offset })| {
            let place = json!({"epoch": epoch.to_string(), "offset": offset});
            (name.to_owned(), place)
        });
        let recover = self.recover.clone().unwrap_or_else(|| known.collect());
        if recover.is_empty() {
            return alone;
        }
        let whole = json!({"type": "subscribe", "channels": channels, "recover": recover}).to_string();
        // If there is no room for places, the client is told that nothing was recovered, and gets current values.
        if whole.len() > max_bytes { alone } else { whole }
    }
}

/// The names in all `channels` of a query, each once. A comma stands between names, unless it is encoded.
fn channels(query: &str) -> Vec<String> {
    let all = raw(query, "channels").flat_map(|value| value.split(',').map(decoded));
    let mut seen = BTreeSet::new();
    all.filter(|name| !name.is_empty() && seen.insert(name.clone()))
        .collect()
}

/// Checks the places that a client names itself, and notes those that it calls as it does in `channels`.
fn recover(text: &str, places: &mut Places) -> Result<Map<String, Value>, Refused> {
    let is_place = |it: &Value| {
        it.get("epoch").is_some_and(Value::is_string) && it.get("offset").is_some_and(Value::is_u64)
    };
    let named: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    let Some(named) = named.filter(|named| named.values().all(is_place)) else {
        return Err(Refused::parameter(
            "'recover': expected a JSON object of channels, each with 'epoch' (a string) and 'offset' (a whole number)",
        ));
    };
    for (name, it) in &named {
        if let Some(position) = place(it) {
            places.set(name, position);
        }
    }
    Ok(named)
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
