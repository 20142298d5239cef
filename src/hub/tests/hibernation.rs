use serde_json::json;

use super::*;

#[test]
fn subscriptions_identity_and_spelling_survive() {
    let mut rig = Rig::new();
    let alice = rig.open_as("alice");
    let bob = rig.open_as("bob");
    let nobody = rig.open();
    rig.subscribe(alice, &["price:BTC", "signals:all"]);
    rig.subscribe(bob, &["price:ethereum"]);
    let renamed = rig.evict();
    let (alice, bob, nobody) = (renamed[&alice], renamed[&bob], renamed[&nobody]);
    for conn in [alice, bob, nobody] {
        rig.read(conn);
    }
    rig.publish(vec![
        price("bitcoin", 1),
        price("ethereum", 2),
        signal("s", false),
    ]);
    assert_eq!(
        events(&rig.read(alice)),
        [
            ("price:BTC".into(), "1".into()),
            ("signals:all".into(), "\"s\"".into())
        ]
    );
    assert_eq!(events(&rig.read(bob)), [("price:ethereum".into(), "2".into())]);
    assert!(rig.read(nobody).is_empty());

    rig.say(alice, json!({"type": "auth", "token": rig.token("mallory", 60)}));
    rig.subscribe(nobody, &["price:bitcoin"]);
    assert_eq!(codes(&rig.read(alice)), ["UNAUTHORIZED"]);
    assert_eq!(codes(&rig.read(nobody)), ["UNAUTHORIZED"]);
}

#[test]
fn the_message_limit_survives() {
    let mut rig = Rig::new();
    let mut conn = rig.open_as("alice");
    for _ in 1..100 {
        rig.say(conn, json!({"type": "ping"}));
        conn = rig.evict()[&conn];
    }
    rig.read(conn);
    rig.say(conn, json!({"type": "ping"}));
    assert_eq!(codes(&rig.read(conn)), ["RATE_LIMITED"]);
}

#[test]
fn the_channel_limit_survives() {
    let mut rig = Rig::with(|limits| limits.max_channels = 2);
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin", "price:ethereum"]);
    let conn = rig.evict()[&conn];
    rig.read(conn);
    rig.subscribe(conn, &["price:solana"]);
    assert_eq!(codes(&rig.read(conn)), ["RATE_LIMITED"]);
}

#[test]
fn deadlines_survive() {
    let mut rig = Rig::new();
    let silent = rig.open();
    let expires = rig.open();
    rig.say(expires, json!({"type": "auth", "token": rig.token("alice", 60)}));
    let renamed = rig.evict();
    let (silent, expires) = (renamed[&silent], renamed[&expires]);
    rig.read(expires);
    rig.pass(10_000);
    assert_eq!(rig.closed, [(silent, CloseReason::AuthTimeout)]);
    rig.pass(50_000);
    assert_eq!(codes(&rig.read(expires)), ["EXPIRED_TOKEN"]);
    let expires = rig.evict()[&expires];
    rig.publish_status();
    assert!(rig.read(expires).is_empty(), "delivery stays paused");
    rig.pass(30_000);
    assert_eq!(rig.closed.last(), Some(&(expires, CloseReason::TokenExpired)));
}

#[test]
fn evictions_close_a_listener_never_early_and_at_most_a_quarter_late() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin"]);
    for dollars in 0..100 {
        rig.pass(30_000);
        rig.publish(vec![price("bitcoin", dollars)]);
        rig.evict();
    }
    rig.pass(299_999);
    assert!(rig.closed.is_empty());
    rig.pass(75_001);
    assert_eq!(rig.closed.len(), 1);
}

#[test]
fn an_eviction_between_deliveries_does_not_write_every_attachment_again() {
    let mut rig = Rig::public();
    for _ in 0..10 {
        let conn = rig.open();
        rig.subscribe(conn, &["price:bitcoin"]);
    }
    rig.pass(30_000);
    rig.evict();
    rig.publish(vec![price("bitcoin", 1)]);
    let before = rig.attachments.clone();
    rig.publish(vec![price("bitcoin", 2)]);
    let written = before
        .iter()
        .filter(|(conn, bytes)| rig.attachments[conn] != **bytes);
    assert_eq!(written.count(), 1, "the keeper's alone");
}

