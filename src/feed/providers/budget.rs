use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

/// The longest month, milliseconds.
const MONTH_MS: u64 = 31 * 24 * 3_600_000;

/// What a monthly plan has left: a tenth of it may be spent at once, the rest comes back evenly, so that no
/// 31 days ever hold more calls than the plan allows.
///
/// One number, by the generic cell rate algorithm: until when the calls made so far are paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Budget {
    paid_until: UnixMillis,
}

impl Budget {
    /// When `calls` may be made at the earliest.
    pub(super) fn ready_at(self, calls: u64, per_month: u32, now: UnixMillis) -> UnixMillis {
        let each = pace_ms(per_month);
        let reserve = reserve_ms(per_month).max(each.saturating_mul(calls));
        // No debt is longer than the reserve, unless the clock was set back.
        let paid_until = self.paid_until.min(now.plus(reserve));
        let after = paid_until.max(now).plus(each.saturating_mul(calls));
        UnixMillis::new(after.get().saturating_sub(reserve)).max(now)
    }

    /// `calls` are made now.
    pub(super) fn spend(&mut self, calls: u64, per_month: u32, now: UnixMillis) {
        let paid_until = self.paid_until.min(now.plus(reserve_ms(per_month))).max(now);
        self.paid_until = paid_until.plus(pace_ms(per_month).saturating_mul(calls));
    }
}

/// How long it takes for one call to come back, milliseconds.
pub(super) fn pace_ms(per_month: u32) -> u64 {
    // Nine tenths come back, a tenth is the reserve.
    MONTH_MS
        .saturating_mul(10)
        .div_ceil(u64::from(per_month.max(1)).saturating_mul(9))
}

fn reserve_ms(per_month: u32) -> u64 {
    pace_ms(per_month).saturating_mul(u64::from(per_month) / 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_795_000_000);

    #[test]
    fn a_demo_key_sustains_a_call_in_five_minutes() {
        assert_eq!(pace_ms(10_000) / 1000, 297);
    }

    #[test]
    fn a_tenth_may_be_spent_at_once_and_then_calls_come_one_by_one() {
        let mut budget = Budget::default();
        for n in 0..1_000 {
            assert_eq!(budget.ready_at(1, 10_000, NOW), NOW, "call {n}");
            budget.spend(1, 10_000, NOW);
        }
        let next = budget.ready_at(1, 10_000, NOW);
        assert_eq!(next, NOW.plus(pace_ms(10_000)));
        assert_eq!(budget.ready_at(1, 10_000, next), next);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_silence_a_provider() {
        let mut budget = Budget::default();
        budget.spend(900, 10_000, NOW.plus(MONTH_MS * 12));
        assert!(budget.ready_at(1, 10_000, NOW) <= NOW.plus(pace_ms(10_000)));
    }

    #[test]
    fn a_plan_of_a_handful_still_allows_a_question() {
        let mut budget = Budget::default();
        assert_eq!(budget.ready_at(3, 5, NOW), NOW);
        budget.spend(3, 5, NOW);
        assert!(budget.ready_at(3, 5, NOW) > NOW);
    }

    proptest! {
        #[test]
        fn no_month_holds_more_than_the_plan(
            per_month in 10_u32..5_000, waits in proptest::collection::vec(0_u64..4_000_000, 1..400),
        ) {
            let mut budget = Budget::default();
            let mut now = NOW;
            let mut made: Vec<UnixMillis> = Vec::new();
            for wait in waits {
                now = now.plus(wait);
                while budget.ready_at(1, per_month, now) <= now && made.len() < 20_000 {
                    budget.spend(1, per_month, now);
                    made.push(now);
                }
                let month = made.iter().filter(|at| now.since(**at) < MONTH_MS).count();
                prop_assert!(month <= per_month as usize, "{month} of {per_month}");
            }
        }
    }
}
