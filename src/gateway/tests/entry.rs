//! Who comes in, and how it ends.

use super::*;

#[test]
fn a_good_token_is_let_in_and_named_as_its_connection() {
    let mut world = World::new();
    let entry = json!({"token": world.token("alice", "")});
    let socket = world.socket(&entry);
    let texts = world.texts(socket);
    let sid: Value = serde_json::from_str(texts[0].strip_prefix("40").unwrap()).unwrap();
    let [(name, data)] = events(&texts).try_into().unwrap();
    assert_eq!(
        (name.as_str(), &data["subject"]),
        ("auth_success", &json!("alice"))
    );
    let connection = data["connection_id"].as_str().unwrap().replace('-', "");
    assert_eq!(sid["sid"], connection);
}

#[test]
fn a_bad_token_is_refused_in_the_document_s_words_with_data() {
    let mut world = World::new();
    let socket = world.socket(&json!({"token": "rubbish"}));
    let [refused] = world.texts(socket).try_into().unwrap();
    let refused: Value = serde_json::from_str(refused.strip_prefix("44").unwrap()).unwrap();
    assert_eq!(refused["message"], "Authentication failed");
    assert_eq!(refused["data"]["code"], "AUTH_FAILED");
    assert!(world.closed.is_empty() && world.hub.is_empty());
    let entry = json!({"token": world.token("alice", "")});
    world.say(socket, &format!("40{entry}"));
    assert!(
        world.texts(socket)[0].starts_with("40"),
        "the next one may be better"
    );
}

#[test]
fn who_says_nothing_in_time_is_told_so_and_closed() {
    let mut world = World::new();
    let socket = world.socket(&json!({}));
    world.texts(socket);
    world.pass(10_000, &[]);
    let [(name, error)] = events(&world.texts(socket)).try_into().unwrap();
    assert_eq!(
        (name.as_str(), &error["code"]),
        ("error", &json!("CONNECTION_TIMEOUT"))
    );
    assert_eq!(world.closed, [socket]);
    assert!(world.hub.is_empty());
}

#[test]
fn who_leaves_is_gone_from_the_hub_whichever_way() {
    let mut world = World::new();
    let (leaves, closes, polls) = (
        world.connected("a", ""),
        world.connected("b", ""),
        world.polling("c"),
    );
    assert_eq!(world.hub.len(), 3);
    world.say(leaves, "41");
    assert_eq!(world.hub.len(), 2);
    world.client(socketio::Input::Closed { socket: closes });
    assert_eq!(world.hub.len(), 1);
    world.post(polls, "1");
    assert!(world.hub.is_empty());
}

#[test]
fn an_operator_puts_a_client_out_and_it_does_not_come_back_by_itself() {
    let mut world = World::new();
    let (alice, bob) = (world.connected("alice", ""), world.connected("bob", ""));
    let target = Target::User("alice".to_owned());
    world.input(Input::Hub(hub::Input::Disconnect(&target)));
    assert_eq!(world.texts(alice).first().map(String::as_str), Some("41"));
    assert_eq!(world.closed, [alice]);
    assert!(world.texts(bob).is_empty());
    assert_eq!(world.hub.len(), 1);
}

#[test]
fn a_client_that_answers_pings_stays_and_one_that_does_not_is_closed() {
    let mut world = World::new();
    let (alive, dead) = (world.connected("alice", ""), world.connected("bob", ""));
    world.pass(600_000, &[alive]);
    assert_eq!(world.closed, [dead]);
    assert_eq!(world.hub.len(), 1);
}

