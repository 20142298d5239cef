//! Whole requests: who may, how much, and what is answered.

use super::*;
use crate::model::Epoch;

#[test]
fn a_signal_goes_to_every_channel_that_it_fits() {
    for channel in ["signals:all", "signals:high", "signals:type:volume_spike"] {
        let mut signal = examples().remove(1);
        signal["channel"] = json!(channel);
        let message = read(&signal).unwrap().remove(0);
        let names: Vec<String> = message.event.channels().iter().map(Channel::to_string).collect();
        assert_eq!(
            names,
            ["signals:all", "signals:type:volume_spike", "signals:high"]
        );
    }
    let mut unsure = examples().remove(1);
    unsure["channel"] = json!("signals:all");
    unsure["data"]["confidence"] = json!(0.79);
    assert_eq!(read(&unsure).unwrap()[0].event.channels().len(), 2);
}

#[test]
fn without_the_scope_of_the_feed_nobody_forges_a_price() {
    for example in examples() {
        let name = example["channel"].as_str().unwrap();
        let own = read(&example).unwrap()[0].channel.is_of_others();
        let outcome = read_with("publish", &json!([example]).to_string());
        match outcome {
            Ok(_) => assert!(own, "{name}"),
            Err(Problem::ScopeMissing { scope: "feed", what }) => {
                assert!(!own && what.starts_with("publish on"), "{name}")
            }
            Err(other) => panic!("{other:?}"),
        }
        let without = read_with("feed admin", &example.to_string());
        assert!(
            matches!(without, Err(Problem::ScopeMissing { scope: "publish", .. })),
            "{without:?}"
        );
    }
}

