use proptest::prelude::*;

use super::*;

const MINUTE: u64 = 60_000;
const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);

#[test]
fn a_new_poll_is_due_and_stale() {
    let poll = Poll::new(MINUTE);
    assert!(poll.due(T0));
    assert!(poll.is_stale(T0));
}

#[test]
fn a_success_is_good_for_an_interval_and_fresh_for_three() {
    let mut poll = Poll::new(MINUTE);
    poll.succeeded(T0);
    assert!(!poll.due(T0.plus(50_000)));
    assert!(poll.due(T0.plus(MINUTE)));
    assert!(!poll.is_stale(T0.plus(3 * MINUTE)));
    assert!(poll.is_stale(T0.plus(3 * MINUTE + 1)));
}

#[test]
fn a_cron_that_fires_a_second_early_does_not_lose_a_minute() {
    let mut poll = Poll::new(MINUTE);
    poll.succeeded(T0.plus(500));
    assert!(poll.due(T0.plus(MINUTE - 400)));
}

#[test]
fn retry_after_is_waited_for_whole() {
    let mut poll = Poll::new(MINUTE);
    poll.failed(
        T0,
        &FeedFault::RateLimited {
            retry_after_ms: Some(600_000),
        },
        7,
    );
    assert!(!poll.due(T0.plus(599_999)));
    assert!(poll.due(T0.plus(600_000)));
}

#[test]
fn an_absurd_retry_after_is_a_day_at_most() {
    let mut poll = Poll::new(MINUTE);
    poll.failed(
        T0,
        &FeedFault::RateLimited {
            retry_after_ms: Some(u64::MAX),
        },
        7,
    );
    assert!(!poll.due(T0.plus(MAX_WAIT_MS - 1)));
    assert!(poll.due(T0.plus(MAX_WAIT_MS)));
}

#[test]
fn back_off_doubles_to_its_cap_and_ends_with_a_success() {
    let mut poll = Poll::new(MINUTE);
    let waits: Vec<u64> = (0..6)
        .map(|_| {
            poll.failed(T0, &FeedFault::Timeout, 7);
            poll.due_at.since(T0)
        })
        .collect();
    for (wait, minutes) in waits.iter().zip([1, 2, 4, 8, 8, 8]) {
        assert!(
            (minutes * MINUTE..=minutes * MINUTE * 5 / 4).contains(wait),
            "{waits:?}"
        );
    }
    assert_eq!(poll.faults().get("timeout"), Some(&6));
    poll.succeeded(T0.plus(20 * MINUTE));
    assert_eq!((poll.failures(), poll.last_fault()), (0, None));
    assert_eq!(poll.due_at, T0.plus(21 * MINUTE - MAX_SLACK_MS));
}

#[test]
fn jitter_tells_two_hubs_apart() {
    let after = |seed| {
        let mut poll = Poll::new(MINUTE);
        poll.failed(T0, &FeedFault::Unreachable, seed);
        poll.due_at
    };
    assert_ne!(after(1), after(2));
    assert_eq!(after(1), after(1));
}

#[test]
fn a_clock_that_was_set_back_silences_nobody() {
    let mut poll = Poll::new(MINUTE);
    poll.succeeded(T0.plus(30 * MAX_WAIT_MS));
    assert!(poll.due(T0));
}

#[test]
fn a_shorter_interval_takes_effect_at_once() {
    let mut poll = Poll::new(300_000);
    poll.succeeded(T0);
    poll.set_interval(5_000);
    assert!(poll.due(T0.plus(5_000)));
}

#[test]
fn a_shorter_interval_is_no_reason_to_ask_twice_within_it_or_too_early() {
    let mut poll = Poll::new(300_000);
    poll.asked(T0);
    poll.set_interval(MINUTE);
    assert!(!poll.due(T0.plus(MINUTE - 1)));
    assert!(poll.due(T0.plus(MINUTE)));
    poll.hold_back(T0.plus(600_000));
    poll.set_interval(5_000);
    assert!(!poll.due(T0.plus(599_999)), "the provider asked for that wait");
}

