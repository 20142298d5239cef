//! Clients that asked to come back to what they held.

mod holes;
mod random;

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
                // A new life: what was missed is lost, and the client knows it. The stock one keeps its last mark.
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
    /// These are published; the broker keeps the messages, and not the ticks that told them.
    fn trim(&mut self, range: std::ops::Range<u32>) {
        for name in names(range) {
            let publication = Publication {
                published_at: self.now,
                items: vec![Item::from(whale(&name, 5))],
                ..Publication::default()
            };
            self.broker.publish(vec![publication], self.now);
        }
        self.now = self.now.plus(200_000);
    }

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
}

#[test]
fn who_is_back_before_its_break_was_noticed_comes_back_and_the_old_connection_is_over() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.whales(0..1);
    alice.hear(&mut world);
    let old = alice.socket.take().unwrap();
    world.whales(1..2);
    // Nobody else is her, though he knows her name.
    let mut mallory = Client {
        subject: "mallory".into(),
        ..alice.clone()
    };
    mallory.connect(&mut world);
    assert!(!mallory.recovered && world.closed.is_empty());
    alice.connect(&mut world);
    assert!(alice.recovered);
    assert_eq!((alice.got.clone(), &world.closed), (names(0..2), &vec![old]));
    world.whales(2..3);
    alice.hear(&mut world);
    assert_eq!(alice.got, names(0..3));
    // That the shard hears of the old one at last changes nothing.
    world.client(socketio::Input::Closed { socket: old });
    alice.lose(&mut world, 9);
    world.whales(3..4);
    alice.connect(&mut world);
    assert_eq!((alice.recovered, alice.got), (true, names(0..4)));
}

