use super::*;

/// A broker with two shards that have everything so far.
fn two_shards() -> Object {
    let mut object = Object::new();
    object.attach("json-0", 0);
    object.attach("json-1", 0);
    object
}

fn tick(object: &mut Object) -> u64 {
    object.pass(10);
    object.publish(vec![signal("s", false)]);
    object.newest()
}

#[test]
fn shards_that_keep_up_share_one_encoding() {
    let mut object = two_shards();
    tick(&mut object);
    let bodies = ["json-0", "json-1"].map(|shard| object.broker.next_delivery(shard).unwrap());
    assert!(Rc::ptr_eq(&bodies[0], &bodies[1]));
}

#[test]
fn one_delivery_is_under_way_at_a_time_and_brings_all_that_follows_the_cursor() {
    let mut object = two_shards();
    let begin = object.newest();
    let first = tick(&mut object);
    assert_eq!(object.next("json-0"), Some((begin, vec![first])));
    let second = tick(&mut object);
    let third = tick(&mut object);
    assert_eq!(object.next("json-0"), None, "one is under way");
    object.acknowledge("json-0", first);
    assert_eq!(object.next("json-0"), Some((first, vec![second, third])));
    object.acknowledge("json-0", third);
    assert_eq!(object.next("json-0"), None);
    assert_eq!(object.next("json-1"), Some((begin, vec![first, second, third])));
}

#[test]
fn a_shard_that_says_it_lacks_something_gets_it() {
    let mut object = two_shards();
    let begin = object.newest();
    let ticks = [tick(&mut object), tick(&mut object)];
    object.next("json-0").unwrap();
    object.acknowledge("json-0", ticks[1]);
    let third = tick(&mut object);
    assert_eq!(object.next("json-0"), Some((ticks[1], vec![third])));
    object.acknowledge("json-0", begin);
    assert_eq!(
        object.next("json-0"),
        Some((begin, vec![ticks[0], ticks[1], third]))
    );
}

#[test]
fn a_failing_shard_is_tried_again_ever_later_and_rests_after_five_times() {
    let mut object = two_shards();
    let begin = object.newest();
    let first = tick(&mut object);
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert_eq!(object.broker.due(object.now), ["json-0", "json-1"]);
        assert_eq!(object.next("json-0"), Some((begin, vec![first])));
        waits.push(object.broker.failed("json-0", object.now));
    }
    assert_eq!(waits, [Some(500), Some(1_000), Some(2_000), Some(4_000), None]);
    assert_eq!(object.broker.delivery_faults(), 5);
    assert_eq!(object.broker.due(object.now), ["json-1"]);
    let second = tick(&mut object);
    let welcome = object.attach("json-0", begin);
    assert_eq!(
        (welcome.after, welcome.missed.len(), welcome.newest),
        (begin, 2, second)
    );
    assert_eq!(object.broker.due(object.now), ["json-0", "json-1"]);
    assert_eq!(object.next("json-0"), None, "the answer brought it");
}

#[test]
fn a_shard_that_rests_is_tried_once_in_a_while_and_dropped_when_what_it_lacks_is_not_kept() {
    let mut object = two_shards();
    let mut attempts = 0;
    while object.broker.shards().len() == 2 {
        tick(&mut object);
        while object.broker.due(object.now).len() == 2 {
            attempts += 1;
            assert!(object.next("json-0").is_some());
            if object.broker.failed("json-0", object.now).is_none() {
                break;
            }
        }
        object.pass(990);
    }
    // Five at once, and then one each ten seconds for three minutes.
    assert_eq!((attempts, object.now.since(START)), (5 + 19, 191_000));
}

