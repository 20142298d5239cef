//! What a wallet may, and how long.

use super::*;

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
            pid: None,
            returned: None,
            is_durable: true,
            said: crate::hub::Said::default(),
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
