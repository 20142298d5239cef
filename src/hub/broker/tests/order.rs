use super::*;
use crate::hub::tests::mood;
use crate::model::{CoinId, Notification, UserEvent, UserNews};

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

#[test]
fn a_flood_of_names_forgets_nothing_of_the_feed() {
    let mut object = Object::new();
    let first = object.broker.fresh();
    object.publish(vec![price("bitcoin", 1), price("bitcoin", 2), signal("s", false)]);
    object.pass(1);
    for n in 0..11 {
        object.publish(
            (0..1_000)
                .map(|k| mention(&format!("x{}", n * 1_000 + k)))
                .collect(),
        );
    }
    assert_ne!(object.broker.fresh(), first, "some of the flood were forgotten");
    let bitcoin = Channel::Price(CoinId::new("bitcoin").unwrap());
    for evicted in [false, true] {
        if evicted {
            object.evict();
        }
        assert_eq!(object.position(&bitcoin), Some(at(first, 2)));
        let latest = object.broker.lines.latest(&bitcoin);
        assert_eq!(latest, Some(price("bitcoin", 2).into()));
        let recovery = object.broker.recover(&[(bitcoin.clone(), at(first, 0))]);
        assert_eq!(recovery.histories[0].1.messages.len(), 2);
        assert_eq!(object.missed(at(first, 0)), Some(vec![1]));
    }
}

#[test]
fn a_checkpoint_is_bounded_whatever_the_names() {
    let mut object = Object::new();
    for coin in 0..500 {
        object.publish(vec![
            price(&format!("coin-{coin}"), 1),
            mood(&format!("coin-{coin}"), 0.5),
        ]);
    }
    for n in 0..11_000 {
        let user = format!("{n:0>128}").into();
        object.publish(vec![Event::User(UserEvent {
            user,
            news: UserNews::Notification(Notification {
                notification_id: String::new(),
                kind: String::new(),
                title: String::new(),
                message: String::new(),
                priority: String::new(),
            }),
        })]);
    }
    let known = object.broker.channels().count();
    assert!((5_500..7_500).contains(&known), "{known}");
    let bytes = object.broker.checkpoint(object.now).concat().len();
    assert!(bytes < 1_200_000, "{bytes}");
}
