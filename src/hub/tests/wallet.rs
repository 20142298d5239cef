//! Wallets: who they are before they are connected, prices at their pace, news for one user alone.

use serde_json::{Value, json};

use super::*;
use crate::auth::{Claims, Scopes};
use crate::model::{BalanceUpdate, UserEvent, UserNews};

fn claims(subject: &str, scope: &str) -> Claims {
    Claims {
        subject: subject.to_owned(),
        scopes: Scopes::parse(scope),
        expires_at: START.plus(3_600_000),
        lapsed: false,
    }
}

impl Rig {
    /// A wallet that is connected.
    fn wallet(&mut self, subject: &str) -> ConnId {
        let conn = self.open_in(Dialect::Wallet, Some(claims(subject, "")));
        assert_eq!(words(&self.read(conn)), ["connected"]);
        conn
    }

    fn follow(&mut self, conn: ConnId, symbols: &[&str]) {
        self.say(
            conn,
            json!({"action": "subscribe", "channel": "prices", "symbols": symbols}),
        );
    }

    fn follow_user(&mut self, conn: ConnId, user: &str) {
        self.say(
            conn,
            json!({"action": "subscribe", "channel": "notifications", "user_id": user}),
        );
    }

    fn tell(&mut self, user: &str, wallet: &str) {
        let balance = BalanceUpdate {
            wallet_id: wallet.to_owned(),
            balance: "5.250".to_owned(),
            balance_usd: "1.00".to_owned(),
            symbol: "BTC".to_owned(),
        };
        let news = UserNews::Balance(balance);
        let user = user.into();
        self.publish_all(vec![Event::User(UserEvent { user, news })]);
    }

    fn pings(&mut self, conn: ConnId) -> Vec<Value> {
        self.say(conn, json!({"action": "ping"}));
        self.read(conn)
    }
}

fn words(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["event"].as_str().unwrap())
        .collect()
}

/// Symbol and price of everything that was told, frame by frame.
fn prices(messages: &[Value]) -> Vec<Vec<(String, String)>> {
    let pair = |it: &Value| {
        let text = |field: &str| it[field].as_str().unwrap().to_owned();
        (text("symbol"), text("price_usd"))
    };
    let frame = |message: &Value| match message["event"].as_str().unwrap() {
        "price_update" => vec![pair(&message["data"])],
        "price_batch" => message["data"]["prices"]
            .as_array()
            .unwrap()
            .iter()
            .map(pair)
            .collect(),
        other => panic!("{other}"),
    };
    messages.iter().map(frame).collect()
}

fn one(symbol: &str, price: u64) -> Vec<(String, String)> {
    vec![(symbol.to_owned(), price.to_string())]
}

/// The wallets whose balances were told.
fn told(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["data"]["wallet_id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_subscriber_gets_the_current_price_of_each_symbol_as_it_calls_it() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.publish(vec![price("bitcoin", 50_000), price("ethereum", 3_000)]);
    rig.follow(conn, &["BTC", "eth"]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 50_000), one("eth", 3_000)]);
    rig.follow(conn, &["BTC"]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 50_000)]);
}

#[test]
fn several_prices_of_a_delivery_are_one_frame_and_one_is_an_update() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC", "ETH"]);
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 2)]);
    assert_eq!(prices(&rig.read(conn)), [[one("BTC", 1), one("ETH", 2)].concat()]);
    rig.pass(5_000);
    rig.publish(vec![price("bitcoin", 3)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 3)]);
}

#[test]
fn a_price_is_told_every_five_seconds_at_most_and_then_the_newest() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC", "ETH"]);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    for dollars in 2..6 {
        rig.pass(1_000);
        rig.publish(vec![price("bitcoin", dollars)]);
    }
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(1_000);
    // Whatever comes takes along what rested.
    rig.publish(vec![price("ethereum", 9)]);
    assert_eq!(prices(&rig.read(conn)), [[one("BTC", 5), one("ETH", 9)].concat()]);
}

