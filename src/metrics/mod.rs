//! What `GET /metrics` says, in the text format of Prometheus. The broker and the feed each write their own
//! families; one text after the other is the whole.

mod text;

use std::collections::BTreeMap;

use crate::hub::broker::Lag;
use crate::hub::stats::Totals;
use text::{Kind, Text};

/// The text's media type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the broker knows: of all shards, and how far each is behind.
#[derive(Debug)]
pub struct HubFigures<'a> {
    /// What all shards have counted.
    pub totals: &'a Totals,
    /// By name of the shard.
    pub lags: &'a [(String, Lag)],
    /// Deliveries that were not acknowledged.
    pub delivery_faults: u64,
    /// Deliveries that were not acknowledged in time, whatever became of them.
    pub deliveries_late: u64,
}

/// What the feed knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFigures {
    /// Since the last cycle, milliseconds; `None` before the first.
    pub age_ms: Option<u64>,
    /// Since the last good answer of a provider, milliseconds; `None` before the first.
    pub data_age_ms: Option<u64>,
    /// What went wrong with each provider, by its name and the fault's.
    pub provider_faults: BTreeMap<(String, String), u64>,
    /// Writes that D1 did not take.
    pub storage_faults: u64,
    /// Rows that wait for D1.
    pub rows_waiting: u64,
    /// Coins with a price.
    pub coins: u64,
}

impl HubFigures<'_> {
    /// The families of the hub.
    pub fn text(&self) -> String {
        let mut text = Text::default();
        self.connections(&mut text);
        self.messages(&mut text);
        self.broker(&mut text);
        text.finish()
    }

    fn connections(&self, text: &mut Text) {
        let (counters, gauges) = (self.totals.counters(), self.totals.gauges());
        text.family("connections", Kind::Gauge, "Open connections, by shard");
        for (shard, count) in self.totals.connections_by_shard() {
            text.sample(&[("shard", shard)], count);
        }
        text.one(
            "authenticated_connections",
            Kind::Gauge,
            "Open connections with a good token",
            gauges.authenticated,
        );
        text.family(
            "subscriptions",
            Kind::Gauge,
            "Subscriptions held, by family of channel",
        );
        for (family, count) in &gauges.subscriptions {
            text.sample(&[("family", family)], count);
        }
        text.one(
            "connects_total",
            Kind::Counter,
            "Connections opened",
            counters.connects,
        );
        text.one(
            "reconnects_total",
            Kind::Counter,
            "Connections that came back: a subject that had left the shard within 5 minutes, or a first subscribe with recover",
            counters.reconnects,
        );
        text.one(
            "disconnects_total",
            Kind::Counter,
            "Connections closed, by either side",
            counters.closes,
        );
        text.one(
            "wasm_heap_bytes",
            Kind::Gauge,
            "Memory of the largest isolate",
            gauges.wasm_heap_bytes,
        );
    }

    fn messages(&self, text: &mut Text) {
        let counters = self.totals.counters();
        text.one(
            "messages_received_total",
            Kind::Counter,
            "Messages from clients",
            counters.messages_in,
        );
        text.one(
            "messages_sent_total",
            Kind::Counter,
            "Messages to clients, each of a batch",
            counters.messages_out,
        );
        text.one(
            "received_bytes_total",
            Kind::Counter,
            "Payload from clients",
            counters.bytes_in,
        );
        text.one(
            "sent_bytes_total",
            Kind::Counter,
            "Bytes of messages to clients, without what a batch adds",
            counters.bytes_out,
        );
        text.histogram(
            "delivery_latency_seconds",
            "From an event to its messages to clients",
            &counters.latency,
        );
        text.family("errors_total", Kind::Counter, "Requests refused, by code");
        for (code, count) in &counters.errors {
            text.sample(&[("code", code)], count);
        }
    }

    fn broker(&self, text: &mut Text) {
        text.family(
            "published_total",
            Kind::Counter,
            "Messages published, by family of channel",
        );
        for (family, count) in self.totals.published() {
            text.sample(&[("family", family)], count);
        }
        text.one(
            "published_repeated_total",
            Kind::Counter,
            "Messages that were sent again and had been taken before, since the broker woke",
            self.totals.repeated(),
        );
        text.family(
            "broker_lag_ticks",
            Kind::Gauge,
            "Ticks that a shard has not acknowledged",
        );
        for (shard, lag) in self.lags {
            text.sample(&[("shard", shard)], lag.ticks);
        }
        text.family(
            "broker_lag_seconds",
            Kind::Gauge,
            "For how long the oldest of them waits",
        );
        for (shard, lag) in self.lags {
            text.sample(&[("shard", shard)], seconds(lag.millis));
        }
        text.one(
            "delivery_faults_total",
            Kind::Counter,
            "Deliveries not acknowledged, since the broker woke",
            self.delivery_faults,
        );
        text.one(
            "deliveries_late_total",
            Kind::Counter,
            "Deliveries not acknowledged within 5 seconds, be they later, since the broker woke",
            self.deliveries_late,
        );
    }
}

impl FeedFigures {
    /// The families of the feed. What is not known yet has no sample.
    pub fn text(&self) -> String {
        let mut text = Text::default();
        text.family(
            "feed_age_seconds",
            Kind::Gauge,
            "Since the last cycle of the feed",
        );
        self.age_ms
            .into_iter()
            .for_each(|age| text.sample(&[], seconds(age)));
        text.family(
            "feed_data_age_seconds",
            Kind::Gauge,
            "Since the last good answer of a provider",
        );
        self.data_age_ms
            .into_iter()
            .for_each(|age| text.sample(&[], seconds(age)));
        text.family(
            "provider_faults_total",
            Kind::Counter,
            "What went wrong with providers, by code",
        );
        for ((provider, code), count) in &self.provider_faults {
            text.sample(&[("provider", provider), ("code", code)], count);
        }
        text.one(
            "storage_faults_total",
            Kind::Counter,
            "Writes that the database did not take",
            self.storage_faults,
        );
        text.one(
            "rows_waiting",
            Kind::Gauge,
            "Rows that wait for the database",
            self.rows_waiting,
        );
        text.one("coins", Kind::Gauge, "Coins with a price", self.coins);
        text.finish()
    }
}

/// The whole: which parts answered, and what they say.
pub fn join(parts: &[(&str, Option<String>)]) -> String {
    let mut text = Text::default();
    text.family("up", Kind::Gauge, "Whether a part of the hub answers");
    for (name, said) in parts {
        text.sample(&[("part", name)], u8::from(said.is_some()));
    }
    let said = parts.iter().filter_map(|(_, said)| said.as_deref());
    said.fold(text.finish(), |whole, part| whole + part)
}

/// Prometheus counts in seconds.
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

#[cfg(test)]
mod tests;
