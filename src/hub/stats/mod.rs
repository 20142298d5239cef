//! What a hub counts: on each shard, and all shards together.
//!
//! A shard's figures ride on its acknowledgement of a batch, so that nobody wakes a sleeping shard
//! to ask for them; [`Totals`] adds them up beyond the shards' lives.

mod counters;
mod histogram;
mod totals;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use counters::Counters;
pub use histogram::Histogram;
pub use totals::Totals;

use super::connection::Connections;
use super::index::Index;
use crate::model::{UnixMillis, ordered};

/// What a shard tells with each acknowledgement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShardReport {
    /// When the object woke, in Unix milliseconds: tells one life of it from the next.
    pub life: u64,
    /// Rises with every report of a life.
    pub sequence: u64,
    /// Counted since the object woke.
    pub counters: Counters,
    /// As it is now.
    pub gauges: Gauges,
}

/// What is, rather than what has happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gauges {
    /// Open connections.
    pub connections: u64,
    /// Of those, with an accepted token.
    pub authenticated: u64,
    /// Subscriptions held, by family of channel.
    pub subscriptions: BTreeMap<String, u64>,
    /// Wasm memory of the shard's isolate; the shell fills it in.
    pub wasm_heap_bytes: u64,
}

impl Gauges {
    /// Adds another shard's.
    pub fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.authenticated += other.authenticated;
        // Shards may share an isolate, and with it the memory.
        self.wasm_heap_bytes = self.wasm_heap_bytes.max(other.wasm_heap_bytes);
        for (family, count) in &other.subscriptions {
            *self.subscriptions.entry(family.clone()).or_default() += count;
        }
    }
}

/// The counters of one shard's life.
#[derive(Debug, Default)]
pub(super) struct ShardStats {
    life: u64,
    reports: u64,
    counters: Counters,
}

impl ShardStats {
    pub fn new(woke_at: UnixMillis) -> Self {
        Self {
            life: woke_at.get(),
            ..Self::default()
        }
    }

    pub fn opened(&mut self) {
        self.counters.connects += 1;
    }

    pub fn reconnected(&mut self) {
        self.counters.reconnects += 1;
    }

    pub fn closed(&mut self) {
        self.counters.closes += 1;
    }

    pub fn received(&mut self, bytes: usize) {
        self.counters.messages_in += 1;
        self.counters.bytes_in += bytes as u64;
    }

    /// The same message of `bytes` to so many connections, in a frame of its own or in a batch.
    pub fn sent(&mut self, connections: usize, bytes: usize) {
        self.counters.messages_out += connections as u64;
        self.counters.bytes_out += (connections as u64).saturating_mul(bytes as u64);
    }

    /// Like [`Self::sent`], for an event that came to be `latency` milliseconds ago.
    pub fn delivered(&mut self, connections: usize, bytes: usize, latency: u64) {
        self.sent(connections, bytes);
        self.counters.latency.record(latency, connections as u64);
    }

    pub fn refused(&mut self, code: &'static str) {
        self.counters.error(code);
    }

    pub fn report(&mut self, connections: &Connections, index: &Index) -> ShardReport {
        let authenticated = connections
            .iter()
            .filter(|(_, it)| it.identity.is_some() && it.paused_at.is_none())
            .count();
        let subscriptions = index.count_by_family();
        self.reports += 1;
        ShardReport {
            life: self.life,
            sequence: self.reports,
            counters: self.counters.clone(),
            gauges: Gauges {
                connections: connections.len() as u64,
                authenticated: authenticated as u64,
                subscriptions: ordered(
                    subscriptions
                        .into_iter()
                        .map(|(family, n)| (family.to_owned(), n)),
                ),
                wasm_heap_bytes: 0,
            },
        }
    }
}
