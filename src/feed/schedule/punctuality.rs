use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

const HOUR: u64 = 3_600_000;
const HOURS: u64 = 24;

/// How punctual the feed was over the last 24 hours: `uptime`.
///
/// A cycle is on time if it begins less than one interval after it was due; every whole interval that it
/// is late counts as a missed cycle, in the hour in which it was missed. Only cycles that somebody waited
/// for can be late: while nobody is connected the cron decides when one runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Punctuality {
    /// Oldest first, by number, at most 24.
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
    /// A cycle begins at `now`; `due` is when it should have, if it was announced; cycles come every
    /// `interval` milliseconds.
    pub fn began(&mut self, now: UnixMillis, due: Option<UnixMillis>, interval: u64) {
        let interval = interval.max(1);
        let due = due.unwrap_or(now).min(now);
        let missed = now.since(due) / interval;
        if missed == 0 {
            self.hour(now.get() / HOUR).on_time += 1;
        }
        let this_hour = now.get() / HOUR;
        for number in (due.get() / HOUR).max(this_hour.saturating_sub(HOURS - 1))..=this_hour {
            let from = due.get().max(number * HOUR);
            let to = now.get().min((number + 1) * HOUR);
            // Cycles whose time lay in this hour, of those that were missed.
            let before = |at: u64| at.saturating_sub(due.get()).div_ceil(interval).min(missed);
            self.hour(number).missed += before(to).saturating_sub(before(from));
        }
        self.hours.retain(|hour| hour.number + HOURS > this_hour);
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

    /// The tally of that hour, the newest or a later one; of an earlier one that has none, the newest.
    fn hour(&mut self, number: u64) -> &mut Hour {
        let at = match self.hours.iter().position(|hour| hour.number >= number) {
            Some(at) => at,
            None => {
                self.hours.push_back(Hour {
                    number,
                    on_time: 0,
                    missed: 0,
                });
                self.hours.len() - 1
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "the position was found or made just above"
        )]
        &mut self.hours[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis::new(500 * HOUR);

    #[test]
    fn missed_cycles_lower_it_and_leave_after_a_day() {
        let mut punctuality = Punctuality::default();
        assert_eq!(punctuality.per_cent(), 100.0);
        for n in 0..9 {
            let due = START.plus(n * 5_000);
            punctuality.began(due.plus(4_999), Some(due), 5_000);
        }
        assert_eq!(punctuality.per_cent(), 100.0);
        punctuality.began(START.plus(60_000), Some(START.plus(55_000)), 5_000);
        assert_eq!(punctuality.per_cent(), 90.0);
        punctuality.began(START.plus(24 * HOUR), None, 5_000);
        assert_eq!(punctuality.per_cent(), 100.0);
    }

    #[test]
    fn a_week_of_silence_counts_as_a_day_at_most() {
        let mut punctuality = Punctuality::default();
        punctuality.began(START.plus(7 * 24 * HOUR), Some(START), 5_000);
        let missed: u64 = punctuality.hours.iter().map(|hour| hour.missed).sum();
        assert!(missed <= 24 * 720, "{missed}");
        assert!(punctuality.hours.len() <= 24);
        // A day later it is forgotten.
        punctuality.began(START.plus(8 * 24 * HOUR), None, 5_000);
        assert_eq!(punctuality.per_cent(), 100.0);
    }

    #[test]
    fn misses_count_in_the_hour_they_fell_in() {
        let mut punctuality = Punctuality::default();
        punctuality.began(START.plus(90 * 60_000), Some(START), 60_000);
        let missed: Vec<u64> = punctuality.hours.iter().map(|hour| hour.missed).collect();
        assert_eq!(missed, [60, 30]);
    }
}
