use serde_json::json;

use super::*;

#[test]
fn without_a_token_nothing_but_ping_is_answered() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.unsubscribe(conn, &["price:bitcoin"]);
    let messages = rig.read(conn);
    assert_eq!(codes(&messages), ["UNAUTHORIZED", "UNAUTHORIZED"]);
    assert!(
        messages[0]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("'subscribe'")
    );
    rig.publish(vec![price("bitcoin", 1)]);
    rig.publish_status();
    assert!(rig.read(conn).is_empty());
}

#[test]
fn with_public_read_public_channels_need_no_token() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.publish_status();
    assert_eq!(
        kinds(&rig.read(conn)),
        ["subscribed", "price_update", "system_status"]
    );
    rig.pass(60_000);
    assert!(rig.closed.is_empty());
}

#[test]
fn a_refused_token_leaves_the_connection_as_it_was() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": "nonsense"}));
    rig.say(
        conn,
        json!({"type": "auth", "token": rig.token("alice", 0) + "x"}),
    );
    rig.say(
        conn,
        json!({"type": "auth", "token": token("alice", START.secs() - 60)}),
    );
    assert_eq!(
        codes(&rig.read(conn)),
        ["INVALID_TOKEN", "INVALID_TOKEN", "EXPIRED_TOKEN"]
    );
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages), ["auth_success"]);
    assert_eq!(messages[0]["data"]["subject"], "alice");
    assert_eq!(messages[0]["data"]["expires_at"], "2025-12-02T12:31:00Z");
}

#[test]
fn a_connection_keeps_its_subject() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.say(conn, json!({"type": "auth", "token": rig.token("mallory", 3600)}));
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 7200)}));
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages), ["error", "auth_success"]);
    assert_eq!(codes(&messages), ["UNAUTHORIZED"]);
    assert_eq!(messages[1]["data"]["subject"], "alice");
}

#[test]
fn nobody_authenticates_and_the_connection_is_closed() {
    let mut rig = Rig::new();
    let late = rig.open();
    rig.pass(4_000);
    let later = rig.open();
    rig.pass(5_999);
    assert!(rig.closed.is_empty());
    rig.pass(1);
    assert_eq!(rig.closed, [(late, CloseReason::AuthTimeout)]);
    assert_eq!(codes(&rig.read(late)), ["UNAUTHORIZED"]);
    rig.pass(4_000);
    assert_eq!(
        rig.closed,
        [
            (late, CloseReason::AuthTimeout),
            (later, CloseReason::AuthTimeout)
        ]
    );
}

#[test]
fn delivery_pauses_when_the_token_expires_and_resumes_with_a_new_one() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.pass(59_999);
    rig.read(conn);
    rig.pass(1);
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN"]);
    rig.publish(vec![price("bitcoin", 2)]);
    rig.publish_status();
    rig.subscribe(conn, &["market:summary"]);
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN"]);

    rig.pass(29_000);
    rig.say(conn, json!({"type": "auth", "token": rig.token("mallory", 60)}));
    assert_eq!(codes(&rig.read(conn)), ["UNAUTHORIZED"]);
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages), ["auth_success", "price_update"]);
    assert_eq!(events(&messages), [("price:bitcoin".into(), "2".into())]);
    rig.publish(vec![price("bitcoin", 3)]);
    assert_eq!(events(&rig.read(conn)).len(), 1);
    assert!(rig.closed.is_empty());
}

#[test]
fn an_expired_token_that_is_not_replaced_closes_after_thirty_seconds() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.pass(89_999);
    assert!(rig.closed.is_empty());
    rig.pass(1);
    assert_eq!(rig.closed, [(conn, CloseReason::TokenExpired)]);
}

#[test]
fn a_late_alarm_gives_an_expired_token_no_extra_time() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.read(conn);
    rig.now = rig.now.plus(60_500);
    rig.subscribe(conn, &["price:bitcoin"]);
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN", "EXPIRED_TOKEN"]);
}

#[test]
fn nothing_is_delivered_to_an_expired_token_though_the_alarm_is_late() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.read(conn);
    rig.now = rig.now.plus(60_500);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(kinds(&rig.read(conn)), ["error"]);
}

#[test]
fn the_leeway_does_not_renew_the_token_that_has_just_expired() {
    let mut rig = Rig::new();
    let conn = rig.open();
    let token = rig.token("alice", 60);
    rig.say(conn, json!({"type": "auth", "token": token}));
    rig.pass(60_000);
    rig.read(conn);
    rig.say(conn, json!({"type": "auth", "token": token}));
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN"]);
}
