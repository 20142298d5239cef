use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Counters, Gauges, ShardReport};
use crate::model::{UnixMillis, ordered};

/// Rates are means over so many milliseconds.
const RATE_WINDOW: u64 = 60_000;

/// Readings are at least so far apart, milliseconds.
const READING_MS: u64 = 1_000;

/// Readings kept for the rates; older ones go.
const MAX_READINGS: usize = 256;

/// All shards together, beyond the life of any of them. Rests in the broker's checkpoint, and its counters in every row.
///
/// Who adds up what the counters grow by is told only what is stored: whatever happens to the broker, that never falls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// What all shards have counted ...
    counted: Counters,
    /// ... as they were stored last.
    #[serde(skip)]
    counters: Counters,
    /// When a row held them that was newer than the reports below: how much of what those lives have counted is in them
    /// nobody knows any more.
    counted_until: Option<UnixMillis>,
    /// Shards that have reported since.
    heard: BTreeSet<String>,
    /// The last report of each.
    shards: BTreeMap<String, ShardReport>,
    /// The life before that, of which nothing is news any more. What is forgotten of it costs little.
    #[serde(skip)]
    ended: BTreeMap<String, u64>,
    readings: VecDeque<Reading>,
    /// Messages that were published, by family of channel.
    published: BTreeMap<String, u64>,
    /// Messages that came again. What is stored tells nothing of them: they count from when the broker woke.
    #[serde(skip)]
    repeated: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Reading {
    at: UnixMillis,
    messages_in: u64,
    messages_out: u64,
}

impl Totals {
    /// Takes a shard's report; `false` if a newer one is known already, for answers may overtake each other.
    pub fn record(&mut self, shard: &str, report: ShardReport) -> bool {
        let nothing = Counters::default();
        let before = match self.shards.get(shard) {
            Some(known) if known.life == report.life => {
                if known.sequence >= report.sequence {
                    return false;
                }
                &known.counters
            }
            // Which of two lives came later no clock says: one may begin before the last one's time.
            Some(_) if self.ended.get(shard) == Some(&report.life) => return false,
            Some(known) => {
                self.ended.insert(shard.to_owned(), known.life);
                &nothing
            }
            None => &nothing,
        };
        let before = if self.is_counted(shard, report.life) {
            &report.counters
        } else {
            before
        };
        self.counted.add_growth(before, &report.counters);
        if self.counted_until.is_some() {
            self.heard.insert(shard.to_owned());
        }
        self.shards.insert(shard.to_owned(), report);
        true
    }

    /// Whether what that life has counted may be in the counters already. Some of it may be missing there: rather that than
    /// twice.
    fn is_counted(&self, shard: &str, life: u64) -> bool {
        self.counted_until.is_some_and(|until| life <= until.get()) && !self.heard.contains(shard)
    }

    /// The counters, to be stored now.
    pub fn store(&mut self) -> &Counters {
        self.counters.clone_from(&self.counted);
        &self.counters
    }

    /// Whether something was counted that is not stored.
    pub fn has_news(&self) -> bool {
        self.counted != self.counters
    }

    /// What a checkpoint held.
    pub fn restored(mut self) -> Self {
        self.store();
        self
    }

    /// What a row held, stored later than all that is known so far.
    pub fn restore(&mut self, counters: Counters, at: UnixMillis) {
        self.counted = counters;
        self.counted_until = Some(at);
        self.heard.clear();
        self.store();
    }

    /// Nobody is known to be on that shard any more. Its counters are remembered: if it comes back in the same life, they go on.
    pub fn clear_gauges(&mut self, shard: &str) {
        if let Some(known) = self.shards.get_mut(shard) {
            known.gauges = Gauges::default();
        }
    }

    /// Notes where the counters stand, for the rates.
    pub fn tick(&mut self, now: UnixMillis) {
        if self.readings.back().is_some_and(|last| now < last.at) {
            // The clock was put back: from then to now no time has passed.
            self.readings.clear();
        }
        if self
            .readings
            .back()
            .is_some_and(|last| now.since(last.at) < READING_MS)
        {
            return;
        }
        let reading = Reading {
            at: now,
            messages_in: self.counted.messages_in,
            messages_out: self.counted.messages_out,
        };
        self.readings.push_back(reading);
        let outdated = |reading: &Reading| now.since(reading.at) > RATE_WINDOW;
        // The newest reading beyond the window stays: the rate counts from it.
        while self.readings.len() > MAX_READINGS || self.readings.get(1).is_some_and(outdated) {
            self.readings.pop_front();
        }
    }

    /// Counts refusals that no shard knows of, by code.
    pub fn count_refused(&mut self, refused: &BTreeMap<String, u64>) {
        for (code, count) in refused {
            *self.counted.errors.entry(code.clone()).or_default() += count;
        }
    }

    /// Counts a message that was published on a channel of that family.
    pub fn count_published(&mut self, family: &str) {
        match self.published.get_mut(family) {
            Some(count) => *count += 1,
            None => {
                self.published.insert(family.to_owned(), 1);
            }
        }
    }

    /// Counts messages that a publisher sent again, and that had been taken before.
    pub fn count_repeated(&mut self, messages: usize) {
        self.repeated += messages as u64;
    }

    /// Messages that were published, by family of channel; one on several channels counts once.
    pub fn published(&self) -> &BTreeMap<String, u64> {
        &self.published
    }

    /// Messages that were sent again, and had been taken before, since the broker woke.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// What has happened on all shards, as far as is known. If the broker ends before it is stored, that falls.
    pub fn newest(&self) -> &Counters {
        &self.counted
    }

