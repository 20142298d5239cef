//! Which dialect a connection speaks, who it is, and what it gets without asking.

use super::*;

#[test]
fn a_message_that_only_one_dialect_has_decides_for_good() {
    let mut rig = Rig::public();
    let conn = rig.open_json();
    rig.say(conn, json!({"type": "ping", "id": "1"}));
    assert_eq!(rig.read(conn), [json!({"type": "pong"})]);
    let answers = rig.ask(conn, "subscribe_market_sentiment", json!({"tokens": ["BTC"]}));
    assert_eq!(kinds(&answers), ["subscription_confirmed"]);
    rig.subscribe(conn, &["price:BTC"]);
    let answers = rig.read(conn);
    assert_eq!(codes(&answers), ["INVALID_MESSAGE_FORMAT"]);

    let other = rig.open_json();
    rig.subscribe(other, &["price:BTC"]);
    assert_eq!(kinds(&rig.read(other)), ["subscribed"]);
    let answers = rig.ask(other, "subscribe_market_sentiment", json!({"tokens": ["BTC"]}));
    assert_eq!(codes(&answers), ["INVALID_MESSAGE"]);
}

#[test]
fn what_was_decided_outlives_an_eviction() {
    let mut rig = Rig::public();
    let undecided = rig.open_json();
    let decided = rig.open_json();
    rig.ask(decided, "subscribe_market_sentiment", json!({"tokens": ["BTC"]}));
    let now = rig.evict();
    rig.publish(vec![mood("bitcoin", 0.5)]);
    let told = rig.read(now[&decided]);
    assert_eq!(kinds(&told), ["market_sentiment_update"]);
    assert_eq!(told[0]["data"]["token"], "BTC");
    rig.subscribe(now[&undecided], &["price:BTC"]);
    assert_eq!(kinds(&rig.read(now[&undecided])), ["subscribed"]);
}

#[test]
fn both_spellings_of_a_token_are_answered_alike() {
    let mut rig = Rig::new();
    let token = rig.token("alice", 3600);
    let (within, beside) = (rig.open_json(), rig.open_json());
    rig.say(
        within,
        json!({"type": "auth", "data": {"token": token}, "id": "a"}),
    );
    rig.say(beside, json!({"type": "auth", "token": token}));
    let (within, beside) = (rig.read(within), rig.read(beside));
    assert_eq!(within[0]["data"]["subject"], "alice");
    assert_eq!(within[0]["id"], "a");
    for field in ["type", "timestamp"] {
        assert_eq!(within[0][field], beside[0][field]);
    }
    for field in ["subject", "expires_at"] {
        assert_eq!(within[0]["data"][field], beside[0]["data"][field]);
    }
}

#[test]
fn a_bad_token_is_an_auth_error_and_the_next_may_be_better() {
    let mut rig = Rig::new();
    let conn = rig.open_json();
    let answers = rig.ask(conn, "auth", json!({"token": "rubbish"}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["auth_error"], vec!["AUTH_FAILED"])
    );
    let answers = rig.ask(conn, "subscribe_system_health", json!({}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["error"], vec!["AUTH_REQUIRED"])
    );
    let token = rig.token("alice", 3600);
    assert_eq!(
        kinds(&rig.ask(conn, "auth", json!({"token": token}))),
        ["auth_success"]
    );
    let other = rig.token("bob", 3600);
    let answers = rig.ask(conn, "auth", json!({"token": other}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["auth_error"], vec!["AUTH_FAILED"])
    );
    assert!(rig.closed.is_empty());
}

#[test]
fn who_does_not_say_who_he_is_is_told_of_the_time_out_and_closed() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDaily, None);
    rig.pass(10_000);
    assert_eq!(codes(&rig.read(conn)), ["CONNECTION_TIMEOUT"]);
    assert_eq!(rig.closed, [(conn, CloseReason::AuthTimeout)]);
}

#[test]
fn a_token_that_expires_is_told_and_replaced() {
    let mut rig = Rig::new();
    let conn = rig.open_json();
    let token = rig.token("alice", 60);
    rig.ask(conn, "auth", json!({"token": token}));
    rig.ask(conn, "subscribe_whale_activity", json!({}));
    rig.pass(60_000);
    let told = rig.read(conn);
    assert_eq!((kinds(&told), codes(&told)), (vec!["error"], vec!["AUTH_FAILED"]));
    assert!(rig.told(conn, whale("BTC", 1)).is_empty());
    let token = rig.token("alice", 60);
    assert_eq!(
        kinds(&rig.ask(conn, "auth", json!({"token": token}))),
        ["auth_success"]
    );
    assert_eq!(kinds(&rig.told(conn, whale("BTC", 1))), ["whale_activity_alert"]);
}

