//! Prices, at their pace.

use super::*;

#[test]
fn a_subscriber_gets_the_current_price_of_each_symbol_as_it_calls_it() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.publish(vec![price("bitcoin", 50_000), price("ethereum", 3_000)]);
    rig.follow(conn, &["BTC", "eth"]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 50_000), one("eth", 3_000)]);
    rig.follow(conn, &["BTC"]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 50_000)]);
}

#[test]
fn several_prices_of_a_delivery_are_one_frame_and_one_is_an_update() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC", "ETH"]);
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 2)]);
    assert_eq!(prices(&rig.read(conn)), [[one("BTC", 1), one("ETH", 2)].concat()]);
    rig.pass(5_000);
    rig.publish(vec![price("bitcoin", 3)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 3)]);
}

#[test]
fn a_price_is_told_every_five_seconds_at_most_and_then_the_newest() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC", "ETH"]);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    for dollars in 2..6 {
        rig.pass(1_000);
        rig.publish(vec![price("bitcoin", dollars)]);
    }
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(1_000);
    // Whatever comes takes along what rested.
    rig.publish(vec![price("ethereum", 9)]);
    assert_eq!(prices(&rig.read(conn)), [[one("BTC", 5), one("ETH", 9)].concat()]);
}

#[test]
fn who_was_told_alone_waits_as_long_as_all_others_and_then_gets_the_newest() {
    let mut rig = Rig::new();
    let first = rig.wallet("alice");
    rig.follow(first, &["BTC"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.read(first);
    rig.pass(3_000);
    let second = rig.wallet("bob");
    rig.follow(second, &["BTC", "ETH"]);
    assert_eq!(prices(&rig.read(second)), [one("BTC", 1)]);
    rig.pass(2_000);
    rig.publish(vec![price("bitcoin", 2), price("ethereum", 7)]);
    assert_eq!(prices(&rig.read(first)), [one("BTC", 2)]);
    assert_eq!(prices(&rig.read(second)), [one("ETH", 7)]);
    rig.pass(3_000);
    rig.publish(vec![signal("s-1", true)]);
    assert_eq!(rig.read(second), [] as [Value; 0], "not at a time of its own");
    rig.pass(2_000);
    rig.publish(vec![price("ethereum", 8)]);
    assert_eq!(
        prices(&rig.read(second)),
        [[one("ETH", 8), one("BTC", 2)].concat()]
    );
    assert_eq!(rig.read(first), [] as [Value; 0]);
    rig.pass(5_000);
    rig.publish(vec![price("bitcoin", 3), price("ethereum", 9)]);
    assert_eq!(
        prices(&rig.read(second)),
        [[one("BTC", 3), one("ETH", 9)].concat()]
    );
}

#[test]
fn who_is_owed_a_price_gets_it_though_no_other_is_told() {
    let mut rig = Rig::new();
    let (first, second) = (rig.wallet("alice"), rig.wallet("bob"));
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 1)]);
    rig.follow(first, &["BTC", "ETH"]);
    rig.pass(4_000);
    rig.follow(second, &["BTC", "ETH"]);
    rig.read(second);
    rig.pass(1_000);
    rig.publish(vec![price("bitcoin", 2), price("ethereum", 2)]);
    assert_eq!(rig.read(second), [] as [Value; 0]);
    rig.pass(9_000);
    rig.publish(vec![signal("s-1", true)]);
    assert_eq!(
        prices(&rig.read(second)),
        [[one("BTC", 2), one("ETH", 2)].concat()]
    );
}

#[test]
fn an_eviction_forgets_neither_the_pace_nor_what_rested() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.pass(1_000);
    rig.publish(vec![price("bitcoin", 2)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    let conn = rig.evict()[&conn];
    rig.pass(1_000);
    rig.publish(vec![price("ethereum", 1)]);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(3_000);
    rig.publish(vec![price("ethereum", 2)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 2)]);
}

#[test]
fn wallets_that_differ_in_their_users_alone_share_a_frame_of_prices() {
    let mut rig = Rig::new();
    let conns: Vec<ConnId> = (0..5).map(|n| rig.wallet(&format!("user-{n}"))).collect();
    for (n, conn) in conns.iter().enumerate() {
        rig.follow(*conn, &["BTC", "ETH"]);
        rig.follow_user(*conn, &format!("user-{n}"));
    }
    rig.pass(5_000);
    rig.broker.publish(
        vec![Publication {
            published_at: rig.now,
            items: vec![
                Item::from(Event::from(price("bitcoin", 1))),
                Item::from(Event::from(price("ethereum", 2))),
            ],
            ..Publication::default()
        }],
        rig.now,
    );
    let (after, ticks) = rig.next_delivery();
    let effects = rig.hub.handle(rig.now, Input::Delivery { after, ticks });
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Batch { to, .. } => Some(to.len()),
        _ => None,
    });
    assert_eq!(frames.collect::<Vec<_>>(), [5]);
}