    /// What has happened on all shards, as far as it is stored.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What is on all shards, by their last reports.
    pub fn gauges(&self) -> Gauges {
        let mut sum = Gauges::default();
        for report in self.shards.values() {
            sum.add(&report.gauges);
        }
        sum
    }

    /// Open connections of each shard, by its last report.
    pub fn connections_by_shard(&self) -> BTreeMap<&str, u64> {
        let counts = self
            .shards
            .iter()
            .map(|(name, report)| (name.as_str(), report.gauges.connections));
        ordered(counts)
    }

    /// Messages in and out per second, over the last minute.
    pub fn rates(&self) -> (f64, f64) {
        let (Some(first), Some(last)) = (self.readings.front(), self.readings.back()) else {
            return (0.0, 0.0);
        };
        let seconds = last.at.since(first.at) as f64 / 1000.0;
        if seconds <= 0.0 {
            return (0.0, 0.0);
        }
        let rate = |from: u64, to: u64| (to.saturating_sub(from) as f64 / seconds * 100.0).round() / 100.0;
        (
            rate(first.messages_in, last.messages_in),
            rate(first.messages_out, last.messages_out),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(life: u64, sequence: u64, messages_out: u64, connections: u64) -> ShardReport {
        ShardReport {
            life,
            sequence,
            counters: Counters {
                messages_out,
                ..Counters::default()
            },
            gauges: Gauges {
                connections,
                ..Gauges::default()
            },
        }
    }

    #[test]
    fn counters_outlive_a_shard_and_gauges_do_not() {
        let mut totals = Totals::default();
        assert!(totals.record("json-0", report(1, 1, 10, 3)));
        assert!(totals.record("json-0", report(1, 2, 15, 3)));
        assert!(totals.record("json-0", report(2, 1, 4, 2)));
        assert!(totals.record("json-1", report(1, 1, 1, 1)));
        assert_eq!(totals.store().messages_out, 20);
        assert_eq!(totals.gauges().connections, 3);
    }

    #[test]
    fn a_shard_that_is_gone_has_no_gauges_and_counts_nothing_twice_when_it_comes_back() {
        let mut totals = Totals::default();
        totals.record("json-0", report(1, 1, 10, 3));
        totals.record("json-1", report(1, 1, 1, 1));
        totals.clear_gauges("json-0");
        assert_eq!(
            (totals.store().messages_out, totals.gauges().connections),
            (11, 1)
        );
        assert_eq!(totals.connections_by_shard()["json-0"], 0);
        assert!(
            !totals.record("json-0", report(1, 1, 10, 3)),
            "as old as the last"
        );
        assert!(totals.record("json-0", report(1, 2, 15, 2)));
        assert_eq!(
            (totals.store().messages_out, totals.gauges().connections),
            (16, 3)
        );
    }

    #[test]
    fn a_report_that_was_overtaken_counts_for_nothing() {
        let mut totals = Totals::default();
        assert!(totals.record("json-0", report(1, 8, 10, 2)));
        assert!(totals.record("json-0", report(2, 5, 10, 3)));
        assert!(!totals.record("json-0", report(2, 4, 9, 2)));
        assert!(!totals.record("json-0", report(1, 9, 99, 2)));
        assert_eq!(
            (totals.store().messages_out, totals.gauges().connections),
            (20, 3)
        );
    }

    #[test]
    fn a_clock_that_is_put_back_stops_no_figures() {
        let mut totals = Totals::default();
        let start = UnixMillis::from_secs(10_000);
        totals.record("json-0", report(start.get(), 9, 10, 3));
        totals.tick(start);
        // The shard wakes again, an hour before it did.
        let earlier = UnixMillis::from_secs(6_400);
        for second in 1..=10 {
            assert!(totals.record("json-0", report(earlier.get(), second, second * 5, 1)));
            totals.tick(earlier.plus(second * 1_000));
        }
        assert_eq!(totals.store().messages_out, 60);
        assert_eq!((totals.gauges().connections, totals.rates()), (1, (0.0, 5.0)));
    }

    #[test]
    fn a_rate_is_the_mean_over_a_minute() {
        let mut totals = Totals::default();
        let start = UnixMillis::from_secs(100);
        for second in 0..200 {
            totals.record("json-0", report(1, second + 1, second * 7, 1));
            totals.tick(start.plus(second * 1_000));
        }
        assert_eq!(totals.rates(), (0.0, 7.0));
        assert!(totals.readings.len() <= 62);
    }

    #[test]
    fn counters_are_told_once_they_are_stored() {
        let mut totals = Totals::default();
        totals.record("json-0", report(1, 1, 10, 3));
        assert_eq!((totals.counters().messages_out, totals.has_news()), (0, true));
        totals.store();
        assert_eq!((totals.counters().messages_out, totals.has_news()), (10, false));
    }

    #[test]
    fn what_a_row_held_is_counted_once() {
        let begin = UnixMillis::new(1_000);
        let mut totals = Totals::default();
        totals.record("json-0", report(1, 1, 10, 3));
        let mut before = totals.clone().restored();
        totals.record("json-0", report(1, 2, 15, 3));
        let row = totals.store().clone();
        before.restore(row, begin);
        assert_eq!(before.counters().messages_out, 15);
        // What it counted since the row is lost; of what comes now, nothing is.
        before.record("json-0", report(1, 3, 17, 3));
        assert_eq!(before.store().messages_out, 15);
        before.record("json-0", report(1, 4, 20, 3));
        assert_eq!(before.store().messages_out, 18);
        // A life that began later cannot be in it.
        before.record("json-1", report(1_001, 9, 7, 1));
        assert_eq!(before.store().messages_out, 25);
        before.record("json-0", report(2, 1, 4, 3));
        assert_eq!(before.store().messages_out, 29);
    }
}