#[test]
fn who_is_on_a_shard_that_was_dropped_is_not_counted_until_it_attaches_again() {
    let mut object = two_shards();
    let seen = tick(&mut object);
    object.next("json-0").unwrap();
    object.broker.failed("json-0", object.now);
    object.pass(180_001);
    object.broker.failed("json-0", object.now);
    assert_eq!(object.broker.shards(), ["json-1"]);
    assert_eq!(object.broker.totals().gauges().connections, 1);
    // A word of it that was long on its way changes nothing.
    object.acknowledge("json-0", seen);
    assert_eq!(object.broker.totals().gauges().connections, 1);
    assert_eq!(object.broker.audience(object.now).connections, 1);
    object.attach("json-0", seen);
    assert_eq!(object.broker.totals().gauges().connections, 2);
}

#[test]
fn after_an_eviction_nothing_is_told_again_of_which_is_stored_that_everybody_has_it() {
    let mut object = two_shards();
    let number = tick(&mut object);
    object.next("json-0").unwrap();
    object.next("json-1").unwrap();
    object.acknowledge("json-0", number);
    object.checkpoint = object.broker.checkpoint(object.now);
    object.evict();
    assert!(!object.broker.is_delivered());
    for shard in ["json-0", "json-1"] {
        assert_eq!(object.next(shard).unwrap().1, [number], "nobody knows who has it");
        object.acknowledge(shard, number);
    }
    assert!(object.broker.is_delivered() && object.broker.has_news());
    object.checkpoint = object.broker.checkpoint(object.now);
    assert!(!object.broker.has_news());
    object.evict();
    assert!(object.broker.is_delivered() && !object.broker.has_news());
    assert_eq!((object.next("json-0"), object.next("json-1")), (None, None));
    let second = tick(&mut object);
    assert!(!object.broker.is_delivered());
    assert_eq!(object.next("json-0"), Some((number, vec![second])));
    // What was stored says nothing of a tick that came later.
    object.evict();
    assert!(!object.broker.is_delivered());
    assert_eq!(object.next("json-1").unwrap().1, [second]);
}

#[test]
fn a_delivery_that_is_late_is_no_fault_until_it_fails() {
    let mut object = two_shards();
    let number = tick(&mut object);
    let counts = |object: &Object| (object.broker.deliveries_late(), object.broker.delivery_faults());
    object.next("json-0").unwrap();
    object.broker.late();
    object.acknowledge("json-0", number);
    assert_eq!(counts(&object), (1, 0));
    object.next("json-1").unwrap();
    object.broker.late();
    object.broker.failed("json-1", object.now);
    assert_eq!(counts(&object), (2, 1));
}

#[test]
fn a_shard_that_answers_after_its_rest_gets_all_that_it_lacks() {
    let mut object = two_shards();
    let begin = object.newest();
    let first = tick(&mut object);
    for _ in 0..5 {
        object.next("json-0").unwrap();
        object.broker.failed("json-0", object.now);
    }
    object.pass(10_000);
    let second = tick(&mut object);
    assert_eq!(object.broker.due(object.now), ["json-0", "json-1"]);
    assert_eq!(object.next("json-0"), Some((begin, vec![first, second])));
    object.acknowledge("json-0", second);
    assert_eq!(object.next("json-0"), None);
    for _ in 0..4 {
        tick(&mut object);
        object.next("json-0").unwrap();
        assert!(object.broker.failed("json-0", object.now).is_some(), "forgiven");
    }
}

#[test]
fn a_success_forgives_earlier_failures() {
    let mut object = two_shards();
    for _ in 0..10 {
        let number = tick(&mut object);
        for _ in 0..4 {
            object.next("json-0").unwrap();
            assert!(object.broker.failed("json-0", object.now).is_some());
        }
        object.next("json-0").unwrap();
        object.acknowledge("json-0", number);
    }
}

#[test]
fn a_shard_that_answers_that_nobody_is_there_leaves() {
    let mut object = two_shards();
    let seen = tick(&mut object);
    object.next("json-0").unwrap();
    let report = object.report(0);
    object.broker.acknowledged("json-0", Ack { seen, report });
    assert_eq!(object.broker.shards(), ["json-1"]);
    let audience = object.broker.audience(object.now);
    assert_eq!((audience.shards, audience.connections), (1, 1));
}

