use serde_json::{Map, Value, json};

use super::places::Places;
use super::{Refused, Stream};
use crate::model::Position;
use crate::query;

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    places: Places,
    /// Where the client was, as it said it itself.
    recover: Option<Vec<(String, Position)>>,
}

impl Wish {
    /// Reads a query as it stands in the address, and the header `Last-Event-ID`. A stream has at most `max_channels`.
    ///
    /// # Errors
    /// A parameter is wrong.
    pub fn read(query: &str, last_event_id: Option<&str>, max_channels: usize) -> Result<Self, Refused> {
        let mut places = Places::of(query::channels(query, max_channels)?);
        let recover = query::recover(query)?;
        if let Some(recover) = &recover {
            // Those that it calls as it does in `channels`.
            for (name, position) in recover {
                places.set(name, *position);
            }
        } else {
            let header = last_event_id.filter(|id| !id.is_empty()).map(str::to_owned);
            if let Some(id) = header.or_else(|| query::parameter(query, "lastEventId")) {
                places.resume(&id);
            }
        }
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
        let known = || self.places.known().map(|(name, place)| (name.to_owned(), place));
        let places = self.recover.clone().unwrap_or_else(|| known().collect());
        let place = |(name, Position { epoch, offset }): (String, Position)| {
            (name, json!({"epoch": epoch.to_string(), "offset": offset}))
        };
        let recover: Map<String, Value> = places.into_iter().map(place).collect();
        if recover.is_empty() {
            return alone;
        }
        let whole = json!({"type": "subscribe", "channels": channels, "recover": recover}).to_string();
        // If there is no room for places, the client is told that nothing was recovered, and gets current values.
        if whole.len() > max_bytes { alone } else { whole }
    }
}
