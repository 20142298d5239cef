use serde_json::json;

use super::*;

/// A client that wants one frame a delivery.
fn open_batched(rig: &mut Rig, subject: &str, channels: &[&str]) -> ConnId {
    let conn = rig.open();
    let token = rig.token(subject, 3600);
    rig.say(conn, json!({"type": "auth", "token": token, "batch": true}));
    rig.subscribe(conn, channels);
    rig.read(conn);
    conn
}

const ALL: [&str; 3] = ["price:BTC", "signals:all", "signals:high"];

#[test]
fn a_delivery_is_one_frame_with_the_same_messages_as_without() {
    let mut rig = Rig::new();
    let batched = open_batched(&mut rig, "alice", &ALL);
    let other = open_batched(&mut rig, "bob", &["price:BTC"]);
    let plain = rig.open_as("carol");
    rig.subscribe(plain, &ALL);
    rig.read(plain);
    rig.answers = false;
    rig.publish(vec![price("bitcoin", 1), signal("a", true), price("bitcoin", 2)]);
    rig.publish_status();
    rig.publish(vec![signal("b", false)]);
    rig.pump();
    let frames = rig.read(batched);
    assert_eq!(kinds(&frames), ["batch"]);
    let alone = rig.read(plain);
    assert_eq!(
        kinds(&alone),
        [
            "price_update",
            "signal_alert",
            "signal_alert",
            "price_update",
            "system_status",
            "signal_alert"
        ]
    );
    assert_eq!(frames[0]["messages"], json!(alone));
    let frames = rig.read(other);
    assert_eq!(frames[0]["messages"], json!([alone[0], alone[3], alone[4]]));
}

#[test]
fn a_delivery_that_has_nothing_for_a_group_is_no_frame() {
    let mut rig = Rig::new();
    let conn = open_batched(&mut rig, "alice", &ALL);
    rig.publish(vec![price("ethereum", 1)]);
    assert_eq!(rig.read(conn), Vec::<Value>::new());
}

#[test]
fn a_later_auth_leaves_batches_as_they_are_or_switches_them_off() {
    let mut rig = Rig::new();
    let conn = open_batched(&mut rig, "alice", &ALL);
    let token = rig.token("alice", 3600);
    rig.say(conn, json!({"type": "auth", "token": token}));
    rig.read(conn);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(kinds(&rig.read(conn)), ["batch"]);
    rig.say(conn, json!({"type": "auth", "token": token, "batch": false}));
    rig.read(conn);
    rig.publish(vec![price("bitcoin", 2)]);
    assert_eq!(kinds(&rig.read(conn)), ["price_update"]);
}

#[test]
fn an_eviction_keeps_batches() {
    let mut rig = Rig::new();
    let conn = open_batched(&mut rig, "alice", &ALL);
    let conn = rig.evict()[&conn];
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(kinds(&rig.read(conn)), ["batch"]);
}
