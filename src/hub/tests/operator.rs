//! What an operator sees and does.

use super::*;
use crate::model::Target;

fn channel(name: &str) -> Channel {
    Channel::parse(name, &Catalog::embedded()).unwrap()
}

fn held(rig: &Rig) -> Vec<(String, u64)> {
    let listing = rig.hub.channels();
    assert_eq!(listing.left_out, 0);
    listing.first.into_iter().collect()
}

#[test]
fn a_user_is_disconnected_everywhere_and_nobody_else_is() {
    let mut rig = Rig::new();
    let (first, second, bob) = (rig.open_as("alice"), rig.open_as("alice"), rig.open_as("bob"));
    rig.open();
    rig.input(Input::Disconnect(&Target::User("alice".into())));
    let reason = CloseReason::Disconnected;
    assert_eq!(rig.closed, [(first, reason), (second, reason)]);
    assert_eq!(reason.code(), 4003);
    assert_eq!(rig.hub.len(), 2);
    rig.subscribe(bob, &["price:bitcoin"]);
    assert_eq!(kinds(&rig.read(bob)), ["subscribed"]);
    rig.input(Input::Disconnect(&Target::User("alice".into())));
    assert_eq!(rig.closed.len(), 2);
}

#[test]
fn a_connection_is_disconnected_by_the_id_that_it_was_told_even_after_an_eviction() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.open_as("alice"), rig.open_as("bob"));
    rig.say(bob, json!({"type": "auth", "token": rig.token("bob", 60)}));
    let id = rig.read(bob)[0]["data"]["connection_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let renamed = rig.evict();
    rig.input(Input::Disconnect(&Target::Connection(id)));
    assert_eq!(rig.closed, [(renamed[&bob], CloseReason::Disconnected)]);
    rig.input(Input::Disconnect(&Target::Connection(Uuid::from_u128(999))));
    assert_eq!(rig.closed.len(), 1);
    rig.unsubscribe(renamed[&alice], &[]);
    assert_eq!(kinds(&rig.read(renamed[&alice])), ["unsubscribed"]);
}

#[test]
fn a_channel_is_held_under_all_its_names_by_users_and_by_those_without_a_name() {
    let mut rig = Rig::public();
    let (alice, again, nobody, other) = (
        rig.open_as("alice"),
        rig.open_as("alice"),
        rig.open(),
        rig.open_as("bob"),
    );
    rig.subscribe(alice, &["price:BTC", "signals:all"]);
    rig.subscribe(again, &["price:bitcoin"]);
    rig.subscribe(nobody, &["price:btc"]);
    rig.subscribe(other, &["signals:all"]);
    let presence = rig.hub.presence(&channel("price:bitcoin"));
    assert_eq!(presence.subscribers, 3);
    assert!(presence.users.iter().eq(["alice"]));
    assert_eq!(
        held(&rig),
        [("price:bitcoin".into(), 3), ("signals:all".into(), 2)]
    );
    rig.unsubscribe(alice, &["price:bitcoin"]);
    rig.input(Input::Disconnect(&Target::User("bob".into())));
    assert_eq!(
        held(&rig),
        [("price:bitcoin".into(), 2), ("signals:all".into(), 1)]
    );
    assert_eq!(rig.hub.presence(&channel("market:summary")), Default::default());
}
