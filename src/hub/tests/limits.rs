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

/// Fills a connection's attachment with channels, but for less than one more; gives their coins, of 60 letters each.
fn fill(rig: &mut Rig, conn: ConnId) -> Vec<String> {
    let coins: Vec<String> = (0..400).map(|n| format!("x{n:0>59}")).collect();
    rig.publish(coins.iter().map(|coin| price(coin, 1)).collect());
    let names: Vec<String> = coins.iter().map(|coin| format!("price:{coin}")).collect();
    for some in names.chunks(40) {
        rig.say(conn, json!({"type": "subscribe", "channels": some}));
    }
    let held = held(rig, conn);
    assert!(held.len() < names.len(), "it is full");
    coins.into_iter().take(held.len()).collect()
}

fn held(rig: &mut Rig, conn: ConnId) -> Vec<String> {
    rig.read(conn);
    rig.unsubscribe(conn, &[]);
    let channels = rig.read(conn)[0]["channels"].clone();
    serde_json::from_value(channels).unwrap()
}

#[test]
fn what_is_named_again_takes_no_room_again() {
    let mut rig = Rig::with(|limits| limits.max_channels = 1_000);
    let conn = rig.open_as("alice");
    let coins = fill(&mut rig, conn);
    let freed = format!("price:{}", coins[0]);
    rig.unsubscribe(conn, &[&freed]);
    let mut names = held(&mut rig, conn);
    // All of them again, and one that has just room.
    names.push(freed);
    rig.say(conn, json!({"type": "subscribe", "channels": names}));
    assert_eq!(codes(&rig.read(conn)), [""; 0]);
    assert_eq!(held(&mut rig, conn), names);
}

#[test]
fn a_longer_spelling_that_does_not_fit_leaves_the_old_one() {
    let mut rig = Rig::with(|limits| limits.max_channels = 1_000);
    let conn = rig.open_as("alice");
    let coins = fill(&mut rig, conn);
    // Kept beside the canonical name. The rig checks that no attachment is too large.
    let longer: Vec<String> = coins
        .iter()
        .map(|coin| format!("price:{}", coin.to_uppercase()))
        .collect();
    let before = held(&mut rig, conn);
    for some in longer.chunks(40) {
        rig.say(conn, json!({"type": "subscribe", "channels": some}));
        let answers = rig.read(conn);
        assert_eq!(codes(&answers), [""; 0]);
        let told = answers[0]["positions"].as_object().unwrap();
        assert!(told.keys().all(|name| before.contains(name)), "{told:?}");
    }
    assert_eq!(held(&mut rig, conn), before);
    rig.publish(vec![price(&coins[0], 2)]);
    assert_eq!(events(&rig.read(conn)), [(before[0].clone(), "2".into())]);
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
    let speaks = rig.open();
    rig.subscribe(listens, &["price:bitcoin"]);
    rig.pass(200_000);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.unsubscribe(speaks, &["price:bitcoin"]);
    rig.pass(99_999);
    assert!(rig.closed.is_empty());
    rig.pass(1);
    assert_eq!(rig.closed, [(idle, CloseReason::Idle)]);
    rig.pass(199_999);
    assert_eq!(rig.closed.len(), 1);
    rig.pass(1);
    assert_eq!(
        rig.closed,
        [idle, listens, speaks].map(|conn| (conn, CloseReason::Idle))
    );
}

/// Lets time pass and the market move; the runtime answers a ping of each of `pinging` every 30 s.
fn pass_with_pings(rig: &mut Rig, minutes: u64, pinging: &[ConnId]) {
    for n in 0..minutes * 2 {
        rig.pass(30_000);
        rig.publish(vec![price("bitcoin", n)]);
        for conn in pinging {
            rig.heard.insert(*conn, rig.now);
        }
    }
}

#[test]
fn who_has_sent_heartbeats_and_misses_two_is_closed_and_a_listener_is_not() {
    let mut rig = Rig::public();
    let (pings, asks, listens) = (rig.open(), rig.open(), rig.open());
    for conn in [pings, asks, listens] {
        rig.subscribe(conn, &["price:bitcoin"]);
    }
    rig.say(asks, json!({"type": "ping"}));
    pass_with_pings(&mut rig, 10, &[pings, asks]);
    assert!(rig.closed.is_empty());
    let last = rig.now;
    while rig.closed.len() < 2 && rig.now.since(last) < 600_000 {
        rig.pass(1_000);
    }
    let took = rig.now.since(last);
    assert!((75_000..=81_000).contains(&took), "{took} ms");
    assert_eq!(
        rig.closed,
        [pings, asks].map(|conn| (conn, CloseReason::HeartbeatMissed))
    );
    rig.inbox.remove(&pings);
    rig.inbox.remove(&asks);
    pass_with_pings(&mut rig, 10, &[]);
    assert_eq!(rig.closed.len(), 2);
}

#[test]
fn who_first_listens_and_then_sends_heartbeats_is_closed_like_any_other_when_they_end() {
    let mut rig = Rig::public();
    let (late, asleep, listens) = (rig.open(), rig.open(), rig.open());
    for conn in [late, asleep, listens] {
        rig.subscribe(conn, &["price:bitcoin"]);
    }
    pass_with_pings(&mut rig, 5, &[]);
    pass_with_pings(&mut rig, 5, &[late, asleep]);
    assert!(rig.closed.is_empty());
    pass_with_pings(&mut rig, 3, &[late]);
    assert_eq!(rig.closed, [(asleep, CloseReason::HeartbeatMissed)]);
    pass_with_pings(&mut rig, 3, &[]);
    assert_eq!(
        rig.closed,
        [asleep, late].map(|conn| (conn, CloseReason::HeartbeatMissed))
    );
}

