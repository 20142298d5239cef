use serde_json::json;

use super::*;

#[test]
fn acknowledgements_list_what_is_held_as_the_client_spelled_it() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:BTC", "signals:all"]);
    rig.subscribe(conn, &["market:summary"]);
    rig.unsubscribe(conn, &["price:bitcoin"]);
    let lists: Vec<_> = rig
        .read(conn)
        .iter()
        .map(|message| message["channels"].clone())
        .collect();
    assert_eq!(
        lists,
        [
            json!(["price:BTC", "signals:all"]),
            json!(["price:BTC", "signals:all", "market:summary"]),
            json!(["signals:all", "market:summary"]),
        ]
    );
}

#[test]
fn a_bad_channel_among_good_ones_is_named_and_the_good_ones_are_subscribed() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin", "price:invalid", "market:summary"]);
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages), ["subscribed", "error"]);
    assert_eq!(
        messages[0]["channels"],
        json!(["price:bitcoin", "market:summary"])
    );
    assert_eq!(messages[1]["error"]["code"], "INVALID_CHANNEL");
    assert_eq!(
        messages[1]["error"]["message"],
        "Channel 'price:invalid' does not exist"
    );
}

#[test]
fn many_bad_channels_are_named_up_to_ten_and_then_counted() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    let names: Vec<String> = (0..500).map(|n| format!("price:nothing-{n}")).collect();
    rig.say(conn, json!({"type": "subscribe", "channels": names}));
    let messages = rig.read(conn);
    assert_eq!(codes(&messages), ["INVALID_CHANNEL"; 11]);
    assert_eq!(
        messages[11]["error"]["message"],
        "490 more of the channels do not exist"
    );
}

#[test]
fn one_channel_in_two_spellings_is_one_subscription_under_the_newer_name() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin", "price:BTC"]);
    rig.publish(vec![price("bitcoin", 7)]);
    let messages = rig.read(conn);
    assert_eq!(messages[0]["channels"], json!(["price:BTC"]));
    assert_eq!(events(&messages), [("price:BTC".into(), "7".into())]);
}

#[test]
fn a_new_subscriber_gets_the_latest_value_first() {
    let mut rig = Rig::new();
    let first = rig.open_as("alice");
    rig.publish(vec![price("bitcoin", 1), price("bitcoin", 2)]);
    let second = rig.open_as("bob");
    rig.subscribe(second, &["price:btc", "signals:all"]);
    assert_eq!(events(&rig.read(second)), [("price:btc".into(), "2".into())]);
    assert_eq!(events(&rig.read(first)), []);
}

#[test]
fn moods_and_rankings_come_as_current_values_and_live() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.publish(vec![mood("bitcoin", 0.3), ranking(Timeframe::H24)]);
    rig.subscribe(
        conn,
        &[
            "sentiment:BTC",
            "trending:24h",
            "trending:1h",
            "trending:2h",
            "sentiment:nothing",
        ],
    );
    let told = rig.read(conn);
    assert_eq!(
        kinds(&told),
        [
            "subscribed",
            "error",
            "error",
            "sentiment_update",
            "trending_update"
        ]
    );
    assert_eq!(codes(&told), ["INVALID_CHANNEL"; 2]);
    assert_eq!(
        told[0]["channels"],
        json!(["sentiment:BTC", "trending:24h", "trending:1h"])
    );
    assert_eq!(
        (&told[3]["channel"], &told[3]["data"]["score"]),
        (&json!("sentiment:BTC"), &json!(0.3))
    );
    assert_eq!(told[4]["data"]["timeframe"], "24h");
    rig.publish(vec![
        mood("ethereum", 0.5),
        ranking(Timeframe::H1),
        mood("bitcoin", -0.7),
    ]);
    let live = rig.read(conn);
    assert_eq!(kinds(&live), ["trending_update", "sentiment_update"]);
    assert_eq!(live[1]["data"]["sentiment"], "very_bearish");
}

#[test]
fn resubscribing_sends_no_value_twice() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.publish(vec![price("bitcoin", 1)]);
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.subscribe(conn, &["price:bitcoin"]);
    assert_eq!(events(&rig.read(conn)).len(), 1);
}

#[test]
fn a_channel_named_twice_in_one_message_has_one_value() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1)]);
    rig.subscribe(conn, &["price:btc", "price:bitcoin", "price:bitcoin"]);
    let messages = rig.read(conn);
    assert_eq!(
        messages[0]["positions"],
        json!({"price:bitcoin": {"recovered": false, "epoch": epoch(&rig), "offset": 1}})
    );
    assert_eq!(events(&messages), [("price:bitcoin".into(), "1".into())]);
}

#[test]
fn coins_that_the_feed_has_seen_are_channels_from_then_on() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:a-new-coin"]);
    assert_eq!(codes(&rig.read(conn)), ["INVALID_CHANNEL"]);
    rig.publish(vec![price("a-new-coin", 3)]);
    rig.subscribe(conn, &["price:a-new-coin"]);
    assert_eq!(events(&rig.read(conn)), [("price:a-new-coin".into(), "3".into())]);
}

#[test]
fn a_malformed_message_costs_nothing_but_an_answer() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.read(conn);
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"type\":7}",
        "{\"type\":\"subscribe\",\"channels\":{}}",
    ] {
        rig.say_text(conn, text);
    }
    rig.input(Input::Frame {
        conn,
        frame: Frame::Binary { bytes: 3, ack: None },
    });
    assert_eq!(codes(&rig.read(conn)), ["INVALID_MESSAGE"; 7]);
    rig.publish(vec![price("bitcoin", 5)]);
    assert_eq!(events(&rig.read(conn)).len(), 1);
    assert!(rig.closed.is_empty());
}

#[test]
fn a_ping_that_the_runtime_did_not_answer_is_answered() {
    let mut rig = Rig::new();
    let conn = rig.open();
    rig.say_text(conn, "{ \"type\": \"ping\" }");
    assert_eq!(rig.read(conn), [json!({"type": "pong"})]);
}

#[test]
fn what_other_names_are_held_as_is_told() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    let mut aliases = |names: &[&str]| {
        rig.subscribe(conn, names);
        rig.read(conn).last().unwrap()["aliases"].clone()
    };
    assert_eq!(aliases(&["price:BTC", "signals:all"]), serde_json::Value::Null);
    assert_eq!(
        aliases(&["price:BTC"]),
        serde_json::Value::Null,
        "the same name is no other"
    );
    assert_eq!(aliases(&["price:bitcoin"]), json!({"price:BTC": "price:bitcoin"}));
    assert_eq!(
        aliases(&["price:btc", "price:eth", "price:Btc", "price:ETH"]),
        json!({"price:bitcoin": "price:Btc", "price:btc": "price:Btc", "price:eth": "price:ETH"})
    );
    assert_eq!(
        aliases(&["whale?tokens=BTC", "whale?tokens=ETH"]),
        json!({"whale?tokens=BTC": "whale?tokens=ETH"})
    );
}