#[test]
fn rankings_come_to_whoever_has_said_who_he_is_and_to_nobody_else() {
    let mut rig = Rig::public();
    rig.publish(vec![ranking(Timeframe::H1)]);
    let (known, unknown) = (rig.open_json(), rig.open_in(Dialect::CoinDaily, None));
    let token = rig.token("alice", 3600);
    let answers = rig.ask(known, "auth", json!({"token": token}));
    assert_eq!(
        kinds(&answers),
        ["auth_success", "trending_memecoins_update"],
        "the latest at once"
    );
    let coin = json!({
        "token": "DOGE",
        "rank": 1,
        "sentimentScore": null,
        "volume24h": null,
        "priceChange24h": 2,
        "trendingScore": 0.5,
    });
    assert_eq!(
        answers[1]["data"],
        json!({"timeframe": "1h", "coins": [coin], "timestamp": START.get()})
    );
    rig.publish(vec![ranking(Timeframe::H24), ranking(Timeframe::D7)]);
    let told = rig.read(known);
    assert_eq!(kinds(&told), ["trending_memecoins_update"; 2]);
    rig.ask(unknown, "subscribe_whale_activity", json!({}));
    rig.publish(vec![ranking(Timeframe::H1)]);
    assert!(rig.read(unknown).is_empty());
    assert_eq!(kinds(&rig.read(known)), ["trending_memecoins_update"]);
    // A new token brings nothing twice.
    let token = rig.token("alice", 3600);
    assert_eq!(
        kinds(&rig.ask(known, "auth", json!({"token": token}))),
        ["auth_success"]
    );
}

#[test]
fn who_was_known_before_its_dialect_was_gets_rankings_from_then_on() {
    let mut rig = Rig::new();
    let conn = rig.open_json();
    let token = rig.token("alice", 3600);
    rig.say(conn, json!({"type": "auth", "token": token}));
    rig.publish(vec![ranking(Timeframe::H1)]);
    assert_eq!(kinds(&rig.read(conn)), ["auth_success"]);
    let answers = rig.ask(conn, "subscribe_whale_activity", json!({}));
    assert_eq!(
        kinds(&answers),
        ["subscription_confirmed", "trending_memecoins_update"]
    );
}

#[test]
fn what_is_given_takes_no_room_of_what_is_chosen() {
    let mut rig = Rig::with(|limits| limits.max_channels = 2);
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(
        conn,
        "subscribe_market_sentiment",
        json!({"tokens": ["BTC", "ETH", "SOL"]}),
    );
    assert_eq!(answers[0]["data"]["tokens"], json!(["BTC", "ETH"]));
    assert_eq!(codes(&answers), ["SUBSCRIPTION_FAILED"]);
    assert_eq!(answers[1]["error"]["details"], json!({"limit": 2, "refused": 1}));
}

#[test]
fn six_hundred_messages_a_minute_are_read_and_no_more() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    for n in 1..600 {
        let answers = rig.ask(conn, "ping", json!({}));
        assert_eq!(kinds(&answers), ["pong"], "{n}");
    }
    let answers = rig.ask(conn, "ping", json!({}));
    assert_eq!(codes(&answers), ["RATE_LIMIT_EXCEEDED"]);
    assert_eq!(answers[0]["error"]["details"], json!({"retryAfter": 60}));
    rig.now = rig.now.plus(60_000);
    assert_eq!(kinds(&rig.ask(conn, "ping", json!({}))), ["pong"]);
}

#[test]
fn who_asked_for_batches_before_it_was_decided_gets_its_messages_one_by_one() {
    let mut rig = Rig::new();
    let conn = rig.open_json();
    let token = rig.token("alice", 3600);
    rig.say(conn, json!({"type": "auth", "token": token, "batch": true}));
    rig.ask(conn, "subscribe_whale_activity", json!({}));
    rig.read(conn);
    assert_eq!(kinds(&rig.told(conn, whale("BTC", 1))), ["whale_activity_alert"]);
}

#[test]
fn a_message_that_is_not_read_is_refused_with_its_id() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    for _ in 1..600 {
        rig.ask(conn, "ping", json!({}));
    }
    rig.say(conn, json!({"type": "ping", "id": "late"}));
    let answers = rig.read(conn);
    assert_eq!(
        (codes(&answers), &answers[0]["id"]),
        (vec!["RATE_LIMIT_EXCEEDED"], &json!("late"))
    );
}