#[test]
fn a_scope_is_missing_whether_or_not_there_is_the_coin() {
    for name in [
        "price:BTC",
        "price:nosuchcoin",
        "sentiment:nosuchcoin",
        "candles:X/Y:1m",
        "market:weather",
    ] {
        let body = json!({"channel": name, "data": {}}).to_string();
        let Err(Problem::ScopeMissing { scope: "feed", what }) = read_with("publish", &body) else {
            panic!("{name}");
        };
        assert_eq!(what, format!("publish on '{name}'"));
    }
    // No scope would make a channel of it.
    for name in ["system", "mention:bitcoin", "prices:BTC"] {
        let body = json!({"channel": name, "data": {}}).to_string();
        let outcome = read_with("publish", &body);
        assert!(
            matches!(outcome, Err(Problem::Field { .. })),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn how_the_hub_is_nobody_else_says() {
    let health = json!({"channel": "health", "type": "system_health_update", "data": {"status": "healthy"}});
    let bare = json!({"channel": "health"});
    for body in [&health, &bare] {
        let (field, why) = refused(body);
        assert_eq!(field, "channel");
        assert!(why.contains("nobody but the hub itself"), "{why}");
    }
    let (field, _) = refused(&json!([examples().remove(0), health]));
    assert_eq!(field, "[1].channel");
    assert!(matches!(
        read_with("publish", &bare.to_string()),
        Err(Problem::ScopeMissing { scope: "feed", .. })
    ));
}

#[test]
fn only_the_feed_can_say_that_there_is_no_such_coin() {
    let mut alert = examples().remove(1);
    alert["data"]["symbol"] = json!("NOSUCHCOIN");
    let mut ranking = examples().remove(7);
    ranking["data"]["coins"][0]["token"] = json!("NOSUCHCOIN");
    let unknown = [
        (json!({"channel": "price:nosuchcoin", "data": {}}), "channel"),
        (json!({"channel": "sentiment:nosuchcoin", "data": {}}), "channel"),
        (alert, "data.symbol"),
        (ranking, "data.coins[0].token"),
    ];
    let unsure = |body: &Value| read_where(false, "publish feed", &body.to_string());
    for (body, field) in unknown {
        assert_eq!(refused(&body).0, field);
        assert_eq!(unsure(&body), Err(Problem::Unavailable("The feed")), "{body}");
    }
    for wrong in [
        json!({"channel": "candles:X/Y:1m", "data": {}}),
        json!({"channel": "market:weather", "data": {}}),
        json!({"channel": "price:BTC", "data": {}}),
    ] {
        assert_eq!(unsure(&wrong), read(&wrong), "{wrong}");
    }
    assert_eq!(unsure(&json!(examples())), read(&json!(examples())));
}

#[test]
fn what_is_not_a_message_is_named() {
    let wrong = |body: Value| refused(&body).0;
    assert_eq!(wrong(json!(1)), "");
    assert_eq!(wrong(json!([])), "");
    assert_eq!(wrong(json!({"messages": []})), "messages");
    assert_eq!(wrong(json!({"messages": {}})), "messages");
    assert_eq!(wrong(json!({"messages": [1]})), "messages[0]");
    assert_eq!(wrong(json!({"messages": [examples()[0]], "more": 1})), "more");
    assert_eq!(wrong(json!({})), "channel");
    assert_eq!(
        wrong(json!([{"channel": "price:nosuchcoin", "data": {}}])),
        "[0].channel"
    );
    assert_eq!(wrong(json!({"channel": "system", "data": {}})), "channel");
    assert_eq!(wrong(json!({"channel": "mentions:x"})), "data");
    for id in [json!(""), json!("x".repeat(129)), json!(7)] {
        let mut named = examples().remove(0);
        named["id"] = id;
        assert_eq!(wrong(named), "id");
    }
    for text in ["", "{", "[1", "nonsense", "{}{}"] {
        assert!(
            matches!(read_with("publish feed", text), Err(Problem::Field { .. })),
            "{text}"
        );
    }
    for (twice, field) in [
        (
            r#"{"channel":"market:volume","channel":"market:summary","data":{}}"#,
            "channel",
        ),
        (
            r#"[{"channel":"market:volume","data":{"trend":"up","trend":"up"}}]"#,
            "[0].data.trend",
        ),
    ] {
        let Err(Problem::Field { name, detail }) = read_with("publish feed", twice) else {
            panic!("{twice}");
        };
        assert_eq!(
            (name.as_str(), detail),
            (field, format!("'{field}' is given twice"))
        );
    }
}

#[test]
fn what_is_too_large_is_refused_whole() {
    let mention = examples().remove(8);
    assert_eq!(read(&json!(vec![mention.clone(); 1_000])).unwrap().len(), 1_000);
    assert!(matches!(
        read(&json!(vec![mention; 1_001])),
        Err(Problem::TooLarge(_))
    ));
    let mut long = examples().remove(9);
    long["data"]["message"] = json!("x".repeat(64 << 10));
    let problem = read(&json!({"messages": [long]})).unwrap_err();
    assert!(
        matches!(&problem, Problem::TooLarge(why) if why.contains("messages[0]")),
        "{problem:?}"
    );
}

#[test]
fn an_answer_has_the_places_in_the_channels_that_were_addressed() {
    let mut signal = examples().remove(1);
    signal["id"] = json!("once");
    let messages = read(&json!([signal, examples().remove(0)])).unwrap();
    let at = |offset: u64| Position {
        epoch: Epoch::new(7),
        offset,
    };
    let receipts: [(&[Position], bool); 2] = [(&[at(1), at(2), at(3)], true), (&[at(9)], false)];
    let answer = Message::answer(&messages, receipts.into_iter()).unwrap();
    let expected = json!({"messages": [
        {"channel": "signals:high", "id": "once", "epoch": "7", "offset": 3, "repeated": true},
        {"channel": "price:bitcoin", "epoch": "7", "offset": 9, "repeated": false},
    ]});
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected);
    assert_eq!(Message::answer(&messages, receipts.into_iter().take(1)), None);
}

#[test]
fn the_body_itself_is_called_that_and_not_by_an_empty_name() {
    for body in [json!(7), json!("x"), json!(null)] {
        let expected = format!("The body: expected an object, found {body}");
        assert_eq!(refused(&body), (String::new(), expected));
    }
    let mut large = examples().remove(9);
    large["data"]["message"] = json!("x".repeat(70_000));
    let Err(Problem::TooLarge(detail)) = read(&large) else {
        panic!("{large}");
    };
    assert!(
        detail.starts_with("A message has at most 65536 bytes, this one has 7"),
        "{detail}"
    );
}
