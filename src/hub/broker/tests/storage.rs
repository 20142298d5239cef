use super::*;

fn signals(object: &mut Object, count: u64) {
    for n in 0..count {
        object.pass(10);
        object.publish(vec![signal(&n.to_string(), false)]);
    }
}

#[test]
fn a_broker_that_was_evicted_is_the_same_broker() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    signals(&mut object, 5);
    object.publish(vec![price("bitcoin", 7)]);
    let (epoch, newest) = (object.broker.fresh(), object.newest());
    let before: Vec<_> = object
        .broker
        .channels()
        .map(|(it, at)| (it.clone(), at))
        .collect();
    object.evict();
    let after: Vec<_> = object
        .broker
        .channels()
        .map(|(it, at)| (it.clone(), at))
        .collect();
    assert_eq!(
        (before, epoch, newest),
        (after, object.broker.fresh(), object.newest())
    );
    assert_eq!(object.missed(at(epoch, 2)), Some(vec![3, 4, 5]));
    assert_eq!(object.broker.shards(), ["json-0"]);
    signals(&mut object, 1);
    assert_eq!(object.missed(at(epoch, 5)), Some(vec![6]));
}

#[test]
fn after_an_eviction_a_shard_gets_the_newest_tick_alone_and_what_it_lacks_once_it_says_so() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    let begin = object.newest();
    signals(&mut object, 3);
    object.evict();
    let (after, ticks) = object.next("json-0").unwrap();
    assert_eq!(ticks, [object.newest()]);
    assert!(after > begin);
    object.acknowledge("json-0", begin);
    let (after, ticks) = object.next("json-0").unwrap();
    assert_eq!((after, ticks.len()), (begin, 3));
}

#[test]
fn the_first_tick_of_all_is_not_lost_by_an_eviction() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    let begin = object.newest();
    signals(&mut object, 2);
    object.evict();
    let (after, _) = object.next("json-0").unwrap();
    assert!(
        after > begin,
        "who was told nothing but the beginning sees that one is missing"
    );
}

#[test]
fn what_was_quiet_for_long_rests_in_the_checkpoint() {
    let mut object = Object::new();
    object.publish(vec![price("bitcoin", 7)]);
    let position = object
        .broker
        .channels()
        .next()
        .map(|(it, at)| (it.clone(), at))
        .unwrap();
    for _ in 0..20 {
        object.pass(60_000);
        object.publish(vec![signal("s", false)]);
    }
    object.evict();
    assert_eq!(object.position(&position.0), Some(position.1));
    assert_eq!(
        object.broker.lines.latest(&position.0),
        Some(price("bitcoin", 7).into())
    );
    object.publish(vec![price("bitcoin", 8)]);
    assert_eq!(object.position(&position.0), Some(position.1.next()));
}

#[test]
fn slots_are_used_again_and_checkpoints_are_written_once_a_minute() {
    let mut object = Object::new();
    for _ in 0..3_600 {
        object.pass(1_000);
        object.publish(vec![signal("s", false)]);
    }
    // Those of five minutes, and the one that is being written.
    assert_eq!(object.rows.len(), 301);
    assert!(object.rows.keys().all(|slot| *slot < 301));
    assert_eq!(object.checkpoints, 60);
    object.evict();
    for _ in 0..600 {
        object.pass(1_000);
        object.publish(vec![signal("s", false)]);
    }
    assert_eq!(object.rows.len(), 301);
}

#[test]
fn rows_are_bounded_in_bytes() {
    let mut object = Object::new();
    for _ in 0..200 {
        object.pass(10);
        let Event::Mention(mut big) = mention("big") else {
            unreachable!()
        };
        big.title = "x".repeat(1 << 20);
        object.publish(vec![Event::Mention(big)]);
    }
    let bytes: usize = object.rows.values().map(Vec::len).sum();
    assert!(bytes <= 10 << 20, "{bytes}");
    let epoch = object.broker.fresh();
    object.evict();
    assert_eq!(
        object.broker.channels().next().map(|(_, at)| at),
        Some(at(epoch, 200))
    );
}

#[test]
fn a_storage_that_cannot_be_read_begins_anew_in_another_epoch() {
    let mut object = Object::new();
    signals(&mut object, 5);
    let epoch = object.broker.fresh();
    let newest = object.newest();
    let slots = object.rows.len();
    for bytes in object.rows.values_mut().chain(object.checkpoint.as_mut()) {
        bytes[0] += 1;
    }
    object.pass(1_000);
    object.evict();
    assert_ne!(object.broker.fresh(), epoch);
    assert_eq!(object.broker.channels().count(), 0);
    assert!(object.newest() > newest);
    signals(&mut object, slots as u64);
    assert_eq!(object.rows.len(), slots, "what cannot be read is written over");
    object.evict();
    assert_eq!(object.position(&Channel::SignalsAll).map(|it| it.offset), Some(5));
}

#[test]
fn nothing_that_is_stored_can_make_it_panic() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    signals(&mut object, 3);
    for cut in 0..40 {
        let cut_off = |bytes: &Vec<u8>| bytes[..bytes.len().saturating_sub(cut)].to_vec();
        let rows = object.rows.iter().map(|(slot, bytes)| Row {
            slot: *slot,
            bytes: if *slot == 1 { cut_off(bytes) } else { bytes.clone() },
        });
        let checkpoint = object.checkpoint.as_ref().map(cut_off);
        let mut broker = Broker::restore(checkpoint.as_deref(), rows.collect(), object.now);
        let position = broker.channels().next().map(|(_, at)| at.offset);
        assert_eq!(position, Some(3), "the newest row knows");
        broker.publish(vec![], object.now);
    }
}
