//! What is asked for and what is told.

use super::*;
use crate::model::{DatabaseState, SystemHealth};

#[test]
fn a_mood_comes_at_once_and_whenever_it_is_new_in_the_client_s_spelling() {
    let mut rig = Rig::new();
    rig.publish(vec![mood("bitcoin", 0.5)]);
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(
        conn,
        "subscribe_market_sentiment",
        json!({"tokens": ["btc", "ETH"]}),
    );
    assert_eq!(
        kinds(&answers),
        ["subscription_confirmed", "market_sentiment_update"]
    );
    assert_eq!(answers[1]["data"]["token"], "btc");
    assert_eq!(answers[1]["room"], "sentiment:btc");
    rig.publish(vec![mood("ethereum", -0.7), mood("solana", 0.1)]);
    let told = rig.read(conn);
    assert_eq!(kinds(&told), ["market_sentiment_update"]);
    assert_eq!(told[0]["data"]["sentiment"], "very_bearish");
    rig.ask(conn, "unsubscribe_market_sentiment", json!({"tokens": ["BTC"]}));
    rig.publish(vec![mood("bitcoin", 0.1), mood("ethereum", 0.1)]);
    assert_eq!(rig.read(conn)[0]["data"]["token"], "ETH");
    rig.ask(conn, "unsubscribe_market_sentiment", Value::Null);
    rig.publish(vec![mood("bitcoin", 0.2), mood("ethereum", 0.2)]);
    assert!(rig.read(conn).is_empty());
}

#[test]
fn a_token_that_nobody_knows_is_an_error_and_the_others_are_taken() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(
        conn,
        "subscribe_market_sentiment",
        json!({"tokens": ["BTC", "NOPE"]}),
    );
    assert_eq!(kinds(&answers), ["subscription_confirmed", "error"]);
    assert_eq!(answers[0]["data"]["tokens"], json!(["BTC"]));
    assert_eq!(answers[1]["error"]["message"], "Invalid token symbol 'NOPE'");
    let answers = rig.ask(conn, "subscribe_market_sentiment", json!({"tokens": ["NOPE"]}));
    assert_eq!(kinds(&answers), ["error"], "nothing was confirmed");
}

#[test]
fn the_current_moods_are_told_once_without_a_subscription() {
    let mut rig = Rig::new();
    rig.publish(vec![mood("bitcoin", 0.5)]);
    let conn = rig.coindaily("alice", "");
    rig.say(
        conn,
        json!({"type": "get_market_sentiment", "data": {"tokens": ["BTC", "ETH", "NOPE"]}, "id": "q"}),
    );
    let answers = rig.read(conn);
    assert_eq!(kinds(&answers), ["market_sentiment_snapshot", "error"]);
    assert_eq!(answers[0]["id"], "q");
    assert_eq!(answers[1]["id"], "q");
    let moods = answers[0]["data"].as_array().unwrap();
    assert_eq!(moods.len(), 1, "of Ethereum nothing is known yet");
    assert_eq!(moods[0]["token"], "BTC");
    rig.publish(vec![mood("bitcoin", 0.6)]);
    assert!(rig.read(conn).is_empty());
}

#[test]
fn values_that_nobody_can_tell_are_a_server_s_error() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.coindaily("alice", "");
    rig.ask(conn, "get_market_sentiment", json!({"tokens": ["BTC"]}));
    rig.input(Input::AttachFailed);
    let answers = rig.read(conn);
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["error"], vec!["SERVER_ERROR"])
    );
}

#[test]
fn a_request_that_waits_is_answered_with_its_own_id() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.open_json();
    let token = rig.token("alice", 3600);
    rig.say(conn, json!({"type": "auth", "data": {"token": token}, "id": 1}));
    for id in ["a", "b"] {
        let data = json!({"tokens": ["BTC"]});
        rig.say(
            conn,
            json!({"type": "subscribe_market_sentiment", "data": data, "id": id}),
        );
    }
    rig.answers = true;
    rig.answer_attach();
    let answers = rig.read(conn);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!("a"), &json!("b")]);
}

#[test]
fn a_place_in_a_channel_is_the_same_in_every_dialect() {
    let mut rig = Rig::new();
    let (own, coindaily) = (rig.open_as("alice"), rig.coindaily("bob", ""));
    rig.subscribe(own, &["whale"]);
    rig.ask(coindaily, "subscribe_whale_activity", json!({"minAmount": 5}));
    rig.read(own);
    rig.publish_all(vec![whale("BTC", 1), whale("BTC", 9)]);
    let (own, coindaily) = (rig.read(own), rig.read(coindaily));
    let place = format!("{}:{}", own[1]["epoch"].as_str().unwrap(), own[1]["offset"]);
    assert_eq!(coindaily.len(), 1);
    assert_eq!(
        (&coindaily[0]["room"], &coindaily[0]["id"]),
        (&json!("whale"), &json!(place))
    );
}

#[test]
fn how_the_hub_is_comes_at_once_and_when_it_changes() {
    let mut rig = Rig::new();
    let condition = |status| {
        Event::Health(SystemHealth {
            status,
            database: DatabaseState::Healthy,
            alerts: vec!["It hurts".to_owned()],
            timestamp: START,
        })
    };
    rig.publish_all(vec![condition(HealthStatus::Degraded)]);
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(conn, "subscribe_system_health", json!({}));
    assert_eq!(
        kinds(&answers),
        ["subscription_confirmed", "system_health_update"]
    );
    assert_eq!(
        answers[1]["data"],
        json!({
            "status": "degraded",
            "services": {
                "database": "healthy",
                "redis": "not_used",
                "ai_agents": {"total": 0, "active": 0, "inactive": 0},
            },
            "alerts": ["It hurts"],
            "timestamp": START.get(),
        })
    );
    assert_eq!(
        rig.told(conn, condition(HealthStatus::Healthy))[0]["data"]["status"],
        "healthy"
    );
    rig.ask(conn, "unsubscribe_system_health", Value::Null);
    assert!(rig.told(conn, condition(HealthStatus::Down)).is_empty());
}

#[test]
fn nothing_that_the_document_does_not_have_is_told() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    rig.ask(conn, "subscribe_market_sentiment", json!({"tokens": ["BTC"]}));
    rig.publish(vec![price("bitcoin", 1), signal("s", true)]);
    rig.publish_status();
    assert!(rig.read(conn).is_empty());
}

#[test]
fn a_token_that_is_named_again_and_again_is_answered_once() {
    let mut rig = Rig::new();
    rig.publish(vec![mood("bitcoin", 0.5)]);
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(conn, "get_market_sentiment", json!({"tokens": vec!["BTC"; 50]}));
    assert_eq!(answers[0]["data"].as_array().unwrap().len(), 1);
    let answers = rig.ask(conn, "get_market_sentiment", json!({"tokens": vec!["BTC"; 51]}));
    assert_eq!(codes(&answers), ["SUBSCRIPTION_FAILED"]);
}
