use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FeedFault;
use super::jitter::jittered;
use crate::model::UnixMillis;

/// Data is stale when no question was answered for this many intervals.
pub const STALE_INTERVALS: u64 = 3;
/// After faults the wait doubles up to this many intervals ...
const MAX_BACK_OFF_INTERVALS: u64 = 8;
/// ... and up to this, milliseconds, unless the interval itself is longer.
const MAX_BACK_OFF_MS: u64 = 15 * 60_000;
/// A `Retry-After` beyond a day is a mistake, not a wish.
const MAX_WAIT_MS: u64 = 24 * 3_600_000;
/// A timer that is due every interval fires a little early or late: up to a twentieth of the
/// interval, but not more than this, milliseconds, still counts as on the beat.
const MAX_SLACK_MS: u64 = 2_000;

/// When to ask a polled provider, and how it has been answering. Rests in the feed's snapshot.
///
/// A question counts as [asked](Self::asked) before it leaves, and is settled by its answer. One that is broken
/// off, or whose answer is lost with the life that waited for it, is asked again in its time: not at once, and not never.
///
/// Questions keep a beat of one interval, so that in the long run there is never more than one per
/// interval, although two may follow each other up to two slacks (10%, at most 4 s) closer.
/// After a fault the wait is at least a whole interval, never less than `Retry-After`, and doubles
/// from fault to fault up to 8 intervals (or 15 minutes), plus up to a quarter of jitter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    interval_ms: u64,
    asked_at: UnixMillis,
    /// The beat: when the next question would be on time.
    beat: UnixMillis,
    /// Not before this.
    due_at: UnixMillis,
    last_success: Option<UnixMillis>,
    failures: u32,
    last_fault: Option<String>,
    last_cause: Option<String>,
    faults: BTreeMap<String, u64>,
}

impl Poll {
    /// Due at once; `interval_ms` of 0 counts as 1.
    pub fn new(interval_ms: u64) -> Self {
        Self {
            interval_ms: interval_ms.max(1),
            asked_at: UnixMillis::default(),
            beat: UnixMillis::default(),
            due_at: UnixMillis::default(),
            last_success: None,
            failures: 0,
            last_fault: None,
            last_cause: None,
            faults: BTreeMap::new(),
        }
    }

    /// Follows a changed setting, for a state that was stored under the old one.
    pub fn set_interval(&mut self, interval_ms: u64) {
        let interval_ms = interval_ms.max(1);
        // A wait that is longer than the interval is a fault's, or what the provider asked for.
        let of_interval = self.failures == 0 && self.due_at <= self.asked_at.plus(self.interval_ms);
        if of_interval {
            self.due_at = self.due_at.min(self.asked_at.plus(interval_ms));
        }
        self.interval_ms = interval_ms;
    }

    /// Whether to ask now. A clock that was set back does not silence a provider: nothing waits
    /// longer than a day, or two intervals.
    pub fn due(&self, now: UnixMillis) -> bool {
        let longest = MAX_WAIT_MS.max(self.interval_ms.saturating_mul(2));
        now >= self.due_at || self.due_at.since(now) > longest
    }

    /// Before this there is no point in asking.
    pub fn due_at(&self) -> UnixMillis {
        self.due_at
    }

    /// It is asked now. What follows is [`succeeded`](Self::succeeded) or [`failed`](Self::failed), or nothing: then it
    /// is due again after the wait that a fault would have had.
    pub fn asked(&mut self, now: UnixMillis) {
        self.asked_at = now;
        self.due_at = now.plus(self.back_off_ms());
    }

    /// What was asked at `asked_at` was answered, all of it.
    pub fn succeeded(&mut self, asked_at: UnixMillis) {
        self.asked_at = asked_at;
        let slack = (self.interval_ms / 20).min(MAX_SLACK_MS);
        let off = asked_at.since(self.beat).max(self.beat.since(asked_at));
        let base = if off <= slack { self.beat } else { asked_at };
        self.beat = base.plus(self.interval_ms);
        self.due_at = UnixMillis::new(self.beat.get().saturating_sub(slack));
        self.last_success = Some(asked_at);
        self.failures = 0;
        self.last_fault = None;
        self.last_cause = None;
    }

    /// What was asked at `asked_at` was not answered, or not well. The jitter comes from `seed`,
    /// which ought to differ from object to object.
    pub fn failed(&mut self, asked_at: UnixMillis, fault: &FeedFault, seed: u64) {
        self.asked_at = asked_at;
        self.failures = self.failures.saturating_add(1);
        self.last_fault = Some(fault.to_string());
        self.last_cause = Some(fault.cause());
        self.count(fault);
        let back_off = jittered(self.back_off_ms(), seed ^ asked_at.get());
        let asked_for = fault.retry_after_ms().unwrap_or(0).min(MAX_WAIT_MS);
        self.due_at = asked_at.plus(back_off.max(asked_for));
        self.beat = self.due_at;
    }

    /// Another question to the same provider was refused: this one waits as long.
    pub fn hold_back(&mut self, until: UnixMillis) {
        self.due_at = self.due_at.max(until);
        self.beat = self.beat.max(until);
    }

    /// Counts the rows that were left out of an answer that was otherwise good.
    pub fn note_refused(&mut self, refused: &[FeedFault]) {
        for fault in refused {
            self.count(fault);
        }
    }

    /// Whether no question was answered for more than 3 intervals, or ever.
    pub fn is_stale(&self, now: UnixMillis) -> bool {
        let limit = self.interval_ms.saturating_mul(STALE_INTERVALS);
        self.last_success.is_none_or(|last| now.since(last) > limit)
    }

    /// When the last question was asked that was answered.
    pub fn last_success(&self) -> Option<UnixMillis> {
        self.last_success
    }

    /// Failures in a row, 0 after a success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The last failure in words, `None` after a success. It never holds a key.
    pub fn last_fault(&self) -> Option<&str> {
        self.last_fault.as_deref()
    }

    /// The same without what differs from time to time: how long the provider asked us to wait.
    pub fn last_cause(&self) -> Option<&str> {
        self.last_cause.as_deref()
    }

    /// How often each fault has occurred, by [`FeedFault::as_str`].
    pub fn faults(&self) -> &BTreeMap<String, u64> {
        &self.faults
    }

    fn count(&mut self, fault: &FeedFault) {
        let count = self.faults.entry(fault.as_str().to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    fn back_off_ms(&self) -> u64 {
        let longest = self.interval_ms.saturating_mul(MAX_BACK_OFF_INTERVALS);
        let longest = longest.min(MAX_BACK_OFF_MS.max(self.interval_ms));
        let doublings = self.failures.saturating_sub(1).min(16);
        self.interval_ms.saturating_mul(1 << doublings).min(longest)
    }
}

#[cfg(test)]
mod tests;