#[test]
fn who_was_told_alone_waits_as_long_as_all_others_and_then_gets_the_newest() {
    let mut rig = Rig::new();
    let first = rig.wallet("alice");
    rig.follow(first, &["BTC"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.read(first);
    rig.pass(3_000);
    let second = rig.wallet("bob");
    rig.follow(second, &["BTC", "ETH"]);
    assert_eq!(prices(&rig.read(second)), [one("BTC", 1)]);
    rig.pass(2_000);
    rig.publish(vec![price("bitcoin", 2), price("ethereum", 7)]);
    assert_eq!(prices(&rig.read(first)), [one("BTC", 2)]);
    assert_eq!(prices(&rig.read(second)), [one("ETH", 7)]);
    rig.pass(3_000);
    rig.publish(vec![signal("s-1", true)]);
    assert_eq!(rig.read(second), [] as [Value; 0], "not at a time of its own");
    rig.pass(2_000);
    rig.publish(vec![price("ethereum", 8)]);
    assert_eq!(prices(&rig.read(second)), [one("ETH", 8), one("BTC", 2)]);
    assert_eq!(rig.read(first), [] as [Value; 0]);
    rig.pass(5_000);
    rig.publish(vec![price("bitcoin", 3), price("ethereum", 9)]);
    assert_eq!(
        prices(&rig.read(second)),
        [[one("BTC", 3), one("ETH", 9)].concat()]
    );
}

#[test]
fn who_is_owed_a_price_gets_it_though_no_other_is_told() {
    let mut rig = Rig::new();
    let (first, second) = (rig.wallet("alice"), rig.wallet("bob"));
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 1)]);
    rig.follow(first, &["BTC", "ETH"]);
    rig.pass(4_000);
    rig.follow(second, &["BTC", "ETH"]);
    rig.read(second);
    rig.pass(1_000);
    rig.publish(vec![price("bitcoin", 2), price("ethereum", 2)]);
    assert_eq!(rig.read(second), [] as [Value; 0]);
    rig.pass(9_000);
    rig.publish(vec![signal("s-1", true)]);
    assert_eq!(
        prices(&rig.read(second)),
        [[one("BTC", 2), one("ETH", 2)].concat()]
    );
}

#[test]
fn an_eviction_forgets_neither_the_pace_nor_what_rested() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC"]);
    rig.publish(vec![price("bitcoin", 1)]);
    rig.pass(1_000);
    rig.publish(vec![price("bitcoin", 2)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    let conn = rig.evict()[&conn];
    rig.pass(1_000);
    rig.publish(vec![price("ethereum", 1)]);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(3_000);
    rig.publish(vec![price("ethereum", 2)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 2)]);
}

#[test]
fn news_reach_every_connection_of_their_user_in_order_and_nobody_else() {
    let mut rig = Rig::new();
    let (alice, tablet, bob) = (rig.wallet("alice"), rig.wallet("alice"), rig.wallet("bob"));
    rig.follow_user(alice, "alice");
    rig.follow_user(tablet, "alice");
    rig.follow_user(bob, "bob");
    rig.follow_user(bob, "alice");
    let refused = rig.read(bob);
    assert_eq!(words(&refused), ["error"]);
    assert_eq!(refused[0]["data"]["code"], "UNAUTHORIZED");
    for wallet in ["w-1", "w-2", "w-3"] {
        rig.tell("alice", wallet);
    }
    assert_eq!(told(&rig.read(alice)), ["w-1", "w-2", "w-3"]);
    assert_eq!(told(&rig.read(tablet)), ["w-1", "w-2", "w-3"]);
    assert_eq!(rig.read(bob), [] as [Value; 0]);
    let admin = rig.open_in(Dialect::Wallet, Some(claims("root", "admin")));
    rig.read(admin);
    rig.follow_user(admin, "bob");
    rig.tell("bob", "w-9");
    assert_eq!(
        (told(&rig.read(admin)), told(&rig.read(bob))),
        (vec!["w-9"], vec!["w-9"])
    );
}

#[test]
fn who_comes_back_gets_what_was_published_meanwhile_before_what_comes_live() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    rig.tell("alice", "w-2");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-3");
    rig.pump();
    rig.tell("alice", "w-4");
    rig.pump();
    rig.answer_recover();
    rig.tell("alice", "w-5");
    rig.pump();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2", "w-3", "w-4", "w-5"]);
}