#[test]
fn a_token_that_expires_pauses_and_a_new_one_resumes() {
    let mut world = World::new();
    let socket = world.connected("alice", "");
    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
    world.texts(socket);
    world.pass(3_600_000, &[socket]);
    let [(name, error)] = events(&world.texts(socket)).try_into().unwrap();
    assert_eq!((name.as_str(), &error["code"]), ("error", &json!("AUTH_FAILED")));
    world.publish(vec![whale("BTC", 5)]);
    assert!(world.texts(socket).is_empty());
    let token = world.token("alice", "");
    world.say(socket, &format!(r#"42["authenticate",{{"token":"{token}"}}]"#));
    world.publish(vec![whale("ETH", 5)]);
    assert_eq!(whales(&world.texts(socket)), ["ETH"]);
}

#[test]
fn packets_of_one_post_are_heard_one_after_the_other() {
    let mut world = World::new();
    let bad = r#"40{"token":"rubbish"}"#;
    let sid = world.polling("alice");
    world.post(sid, "42[\"ping\"]\u{1e}41");
    assert!(world.hub.is_empty());
    let entry = json!({"token": world.token("alice", "")});
    world.post(sid, &format!("40{entry}\u{1e}41\u{1e}{bad}"));
    assert!(world.hub.is_empty());
    let said = world.polled(sid).join(" ");
    assert!(
        said.contains("pong") && said.contains("Authentication failed"),
        "{said}"
    );
    // It is nowhere, and does not stay.
    for _ in 0..5 {
        world.pass(10_000, &[]);
        let request = RequestId(world.number());
        world.client(socketio::Input::Poll { request, sid });
        if let Some(Answer::Payload(ping)) = world.answers.remove(&request) {
            assert!(ping == "2" || ping == "1", "{ping}");
            let request = RequestId(world.number());
            world.client(socketio::Input::Post {
                request,
                sid,
                body: "3",
            });
        }
    }
    let request = RequestId(world.number());
    world.client(socketio::Input::Poll { request, sid });
    assert!(matches!(world.answers.remove(&request), Some(Answer::Refused(_))));
}

#[test]
fn who_comes_and_goes_too_often_is_closed() {
    let mut world = World::new();
    let entry = json!({"token": world.token("alice", "")});
    let socket = world.socket(&entry);
    for _ in 1..10 {
        world.say(socket, "41");
        world.say(socket, &format!("40{entry}"));
    }
    assert!(world.closed.is_empty());
    world.say(socket, "41");
    world.say(socket, &format!("40{entry}"));
    assert_eq!(world.closed, [socket]);
    assert!(world.hub.is_empty());
}

#[test]
fn an_eviction_does_not_put_off_what_is_due_soon() {
    let mut world = World::new();
    let (_, soon) = (world.connected("alice", ""), world.socket(&json!({})));
    world.texts(soon);
    world.evict();
    world.pass(9_998, &[]);
    assert!(world.closed.is_empty());
    world.pass(1, &[]);
    assert_eq!(world.closed, [soon], "nobody was let in");
}

/// What is left of the first life says that its client was to be pinged 25 s after it came. It was, and the alarm has been
/// armed for 20 s later since.
#[test]
fn an_alarm_that_rang_in_an_earlier_life_is_not_waited_for() {
    let mut world = World::new();
    let stays = world.connected("stays", "");
    world.pass(25_001, &[stays]);
    world.heard.clear();
    world.evict();
    let late = world.socket(&json!({}));
    world.texts(late);
    world.pass(10_000, &[stays]);
    let [(name, error)] = events(&world.texts(late)).try_into().unwrap();
    assert_eq!(
        (name.as_str(), &error["code"]),
        ("error", &json!("CONNECTION_TIMEOUT"))
    );
    assert_eq!(world.closed, [late]);
}

#[test]
fn nobody_gains_time_by_leaving_and_coming_in_again() {
    let mut world = World::new();
    let socket = world.socket(&json!({}));
    for said in ["41", "40{}", "41", "40{}", "41"] {
        world.pass(8_900, &[socket]);
        world.say(socket, said);
    }
    assert!(world.closed.is_empty());
    world.pass(500, &[socket]);
    assert_eq!(world.closed, [socket], "45 s are over");
    let known = world.connected("alice", "");
    world.pass(600_000, &[known]);
    assert_eq!(world.closed, [socket]);
}

#[test]
fn nobody_may_say_more_by_leaving_and_coming_in_again() {
    let mut world = World::new();
    let entry = json!({"token": world.token("alice", "")});
    let socket = world.socket(&entry);
    let mut answered = 0;
    for _ in 0..4 {
        for _ in 0..300 {
            world.say(socket, r#"42["ping"]"#);
        }
        let texts = events(&world.texts(socket));
        answered += texts.iter().filter(|(name, _)| name == "pong").count();
        world.say(socket, "41");
        world.say(socket, &format!("40{entry}"));
    }
    assert_eq!(answered, 600);
}

#[test]
fn nobody_gains_time_by_leaving_and_coming_in_again_in_one_post() {
    let mut world = World::new();
    let sid = world.polling("alice");
    let mut rounds = 0;
    loop {
        let request = RequestId(world.number());
        let body = "41\u{1e}40{}\u{1e}3";
        world.client(socketio::Input::Post { request, sid, body });
        if world.answers.remove(&request) != Some(Answer::Taken) {
            break;
        }
        rounds += 1;
        assert!(rounds < 7, "45 s are over");
        world.pass(8_000, &[]);
        let request = RequestId(world.number());
        world.client(socketio::Input::Poll { request, sid });
    }
    assert!(rounds > 2);
}