#[test]
fn a_late_answer_of_nobody_does_not_drop_a_shard_that_has_attached_since() {
    let mut object = two_shards();
    let seen = tick(&mut object);
    let nobody = object.report(0);
    object.attach("json-0", seen);
    object.broker.acknowledged("json-0", Ack { seen, report: nobody });
    assert_eq!(object.broker.shards(), ["json-0", "json-1"]);
    assert_eq!(object.broker.totals().gauges().connections, 2);
}

#[test]
fn a_shard_that_is_new_is_told_where_everything_stands_and_misses_nothing() {
    let mut object = Object::new();
    tick(&mut object);
    let welcome = object.attach("json-0", 0);
    assert_eq!(
        (welcome.after, welcome.newest),
        (object.newest(), object.newest())
    );
    assert!(welcome.missed.is_empty());
    assert_eq!(welcome.heads.len(), 2);
    assert!(welcome.newest > 0, "0 is who was told nothing");
    assert!(Broker::new(START).recover(&[]).newest > 0);
}

#[test]
fn who_was_cut_off_for_longer_than_ticks_are_kept_gets_the_rest_and_is_not_held_up() {
    let mut object = two_shards();
    let begin = object.newest();
    tick(&mut object);
    object.pass(180_001);
    let kept = tick(&mut object);
    assert_eq!(object.next("json-0"), Some((0, vec![kept])));
    let welcome = object.attach("json-1", begin);
    assert_eq!((welcome.after, welcome.missed.len()), (0, 1));
}

#[test]
fn the_log_is_bounded_in_bytes_and_a_delivery_too() {
    let mut object = two_shards();
    let begin = object.newest();
    let big = |object: &mut Object| {
        let Event::Mention(mut big) = mention("big") else {
            unreachable!()
        };
        big.title = "x".repeat(300 << 10);
        object.pass(1);
        object.publish(vec![Event::Mention(big)]);
        object.newest()
    };
    let ticks = [big(&mut object), big(&mut object), big(&mut object)];
    assert_eq!(
        object.next("json-0"),
        Some((begin, vec![ticks[0]])),
        "two are too much for one delivery"
    );
    object.acknowledge("json-0", ticks[0]);
    assert_eq!(object.next("json-0"), Some((ticks[0], vec![ticks[1]])));
    for _ in 0..30 {
        big(&mut object);
    }
    let (after, _) = object.next("json-1").unwrap();
    assert_eq!(after, 0, "the oldest are gone");
    let lags = object.broker.lags(object.now);
    assert!(lags.iter().all(|(_, lag)| lag.ticks <= 27), "{lags:?}");
}

#[test]
fn a_lag_says_how_many_ticks_and_for_how_long() {
    let mut object = two_shards();
    let first = tick(&mut object);
    tick(&mut object);
    object.pass(500);
    object.next("json-1").unwrap();
    object.acknowledge("json-1", first);
    let lag = |ticks, millis| Lag { ticks, millis };
    assert_eq!(
        object.broker.lags(object.now),
        [
            ("json-0".to_owned(), lag(2, 510)),
            ("json-1".to_owned(), lag(1, 500))
        ]
    );
}

#[test]
fn an_audience_that_was_overtaken_counts_for_nothing_and_no_clock_holds_up_a_newer_one() {
    let mut object = Object::new();
    let mut known = Audience::default();
    known.update(object.broker.audience(object.now));
    let nobody = known;
    object.pass(1);
    object.attach("json-0", 0);
    let somebody = object.broker.audience(object.now);
    known.update(somebody);
    known.update(nobody);
    assert_eq!(known, somebody);
    // An hour back: held up until the next tick, not for an hour.
    object.now = START;
    let earlier = object.broker.audience(START);
    known.update(earlier);
    assert_eq!(known, somebody);
    object.publish(vec![signal("s", false)]);
    let later = object.broker.audience(START);
    known.update(later);
    assert_eq!(known, later);
}
