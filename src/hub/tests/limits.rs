use serde_json::json;

use super::*;

#[test]
fn the_hundred_and_first_message_of_a_minute_is_refused_and_nothing_is_lost() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin"]);
    for _ in 2..100 {
        rig.say(conn, json!({"type": "ping"}));
    }
    rig.read(conn);
    rig.say(
        conn,
        json!({"type": "unsubscribe", "channels": ["price:bitcoin"]}),
    );
    let messages = rig.read(conn);
    assert_eq!(codes(&messages), ["RATE_LIMITED"]);
    let message = messages[0]["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("100 messages a minute") && message.contains("60 s"),
        "{message}"
    );
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(events(&rig.read(conn)).len(), 1);
    rig.pass(60_000);
    rig.say(conn, json!({"type": "ping"}));
    assert_eq!(kinds(&rig.read(conn)), ["pong"]);
}

#[test]
fn the_fifty_first_channel_is_refused_and_named() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    let names: Vec<String> = rig
        .hub
        .catalog()
        .coins()
        .take(53)
        .map(|(id, _)| format!("price:{id}"))
        .collect();
    rig.say(conn, json!({"type": "subscribe", "channels": names}));
    let messages = rig.read(conn);
    assert_eq!(messages[0]["channels"].as_array().unwrap().len(), 50);
    assert_eq!(codes(&messages), ["RATE_LIMITED"]);
    let message = messages[1]["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("at most 50") && message.contains("3 of") && message.contains(&names[50]),
        "{message}"
    );
}

#[test]
fn the_longest_names_still_fit_an_attachment() {
    let mut rig = Rig::with(|limits| limits.max_channels = 1_000);
    let conn = rig.open_as(&"s".repeat(128));
    rig.publish((0..400).map(|n| price(&format!("{n:0>64}"), 1)).collect());
    let names: Vec<String> = (0..400).map(|n| format!("price:{n:0>64}")).collect();
    for some in names.chunks(40) {
        rig.say(conn, json!({"type": "subscribe", "channels": some}));
    }
    // The rig has checked the size of every attachment on the way.
    let held = rig
        .read(conn)
        .iter()
        .rev()
        .find_map(|it| it["channels"].as_array().map(Vec::len))
        .unwrap();
    assert!((150..250).contains(&held), "{held}");
    let renamed = rig.evict();
    rig.publish(vec![price(&format!("{:0>64}", 0), 2)]);
    assert_eq!(events(&rig.read(renamed[&conn])).len(), 1);
}

#[test]
fn a_message_of_64_kb_is_read_and_one_byte_more_is_not() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    let padded = |bytes: usize| {
        let ping = r#"{"type":"ping"}"#;
        ping.to_owned() + &" ".repeat(bytes - ping.len())
    };
    rig.say_text(conn, &padded(65_536));
    assert_eq!(kinds(&rig.read(conn)), ["pong"]);
    rig.say_text(conn, &padded(65_537));
    let messages = rig.read(conn);
    assert_eq!(codes(&messages), ["INVALID_MESSAGE"]);
    assert!(
        messages[0]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("65536")
    );
}

#[test]
fn five_minutes_without_a_frame_in_either_direction_close() {
    let mut rig = Rig::public();
    let idle = rig.open();
    let listens = rig.open();
    let pings = rig.open();
    let speaks = rig.open();
    rig.subscribe(listens, &["price:bitcoin"]);
    rig.pass(200_000);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.heard.insert(pings, rig.now);
    rig.say(speaks, json!({"type": "ping"}));
    rig.pass(99_999);
    assert!(rig.closed.is_empty());
    rig.pass(1);
    assert_eq!(rig.closed, [(idle, CloseReason::Idle)]);
    rig.pass(199_999);
    assert_eq!(rig.closed.len(), 1);
    rig.pass(1);
    let closed: Vec<ConnId> = rig.closed.iter().map(|(conn, _)| *conn).collect();
    assert_eq!(closed, [idle, listens, pings, speaks]);
}

#[test]
fn a_full_shard_says_so() {
    let mut rig = Rig::with(|limits| limits.max_connections = 2);
    let first = rig.open();
    assert!(!rig.hub.is_full());
    rig.open();
    assert!(rig.hub.is_full());
    rig.input(Input::Closed { conn: first });
    assert!(!rig.hub.is_full());
}

#[test]
fn the_alarm_is_written_only_when_an_earlier_deadline_appears() {
    let mut rig = Rig::new();
    rig.open();
    let armed = rig.alarm.take();
    assert_eq!(armed, Some(START.plus(10_000)));
    rig.pass(1_000);
    rig.open();
    assert_eq!(
        rig.alarm, None,
        "a later deadline waits for the alarm that is armed"
    );
}
