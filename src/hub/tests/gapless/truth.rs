use std::collections::BTreeMap;

use super::*;

/// What a broker promises to keep of each channel: so many messages ...
const KEPT_MESSAGES: u64 = 300;
/// ... and for so long.
const KEPT_MS: u64 = 5 * 60_000;
/// So long it keeps ticks for shards that lag.
const LOGGED_MS: u64 = 3 * 60_000;

/// All that was ever published, as the publisher was told.
#[derive(Debug, Default)]
pub struct Truth {
    messages: BTreeMap<(String, u64), (UnixMillis, String)>,
    heads: BTreeMap<String, u64>,
    ticks: Vec<(u64, UnixMillis)>,
}

impl Truth {
    pub fn published(&mut self, channel: &Channel, offset: u64, what: &str, now: UnixMillis) {
        let channel = channel.to_string();
        let before = self.heads.insert(channel.clone(), offset);
        assert_eq!(before.unwrap_or(0) + 1, offset, "{channel} has one order");
        self.messages.insert((channel, offset), (now, what.to_owned()));
    }

    pub fn tick(&mut self, number: u64, now: UnixMillis) {
        assert!(self.ticks.last().is_none_or(|(last, _)| *last < number));
        self.ticks.push((number, now));
    }

    /// Whether a tick is later than `seen` and earlier than `first`.
    pub fn has_tick_between(&self, seen: u64, first: u64) -> bool {
        self.ticks
            .iter()
            .any(|(number, _)| seen < *number && *number < first)
    }

    pub fn head(&self, channel: &str) -> u64 {
        self.heads.get(channel).copied().unwrap_or(0)
    }

    /// Whether a message of that place says what was published there.
    pub fn check(&self, channel: &str, offset: u64, data: &Value) {
        let (_, what) = self
            .messages
            .get(&(channel.to_owned(), offset))
            .expect("published");
        let said = match (&data["price"], &data["id"], &data["title"]) {
            (Value::Number(price), _, _) => price.to_string(),
            (_, Value::String(text), _) | (_, _, Value::String(text)) => text.clone(),
            _ => panic!("{data}"),
        };
        assert_eq!(said, *what, "{channel} {offset}");
    }

    /// Whether the broker may have dropped a message that came after that place.
    pub fn is_lost(&self, channel: &str, since: u64, now: UnixMillis) -> bool {
        let first = self.messages.get(&(channel.to_owned(), since + 1));
        let too_old = first.is_some_and(|(at, _)| now.since(*at) >= KEPT_MS);
        too_old || self.head(channel) - since > KEPT_MESSAGES
    }

    /// Whether a tick that a shard has not seen may have been dropped.
    pub fn is_cut_off(&self, seen: u64, now: UnixMillis) -> bool {
        let missed = self.ticks.iter().find(|(number, _)| *number > seen);
        missed.is_some_and(|(_, at)| now.since(*at) > LOGGED_MS)
    }
}
