//! When the feed's cycle runs, and what else is due with it.

mod punctuality;

use serde::{Deserialize, Serialize};

use punctuality::Punctuality;

use crate::model::UnixMillis;

/// While nobody is connected the cron runs a cycle a minute.
const IDLE_INTERVAL: u64 = 60_000;
/// The cron may come a little early.
const CRON_SLACK: u64 = 5_000;
/// `system_status` goes out so often while somebody is connected.
const STATUS_INTERVAL: u64 = 30_000;

/// When things were done, and so when they are due. Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// While somebody is connected.
    next_cycle: Option<UnixMillis>,
    last_cycle: Option<UnixMillis>,
    last_status: UnixMillis,
    /// The cycle that runs, or ran last, had been waited for in vain for minutes.
    came_late: bool,
    punctuality: Punctuality,
}

/// Who asks whether a cycle is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The cron trigger, every minute.
    Cron,
    /// The object's alarm, while somebody is connected.
    Alarm,
}

impl Schedule {
    /// Whether a cycle is due; if so, it begins now. `interval` is `FEED_INTERVAL_MS`.
    pub fn begin_cycle(&mut self, now: UnixMillis, trigger: Trigger, interval: u64) -> bool {
        let due = match (trigger, self.next_cycle) {
            (_, Some(next)) => now >= next,
            (Trigger::Alarm, None) => true,
            (Trigger::Cron, None) => self
                .last_cycle
                .is_none_or(|last| now.since(last) + CRON_SLACK >= IDLE_INTERVAL),
        };
        if due {
            self.came_late = self.next_cycle.is_some() && self.is_overdue(now);
            self.punctuality.began(now, self.next_cycle, interval);
            self.last_cycle = Some(now);
        }
        due
    }

    /// Whether `system_status` is due; if so, it goes out now.
    pub fn take_status(&mut self, now: UnixMillis) -> bool {
        take(&mut self.last_status, now, STATUS_INTERVAL)
    }

    /// When to wake next; `None` while nobody is connected, for then the cron does it. A cycle before
    /// `source_due` would find nothing new.
    pub fn plan(
        &mut self,
        now: UnixMillis,
        somebody: bool,
        interval: u64,
        source_due: Option<UnixMillis>,
    ) -> Option<UnixMillis> {
        if !somebody {
            self.next_cycle = None;
            return None;
        }
        let soonest = self.last_cycle.map_or(now, |last| last.plus(interval));
        let next = source_due.map_or(soonest, |due| due.max(soonest));
        self.next_cycle = Some(next);
        Some(next.min(self.last_status.plus(STATUS_INTERVAL)).max(now))
    }

    /// When the last cycle began.
    pub fn last_cycle(&self) -> Option<UnixMillis> {
        self.last_cycle
    }

    /// Whether no cycle has run for three times as long as one should take to come, or ever; or the last one had not.
    pub fn is_late(&self, now: UnixMillis) -> bool {
        self.came_late || self.is_overdue(now)
    }

    fn is_overdue(&self, now: UnixMillis) -> bool {
        let since_due = match (self.next_cycle, self.last_cycle) {
            (Some(next), _) => now.since(next),
            (None, Some(last)) => now.since(last.plus(IDLE_INTERVAL)),
            (None, None) => return true,
        };
        since_due > 2 * IDLE_INTERVAL
    }

    /// Cycles on time in the last 24 hours, in per cent.
    pub fn uptime(&self) -> f64 {
        self.punctuality.per_cent()
    }
}

/// Whether `interval` has passed since `last`; if so, `last` is now.
fn take(last: &mut UnixMillis, now: UnixMillis, interval: u64) -> bool {
    let due = now.since(*last) >= interval;
    if due {
        *last = now;
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_000_000);

    #[test]
    fn nobody_is_connected_and_the_cron_runs_a_cycle_a_minute() {
        let mut schedule = Schedule::default();
        assert!(schedule.begin_cycle(NOW, Trigger::Cron, 5_000));
        assert_eq!(schedule.plan(NOW, false, 5_000, None), None);
        assert!(!schedule.begin_cycle(NOW.plus(30_000), Trigger::Cron, 5_000));
        assert!(
            schedule.begin_cycle(NOW.plus(59_000), Trigger::Cron, 5_000),
            "a second early is on time"
        );
    }

    #[test]
    fn somebody_is_connected_and_the_alarm_runs_a_cycle_every_interval() {
        let mut schedule = Schedule::default();
        assert!(schedule.begin_cycle(NOW, Trigger::Alarm, 5_000));
        assert!(schedule.take_status(NOW));
        assert_eq!(
            schedule.plan(NOW.plus(40), true, 5_000, None),
            Some(NOW.plus(5_000))
        );
        assert!(
            !schedule.begin_cycle(NOW.plus(4_000), Trigger::Cron, 5_000),
            "the cron does not double it"
        );
        assert!(schedule.begin_cycle(NOW.plus(5_000), Trigger::Alarm, 5_000));
        assert_eq!(schedule.uptime(), 100.0);
    }

    #[test]
    fn a_polled_source_is_not_asked_in_vain_and_status_goes_out_in_between() {
        let mut schedule = Schedule::default();
        schedule.begin_cycle(NOW, Trigger::Alarm, 5_000);
        schedule.take_status(NOW);
        let due = Some(NOW.plus(60_000));
        assert_eq!(schedule.plan(NOW, true, 5_000, due), Some(NOW.plus(30_000)));
        let half = NOW.plus(30_000);
        assert!(!schedule.begin_cycle(half, Trigger::Alarm, 5_000));
        assert!(schedule.take_status(half));
        assert_eq!(schedule.plan(half, true, 5_000, due), Some(NOW.plus(60_000)));
        assert_eq!(schedule.uptime(), 100.0);
    }

    #[test]
    fn a_feed_that_stands_still_is_late() {
        let mut schedule = Schedule::default();
        assert!(schedule.is_late(NOW));
        schedule.begin_cycle(NOW, Trigger::Cron, 5_000);
        assert!(!schedule.is_late(NOW.plus(180_000)));
        assert!(schedule.is_late(NOW.plus(180_001)));
    }

    #[test]
    fn the_cycle_that_was_waited_for_says_that_it_is_late_and_the_next_one_that_all_is_well() {
        let mut schedule = Schedule::default();
        schedule.begin_cycle(NOW, Trigger::Alarm, 5_000);
        schedule.plan(NOW, true, 5_000, None);
        let late = NOW.plus(5_000 + 120_001);
        assert!(schedule.begin_cycle(late, Trigger::Alarm, 5_000));
        assert!(schedule.is_late(late));
        schedule.plan(late, true, 5_000, None);
        assert!(schedule.begin_cycle(late.plus(5_000), Trigger::Alarm, 5_000));
        assert!(!schedule.is_late(late.plus(5_000)));
        // Nobody waited for a cron that does not come, as where there is none.
        schedule.plan(late.plus(5_000), false, 5_000, None);
        let next_day = late.plus(24 * 3_600_000);
        assert!(schedule.begin_cycle(next_day, Trigger::Alarm, 5_000));
        assert!(!schedule.is_late(next_day));
    }
}
