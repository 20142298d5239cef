use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Histogram;

/// What has happened since some beginning; only ever grows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Connections opened.
    pub connects: u64,
    /// Of those, by a subject that had left this shard less than five minutes before, or whose first subscription said where
    /// the client had been.
    pub reconnects: u64,
    /// Connections closed, by either side.
    pub closes: u64,
    /// Frames from clients, but for the pings that the runtime answers by itself.
    pub messages_in: u64,
    /// Messages to clients, likewise; a batch is one frame and counts each of its messages.
    pub messages_out: u64,
    /// Payload bytes from clients.
    pub bytes_in: u64,
    /// Bytes of these messages, without what a batch puts around and between them.
    pub bytes_out: u64,
    /// Refusals by code.
    pub errors: BTreeMap<String, u64>,
    /// From an event to its messages, in milliseconds.
    pub latency: Histogram,
}

impl Counters {
    /// Counts a refusal.
    pub fn error(&mut self, code: &str) {
        match self.errors.get_mut(code) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(code.to_owned(), 1);
            }
        }
    }

    /// Adds what `now` has more than `before`: two readings of the same counters.
    pub fn add_growth(&mut self, before: &Self, now: &Self) {
        self.connects += now.connects.saturating_sub(before.connects);
        self.reconnects += now.reconnects.saturating_sub(before.reconnects);
        self.closes += now.closes.saturating_sub(before.closes);
        self.messages_in += now.messages_in.saturating_sub(before.messages_in);
        self.messages_out += now.messages_out.saturating_sub(before.messages_out);
        self.bytes_in += now.bytes_in.saturating_sub(before.bytes_in);
        self.bytes_out += now.bytes_out.saturating_sub(before.bytes_out);
        for (code, count) in &now.errors {
            let grown = count.saturating_sub(before.errors.get(code).copied().unwrap_or(0));
            *self.errors.entry(code.clone()).or_default() += grown;
        }
        self.latency.add_growth(&before.latency, &now.latency);
    }
}
