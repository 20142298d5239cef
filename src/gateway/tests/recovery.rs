//! Clients that asked to come back to what they held.

use proptest::prelude::*;

use super::*;

/// A client as the stock one is: it keeps the name that it was given, and the last mark that it got.
#[derive(Debug, Clone, Default)]
struct Client {
    subject: String,
    socket: Option<SocketId>,
    sid: String,
    pid: Option<String>,
    offset: Option<String>,
    recovered: bool,
    got: Vec<String>,
}

impl Client {
    fn new(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            ..Self::default()
        }
    }

    fn connect(&mut self, world: &mut World) {
        let mut entry = json!({"token": world.token(&self.subject, ""), "recovery": true});
        if let Some(pid) = &self.pid {
            entry["pid"] = json!(pid);
        }
        if let Some(offset) = &self.offset {
            entry["offset"] = json!(offset);
        }
        self.socket = Some(world.socket(&entry));
        self.hear(world);
        if !self.recovered {
            self.say(world, r#"42["subscribe_whale_activity",{}]"#);
        }
    }

    fn say(&mut self, world: &mut World, text: &str) {
        world.say(self.socket.unwrap(), text);
        self.hear(world);
    }

    /// Takes what has arrived.
    fn hear(&mut self, world: &mut World) {
        let Some(socket) = self.socket else { return };
        for text in world.texts(socket) {
            self.take(&text);
        }
    }

    fn take(&mut self, text: &str) {
        if let Some(connected) = text.strip_prefix("40") {
            let connected: Value = serde_json::from_str(connected).unwrap();
            let pid = connected["pid"].as_str().unwrap().to_owned();
            self.recovered = self.pid.as_ref() == Some(&pid);
            if !self.recovered {
                // A new life: what was missed is lost, and the client knows it.
                self.offset = None;
                self.got.clear();
            }
            self.pid = Some(pid);
            self.sid = connected["sid"].as_str().unwrap().to_owned();
        } else if let Some(list) = text.strip_prefix("42") {
            let list: Vec<Value> = serde_json::from_str(list).unwrap();
            assert_ne!(list[0], "error", "{text}");
            if let Some(mark) = list.last().and_then(Value::as_str) {
                self.offset = Some(mark.to_owned());
            }
            if list[0] == "whale_activity_alert" {
                self.got.push(list[1]["token"].as_str().unwrap().to_owned());
            }
        }
    }

    /// The connection breaks: of what was on its way, only so much arrives.
    fn lose(&mut self, world: &mut World, arrives: usize) {
        let Some(socket) = self.socket.take() else { return };
        for text in world.texts(socket).into_iter().take(arrives) {
            self.take(&text);
        }
        world.attachments.remove(&socket);
        world.client(socketio::Input::Closed { socket });
    }
}

fn names(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("T{n}")).collect()
}

impl World {
    fn whales(&mut self, range: std::ops::Range<u32>) {
        self.publish(names(range).iter().map(|name| whale(name, 5)).collect());
    }
}

#[test]
fn who_comes_back_gets_what_it_missed_and_nothing_twice() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    let (sid, pid) = (alice.sid.clone(), alice.pid.clone());
    world.whales(0..2);
    alice.hear(&mut world);
    world.whales(2..4);
    alice.lose(&mut world, 1);
    world.whales(4..6);
    alice.connect(&mut world);
    assert!(alice.recovered);
    assert_eq!((&alice.sid, &alice.pid), (&sid, &pid));
    assert_eq!(alice.got, names(0..6));
    world.whales(6..7);
    alice.hear(&mut world);
    assert_eq!(alice.got, names(0..7));
}

