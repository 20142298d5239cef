use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TradeSpan;
use crate::feed::jitter::jittered;
use crate::model::{Pair, UnixMillis};

/// A stream that says nothing for longer than this, milliseconds, is as good as closed.
pub const SILENCE_MS: u64 = 30_000;
/// After the first loss the wait is this, milliseconds; it doubles from loss to loss ...
const FIRST_WAIT_MS: u64 = 1_000;
/// ... up to this, so that a stream that returns is found soon.
const MAX_WAIT_MS: u64 = 30_000;
/// More pairs than this are not followed: memory stays bounded whatever an exchange sends.
const MAX_PAIRS: usize = 1_024;

/// How one exchange stream is doing, and when to open it again. It may rest in a snapshot; where
/// the socket did not survive, call [`lost`](Self::lost) after.
///
/// A loss is a failed attempt, a close, an error or silence. The wait after it doubles from 1 s to
/// 30 s, plus up to a quarter of jitter, and begins anew only after a connection that said something:
/// one that opens and closes at once does not count as well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamHealth {
    /// Since when the connection is open; `None` while it is not.
    open_since: Option<UnixMillis>,
    last_message: Option<UnixMillis>,
    /// Not to be opened before this.
    due_at: UnixMillis,
    /// Losses in a row, without a message in between.
    losses: u32,
    connects: u64,
    gaps: u64,
    missed: u64,
    /// The last trade's number of each pair.
    trades: BTreeMap<Pair, u64>,
}

impl StreamHealth {
    /// Not connected, and due at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// The connection is open.
    pub fn connected(&mut self, now: UnixMillis) {
        self.open_since = Some(now);
        // A message of the future would look like silence: the clock was set back.
        self.last_message = self.last_message.filter(|last| *last <= now);
        self.connects = self.connects.saturating_add(1);
    }

    /// The connection is gone, or could not be opened. The jitter comes from `seed`, which ought to
    /// differ from object to object.
    pub fn lost(&mut self, now: UnixMillis, seed: u64) {
        self.open_since = None;
        let doublings = self.losses.min(16);
        let wait = FIRST_WAIT_MS.saturating_mul(1 << doublings).min(MAX_WAIT_MS);
        self.losses = self.losses.saturating_add(1);
        self.due_at = now.plus(jittered(wait, seed ^ now.get()));
    }

    /// We closed the connection ourselves, since nobody needs it: it is due as soon as somebody does.
    pub fn closed(&mut self, now: UnixMillis) {
        self.open_since = None;
        self.losses = 0;
        self.due_at = now;
        // What we chose not to hear is not missing.
        self.trades.clear();
    }

    /// Something came, whatever it was: also the answer to a ping.
    pub fn message(&mut self, now: UnixMillis) {
        self.last_message = Some(now);
    }

    /// What came is what was asked for: the connection is good. One that only refuses, again and again, is not.
    pub fn delivered(&mut self) {
        self.losses = 0;
    }

    /// Takes in which trades of `pair` a message was about, and gives how many are missing between
    /// those and the ones before: more than 0 is a gap, also across connections. Numbers that go
    /// back are not one, and neither is the first message of a pair.
    pub fn follow(&mut self, pair: &Pair, trades: TradeSpan) -> u64 {
        let full = self.trades.len() >= MAX_PAIRS;
        let Some(last) = self.trades.get_mut(pair) else {
            if !full {
                self.trades.insert(pair.clone(), trades.last);
            }
            return 0;
        };
        let missed = trades.first.saturating_sub(last.saturating_add(1));
        *last = trades.last.max(*last);
        if missed > 0 {
            self.gap(missed);
        }
        missed
    }

    /// `missed` messages or trades are known to be missing (0 counts as a gap of unknown size).
    pub fn gap(&mut self, missed: u64) {
        self.gaps = self.gaps.saturating_add(1);
        self.missed = self.missed.saturating_add(missed);
    }

    /// Whether it is open but has said nothing for more than 30 s, or since long after `now`, which
    /// is a clock that was set back: close it, and call [`lost`](Self::lost).
    pub fn silent(&self, now: UnixMillis) -> bool {
        let Some(since) = self.open_since else {
            return false;
        };
        let heard_at = self.heard_at(since);
        now.since(heard_at).max(heard_at.since(now)) > SILENCE_MS
    }

    /// Whether its prices may be trusted: it is open, has said something since, and is not silent.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        let spoken = |since| self.last_message.is_some_and(|last| last >= since);
        self.open_since.is_some_and(spoken) && !self.silent(now)
    }

    /// Whether to open it now. A clock that was set back does not keep it closed: no wait is longer
    /// than a minute.
    pub fn due(&self, now: UnixMillis) -> bool {
        let waited = now >= self.due_at || self.due_at.since(now) > 2 * MAX_WAIT_MS;
        self.open_since.is_none() && waited
    }

    /// When something is to be done at the latest: open it again, or look whether it is silent.
    pub fn deadline(&self) -> UnixMillis {
        match self.open_since {
            Some(since) => self.heard_at(since).plus(SILENCE_MS + 1),
            None => self.due_at,
        }
    }

    /// Whether the connection is open.
    pub fn is_connected(&self) -> bool {
        self.open_since.is_some()
    }

    /// When the last message came.
    pub fn last_message(&self) -> Option<UnixMillis> {
        self.last_message
    }

    /// How often the connection was opened again after the first time.
    pub fn reconnects(&self) -> u64 {
        self.connects.saturating_sub(1)
    }

    /// Losses in a row, 0 after a message.
    pub fn losses(&self) -> u32 {
        self.losses
    }

    /// How many gaps there were.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// How many trades are missing in the gaps.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    fn heard_at(&self, since: UnixMillis) -> UnixMillis {
        self.last_message.map_or(since, |last| last.max(since))
    }
}

#[cfg(test)]
mod tests;
