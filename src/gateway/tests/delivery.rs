//! What clients get, at sockets and by polling.

use proptest::prelude::*;

use super::*;

#[test]
fn a_request_is_answered_and_acknowledged() {
    let mut world = World::new();
    let socket = world.connected("alice", "");
    world.say(socket, r#"427["subscribe_whale_activity",{"tokens":["BTC"]}]"#);
    let texts = world.texts(socket);
    assert_eq!(events(&texts)[0].0, "subscription_confirmed");
    assert!(texts[1].starts_with("437[{"), "{texts:?}");
    world.publish(vec![whale("BTC", 5), whale("ETH", 5)]);
    assert_eq!(whales(&world.texts(socket)), ["BTC"]);
}

#[test]
fn a_binary_event_is_an_error_and_the_session_goes_on() {
    let mut world = World::new();
    let socket = world.connected("alice", "");
    world.say(
        socket,
        r#"451-["subscribe_whale_activity",{"_placeholder":true,"num":0}]"#,
    );
    let bytes = vec![1, 2, 3];
    world.client(socketio::Input::Binary { socket, bytes });
    let [(name, error)] = events(&world.texts(socket)).try_into().unwrap();
    assert_eq!(
        (name.as_str(), &error["code"]),
        ("error", &json!("INVALID_MESSAGE_FORMAT"))
    );
    assert!(world.closed.is_empty());
}

#[test]
fn sockets_and_polls_get_the_same_in_the_same_order() {
    let mut world = World::new();
    let (socket, sid) = (world.connected("alice", ""), world.polling("bob"));
    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
    world.post(sid, r#"42["subscribe_whale_activity",{}]"#);
    let (mut at_socket, mut by_polling) = (Vec::new(), Vec::new());
    for n in 0..5 {
        world.publish(vec![whale(&format!("A{n}"), 5), whale(&format!("B{n}"), 5)]);
        at_socket.extend(whales(&world.texts(socket)));
        by_polling.extend(whales(&world.polled(sid)));
    }
    assert_eq!(at_socket.len(), 10);
    assert_eq!(at_socket, by_polling);
}

#[test]
fn a_client_at_a_socket_outlives_an_eviction_with_all_that_it_holds() {
    let mut world = World::new();
    let (socket, sid) = (world.connected("alice", ""), world.polling("bob"));
    world.say(socket, r#"42["subscribe_whale_activity",{"tokens":["BTC"]}]"#);
    world.texts(socket);
    world.evict();
    world.publish(vec![whale("BTC", 5), whale("ETH", 5)]);
    assert_eq!(whales(&world.texts(socket)), ["BTC"]);
    world.say(socket, r#"42["ping"]"#);
    assert_eq!(events(&world.texts(socket))[0].0, "pong");
    let request = RequestId(world.number());
    world.client(socketio::Input::Poll { request, sid });
    assert!(matches!(world.answers.remove(&request), Some(Answer::Refused(_))));
    world.pass(100_000, &[socket]);
    assert!(world.closed.is_empty(), "its heartbeat goes on");
}

#[test]
fn an_attachment_of_another_version_closes_its_socket_and_no_other() {
    let mut world = World::new();
    let (old, new) = (world.connected("alice", ""), world.connected("bob", ""));
    world.attachments.insert(old, vec![0, 1, 2]);
    world.evict();
    assert_eq!(world.closed, [old]);
    assert_eq!(world.hub.len(), 1);
    world.say(new, r#"42["ping"]"#);
    assert_eq!(events(&world.texts(new))[0].0, "pong");
}

#[test]
fn who_left_while_the_shard_slept_is_counted_as_gone() {
    let mut world = World::new();
    let (stays, leaves) = (world.connected("alice", ""), world.connected("bob", ""));
    let attachment = world.attachments.remove(&leaves).unwrap();
    world.evict();
    world.input(Input::Departed(&attachment));
    world.input(Input::Departed(&[]));
    assert_eq!(world.hub.len(), 1);
    world.say(stays, r#"42["ping"]"#);
    assert_eq!(events(&world.texts(stays))[0].0, "pong");
}

#[derive(Debug, Clone)]
enum Step {
    Publish(u8),
    Come,
    Leave(usize),
    Evict,
    Say(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u8..4).prop_map(Step::Publish),
        1 => Just(Step::Come),
        1 => (0_usize..8).prop_map(Step::Leave),
        1 => Just(Step::Evict),
        2 => (0_usize..8).prop_map(Step::Say),
        1 => (1_u64..60_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whoever is connected gets everything that is published, once and in order, whoever comes and goes.
    #[test]
    fn nothing_is_lost_or_told_twice(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        let mut clients: Vec<(SocketId, Vec<String>, Vec<String>)> = Vec::new();
        let mut count = 0;
        for step in steps {
            match step {
                Step::Come => {
                    let socket = world.connected(&format!("user {}", clients.len()), "");
                    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
                    clients.push((socket, Vec::new(), Vec::new()));
                }
                Step::Leave(n) if n < clients.len() => {
                    let (socket, ..) = clients.remove(n);
                    world.attachments.remove(&socket);
                    world.client(socketio::Input::Closed { socket });
                }
                Step::Say(n) => {
                    if let Some((socket, ..)) = clients.get(n) {
                        world.say(*socket, r#"42["ping"]"#);
                    }
                }
                Step::Publish(more) => {
                    let names: Vec<String> = (0..more).map(|n| format!("T{}", count + u32::from(n))).collect();
                    count += u32::from(more);
                    for (_, expected, _) in &mut clients {
                        expected.extend(names.clone());
                    }
                    world.publish(names.iter().map(|name| whale(name, 5)).collect());
                }
                Step::Evict => world.evict(),
                Step::Pass(millis) => {
                    let alive: Vec<SocketId> = clients.iter().map(|(socket, ..)| *socket).collect();
                    world.pass(millis, &alive);
                }
                Step::Leave(_) => {}
            }
            for (socket, _, got) in &mut clients {
                got.extend(whales(&world.texts(*socket)));
            }
        }
        for (_, expected, got) in clients {
            prop_assert_eq!(got, expected);
        }
    }
}

/// How far the shard is rests with a connection whose attachment lasts: not with one that polls, nor with one that has just
/// come back, of which nothing is written down yet.
#[test]
fn nobody_hears_anything_twice_after_an_eviction_whoever_came_first() {
    let mut world = World::new();
    world.polling("polls");
    let socket = world.connected("stays", "");
    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
    world.texts(socket);
    for n in 0..4 {
        world.publish(vec![whale(&format!("T{n}"), 5)]);
    }
    assert_eq!(whales(&world.texts(socket)).len(), 4);
    world.evict();
    world.publish(vec![whale("T4", 5)]);
    assert_eq!(whales(&world.texts(socket)), ["T4"]);
}

#[test]
fn nobody_hears_anything_twice_after_an_eviction_whoever_has_just_come_back() {
    let mut world = World::new();
    let entry = json!({"token": world.token("alice", ""), "recovery": true});
    let alice = world.socket(&entry);
    world.say(alice, r#"42["subscribe_whale_activity",{}]"#);
    let texts = world.texts(alice);
    let connected: Value = serde_json::from_str(texts[0].strip_prefix("40").unwrap()).unwrap();
    let (keeps, stays) = (world.connected("keeps", ""), world.connected("stays", ""));
    world.say(stays, r#"42["subscribe_whale_activity",{}]"#);
    world.publish(vec![whale("T0", 5)]);
    world.attachments.remove(&alice);
    world.client(socketio::Input::Closed { socket: alice });
    world.is_mute = true;
    let entry = json!({"token": world.token("alice", ""), "recovery": true, "pid": connected["pid"]});
    world.socket(&entry);
    world.attachments.remove(&keeps);
    world.client(socketio::Input::Closed { socket: keeps });
    for n in 1..4 {
        world.publish(vec![whale(&format!("T{n}"), 5)]);
    }
    world.texts(stays);
    world.is_mute = false;
    world.evict();
    world.publish(vec![whale("T4", 5)]);
    assert_eq!(whales(&world.texts(stays)), ["T4"]);
}

#[test]
fn nobody_hears_anything_twice_after_an_eviction_that_follows_an_upgrade() {
    let mut world = World::new();
    let sid = world.polling("alice");
    world.publish(vec![whale("T0", 5)]);
    world.post(sid, r#"42["subscribe_whale_activity",{}]"#);
    world.polled(sid);
    world.publish(vec![whale("T1", 5)]);
    world.publish(vec![whale("T2", 5)]);
    assert_eq!(whales(&world.polled(sid)), ["T1", "T2"]);
    let socket = SocketId(world.number());
    world.client(socketio::Input::Probe { socket, sid });
    world.say(socket, "2probe");
    world.say(socket, "5");
    world.evict();
    world.publish(vec![whale("T3", 5)]);
    assert_eq!(whales(&world.texts(socket)), ["T3"]);
}