#[test]
fn an_expired_token_gets_its_whole_grace_from_when_the_client_was_told() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.alarm = None; // lost: the object was restarted, say
    rig.now = rig.now.plus(85_000);
    let conn = rig.evict()[&conn];
    rig.read(conn);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN"]);
    rig.pass(29_999);
    assert!(rig.closed.is_empty());
    rig.pass(1);
    assert_eq!(rig.closed, [(conn, CloseReason::TokenExpired)]);
}

#[test]
fn a_socket_that_closed_while_the_object_slept_is_counted() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    let bytes = rig.attachments.remove(&conn).unwrap();
    rig.evict();
    rig.input(Input::Departed(Attachment::decode(&bytes).unwrap()));
    rig.open_as("alice");
    let counters = rig.hub.stats().counters;
    assert_eq!((counters.closes, counters.reconnects), (1, 1));
}

#[test]
fn a_woken_shard_asks_the_broker_when_somebody_needs_a_value() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1)]);
    let conn = rig.evict()[&conn];
    rig.answers = false;
    rig.publish(vec![price("bitcoin", 2)]);
    assert!(!rig.attaching);
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.answer_attach();
    assert_eq!(events(&rig.read(conn)), [("price:bitcoin".into(), "2".into())]);
}

#[test]
fn a_new_token_that_wakes_a_shard_brings_the_current_values() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.subscribe(conn, &["price:bitcoin", "price:ethereum", "signals:all"]);
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 1)]);
    rig.pass(60_000);
    rig.publish(vec![price("bitcoin", 2)]);
    let conn = rig.evict()[&conn];
    rig.read(conn);
    rig.answers = false;
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    assert_eq!(kinds(&rig.read(conn)), ["auth_success"]);
    rig.publish(vec![price("ethereum", 3)]);
    rig.pump();
    assert_eq!(events(&rig.read(conn)), [("price:ethereum".into(), "3".into())]);
    rig.answer_attach();
    assert_eq!(events(&rig.read(conn)), [("price:bitcoin".into(), "2".into())]);
}

#[test]
fn an_attachment_of_another_version_is_none() {
    let mut rig = Rig::public();
    let conn = rig.open();
    let mut bytes = rig.attachments[&conn].clone();
    assert!(Attachment::decode(&bytes).is_some());
    bytes[0] += 1;
    assert!(Attachment::decode(&bytes).is_none());
    assert!(Attachment::decode(&[]).is_none());
    assert!(Attachment::decode(&[1, 2, 3]).is_none());
}

#[test]
fn an_eviction_after_an_acknowledgement_was_lost_brings_no_message_twice() {
    let mut rig = Rig::public();
    let keeper = rig.open();
    let other = rig.open();
    for conn in [keeper, other] {
        rig.subscribe(conn, &["signals:all"]);
    }
    rig.answers = false;
    rig.publish(vec![signal("1", false)]);
    let body = rig.broker.next_delivery(SHARD).unwrap();
    rig.deliver(&body);
    rig.broker.failed(SHARD, rig.now);
    let renamed = rig.evict();
    rig.pump();
    for conn in [keeper, other] {
        assert_eq!(ids(&rig.read(renamed[&conn])), ["1"]);
    }
}

#[test]
fn when_the_keeper_closes_another_socket_remembers_how_far_the_shard_is() {
    for asleep in [false, true] {
        let mut rig = Rig::public();
        let keeper = rig.open();
        let other = rig.open();
        rig.subscribe(other, &["signals:all"]);
        rig.publish(vec![signal("1", false)]);
        let seen = rig.hub.seen();
        assert_eq!(rig.hub.keeper, Some(keeper));
        let departed = rig.attachments.remove(&keeper).unwrap();
        if !asleep {
            rig.input(Input::Closed { conn: keeper });
        }
        let mut other = rig.evict()[&other];
        if asleep {
            rig.input(Input::Departed(Attachment::decode(&departed).unwrap()));
            assert_eq!(rig.hub.seen(), seen);
            other = rig.evict()[&other];
        }
        assert_eq!(rig.hub.seen(), seen);
        rig.publish(vec![signal("2", false)]);
        assert_eq!(ids(&rig.read(other)), ["1", "2"]);
    }
}
