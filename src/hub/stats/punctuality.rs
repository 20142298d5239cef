use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

const HOUR: u64 = 3_600_000;
const HOURS: u64 = 24;

/// How punctual the feed was over the last 24 hours: `uptime`.
///
/// A cycle is on time if it begins less than one interval after it was due; every whole interval that it
/// is late counts as a missed cycle. Only cycles that somebody waited for can be late: while nobody is
/// connected the cron decides when one runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Punctuality {
    /// Oldest first.
    hours: VecDeque<Hour>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Hour {
    /// Hours since the Unix epoch.
    number: u64,
    on_time: u64,
    missed: u64,
}

impl Punctuality {
    /// A cycle begins at `now`; `due` is when it should have, if it was announced, `interval` milliseconds
    /// after the one before.
    pub fn began(&mut self, now: UnixMillis, due: Option<UnixMillis>, interval: u64) {
        let late = due.map_or(0, |due| now.since(due));
        let missed = late.checked_div(interval).unwrap_or(0);
        let number = now.get() / HOUR;
        self.hours.retain(|hour| hour.number + HOURS > number);
        if self.hours.back().is_none_or(|hour| hour.number != number) {
            self.hours.push_back(Hour {
                number,
                on_time: 0,
                missed: 0,
            });
        }
        if let Some(hour) = self.hours.back_mut() {
            hour.on_time += u64::from(missed == 0);
            hour.missed += missed;
        }
    }

    /// Per cent, with two decimals; 100 before the first cycle.
    pub fn per_cent(&self) -> f64 {
        let on_time: u64 = self.hours.iter().map(|hour| hour.on_time).sum();
        let missed: u64 = self.hours.iter().map(|hour| hour.missed).sum();
        if on_time + missed == 0 {
            return 100.0;
        }
        (on_time as f64 / (on_time + missed) as f64 * 10_000.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_cycles_lower_it_and_leave_after_a_day() {
        let mut punctuality = Punctuality::default();
        assert_eq!(punctuality.per_cent(), 100.0);
        let start = UnixMillis::new(500 * HOUR);
        for n in 0..9 {
            let due = start.plus(n * 5_000);
            punctuality.began(due.plus(4_999), Some(due), 5_000);
        }
        assert_eq!(punctuality.per_cent(), 100.0);
        punctuality.began(start.plus(60_000), Some(start.plus(55_000)), 5_000);
        assert_eq!(punctuality.per_cent(), 90.0);
        punctuality.began(start.plus(24 * HOUR), None, 5_000);
        assert_eq!(punctuality.per_cent(), 100.0);
    }
}
