use super::*;
use crate::hub::stats::{Counters, Gauges};
use crate::hub::tests::{price, signal};
use crate::model::MarketEvent;

fn report(sequence: u64, connections: u64) -> ShardReport {
    ShardReport {
        life: 1,
        sequence,
        counters: Counters {
            connects: sequence,
            ..Counters::default()
        },
        gauges: Gauges {
            connections,
            ..Gauges::default()
        },
    }
}

fn batch(number: u64, events: Vec<MarketEvent>) -> Batch {
    Batch {
        number,
        events,
        ..Batch::default()
    }
}

fn missed(roster: &Roster) -> Vec<MarketEvent> {
    let deliveries = roster.deliveries(&batch(9, vec![]));
    let behind = deliveries
        .behind
        .first()
        .map(|(_, batch)| batch.missed.clone())
        .unwrap_or_default();
    behind.into_iter().map(|missed| missed.event).collect()
}

#[test]
fn a_shard_that_answers_that_nobody_is_there_leaves() {
    let mut roster = Roster::default();
    assert!(roster.attach("json-0", report(1, 1)));
    assert!(!roster.attach("json-0", report(2, 1)));
    roster.acknowledged("json-0", report(3, 1));
    assert_eq!(roster.deliveries(&Batch::default()).on_time, ["json-0"]);
    roster.acknowledged("json-0", report(4, 0));
    assert!(roster.is_empty());
}

#[test]
fn a_late_answer_of_nobody_does_not_drop_a_shard_that_has_attached_since() {
    let mut roster = Roster::default();
    roster.attach("json-0", report(1, 1));
    roster.attach("json-0", report(3, 1));
    roster.acknowledged("json-0", report(2, 0));
    assert!(!roster.is_empty());
    assert_eq!(roster.totals().gauges().connections, 1);
    assert_eq!(
        roster.totals().counters().connects,
        3,
        "an older report adds nothing"
    );
}

#[test]
fn what_a_shard_missed_comes_with_the_next_batch_and_of_prices_only_the_newest() {
    let mut roster = Roster::default();
    roster.attach("json-0", report(1, 1));
    roster.failed(
        "json-0",
        &batch(1, vec![price("bitcoin", 1), signal("a", false), price("tron", 5)]),
    );
    roster.failed("json-0", &batch(2, vec![price("bitcoin", 2), signal("b", false)]));
    assert_eq!(
        missed(&roster),
        [
            signal("a", false),
            price("tron", 5),
            price("bitcoin", 2),
            signal("b", false)
        ]
    );
    roster.acknowledged("json-0", report(2, 1));
    assert_eq!(roster.deliveries(&Batch::default()).on_time, ["json-0"]);
    assert_eq!(roster.delivery_faults(), 2);
}

#[test]
fn memory_for_a_shard_that_is_behind_is_bounded() {
    let mut roster = Roster::default();
    roster.attach("json-0", report(1, 1));
    let signals = (0..1_000).map(|n| signal(&n.to_string(), false)).collect();
    roster.failed("json-0", &batch(1, signals));
    let kept = missed(&roster);
    assert_eq!(kept.len(), 500);
    assert_eq!(kept.last(), Some(&signal("999", false)));
}

#[test]
fn a_shard_that_fails_five_times_is_left_out_until_it_attaches_again() {
    let mut roster = Roster::default();
    roster.attach("json-0", report(1, 1));
    for number in 1..=5 {
        assert!(!roster.is_empty());
        roster.failed("json-0", &batch(number, vec![]));
    }
    assert!(roster.is_empty());
    assert!(roster.attach("json-0", report(2, 1)));
}

#[test]
fn numbers_rise_even_if_the_clock_or_the_memory_does_not() {
    let mut roster = Roster::default();
    let now = UnixMillis::from_secs(1_000);
    let first = roster.next_number(now);
    assert!(roster.next_number(now) > first);
    assert!(roster.next_number(UnixMillis::default()) > first);
    assert!(Roster::default().next_number(now.plus(5)) > first);
}