#[test]
fn who_missed_nothing_is_told_nothing() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.whales(0..2);
    alice.lose(&mut world, 9);
    let entry = json!({"token": world.token("alice", ""), "recovery": true, "pid": alice.pid, "offset": alice.offset});
    let socket = world.socket(&entry);
    let texts = world.texts(socket);
    assert_eq!(texts.len(), 1, "{texts:?}");
    world.say(socket, r#"42["ping"]"#);
    assert_eq!(
        world.texts(socket),
        [r#"42["pong",{}]"#],
        "no text that would be taken for a mark"
    );
}

#[test]
fn who_did_not_ask_for_it_has_no_name_and_no_marks() {
    let mut world = World::new();
    let socket = world.connected("alice", "");
    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
    world.texts(socket);
    world.whales(0..1);
    let texts = world.texts(socket);
    let list: Vec<Value> = serde_json::from_str(texts[0].strip_prefix("42").unwrap()).unwrap();
    assert_eq!(list.len(), 2);
    let plain = world.socket(&json!({"token": world.token("bob", "")}));
    assert!(!world.texts(plain)[0].contains("pid"));
}

#[test]
fn what_is_not_to_be_had_begins_anew() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    let begins_anew = |world: &mut World, client: &mut Client| {
        let old = client.pid.clone();
        client.connect(world);
        assert!(!client.recovered && client.pid != old);
        world.whales(0..1);
        client.hear(world);
        assert_eq!(client.got, names(0..1));
    };
    alice.connect(&mut world);
    // It left of its own will.
    alice.say(&mut world, "41");
    alice.socket = None;
    begins_anew(&mut world, &mut alice);
    // It was away for too long.
    alice.lose(&mut world, 9);
    world.pass(120_001, &[]);
    begins_anew(&mut world, &mut alice);
    // The shard has forgotten it.
    alice.lose(&mut world, 9);
    world.evict();
    begins_anew(&mut world, &mut alice);
    // It is somebody else.
    alice.lose(&mut world, 9);
    let mut mallory = Client {
        subject: "mallory".into(),
        pid: alice.pid.clone(),
        offset: alice.offset.clone(),
        ..Client::default()
    };
    begins_anew(&mut world, &mut mallory);
    alice.connect(&mut world);
    assert!(alice.recovered, "and takes nothing from her");
    // Its mark is none.
    alice.lose(&mut world, 9);
    alice.offset = Some("nonsense".into());
    begins_anew(&mut world, &mut alice);
    // Somebody has come back by that name already.
    let twin = alice.clone();
    alice.lose(&mut world, 9);
    alice.connect(&mut world);
    assert!(alice.recovered);
    begins_anew(&mut world, &mut Client { socket: None, ..twin });
}

#[test]
fn a_connection_that_breaks_while_the_broker_is_asked_loses_nothing() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.whales(0..1);
    alice.hear(&mut world);
    alice.lose(&mut world, 0);
    world.whales(1..3);
    world.is_silent = true;
    for _ in 0..3 {
        alice.connect(&mut world);
        assert!(alice.recovered);
        alice.lose(&mut world, 9);
    }
    world.is_silent = false;
    alice.connect(&mut world);
    assert_eq!(alice.got, names(0..3));
}

#[derive(Debug, Clone)]
enum Step {
    Publish(u32),
    Connect(usize),
    Hear(usize),
    Lose(usize, usize),
    Pass(u64),
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0_usize..4;
    prop_oneof![
        4 => (1_u32..4).prop_map(Step::Publish),
        3 => who.clone().prop_map(Step::Connect),
        3 => who.clone().prop_map(Step::Hear),
        4 => (who, 0_usize..8).prop_map(|(who, arrives)| Step::Lose(who, arrives)),
        1 => (1_u64..20_000).prop_map(Step::Pass),
        1 => Just(Step::Evict),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// As long as a client is told that it has come back, it has everything since it first connected, once and in order,
    /// wherever its connections broke.
    #[test]
    fn whoever_comes_back_has_no_gap_and_no_repetition(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        let mut clients: Vec<Client> = (0..4).map(|n| Client::new(&format!("user {n}"))).collect();
        let mut count = 0;
        for step in steps {
            match step {
                Step::Publish(more) => {
                    world.whales(count..count + more);
                    count += more;
                }
                Step::Connect(n) => {
                    if clients[n].socket.is_none() {
                        clients[n].connect(&mut world);
                    }
                }
                Step::Hear(n) => clients[n].hear(&mut world),
                Step::Lose(n, arrives) => clients[n].lose(&mut world, arrives),
                Step::Pass(millis) => {
                    let alive: Vec<SocketId> = clients.iter().filter_map(|client| client.socket).collect();
                    world.pass(millis, &alive);
                }
                Step::Evict => world.evict(),
            }
            for client in &clients {
                let Some(first) = client.got.first() else { continue };
                let first: u32 = first.trim_start_matches('T').parse().unwrap();
                let expected = names(first..first + client.got.len() as u32);
                prop_assert_eq!(&client.got, &expected, "{:?}", client);
            }
        }
        for client in &mut clients {
            if client.socket.is_some() {
                client.hear(&mut world);
                if let Some(last) = client.got.last() {
                    prop_assert_eq!(last, &format!("T{}", count - 1), "{:?}", client);
                }
            }
        }
    }
}
