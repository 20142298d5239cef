use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Interval, UnixMillis, ordered};

/// What is given up after some time. Its numbers rest in snapshots: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kept {
    /// The candles of one interval.
    Candles(Interval),
    /// Hourly prices.
    PricesHourly,
    /// Signals.
    Signals,
}

/// For how many days what is kept. What is not here is kept for good.
pub const KEPT_DAYS: [(Kept, u64); 6] = [
    (Kept::Candles(Interval::M1), 7),
    (Kept::Candles(Interval::M5), 30),
    (Kept::Candles(Interval::M15), 90),
    (Kept::Candles(Interval::H1), 730),
    (Kept::PricesHourly, 730),
    (Kept::Signals, 90),
];

/// Most rows that one [`Expiry`] deletes: deletes are billed as rows written, and must not take long.
pub const MAX_DELETED: u32 = 1_000;

const DAY_MS: u64 = 86_400_000;

/// Rows to be deleted, the same each time it is carried out: those that began before `before`, at most
/// [`MAX_DELETED`] of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// Which rows.
    pub what: Kept,
    /// Midnight UTC, that many days ago.
    pub before: UnixMillis,
}

/// Whether a candle is young enough to be kept.
pub fn is_kept(interval: Interval, open_at: UnixMillis, now: UnixMillis) -> bool {
    let days = KEPT_DAYS
        .iter()
        .find(|(what, _)| *what == Kept::Candles(interval))
        .map(|(_, days)| *days);
    days.is_none_or(|days| open_at >= cutoff(now, days))
}

/// One round a day, UTC, in steps: a step for each of [`KEPT_DAYS`] that has old rows left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Retention {
    /// Days since the epoch; of the last round that began.
    day: Option<u64>,
    left: BTreeSet<Kept>,
}

impl Retention {
    /// The next step of today's round; nothing once the round is done.
    pub(super) fn due(&mut self, now: UnixMillis) -> Vec<Expiry> {
        let today = now.get() / DAY_MS;
        if self.day != Some(today) {
            self.day = Some(today);
            self.left = ordered(KEPT_DAYS.iter().map(|(what, _)| *what));
        }
        let left = KEPT_DAYS.iter().filter(|(what, _)| self.left.contains(what));
        left.map(|(what, days)| Expiry {
            what: *what,
            before: cutoff(now, *days),
        })
        .collect()
    }

    /// So many rows were deleted; fewer than could have been are the last.
    pub(super) fn done(&mut self, what: Kept, deleted: u32) {
        if deleted < MAX_DELETED {
            self.left.remove(&what);
        }
    }
}

fn cutoff(now: UnixMillis, days: u64) -> UnixMillis {
    let midnight = now.get() - now.get() % DAY_MS;
    UnixMillis::new(midnight.saturating_sub(days * DAY_MS))
}
