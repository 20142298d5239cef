use proptest::prelude::*;

use super::*;

const T0: UnixMillis = UnixMillis::from_secs(1_795_000_000);

fn pair(text: &str) -> Pair {
    Pair::parse(text).unwrap()
}

fn span(first: u64, last: u64) -> TradeSpan {
    TradeSpan { first, last }
}

#[test]
fn a_new_stream_is_due_and_not_live() {
    let health = StreamHealth::new();
    assert!(health.due(T0));
    assert!(!health.is_live(T0) && !health.silent(T0) && !health.is_connected());
}

#[test]
fn an_open_stream_is_live_once_it_says_something_and_until_it_is_silent() {
    let mut health = StreamHealth::new();
    health.connected(T0);
    assert!(!health.is_live(T0) && !health.due(T0));
    health.message(T0.plus(10));
    assert!(health.is_live(T0.plus(10)));
    assert!(health.is_live(T0.plus(10 + SILENCE_MS)));
    assert!(!health.silent(T0.plus(10 + SILENCE_MS)));
    let late = T0.plus(11 + SILENCE_MS);
    assert!(health.silent(late) && !health.is_live(late));
    assert_eq!(health.deadline(), late);
}

#[test]
fn a_stream_that_never_says_anything_is_silent_too() {
    let mut health = StreamHealth::new();
    health.connected(T0);
    assert!(health.silent(T0.plus(SILENCE_MS + 1)));
    assert_eq!(health.deadline(), T0.plus(SILENCE_MS + 1));
}

#[test]
fn what_was_said_before_the_loss_makes_the_next_connection_neither_live_nor_silent() {
    let mut health = StreamHealth::new();
    health.connected(T0);
    health.message(T0);
    health.delivered();
    health.lost(T0.plus(SILENCE_MS * 2), 7);
    let again = T0.plus(SILENCE_MS * 3);
    health.connected(again);
    assert!(!health.is_live(again) && !health.silent(again));
    assert_eq!(health.reconnects(), 1);
}

#[test]
fn back_off_doubles_to_its_cap_and_only_a_message_ends_it() {
    let mut health = StreamHealth::new();
    let mut waits = Vec::new();
    for _ in 0..7 {
        // Opens, and closes at once.
        health.connected(T0);
        health.lost(T0, 7);
        waits.push(health.deadline().since(T0));
    }
    for (wait, at_least) in waits.iter().zip([1, 2, 4, 8, 16, 30, 30]) {
        let at_least = at_least * 1_000;
        assert!((at_least..=at_least * 5 / 4).contains(wait), "{waits:?}");
    }
    assert_eq!(health.losses(), 7);
    health.connected(T0);
    health.message(T0);
    health.delivered();
    health.lost(T0, 7);
    assert!(health.deadline().since(T0) <= 1_250);
}

#[test]
fn jitter_tells_two_hubs_apart_and_is_the_same_for_the_same_seed() {
    let after = |seed| {
        let mut health = StreamHealth::new();
        health.lost(T0, seed);
        health.deadline()
    };
    assert_ne!(after(1), after(2));
    assert_eq!(after(1), after(1));
}

#[test]
fn what_we_closed_ourselves_is_due_at_once() {
    let mut health = StreamHealth::new();
    health.connected(T0);
    health.lost(T0, 7);
    health.connected(T0.plus(5_000));
    health.closed(T0.plus(6_000));
    assert!(health.due(T0.plus(6_000)));
    assert_eq!(health.losses(), 0);
}

