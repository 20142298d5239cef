use super::*;

#[test]
fn every_channel_counts_for_itself_from_one() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    let receipts = object.publish(vec![signal("a", true), signal("b", false), price("bitcoin", 1)]);
    let offsets = |receipt: &Receipt| receipt.positions.iter().map(|it| it.offset).collect::<Vec<_>>();
    // On signals:all, signals:type:volume_spike and signals:high.
    assert_eq!(
        receipts.iter().map(offsets).collect::<Vec<_>>(),
        [vec![1, 1, 1], vec![2, 2], vec![1]]
    );
    assert!(
        receipts
            .iter()
            .flat_map(|it| &it.positions)
            .all(|it| it.epoch == epoch)
    );
    object.publish(vec![signal("c", true)]);
    assert_eq!(object.position(&Channel::SignalsAll), Some(at(epoch, 3)));
    assert_eq!(object.position(&Channel::SignalsHigh), Some(at(epoch, 2)));
}

#[test]
fn ticks_are_numbered_upwards_whatever_the_clock_says() {
    let mut object = Object::new();
    let mut last = object.newest();
    for step in [0, 5, 0, 1_000] {
        object.pass(step);
        object.publish(vec![price("bitcoin", 1)]);
        assert!(object.newest() > last);
        last = object.newest();
    }
    object.now = START;
    object.publish(vec![price("bitcoin", 1)]);
    assert!(object.newest() > last, "the clock went back");
}

#[test]
fn a_broker_without_a_past_has_another_epoch_and_later_numbers() {
    let mut object = Object::new();
    object.publish(vec![price("bitcoin", 1)]);
    let later = Broker::new(object.now.plus(5));
    assert_ne!(later.fresh(), object.broker.fresh());
    assert!(later.recover(&[]).newest > object.newest());
}

#[test]
fn a_publication_of_nothing_is_no_tick() {
    let mut object = Object::new();
    let newest = object.newest();
    assert_eq!(object.publish(Vec::<Event>::new()), []);
    assert_eq!((object.newest(), object.rows.len()), (newest, 0));
}

#[test]
fn a_tick_is_as_old_as_the_oldest_of_its_publications() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    let publication = |age: u64| Publication {
        published_at: UnixMillis::from_secs(START.secs() - age),
        items: vec![Item::from(Event::from(price("bitcoin", age)))],
        ..Publication::default()
    };
    object
        .broker
        .publish(vec![publication(1), publication(3), publication(2)], START);
    let body = object.broker.next_delivery("json-0").unwrap();
    let delivery: Delivery = postcard::from_bytes(&body).unwrap();
    let ticks = delivery.decode().unwrap();
    assert_eq!(ticks[0].published_at, UnixMillis::from_secs(START.secs() - 3));
    assert_eq!(ticks[0].messages.len(), 3);
}

#[test]
fn a_channel_that_was_forgotten_begins_anew_in_another_epoch() {
    let mut object = Object::new();
    let first = object.broker.fresh();
    object.publish(vec![mention("forgotten")]);
    object.pass(1);
    for n in 0..10_000 {
        object.publish(vec![mention(&n.to_string())]);
    }
    assert!(object.broker.channels().count() <= 10_000);
    let forgotten = Channel::Mentions("forgotten".into());
    assert_eq!(object.position(&forgotten), None);
    object.evict();
    object.publish(vec![mention("forgotten")]);
    let again = object.position(&forgotten).unwrap();
    assert_eq!(again.offset, 1);
    assert_ne!(again.epoch, first);
    // Who stays goes on in the old one.
    assert_eq!(
        object.position(&Channel::Mentions("9999".into())),
        Some(at(first, 1))
    );
}