#[test]
fn a_listener_s_first_heartbeat_is_seen_however_often_the_shard_is_evicted() {
    let mut rig = Rig::public();
    let mut conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin"]);
    pass_with_pings(&mut rig, 5, &[]);
    rig.heard.insert(conn, rig.now);
    for n in 0..8 {
        conn = *rig.evict().get(&conn).unwrap_or(&conn);
        rig.pass(30_000);
        rig.publish(vec![price("bitcoin", n)]);
    }
    assert_eq!(rig.closed, [(conn, CloseReason::HeartbeatMissed)]);
}

#[test]
fn many_who_send_heartbeats_at_different_times_are_looked_at_together() {
    let mut rig = Rig::public();
    let conns: Vec<ConnId> = (0..30).map(|_| rig.open()).collect();
    let mut alarms = 0;
    for second in 0..600 {
        alarms += u32::from(rig.alarm.is_some_and(|at| at <= rig.now.plus(1_000)));
        rig.pass(1_000);
        rig.heard.insert(conns[second % 30], rig.now);
        if second % 30 == 0 {
            rig.publish_status();
        }
    }
    assert!(rig.closed.is_empty());
    // One in 45 s would do, and each is a row of storage.
    assert!(alarms <= 20, "{alarms}");
}

#[test]
fn any_frame_counts_as_a_heartbeat_and_an_eviction_forgets_none() {
    let mut rig = Rig::public();
    let mut conn = rig.open();
    rig.say(conn, json!({"type": "ping"}));
    for _ in 0..5 {
        rig.pass(50_000);
        conn = rig.evict()[&conn];
        rig.unsubscribe(conn, &[]);
    }
    assert!(rig.closed.is_empty());
    conn = rig.evict()[&conn];
    rig.pass(82_000);
    assert_eq!(rig.closed, [(conn, CloseReason::HeartbeatMissed)]);
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

#[test]
fn a_message_that_names_far_too_many_channels_is_refused_as_a_whole() {
    let mut rig = Rig::public();
    rig.answers = false;
    let conn = rig.open();
    for (kind, count) in [
        ("subscribe", 1_001),
        ("subscribe", 21_000),
        ("unsubscribe", 1_001),
    ] {
        rig.say(conn, json!({"type": kind, "channels": vec![""; count]}));
        let messages = rig.read(conn);
        assert_eq!(codes(&messages), ["INVALID_MESSAGE"]);
        let message = messages[0]["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("'channels'") && message.contains("1000"),
            "{message}"
        );
    }
    let place = |n: u32| (n.to_string(), json!({"epoch": "1", "offset": 0}));
    let recover: BTreeMap<String, Value> = (0..1_001).map(place).collect();
    rig.say(
        conn,
        json!({"type": "subscribe", "channels": ["price:bitcoin"], "recover": recover}),
    );
    let messages = rig.read(conn);
    let message = messages[0]["error"]["message"].as_str().unwrap();
    assert!(message.contains("'recover'"), "{message}");
    rig.say(conn, json!({"type": "subscribe", "channels": vec![""; 1_000]}));
    assert!(rig.read(conn).is_empty(), "it waits");
}

#[test]
fn while_the_broker_is_silent_a_megabyte_of_a_connection_s_requests_waits() {
    let mut rig = Rig::with(|limits| {
        limits.public_read = true;
        limits.messages_per_minute = 0;
    });
    let conn = rig.open();
    rig.evict();
    rig.answers = false;
    for _ in 0..100 {
        rig.subscribe(conn, &["price:bitcoin"]);
    }
    let names: Vec<String> = (0..200).map(|n| format!("{n:0>300}")).collect();
    for _ in 0..15 {
        rig.say(conn, json!({"type": "subscribe", "channels": names}));
    }
    assert!(rig.read(conn).is_empty());
    for _ in 0..2 {
        rig.say(conn, json!({"type": "subscribe", "channels": names}));
    }
    assert_eq!(codes(&rig.read(conn)), ["RATE_LIMITED"]);
    let other = rig.open();
    rig.subscribe(other, &["price:bitcoin"]);
    rig.input(Input::Closed { conn: other });
    rig.answer_attach();
    let answers = rig.read(conn);
    assert_eq!(
        kinds(&answers)
            .iter()
            .filter(|kind| **kind == "subscribed")
            .count(),
        116
    );
    assert!(rig.hub.waiting.load.is_empty());
}

#[test]
fn all_that_waits_has_a_bound() {
    let mut rig = Rig::public();
    rig.answers = false;
    let names: Vec<String> = (0..200).map(|n| format!("{n:0>300}")).collect();
    let mut refused = 0;
    for _ in 0..40 {
        let conn = rig.open();
        for _ in 0..16 {
            rig.say(conn, json!({"type": "subscribe", "channels": names}));
        }
        refused += codes(&rig.read(conn)).len();
    }
    // Each takes some 63 KB, and 32 MB are there.
    assert!((90..130).contains(&refused), "{refused}");
    rig.answer_attach();
    assert!(rig.hub.waiting.load.is_empty());
}

#[test]
fn an_alarm_that_an_earlier_life_put_off_is_armed_for_what_is_due() {
    let mut rig = Rig::new();
    rig.open();
    // What is left of that life knows nothing of it.
    rig.alarm = rig.alarm.map(|at| at.plus(600_000));
    rig.evict();
    rig.open();
    assert_eq!(rig.alarm, Some(START.plus(10_000)));
}
