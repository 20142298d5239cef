use super::*;
use crate::hub::broker::receipts::{ENOUGH_IDS, Key, MAX_IDS, Receipts};

fn send(object: &mut Object, item: Item) -> Receipt {
    object.send(vec![item], None).remove(0)
}

#[test]
fn an_id_that_comes_again_is_told_where_it_went_for_five_minutes() {
    for evicted in [false, true] {
        let mut object = Object::new();
        let first = send(&mut object, with_id(signal("a", true), "id"));
        assert!(!first.repeated);
        object.pass(299_999);
        if evicted {
            object.evict();
        }
        let again = send(&mut object, with_id(signal("other words", true), "id"));
        assert_eq!((again.repeated, again.positions), (true, first.positions));
        assert_eq!(object.rows.len(), 1, "nothing new is stored");
        object.pass(1);
        let later = send(&mut object, with_id(signal("a", true), "id"));
        assert!(!later.repeated);
        assert_eq!(later.positions[0].offset, 2);
    }
}

#[test]
fn an_id_is_one_of_its_channels() {
    let mut object = Object::new();
    for item in [
        with_id(signal("a", true), "id"),
        with_id(signal("a", false), "id"),
        with_id(mention("x"), "id"),
        with_id(mention("y"), "id"),
        with_id(mention("y"), ""),
    ] {
        assert!(!send(&mut object, item).repeated);
    }
}

#[test]
fn the_same_id_twice_in_one_publication_is_one_message() {
    let mut object = Object::new();
    let twice = vec![with_id(mention("x"), "id"), with_id(mention("x"), "id")];
    let receipts = object.send(twice, None);
    assert_eq!(receipts[0].positions, receipts[1].positions);
    assert!(!receipts[0].repeated && receipts[1].repeated);
}

#[test]
fn without_an_id_the_same_event_is_another_message() {
    let mut object = Object::new();
    object.publish(vec![mention("x"), mention("x")]);
    assert_eq!(object.position(&Channel::Mentions("x".into())).unwrap().offset, 2);
}

#[test]
fn what_a_sender_sends_again_is_taken_once_whatever_it_is() {
    for evicted in [false, true] {
        let mut object = Object::new();
        let sender = |name: &str, sequence| {
            Some(Sender {
                name: name.into(),
                sequence,
            })
        };
        let item = || vec![Item::from(mention("x"))];
        assert_eq!(object.send(item(), sender("feed", 7)).len(), 1);
        if evicted {
            object.evict();
        }
        assert_eq!(object.send(item(), sender("feed", 7)), []);
        assert_eq!(object.send(item(), sender("feed", 6)), []);
        assert_eq!(object.send(item(), sender("other", 7)).len(), 1);
        assert_eq!(object.send(item(), sender("feed", 8)).len(), 1);
        assert_eq!(object.position(&Channel::Mentions("x".into())).unwrap().offset, 3);
        // Long after its row has gone.
        for _ in 0..20 {
            object.pass(60_000);
            object.publish(vec![mention("y")]);
        }
        object.evict();
        assert_eq!(object.send(item(), sender("feed", 8)), []);
    }
}

#[test]
fn what_is_published_is_counted_once_by_family_over_evictions() {
    let mut object = Object::new();
    let counts = |object: &Object| {
        let totals = object.broker.totals();
        (totals.published().clone(), totals.repeated())
    };
    let of = |signals: u64, mentions: u64| {
        let counts = [("signals", signals), ("mentions", mentions)];
        counts.map(|(family, n)| (family.to_owned(), n)).into()
    };
    // On three channels, once.
    object.send(
        vec![with_id(signal("a", true), "1"), with_id(mention("x"), "2")],
        None,
    );
    assert_eq!(counts(&object), (of(1, 1), 0));
    object.send(vec![with_id(mention("x"), "2"), with_id(mention("x"), "3")], None);
    assert_eq!(counts(&object), (of(1, 2), 1));
    let sender = || {
        Some(Sender {
            name: "feed".into(),
            sequence: 7,
        })
    };
    object.send(vec![Item::from(mention("x"))], sender());
    object.send(vec![Item::from(mention("x"))], sender());
    assert_eq!(counts(&object), (of(1, 3), 2));
    // Before and after a checkpoint.
    for signals in 2..20 {
        object.pass(20_000);
        object.publish(vec![signal("b", false)]);
        object.evict();
        assert_eq!(counts(&object), (of(signals, 3), 0));
    }
}

fn nth(publisher: u64, n: usize) -> Key {
    Key {
        publisher,
        message: [n as u64, n as u64],
    }
}

#[test]
fn ids_are_remembered_up_to_a_bound() {
    let mut receipts = Receipts::default();
    let place: Rc<[Position]> = Rc::from([]);
    for n in 0..=MAX_IDS {
        receipts.put(nth(1, n), Rc::clone(&place), START);
    }
    let known = (0..=MAX_IDS).filter(|n| receipts.get(nth(1, *n), START).is_some());
    let newest: Vec<_> = (MAX_IDS + 1 - ENOUGH_IDS..=MAX_IDS).collect();
    assert_eq!(known.collect::<Vec<_>>(), newest);
}

#[test]
fn no_publisher_uses_up_the_ids_of_another() {
    let mut receipts = Receipts::default();
    let place: Rc<[Position]> = Rc::from([]);
    let few = ENOUGH_IDS / 3;
    for n in 0..few {
        receipts.put(nth(1, n), Rc::clone(&place), START);
        receipts.put(nth(2, n), Rc::clone(&place), START);
    }
    for n in 0..3 * MAX_IDS {
        receipts.put(nth(3, n), Rc::clone(&place), START.plus(299_999));
    }
    let now = START.plus(299_999);
    for publisher in [1, 2] {
        assert!((0..few).all(|n| receipts.get(nth(publisher, n), now).is_some()));
    }
    assert!((3 * MAX_IDS - few..3 * MAX_IDS).all(|n| receipts.get(nth(3, n), now).is_some()));
}

#[test]
fn an_id_is_its_publishers_own() {
    let ids = [
        ("news", "1"),
        ("news", "2"),
        ("blog", "1"),
        ("news:1", "1"),
        ("news", "1:1"),
        ("", "news:1"),
    ];
    let mut object = Object::new();
    for (publisher, id) in ids {
        let mut item = with_id(mention("x"), id);
        item.id.as_mut().unwrap().publisher = publisher.to_owned();
        assert!(!send(&mut object, item.clone()).repeated, "{publisher} {id}");
        assert!(send(&mut object, item).repeated);
    }
}