#[test]
fn what_is_older_than_five_minutes_does_not_come_again() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    rig.pass(6 * 60_000);
    rig.tell("alice", "w-2");
    let conn = rig.wallet("alice");
    rig.follow_user(conn, "alice");
    assert_eq!(told(&rig.read(conn)), ["w-2"]);
    let bob = rig.wallet("bob");
    rig.follow_user(bob, "bob");
    assert_eq!(rig.read(bob), [] as [Value; 0]);
}

#[test]
fn only_pings_keep_a_connection() {
    let mut rig = Rig::new();
    let (silent, talks, pings) = (rig.wallet("a"), rig.wallet("b"), rig.wallet("c"));
    for _ in 0..3 {
        rig.pass(25_000);
        rig.follow(talks, &["BTC"]);
        assert_eq!(words(&rig.pings(pings)), ["pong"]);
        if rig.closed.is_empty() {
            rig.publish(vec![price("bitcoin", 1)]);
        }
    }
    let missed = CloseReason::HeartbeatMissed;
    assert_eq!(rig.closed, [(silent, missed), (talks, missed)]);
    let pings = rig.evict()[&pings];
    rig.pass(59_000);
    assert_eq!(rig.closed.len(), 2);
    rig.pass(2_000);
    assert_eq!(rig.closed.last(), Some(&(pings, missed)));
}

#[test]
fn too_many_actions_are_told_once_and_cut_off_no_updates() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC"]);
    for _ in 0..99 {
        rig.follow(conn, &["BTC"]);
    }
    rig.read(conn);
    for _ in 0..5 {
        rig.follow(conn, &["ETH"]);
    }
    let refused = rig.read(conn);
    assert_eq!(words(&refused), ["error"]);
    assert_eq!(refused[0]["data"]["code"], "RATE_LIMITED");
    assert_eq!(refused[0]["data"]["details"], json!({"retry_after": 60}));
    let conn = rig.evict()[&conn];
    assert_eq!(rig.pings(conn), [] as [Value; 0]);
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 1)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    rig.pass(30_000);
    assert_eq!(rig.pings(conn), [] as [Value; 0]);
    rig.pass(30_000);
    assert_eq!(
        words(&rig.pings(conn)),
        ["pong"],
        "a suspended ping is a sign of life"
    );
}

#[test]
fn a_connection_ends_with_its_token() {
    let mut rig = Rig::new();
    let claims = Claims {
        expires_at: START.plus(20_000),
        ..claims("alice", "")
    };
    let conn = rig.open_in(Dialect::Wallet, Some(claims));
    rig.read(conn);
    rig.pass(20_000);
    let last = rig.read(conn);
    assert_eq!(
        (words(&last), &last[0]["data"]["code"]),
        (vec!["error"], &json!("EXPIRED_TOKEN"))
    );
    assert_eq!(rig.closed, [(conn, CloseReason::TokenExpired)]);
}

#[test]
fn what_is_wrong_is_said_and_costs_nothing() {
    let mut rig = Rig::new();
    let conn = rig.wallet("alice");
    rig.follow(conn, &["BTC", "NOPE"]);
    let refused = rig.read(conn);
    assert_eq!(refused[0]["data"]["details"], json!({"symbol": "NOPE"}));
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(prices(&rig.read(conn)), [one("BTC", 1)]);
    rig.say_text(conn, "{");
    assert_eq!(rig.read(conn)[0]["data"]["code"], "INVALID_MESSAGE");
    rig.say(
        conn,
        json!({"action": "unsubscribe", "channel": "prices", "symbols": ["btc"]}),
    );
    rig.pass(5_000);
    rig.publish(vec![price("bitcoin", 2)]);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
}

