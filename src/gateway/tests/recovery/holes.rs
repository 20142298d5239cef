//! Nobody is told that it has come back over something that it was not shown, or not told of.

use super::*;

impl Client {
    fn entry(&self, world: &World) -> Value {
        let token = world.token(&self.subject, "");
        json!({"token": token, "recovery": true, "pid": self.pid, "offset": self.offset})
    }
}

fn names_errors(texts: &[String]) -> bool {
    let events = events(texts);
    events
        .iter()
        .any(|(name, data)| name == "error" && data["code"] == "SERVER_ERROR")
}

#[test]
fn who_may_not_have_heard_that_something_is_missing_begins_anew() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.connected("bob", "");
    world.whales(0..1);
    alice.hear(&mut world);
    alice.lose(&mut world, 9);
    world.whales(1..3);
    world.is_mute = true;
    let socket = world.socket(&alice.entry(&world));
    world.input(Input::Hub(hub::Input::RecoverFailed));
    assert!(names_errors(&world.texts(socket)), "which does not arrive");
    world.attachments.remove(&socket);
    world.client(socketio::Input::Closed { socket });
    world.is_mute = false;
    alice.connect(&mut world);
    assert!(!alice.recovered);
}

/// The shard lacks messages, and the broker does not say which: who is there is told so, and who was gone begins anew.
#[test]
fn who_was_gone_when_the_hub_gave_up_begins_anew_and_who_was_there_is_told() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    let bob = world.connected("bob", "");
    world.say(bob, r#"42["subscribe_whale_activity",{}]"#);
    world.whales(0..2);
    alice.hear(&mut world);
    world.trim(2..4);
    world.is_mute = true;
    world.texts(bob);
    world.whales(4..5);
    world.is_mute = false;
    world.input(Input::Hub(hub::Input::RecoverFailed));
    let texts = world.texts(bob);
    assert!(names_errors(&texts), "{texts:?}");
    assert_eq!(whales(&texts), names(4..5));
    alice.lose(&mut world, 0);
    alice.connect(&mut world);
    assert!(!alice.recovered);
}

/// Until it has what it missed, nothing of it is kept: nor of whom the same session was before.
#[test]
fn a_session_that_was_somebody_else_is_closed_after_an_eviction_while_it_comes_back() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.connected("bob", "");
    world.whales(0..1);
    alice.hear(&mut world);
    alice.lose(&mut world, 9);
    world.whales(1..3);
    let socket = world.connected("carol", "");
    world.say(socket, r#"42["subscribe_task_updates",{}]"#);
    world.say(socket, "41");
    world.is_mute = true;
    world.say(socket, &format!("40{}", alice.entry(&world)));
    world.evict();
    assert_eq!(world.closed, [socket]);
}

#[test]
fn who_has_not_said_yet_who_it_is_has_nothing_to_come_back_to() {
    let mut world = World::new();
    world.connected("bob", "");
    let socket = world.socket(&json!({"recovery": true}));
    let pid_of = |texts: Vec<String>| {
        let connected: Value = serde_json::from_str(texts[0].strip_prefix("40").unwrap()).unwrap();
        connected["pid"].clone()
    };
    let pid = pid_of(world.texts(socket));
    world.client(socketio::Input::Closed { socket });
    let socket = world.socket(&json!({"recovery": true, "pid": pid}));
    assert_ne!(pid_of(world.texts(socket)), pid);
    assert!(world.closed.is_empty());
}
