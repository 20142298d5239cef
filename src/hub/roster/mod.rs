//! The publisher's side of the hub: which shards have sockets, and how far each of them got. No I/O.

mod member;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use member::Member;

use super::stats::{ShardReport, Totals};
use crate::model::{Batch, UnixMillis};

/// A shard that failed so often in a row is left out; it attaches again when it notices the silence.
const MAX_FAILURES: u32 = 5;

/// The shards that have sockets, by name, and what all of them have counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    members: BTreeMap<String, Member>,
    totals: Totals,
    last_number: u64,
    delivery_faults: u64,
}

/// Who gets what of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Deliveries {
    /// Shards that get the batch as it is.
    pub on_time: Vec<String>,
    /// Shards that get what they missed as well.
    pub behind: Vec<(String, Batch)>,
}

impl Roster {
    /// A shard has sockets. `true` if it was not known to.
    pub fn attach(&mut self, shard: &str, report: ShardReport) -> bool {
        let newest = self.totals.record(shard, report);
        if !newest || self.members.contains_key(shard) {
            return false;
        }
        self.members.insert(shard.to_owned(), Member::default());
        true
    }

    /// Whether no shard has sockets.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A number for the next batch: greater than all before, even if what was known of those is lost.
    pub fn next_number(&mut self, now: UnixMillis) -> u64 {
        self.last_number = now.get().max(self.last_number + 1);
        self.last_number
    }

    /// Who gets what of `batch`.
    pub fn deliveries(&self, batch: &Batch) -> Deliveries {
        let mut deliveries = Deliveries {
            on_time: Vec::new(),
            behind: Vec::new(),
        };
        for (shard, member) in &self.members {
            match member.catch_up(batch) {
                None => deliveries.on_time.push(shard.clone()),
                Some(batch) => deliveries.behind.push((shard.clone(), batch)),
            }
        }
        deliveries
    }

    /// A shard took a batch. If it says that nobody is there and has not attached since, it leaves.
    pub fn acknowledged(&mut self, shard: &str, report: ShardReport) {
        let nobody = report.gauges.connections == 0;
        let newest = self.totals.record(shard, report);
        if newest && nobody {
            self.members.remove(shard);
        } else if let Some(member) = self.members.get_mut(shard) {
            member.caught_up();
        }
    }

    /// A shard did not take a batch, or did not say so: it gets the batch's events again with the next.
    pub fn failed(&mut self, shard: &str, batch: &Batch) {
        self.delivery_faults += 1;
        let Some(member) = self.members.get_mut(shard) else {
            return;
        };
        if member.missed(batch) >= MAX_FAILURES {
            self.members.remove(shard);
        }
    }

    /// Requests that were refused before they reached a shard, by code.
    pub fn count_refused(&mut self, refused: &BTreeMap<String, u64>) {
        self.totals.count_refused(refused);
    }

    /// What all shards have counted.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Notes where the counters stand, for the rates.
    pub fn tick(&mut self, now: UnixMillis) {
        self.totals.tick(now);
    }

    /// Deliveries that were not acknowledged.
    pub fn delivery_faults(&self) -> u64 {
        self.delivery_faults
    }
}

#[cfg(test)]
mod tests;