#[test]
fn what_one_answer_has_no_room_for_comes_with_the_next() {
    let mut rig = Rig::new();
    let users: Vec<String> = (0..11).map(|n| format!("user-{n}")).collect();
    // A megabyte for each of them, and an answer holds eight.
    for user in &users {
        for _ in 0..100 {
            rig.tell(user, &"w".repeat(10_000));
        }
    }
    let conns: Vec<ConnId> = users.iter().map(|user| rig.wallet(user)).collect();
    rig.answers = false;
    for (conn, user) in conns.iter().zip(&users) {
        rig.follow_user(*conn, user);
    }
    let mut rounds = 0;
    while rig.recovering.is_some() {
        rig.answer_recover();
        rounds += 1;
    }
    assert!(rounds > 2, "{rounds}");
    for conn in conns {
        assert_eq!(rig.read(conn).len(), 100);
    }
}

#[test]
fn what_is_kept_comes_though_the_broker_does_not_answer_at_first() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    assert_eq!(rig.recovering, None, "not at once");
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.tell("alice", "w-2");
    rig.pump();
    rig.answer_recover();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2"]);
}

#[test]
fn what_is_kept_comes_though_the_broker_cannot_be_reached_at_first() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    let conn = rig.evict()[&conn];
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.attaching = false;
    rig.input(Input::AttachFailed);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(30_000);
    rig.say(conn, json!({"action": "ping"}));
    rig.answer_attach();
    rig.answer_recover();
    let messages = rig.read(conn);
    assert_eq!(words(&messages), ["pong", "balance_update"]);
}

#[test]
fn nothing_is_carried_out_for_who_has_gone_with_his_token() {
    let mut rig = Rig::new();
    let claims = Claims {
        expires_at: START.plus(20_000),
        ..claims("alice", "")
    };
    let conn = rig.open_in(Dialect::Wallet, Some(claims));
    let other = rig.wallet("bob");
    let renamed = rig.evict();
    let (conn, other) = (renamed[&conn], renamed[&other]);
    rig.read(conn);
    rig.answers = false;
    rig.now = rig.now.plus(30_000); // the alarm is late
    rig.follow(conn, &["BTC"]);
    assert_eq!(words(&rig.read(conn)), ["error"]);
    assert_eq!(rig.closed.last(), Some(&(conn, CloseReason::TokenExpired)));
    rig.input(Input::Opened {
        conn,
        origin: Origin {
            id: Uuid::nil(),
            dialect: Dialect::Wallet,
            claims: Some(Claims {
                expires_at: START.plus(3_600_000),
                ..self::claims("carol", "")
            }),
        },
    });
    rig.answers = true;
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(words(&rig.read(conn)), ["connected"]);
    let _ = other;
}

#[test]
fn wallets_that_differ_in_their_users_alone_share_a_frame_of_prices() {
    let mut rig = Rig::new();
    let conns: Vec<ConnId> = (0..5).map(|n| rig.wallet(&format!("user-{n}"))).collect();
    for (n, conn) in conns.iter().enumerate() {
        rig.follow(*conn, &["BTC", "ETH"]);
        rig.follow_user(*conn, &format!("user-{n}"));
    }
    rig.pass(5_000);
    rig.broker.publish(
        vec![Publication {
            published_at: rig.now,
            items: vec![
                Item::from(Event::from(price("bitcoin", 1))),
                Item::from(Event::from(price("ethereum", 2))),
            ],
            ..Publication::default()
        }],
        rig.now,
    );
    let (after, ticks) = rig.next_delivery();
    let effects = rig.hub.handle(rig.now, Input::Delivery { after, ticks });
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Batch { to, .. } => Some(to.len()),
        _ => None,
    });
    assert_eq!(frames.collect::<Vec<_>>(), [5]);
}

#[test]
fn who_holds_its_news_and_subscribes_again_gets_nothing_a_second_time() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-2");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    assert_eq!(rig.recovering, None);
    rig.tell("alice", "w-3");
    rig.pump();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2", "w-3"]);
}

#[test]
fn what_was_not_answered_keeps_its_place_among_a_client_s_requests() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.say(
        conn,
        json!({"action": "unsubscribe", "channel": "notifications", "user_id": "alice"}),
    );
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    rig.tell("alice", "w-2");
    rig.pump();
    rig.answer_recover();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2"]);
    rig.tell("alice", "w-3");
    rig.pump();
    assert_eq!(rig.read(conn), [] as [Value; 0]);
}
