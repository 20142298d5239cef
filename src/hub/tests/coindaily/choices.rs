//! What a client chooses of a channel's messages.

use super::*;

fn tokens(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|it| it["data"]["token"].as_str())
        .collect()
}

#[test]
fn whales_are_chosen_by_token_and_amount_and_choices_add_up() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    let answers = rig.ask(
        conn,
        "subscribe_whale_activity",
        json!({"tokens": ["BTC", "eth"], "minAmount": 1_000_000}),
    );
    assert_eq!(
        answers[0]["data"],
        json!({"channel": "whale_activity", "tokens": ["BTC", "ETH"], "minAmount": 1_000_000})
    );
    let whales = || {
        vec![
            whale("BTC", 1_000_000),
            whale("BTC", 999_999),
            whale("Eth", 2_000_000),
            whale("SOL", 5),
        ]
    };
    rig.publish_all(whales());
    assert_eq!(tokens(&rig.read(conn)), ["BTC", "Eth"]);
    let answers = rig.ask(conn, "subscribe_whale_activity", json!({"tokens": ["SOL"]}));
    assert_eq!(
        answers[0]["data"],
        json!({"channel": "whale_activity", "tokens": ["SOL"]})
    );
    rig.publish_all(whales());
    assert_eq!(tokens(&rig.read(conn)), ["BTC", "Eth", "SOL"], "each once");
    rig.ask(conn, "unsubscribe_whale_activity", json!({"tokens": ["BTC"]}));
    rig.publish_all(whales());
    assert_eq!(tokens(&rig.read(conn)), ["Eth", "SOL"]);
    rig.ask(conn, "subscribe_whale_activity", json!({}));
    rig.publish_all(whales());
    assert_eq!(rig.read(conn).len(), 4);
    let answers = rig.ask(conn, "unsubscribe_whale_activity", Value::Null);
    assert_eq!(answers[0]["type"], "unsubscription_confirmed");
    assert_eq!(answers[0]["data"], json!({"channel": "whale_activity"}));
    rig.publish_all(whales());
    assert!(rig.read(conn).is_empty());
}

#[test]
fn an_event_is_written_once_however_many_choices_it_is_among() {
    let mut rig = Rig::new();
    let conns: Vec<ConnId> = (0..40).map(|n| rig.coindaily(&format!("u{n}"), "")).collect();
    for (amount, conn) in conns.iter().enumerate() {
        rig.ask(*conn, "subscribe_whale_activity", json!({"minAmount": amount}));
    }
    let all = rig.coindaily("all", "");
    rig.ask(all, "subscribe_whale_activity", json!({}));
    let own = rig.open_as("own");
    rig.say(
        own,
        json!({"type": "subscribe", "channels": ["whale?minAmount=5"]}),
    );
    rig.read(own);
    rig.broadcasts = 0;
    rig.publish_all(vec![whale("BTC", 29), whale("ETH", 4)]);
    assert_eq!(
        rig.broadcasts, 3,
        "two as CoinDaily has them, and one under its own name"
    );
    for (amount, conn) in conns.iter().enumerate() {
        let expected: &[&str] = match amount {
            0..=4 => &["BTC", "ETH"],
            5..=29 => &["BTC"],
            _ => &[],
        };
        assert_eq!(tokens(&rig.read(*conn)), expected);
    }
    assert_eq!(tokens(&rig.read(all)), ["BTC", "ETH"]);
    let messages = rig.read(own);
    assert_eq!(messages[0]["channel"], "whale?minAmount=5");
    assert_eq!(messages.len(), 1);
}

#[test]
fn a_choice_outlives_an_eviction() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    rig.ask(conn, "subscribe_whale_activity", json!({"minAmount": 10}));
    rig.ask(conn, "subscribe_task_updates", json!({"taskId": "one"}));
    let conn = rig.evict()[&conn];
    rig.publish_all(vec![
        whale("BTC", 9),
        whale("BTC", 10),
        task("alice", "two"),
        task("alice", "one"),
    ]);
    assert_eq!(
        kinds(&rig.read(conn)),
        ["whale_activity_alert", "task_status_update"]
    );
}