#[test]
fn a_question_whose_answer_never_comes_is_asked_again_in_its_time() {
    let mut poll = Poll::new(MINUTE);
    poll.asked(T0);
    assert!(!poll.due(T0.plus(MINUTE - 1)));
    assert!(poll.due(T0.plus(MINUTE)));
    assert_eq!((poll.failures(), poll.is_stale(T0)), (0, true), "it may yet come");
    for _ in 0..3 {
        poll.failed(T0, &FeedFault::Timeout, 7);
    }
    poll.asked(T0);
    assert!(!poll.due(T0.plus(4 * MINUTE - 1)), "a back-off is not cut short");
    assert!(poll.due(T0.plus(4 * MINUTE)));
}

#[test]
fn refused_rows_are_counted_without_being_a_failure() {
    let mut poll = Poll::new(MINUTE);
    poll.note_refused(&[
        FeedFault::Implausible {
            field: "current_price",
        },
        FeedFault::WrongShape { field: "id" },
    ]);
    assert_eq!(
        (poll.faults().get("implausible"), poll.faults().get("wrong_shape")),
        (Some(&1), Some(&1))
    );
    assert_eq!(poll.failures(), 0);
}

fn fault() -> impl Strategy<Value = Option<FeedFault>> {
    let wait = prop_oneof![
        Just(None),
        any::<u64>().prop_map(Some),
        (0_u64..600_000).prop_map(Some)
    ];
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(FeedFault::Timeout)),
        1 => wait.prop_map(|retry_after_ms| Some(FeedFault::RateLimited { retry_after_ms })),
    ]
}

proptest! {
    /// Driven by ticks at any times, with any outcomes.
    #[test]
    fn questions_keep_their_distance_whatever_happens(
        interval in prop_oneof![Just(5_000_u64), Just(60_000), Just(300_000), 0_u64..1_000_000],
        ticks in proptest::collection::vec((1_u64..100_000, fault(), any::<u64>(), any::<bool>()), 1..200),
    ) {
        let mut poll = Poll::new(interval);
        let interval = interval.max(1);
        let slack = (interval / 20).min(MAX_SLACK_MS);
        let mut now = T0;
        let (mut first, mut last, mut asked) = (None, None, 0_u64);
        let mut not_before = T0;
        for (step, outcome, seed, lost) in ticks {
            now = now.plus(step);
            if !poll.due(now) {
                continue;
            }
            prop_assert!(now >= not_before, "asked before Retry-After");
            if let Some(last) = last {
                prop_assert!(now.since(last) + 2 * slack >= interval, "too close");
            }
            let first = *first.get_or_insert(now);
            prop_assert!(now.since(first) + 2 * slack >= asked * interval, "too many");
            last = Some(now);
            asked += 1;
            poll.asked(now);
            match outcome {
                _ if lost => not_before = now.plus(interval),
                None => poll.succeeded(now),
                Some(fault) => {
                    poll.failed(now, &fault, seed);
                    let wait = fault.retry_after_ms().unwrap_or(0).min(MAX_WAIT_MS);
                    not_before = now.plus(wait.max(interval));
                }
            }
            let bytes = postcard::to_stdvec(&poll).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Poll>(&bytes).unwrap(), &poll);
        }
    }
}

#[test]
fn a_question_that_is_held_back_counts_no_fault_and_asks_when_it_may() {
    let mut poll = Poll::new(60_000);
    let now = UnixMillis::from_secs(1_000);
    poll.hold_back(now.plus(90_000));
    assert!(!poll.due(now.plus(89_999)));
    assert!(poll.due(now.plus(90_000)));
    assert!(poll.faults().is_empty());
    poll.hold_back(now);
    assert!(!poll.due(now.plus(89_999)), "it never shortens a wait");
}