/// Of what the client is told first nothing arrives, and the shard that told it is evicted.
#[test]
fn who_has_no_mark_of_this_life_of_the_shard_begins_anew() {
    let mut world = World::new();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    let bob = world.connected("bob", "");
    world.whales(0..1);
    world.evict();
    world.say(bob, r#"42["ping"]"#);
    world.whales(1..2);
    alice.lose(&mut world, 0);
    alice.connect(&mut world);
    assert!(!alice.recovered);
}

/// The stock client shows the last mark that it ever got, also where it began anew.
#[test]
fn a_mark_of_another_life_says_nothing_and_costs_nothing() {
    let mut world = World::new();
    let bob = world.connected("bob", "");
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    world.whales(0..1);
    alice.hear(&mut world);
    let stale = alice.offset.clone();
    world.evict();
    world.say(bob, r#"42["ping"]"#);
    alice.lose(&mut world, 9);
    alice.connect(&mut world);
    assert!(!alice.recovered);
    alice.offset = stale;
    alice.lose(&mut world, 9);
    world.whales(1..2);
    alice.connect(&mut world);
    assert_eq!((alice.recovered, alice.got), (true, names(1..2)));
}

/// While the shard lacks messages it knows of newer ones than its clients do.
#[test]
fn who_leaves_while_the_shard_lacks_messages_gets_them_when_it_comes_back() {
    for answers in [true, false] {
        let mut world = World::new();
        let mut alice = Client::new("alice");
        alice.connect(&mut world);
        let bob = world.connected("bob", "");
        world.say(bob, r#"42["subscribe_whale_activity",{}]"#);
        world.texts(bob);
        world.whales(0..2);
        alice.hear(&mut world);
        let seen = world.hub.seen();
        world.trim(2..4);
        world.is_mute = true;
        world.texts(bob);
        world.whales(4..5);
        alice.lose(&mut world, 9);
        world.is_mute = false;
        if answers {
            let recovery = world.broker.answer(&Question::After(seen, vec![Channel::Whale]));
            world.input(Input::Hub(hub::Input::Recovered(recovery)));
            assert_eq!(whales(&world.texts(bob)), names(2..5));
        } else {
            world.input(Input::Hub(hub::Input::RecoverFailed));
        }
        alice.connect(&mut world);
        assert_eq!((alice.recovered, alice.got), (true, names(0..5)));
    }
}

fn mood(coin: &CoinId, score: f64) -> News {
    News::Market(MarketEvent::TokenSentiment(TokenSentiment {
        coin: coin.clone(),
        symbol: Symbol::new("X").unwrap(),
        level: SentimentLevel::of(score),
        score,
        confidence: 0.4,
        sources: SentimentSources::default(),
        trending_rank: None,
        change_24h: None,
        timestamp: START,
    }))
}

/// What everybody is given does not count.
#[test]
fn who_holds_as_much_as_it_may_comes_back_to_all_of_it() {
    let mut world = World::new();
    let catalog = Catalog::embedded();
    let coins: Vec<CoinId> = catalog.coins().map(|(id, _)| id.clone()).take(50).collect();
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    let tokens: Vec<&str> = coins.iter().map(CoinId::as_str).collect();
    let request = json!(["subscribe_market_sentiment", {"tokens": tokens}]);
    alice.say(&mut world, r#"42["unsubscribe_whale_activity"]"#);
    alice.say(&mut world, &format!("42{request}"));
    world.publish(vec![mood(&coins[49], 0.1)]);
    alice.lose(&mut world, 9);
    world.publish(vec![mood(&coins[49], 0.2)]);
    world.publish(vec![mood(&coins[49], 0.3)]);
    let entry = json!({"token": world.token("alice", ""), "recovery": true, "pid": alice.pid, "offset": alice.offset});
    let socket = world.socket(&entry);
    let scores = events(&world.texts(socket))
        .into_iter()
        .map(|(name, data)| (name, data["score"].clone()));
    let mood = "market_sentiment_update".to_owned();
    assert_eq!(
        scores.collect::<Vec<_>>(),
        [(mood.clone(), json!(0.2)), (mood, json!(0.3))]
    );
}

#[test]
fn the_value_that_follows_a_subscription_is_told_again_if_it_was_lost() {
    let mut world = World::new();
    let keeper = world.connected("bob", "");
    let bitcoin = CoinId::new("bitcoin").unwrap();
    world.publish(vec![mood(&bitcoin, 0.1)]);
    world.texts(keeper);
    let entry = json!({"token": world.token("alice", ""), "recovery": true});
    let socket = world.socket(&entry);
    world.say(socket, r#"42["subscribe_market_sentiment",{"tokens":["BTC"]}]"#);
    let texts = world.texts(socket);
    let connected: Value = serde_json::from_str(texts[0].strip_prefix("40").unwrap()).unwrap();
    world.client(socketio::Input::Closed { socket });
    let entry = json!({"token": world.token("alice", ""), "recovery": true, "pid": connected["pid"]});
    // Also when the broker has it no more among its messages.
    world.is_mute = true;
    let socket = world.socket(&entry);
    world.input(Input::Hub(hub::Input::RecoverFailed));
    let told = events(&world.texts(socket));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].0.as_str(), &told[0].1["score"]),
        ("market_sentiment_update", &json!(0.1))
    );
}

#[test]
fn whose_token_expires_while_the_broker_is_asked_is_closed_and_begins_anew() {
    let mut world = World::new();
    let early = world.token("alice", "");
    world.now = world.now.plus(3_590_000);
    let bob = world.connected("bob", "");
    let socket = world.socket(&json!({"token": early, "recovery": true}));
    world.say(socket, r#"42["subscribe_whale_activity",{}]"#);
    let connected: Value = serde_json::from_str(world.texts(socket)[0].strip_prefix("40").unwrap()).unwrap();
    world.whales(0..1);
    world.client(socketio::Input::Closed { socket });
    world.is_mute = true;
    let socket = world.socket(&json!({"token": early, "recovery": true, "pid": connected["pid"]}));
    world.pass(15_000, &[socket, bob]);
    assert_eq!(events(&world.texts(socket)).len(), 1, "its token has expired");
    world.input(Input::Hub(hub::Input::RecoverFailed));
    assert_eq!(world.closed, [socket]);
}

/// They are remembered apart from what all are told.
#[test]
fn who_comes_back_again_and_again_costs_nobody_else_what_he_missed() {
    let mut world = World::new();
    let (mut victim, mut mallory) = (Client::new("victim"), Client::new("mallory"));
    victim.connect(&mut world);
    mallory.connect(&mut world);
    world.whales(0..1);
    victim.hear(&mut world);
    mallory.hear(&mut world);
    victim.lose(&mut world, 9);
    mallory.lose(&mut world, 9);
    world.whales(1..290);
    let entry = json!({"token": world.token("mallory", ""), "recovery": true, "pid": mallory.pid, "offset": mallory.offset});
    for round in 0..80 {
        let socket = world.socket(&entry);
        let told = whales(&world.texts(socket)).len();
        assert!(told == 289 || round > 60, "{told} in round {round}");
        world.client(socketio::Input::Closed { socket });
    }
    victim.connect(&mut world);
    assert_eq!((victim.recovered, victim.got), (true, names(0..290)));
}

/// It would be told that it has come back, and hold nothing of it.
#[test]
fn who_leaves_before_its_subscription_is_answered_begins_anew() {
    let mut world = World::new();
    world.is_silent = true;
    let mut alice = Client::new("alice");
    alice.connect(&mut world);
    alice.lose(&mut world, 9);
    world.is_silent = false;
    world.connected("bob", "");
    alice.connect(&mut world);
    assert!(!alice.recovered);
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