#[test]
fn missing_trades_are_a_gap_of_their_pair_also_across_connections() {
    let mut health = StreamHealth::new();
    let (btc, eth) = (pair("BTC/USDT"), pair("ETH/USDT"));
    assert_eq!(health.follow(&btc, span(100, 110)), 0, "the first is no gap");
    assert_eq!(health.follow(&btc, span(100, 115)), 0, "the same minute goes on");
    assert_eq!(health.follow(&btc, span(116, 120)), 0, "the next follows");
    assert_eq!(
        health.follow(&eth, span(5_000, 5_001)),
        0,
        "pairs count by themselves"
    );
    health.lost(T0, 7);
    health.connected(T0);
    assert_eq!(health.follow(&btc, span(124, 130)), 3);
    assert_eq!(health.follow(&btc, span(90, 99)), 0, "late, not a gap");
    assert_eq!(
        health.follow(&btc, span(131, 131)),
        0,
        "late ones turn nothing back"
    );
    assert_eq!((health.gaps(), health.missed()), (1, 3));
    health.gap(0);
    assert_eq!((health.gaps(), health.missed()), (2, 3));
}

#[test]
fn no_more_pairs_are_followed_than_fit() {
    let mut health = StreamHealth::new();
    for n in 0..2_000 {
        health.follow(&pair(&format!("C{n}/USDT")), span(1, 1));
    }
    assert_eq!(health.trades.len(), MAX_PAIRS);
    assert_eq!(health.follow(&pair("C1999/USDT"), span(9, 9)), 0);
    assert_eq!(health.follow(&pair("C0/USDT"), span(9, 9)), 7);
}

#[test]
fn a_clock_that_was_set_back_neither_blocks_nor_blinds() {
    let mut health = StreamHealth::new();
    health.connected(T0);
    health.message(T0);
    health.delivered();
    let back = UnixMillis::from_secs(1_000);
    assert!(health.silent(back), "what is of the future cannot be heard");
    health.lost(T0, 7);
    assert!(health.due(back));
    health.connected(back);
    assert!(!health.silent(back));
    health.message(back);
    assert!(health.is_live(back));
}

#[derive(Debug, Clone)]
enum Step {
    Open,
    Close,
    Message,
    Follow(u64, u64),
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let step = prop_oneof![
        1 => Just(Step::Open),
        1 => Just(Step::Close),
        3 => Just(Step::Message),
        1 => (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Step::Follow(a.min(b), a.max(b))),
    ];
    (0_u64..60_000, step)
}

proptest! {
    /// Driven as `edge` drives it: opened only when due, given up when silent.
    #[test]
    fn a_stream_is_never_stuck_never_hammered_and_never_trusted_when_silent(
        steps in proptest::collection::vec(step(), 1..200),
        seed: u64,
    ) {
        let mut health = StreamHealth::new();
        let mut now = T0;
        let mut lost_at = None;
        let mut opened = 0_u64;
        for (after, step) in steps {
            now = now.plus(after);
            if health.silent(now) {
                prop_assert!(!health.is_live(now));
                health.lost(now, seed);
                lost_at = Some(now);
            }
            match step {
                Step::Open if health.due(now) => {
                    if let Some(lost_at) = lost_at {
                        prop_assert!(now.since(lost_at) >= FIRST_WAIT_MS, "too soon");
                    }
                    health.connected(now);
                    opened += 1;
                }
                Step::Close if health.is_connected() => {
                    health.lost(now, seed);
                    lost_at = Some(now);
                }
                Step::Message if health.is_connected() => {
                    health.message(now);
                    prop_assert!(health.is_live(now));
                }
                Step::Follow(first, last) => {
                    let missed = health.missed();
                    let gap = health.follow(&pair("BTC/USDT"), span(first, last));
                    prop_assert_eq!(health.missed(), missed.saturating_add(gap));
                }
                _ => {}
            }
            prop_assert_eq!(health.reconnects(), opened.saturating_sub(1));
            let longest = if health.is_connected() { SILENCE_MS + 1 } else { MAX_WAIT_MS * 5 / 4 };
            prop_assert!(health.deadline() <= now.plus(longest), "stuck");
            let then = now.plus(longest);
            prop_assert!(health.due(then) || health.silent(then));
            let bytes = postcard::to_stdvec(&health).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<StreamHealth>(&bytes).unwrap(), &health);
        }
    }
}
