use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

/// After a first fault a table is left alone for so long, milliseconds; each further one doubles it, up to ...
const FIRST_PAUSE_MS: u64 = 5_000;
/// ... this.
const LONGEST_PAUSE_MS: u64 = 300_000;

/// How writing to one table goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// In a row.
    failures: u32,
    resume_at: UnixMillis,
}

impl Pace {
    /// Whether it may be written to. A clock that was set back silences nothing.
    pub(super) fn allows(&self, now: UnixMillis) -> bool {
        now >= self.resume_at || self.resume_at.since(now) > LONGEST_PAUSE_MS
    }

    /// Whether it did not take what it was last given.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// It took what it was given. That ends no pause: another statement of the same moment may have failed.
    pub(super) fn succeeded(&mut self, now: UnixMillis) {
        if self.allows(now) {
            *self = Self::default();
        }
    }

    /// It did not.
    pub(super) fn failed(&mut self, now: UnixMillis) {
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.resume_at = now.plus(pause.min(LONGEST_PAUSE_MS));
    }
}