#[test]
fn work_is_its_owner_s_own_and_chosen_by_its_name() {
    let mut rig = Rig::new();
    let (alice, bob, admin) = (
        rig.coindaily("alice", ""),
        rig.coindaily("bob", ""),
        rig.coindaily("root", "admin"),
    );
    rig.ask(alice, "subscribe_task_updates", json!({"taskId": "one"}));
    rig.ask(alice, "subscribe_task_updates", json!({"taskId": "two"}));
    rig.ask(bob, "subscribe_task_updates", json!({}));
    rig.ask(admin, "subscribe_task_updates", json!({}));
    rig.publish_all(vec![
        task("alice", "one"),
        task("alice", "two"),
        task("alice", "three"),
        task("bob", "four"),
    ]);
    let ids = |messages: Vec<Value>| -> Vec<String> {
        let ids = messages
            .iter()
            .map(|it| it["data"]["taskId"].as_str().unwrap().to_owned());
        ids.collect()
    };
    assert_eq!(ids(rig.read(alice)), ["one", "two"]);
    assert_eq!(ids(rig.read(bob)), ["four"]);
    assert!(
        rig.read(admin).is_empty(),
        "an admin's own tasks, too, are his own"
    );
    rig.ask(alice, "unsubscribe_task_updates", json!({"taskId": "one"}));
    rig.publish_all(vec![task("alice", "one"), task("alice", "two")]);
    assert_eq!(ids(rig.read(alice)), ["two"]);
}

#[test]
fn without_a_token_nobody_has_tasks_and_whales_are_public() {
    let mut rig = Rig::public();
    let conn = rig.open_json();
    let answers = rig.ask(conn, "subscribe_task_updates", json!({}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["error"], vec!["AUTH_REQUIRED"])
    );
    assert_eq!(answers[0]["error"]["details"], json!({"channel": "task_updates"}));
    assert_eq!(
        kinds(&rig.ask(conn, "subscribe_whale_activity", json!({}))),
        ["subscription_confirmed"]
    );
    rig.publish_all(vec![task("", "one"), whale("BTC", 1)]);
    assert_eq!(kinds(&rig.read(conn)), ["whale_activity_alert"]);
}

#[test]
fn cases_are_for_moderators_by_severity() {
    let mut rig = Rig::new();
    let (alice, moderator) = (rig.coindaily("alice", ""), rig.coindaily("mod", "moderator"));
    let answers = rig.ask(alice, "subscribe_moderation_queue", json!({"severity": "high"}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["error"], vec!["SUBSCRIPTION_FAILED"])
    );
    assert_eq!(
        answers[0]["error"]["message"],
        "'moderation_queue' is not for this token"
    );
    rig.ask(
        moderator,
        "subscribe_moderation_queue",
        json!({"severity": "high"}),
    );
    rig.publish_all(vec![
        case(Severity::Low),
        case(Severity::High),
        case(Severity::Critical),
    ]);
    let told = rig.read(moderator);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["severity"], "high");
    assert!(rig.read(alice).is_empty());
}

#[test]
fn a_choice_of_too_many_parts_is_refused_and_what_was_chosen_stays() {
    let mut rig = Rig::new();
    let conn = rig.coindaily("alice", "");
    for n in 0..50 {
        let answers = rig.ask(conn, "subscribe_task_updates", json!({"taskId": format!("t{n}")}));
        assert_eq!(kinds(&answers), ["subscription_confirmed"], "{n}");
    }
    let answers = rig.ask(conn, "subscribe_task_updates", json!({"taskId": "t50"}));
    assert_eq!(
        (kinds(&answers), codes(&answers)),
        (vec!["error"], vec!["SUBSCRIPTION_FAILED"])
    );
    let message = answers[0]["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("50 choices") && message.contains("'task_updates'"),
        "{message}"
    );
    rig.publish_all(vec![task("alice", "t49"), task("alice", "t50")]);
    assert_eq!(rig.read(conn).len(), 1);
}

#[test]
fn the_product_s_own_clients_choose_in_the_channel_s_name() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["whale?minAmount=10"]);
    rig.publish_all(vec![whale("BTC", 9), whale("BTC", 10)]);
    let told = rig.read(conn);
    assert_eq!(kinds(&told), ["subscribed", "whale_activity_alert"]);
    assert_eq!(told[1]["channel"], "whale?minAmount=10");
    let (epoch, offset) = (told[0]["positions"]["whale?minAmount=10"]["epoch"].clone(), 0);
    rig.unsubscribe(conn, &["whale"]);
    let recover = json!({"whale?minAmount=10": {"epoch": epoch, "offset": offset}});
    rig.say(
        conn,
        json!({"type": "subscribe", "channels": ["whale?minAmount=10"], "recover": recover}),
    );
    let told = rig.read(conn);
    assert_eq!(
        kinds(&told),
        ["unsubscribed", "subscribed", "whale_activity_alert"]
    );
    assert_eq!(told[1]["positions"]["whale?minAmount=10"]["recovered"], true);
    assert_eq!(told[2]["data"]["amountUSD"], 10);
    rig.subscribe(conn, &["whale?minAmount=5"]);
    rig.publish_all(vec![whale("BTC", 5)]);
    assert_eq!(
        kinds(&rig.read(conn)),
        ["subscribed", "whale_activity_alert"],
        "instead of the other"
    );
    rig.subscribe(conn, &["whale?minAmount=much"]);
    assert_eq!(codes(&rig.read(conn)), ["INVALID_CHANNEL"]);
}
