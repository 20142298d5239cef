use crate::model::UnixMillis;

/// Cycles wander: what comes this much early, milliseconds, is on time.
const SLACK_MS: u64 = 1_000;

/// Whether what was done at `last`, and is done every `every_ms` milliseconds, is to be done again.
/// A clock that was set back holds nothing up.
pub(super) fn is_due(last: UnixMillis, every_ms: u64, now: UnixMillis) -> bool {
    now < last || now.since(last).saturating_add(SLACK_MS) >= every_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_that_is_a_little_early_is_on_time_and_a_clock_set_back_holds_nothing_up() {
        let last = UnixMillis::from_secs(1_000);
        for (millis, due) in [(0, false), (3_999, false), (4_000, true), (5_000, true)] {
            assert_eq!(is_due(last, 5_000, last.plus(millis)), due, "{millis}");
        }
        assert!(is_due(last, 5_000, UnixMillis::from_secs(999)));
        assert!(is_due(UnixMillis::default(), 300_000, last));
    }
}
