use super::*;

fn places(object: &Object) -> Vec<(Channel, Position)> {
    let channels = object.broker.channels();
    channels.map(|(channel, at)| (channel.clone(), at)).collect()
}

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
    let before = places(&object);
    object.evict();
    assert_eq!(
        (before, epoch, newest),
        (places(&object), object.broker.fresh(), object.newest())
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
fn a_checkpoint_too_large_for_a_row_is_several() {
    let mut object = Object::new();
    object.publish((0..9_000).map(|n| price(&format!("{n:0>60}"), n)).collect());
    // Until no row tells of them any more.
    for _ in 0..20 {
        object.pass(60_000);
        object.publish(vec![signal("s", false)]);
    }
    let sizes: Vec<_> = object.checkpoint.iter().map(Vec::len).collect();
    assert!(
        sizes.len() > 1 && sizes.iter().all(|size| *size <= 1 << 20),
        "{sizes:?}"
    );
    let before = places(&object);
    object.evict();
    assert_eq!(places(&object), before);
}

#[test]
fn what_is_read_is_read_once_in_the_order_of_its_ticks_and_no_failure_is_hidden() {
    let mut object = Object::new();
    for _ in 0..400 {
        object.pass(1_000);
        object.publish(vec![signal("s", false)]);
        // Rows of another kind are let go of at another time.
        object.publish(vec![mention("m")]);
    }
    let restore = |fails_at: usize| {
        let heads = object.rows.iter().map(|(slot, bytes)| Row {
            slot: *slot,
            bytes: bytes.clone(),
        });
        let mut numbers = Vec::new();
        let read = |slot| {
            let bytes = object.rows[&slot].clone();
            let row: StoredRow = postcard::from_bytes(&bytes[1..]).unwrap();
            numbers.push(row.number);
            (numbers.len() != fails_at).then_some(bytes).ok_or("broken")
        };
        let restored = Broker::restore(&object.checkpoint, heads.collect(), read, object.now);
        (restored.map(|it| it.broker.recover(&[]).newest), numbers)
    };
    let (restored, numbers) = restore(0);
    assert_eq!(restored, Ok(object.newest()));
    assert_eq!(numbers.len(), object.rows.len());
    assert!(
        numbers.is_sorted(),
        "slots are used again: theirs is another order"
    );
    assert_eq!(restore(7).0, Err("broken"));
}

#[test]
fn a_storage_that_cannot_be_read_begins_anew_in_another_epoch() {
    let mut object = Object::new();
    signals(&mut object, 5);
    let epoch = object.broker.fresh();
    let newest = object.newest();
    let slots = object.rows.len();
    for bytes in object.rows.values_mut().chain(&mut object.checkpoint) {
        bytes[0] += 1;
    }
    object.pass(1_000);
    let loss = object.evict_with_loss().unwrap();
    assert_eq!((loss.rows, loss.checkpoint), (slots, true));
    assert_ne!(object.broker.fresh(), epoch);
    assert_eq!(object.broker.channels().count(), 0);
    assert!(object.newest() > newest);
    signals(&mut object, slots as u64);
    assert_eq!(object.rows.len(), slots, "what cannot be read is written over");
    object.evict();
    assert_eq!(object.position(&Channel::SignalsAll).map(|it| it.offset), Some(5));
}

/// Thirty prices, a checkpoint, eleven more; a follower has seen all of them.
fn forty_one() -> (Object, Position) {
    let mut object = Object::new();
    object.attach("json-0", 0);
    for n in 0..30 {
        object.pass(10);
        object.publish(vec![price("bitcoin", n)]);
    }
    object.checkpoint = object.broker.checkpoint(object.now);
    for n in 30..41 {
        object.pass(10);
        object.publish(vec![price("bitcoin", n)]);
    }
    let seen = at(object.broker.fresh(), 41);
    assert_eq!(object.position(&bitcoin()), Some(seen));
    (object, seen)
}

fn bitcoin() -> Channel {
    Channel::Price(crate::model::CoinId::new("bitcoin").unwrap())
}

#[test]
fn what_cannot_be_read_lets_no_place_be_used_twice() {
    let newest = |object: &mut Object| object.rows.last_entry().unwrap().get_mut()[0] += 1;
    let middle = |object: &mut Object| object.rows.get_mut(&20).unwrap().truncate(30);
    let later = |object: &mut Object| object.rows.values_mut().skip(25).for_each(|row| row[0] += 1);
    let checkpoint = |object: &mut Object| object.checkpoint[0][0] += 1;
    let no_checkpoint = |object: &mut Object| object.checkpoint.clear();
    let no_rows = |object: &mut Object| {
        object.rows.clear();
        object.checkpoint[0][0] += 1;
    };
    type Damage = (fn(&mut Object), usize, bool, Option<u64>);
    let damages: [Damage; 6] = [
        (newest, 1, false, Some(39)),
        (middle, 1, false, Some(40)),
        (later, 16, false, Some(29)),
        (checkpoint, 0, true, Some(40)),
        (no_checkpoint, 0, true, Some(40)),
        (no_rows, 0, true, None),
    ];
    for (damage, rows, lost_checkpoint, latest) in damages {
        let (mut object, seen) = forty_one();
        let born = object.broker.born();
        damage(&mut object);
        object.pass(1_000);
        let loss = object.evict_with_loss().unwrap();
        assert_eq!((loss.rows, loss.checkpoint), (rows, lost_checkpoint));
        assert!(object.broker.born() > born, "the feed tells again what it knows");
        assert_eq!(
            object.broker.lines.latest(&bitcoin()),
            latest.map(|n| price("bitcoin", n).into())
        );
        for n in 0..20 {
            object.pass(10);
            object.publish(vec![price("bitcoin", n)]);
            let now = object.position(&bitcoin()).unwrap();
            assert!(now.epoch > seen.epoch, "{now:?}");
        }
        // A client that comes back is told that this cannot be shown, and one that saw the new epoch loses nothing.
        assert!(object.broker.recover(&[(bitcoin(), seen)]).histories.is_empty());
        let now = object.position(&bitcoin()).unwrap();
        object.pass(1_000);
        object.evict();
        assert_eq!(object.position(&bitcoin()), Some(now), "mended once and for all");
        let since = at(now.epoch, now.offset - 20);
        let recovery = object.broker.recover(&[(bitcoin(), since)]);
        assert_eq!(recovery.histories[0].1.messages.len(), 20);
    }
}

#[test]
fn a_loss_that_could_not_be_mended_is_another_epoch_each_time() {
    let (mut object, seen) = forty_one();
    object.rows.last_entry().unwrap().get_mut()[0] += 1;
    let damaged = object.rows.clone();
    let mut epochs = vec![seen.epoch];
    for _ in 0..3 {
        object.pass(1_000);
        let Restored { broker, loss } = restored(&object.checkpoint, &damaged, object.now);
        assert!(loss.is_some());
        epochs.push(broker.fresh());
    }
    assert!(epochs.is_sorted_by(|one, next| one < next), "{epochs:?}");
}

#[test]
fn nothing_that_is_stored_can_make_it_panic() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    signals(&mut object, 3);
    for cut in 0..40 {
        let cut_off = |bytes: &Vec<u8>| bytes[..bytes.len().saturating_sub(cut)].to_vec();
        let mut rows = object.rows.clone();
        rows.entry(1).and_modify(|bytes| *bytes = cut_off(bytes));
        let checkpoint: Vec<_> = object.checkpoint.iter().map(cut_off).collect();
        let mut broker = restored(&checkpoint, &rows, object.now).broker;
        let position = broker.channels().next().map(|(_, at)| at.offset);
        assert_eq!(position, Some(3), "the newest row knows");
        broker.publish(vec![], object.now);
    }
}

#[test]
fn what_was_counted_is_told_once_it_is_stored_and_never_falls() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    let count = |object: &mut Object| {
        object.sent += 10;
        object.acknowledge("json-0", object.newest());
    };
    let told = |object: &Object| object.broker.totals().counters().messages_out;
    count(&mut object);
    assert_eq!((told(&object), object.broker.has_news()), (0, true));
    object.publish(vec![signal("a", false)]);
    assert_eq!((told(&object), object.broker.has_news()), (10, false));
    // After the row: lost with this life, but nobody was told of it.
    count(&mut object);
    object.evict();
    assert_eq!(told(&object), 10);
    count(&mut object);
    count(&mut object);
    object.publish(vec![signal("b", false)]);
    assert_eq!(told(&object), 20, "one of them tells how far the shard was");
    // Where it is quiet, nothing is lost.
    count(&mut object);
    object.checkpoint = object.broker.checkpoint(object.now);
    assert_eq!((told(&object), object.broker.has_news()), (30, false));
    object.evict();
    count(&mut object);
    object.publish(vec![signal("c", false)]);
    assert_eq!(told(&object), 40);
}
