use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::auth::Scopes;
use crate::model::{Catalog, Epoch, Event, Impact, Mention, WhaleActivity, WhaleMove};

const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn read(query: &str) -> Messages {
    Messages::read(query, 50).unwrap()
}

fn claims(subject: &str) -> Claims {
    Claims {
        subject: subject.to_owned(),
        expires_at: NOW,
        lapsed: false,
        scopes: Scopes::default(),
    }
}

fn wanted(query: &str, claims: Option<&Claims>) -> Wanted {
    let catalog = Catalog::embedded();
    let known = Known {
        catalog: &catalog,
        is_all: true,
    };
    read(query).wanted(claims, known, false).unwrap()
}

fn at(offset: u64) -> Position {
    Position {
        epoch: Epoch::new(7),
        offset,
    }
}

fn asked(wanted: &Wanted) -> Vec<(String, Option<u64>)> {
    let question = wanted.question().into_iter();
    question
        .map(|(channel, since)| (channel.to_string(), since.map(|since| since.offset)))
        .collect()
}

fn recover(places: &[(&str, u64)]) -> String {
    let place = |(name, offset): &(&str, u64)| ((*name).to_owned(), json!({"epoch": "7", "offset": offset}));
    let places: BTreeMap<String, Value> = places.iter().map(place).collect();
    let json = serde_json::to_string(&places).unwrap();
    form_urlencoded::byte_serialize(json.as_bytes()).collect()
}

fn frames(wanted: &Wanted, caught_up: &[CaughtUp]) -> Vec<Value> {
    let answer = wanted.answer(caught_up, NOW);
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    serde_json::from_value(body["data"].take()).unwrap()
}

fn nothing(offset: u64) -> CaughtUp {
    CaughtUp {
        position: at(offset),
        recovered: true,
        messages: Vec::new(),
    }
}

#[test]
fn each_channel_is_asked_for_once_from_where_the_client_is() {
    let places = recover(&[("price:bitcoin", 3), ("signals:all", 9), ("whale", 1)]);
    let wanted = wanted(
        &format!("?channels=price:BTC,signals:all,price:btc,market:summary&recover={places}"),
        None,
    );
    assert_eq!(
        asked(&wanted),
        [
            ("price:bitcoin".to_owned(), Some(3)),
            ("signals:all".to_owned(), Some(9)),
            ("market:summary".to_owned(), None)
        ]
    );
    let told = frames(&wanted, &[nothing(3), nothing(9), nothing(0)]);
    assert_eq!(
        told,
        [json!({
            "type": "subscribed",
            "channels": ["price:btc", "signals:all", "market:summary"],
            "aliases": {"price:BTC": "price:btc"},
            "positions": {
                "price:btc": {"recovered": true, "epoch": "7", "offset": 3},
                "signals:all": {"recovered": true, "epoch": "7", "offset": 9},
                "market:summary": {"recovered": true, "epoch": "7", "offset": 0},
            },
        })]
    );
}

#[test]
fn what_was_answered_can_be_asked_with_again() {
    let first = wanted("channels=price:BTC,whale?minAmount=5", None);
    let told = frames(&first, &[nothing(3), nothing(4)]);
    let places: String =
        form_urlencoded::byte_serialize(told[0]["positions"].to_string().as_bytes()).collect();
    let again = wanted(
        &format!("channels=price:BTC,whale?minAmount=5&recover={places}"),
        None,
    );
    assert_eq!(
        asked(&again),
        [
            ("price:bitcoin".to_owned(), Some(3)),
            ("whale".to_owned(), Some(4))
        ]
    );
}

#[test]
fn messages_are_those_of_the_websocket() {
    let wanted = wanted("channels=mentions:why%3F", None);
    let event = Event::Mention(Mention {
        entity: "why?".to_owned(),
        title: "T".to_owned(),
        url: "https://a.example/".to_owned(),
        source: "S".to_owned(),
        timestamp: NOW,
    });
    let caught_up = CaughtUp {
        position: at(2),
        recovered: true,
        messages: vec![(at(1), event.clone()), (at(2), event)],
    };
    let told = frames(&wanted, &[caught_up]);
    let places: Vec<_> = told[1..]
        .iter()
        .map(|it| (&it["type"], &it["channel"], &it["epoch"], &it["offset"]))
        .collect();
    let place = |offset| {
        (
            json!("mention_alert"),
            json!("mentions:why?"),
            json!("7"),
            json!(offset),
        )
    };
    let [one, two] = [place(1), place(2)];
    assert_eq!(
        places,
        [(&one.0, &one.1, &one.2, &one.3), (&two.0, &two.1, &two.2, &two.3)]
    );
    assert_eq!(told[1]["data"]["title"], "T");
}

#[test]
fn of_a_choice_only_its_messages_are_told() {
    let activity = |amount: &str| {
        Event::Whale(WhaleActivity {
            token: "BTC".to_owned(),
            kind: WhaleMove::Buy,
            amount: "1".parse().unwrap(),
            amount_usd: amount.parse().unwrap(),
            from: "bc1a".to_owned(),
            to: "bc1b".to_owned(),
            tx_hash: "0xabc".to_owned(),
            exchange: None,
            impact: Impact::High,
            timestamp: NOW,
        })
    };
    let wanted = wanted("channels=whale%3FminAmount%3D1000000", None);
    let caught_up = CaughtUp {
        position: at(2),
        recovered: true,
        messages: vec![(at(1), activity("2000000")), (at(2), activity("10"))],
    };
    let told = frames(&wanted, &[caught_up]);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["offset"], 1);
    assert_eq!(
        told[0]["positions"]["whale?minAmount=1000000"]["offset"], 2,
        "where to go on"
    );
}

#[test]
fn what_a_client_may_not_have_is_refused_by_name_and_costs_the_others_nothing() {
    let query = "channels=price:nosuchcoin,tasks,user:bob,mentions:SEC";
    let codes = |wanted: &Wanted| -> Vec<(String, String)> {
        let told = frames(wanted, &[nothing(0), nothing(0)]);
        let errors = told[1..].iter().map(|it| &it["error"]);
        errors
            .map(|it| {
                (
                    it["code"].as_str().unwrap().to_owned(),
                    it["channel"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    };
    let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    let alice = claims("alice");
    let hers = wanted(query, Some(&alice));
    assert_eq!(
        asked(&hers),
        [
            ("tasks:alice".to_owned(), None),
            ("mentions:SEC".to_owned(), None)
        ]
    );
    assert_eq!(
        codes(&hers),
        [
            pair("INVALID_CHANNEL", "price:nosuchcoin"),
            pair("UNAUTHORIZED", "user:bob")
        ]
    );
    let nobodys = wanted(query, None);
    assert_eq!(asked(&nobodys), [("mentions:SEC".to_owned(), None)]);
    assert_eq!(
        codes(&nobodys),
        [
            pair("INVALID_CHANNEL", "price:nosuchcoin"),
            pair("UNAUTHORIZED", "tasks"),
            pair("UNAUTHORIZED", "user:bob")
        ]
    );
}

#[test]
fn whether_there_is_a_coin_only_the_feed_can_tell() {
    let catalog = Catalog::embedded();
    let here = Known {
        catalog: &catalog,
        is_all: false,
    };
    let ask = |query: &str, silent| read(query).wanted(None, here, silent);
    let count = |query: &str| ask(query, false).map(|wanted| wanted.question().len());
    assert_eq!(count("channels=price:bitcoin,market:nothing"), Ok(1));
    assert_eq!(
        count("channels=price:newcoin"),
        Err(Problem::Unavailable("The feed"))
    );
    assert_eq!(
        count("channels=sentiment:newcoin"),
        Err(Problem::Unavailable("The feed"))
    );
    // And if it is silent, that costs the others nothing, and is no last word.
    let wanted = ask("channels=price:newcoin,price:bitcoin", true).unwrap();
    let told = frames(&wanted, &[nothing(3)]);
    assert_eq!(told[0]["channels"], json!(["price:bitcoin"]));
    assert_eq!(told[1]["error"]["code"], "INVALID_MESSAGE");
    assert_eq!(told[1]["error"]["channel"], Value::Null);
}

#[test]
fn every_parameter_that_is_wrong_is_named() {
    for (query, parameter) in [
        ("", "channels"),
        ("channels=a&recover=1", "recover"),
        ("channels=a&token=secret", "token"),
    ] {
        let Err(Problem::Parameter { name, detail }) = Messages::read(query, 2) else {
            panic!("{query}");
        };
        assert_eq!(name, parameter, "{query}");
        assert!(detail.contains(&format!("'{parameter}'")), "{detail}");
        assert!(!detail.contains("secret"));
    }
}

#[test]
fn of_too_many_channels_the_first_ones_are_held_and_the_rest_is_refused() {
    let catalog = Catalog::embedded();
    let known = Known {
        catalog: &catalog,
        is_all: true,
    };
    let read = Messages::read(
        "channels=mentions:a,mentions:b,mentions:c,mentions:a,mentions:d",
        2,
    )
    .unwrap();
    let wanted = read.wanted(None, known, false).unwrap();
    assert_eq!(asked(&wanted).len(), 2);
    let told = frames(&wanted, &[nothing(0), nothing(0)]);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["channels"], json!(["mentions:a", "mentions:b"]));
    assert_eq!(told[1]["error"]["code"], "RATE_LIMITED");
    let message = told[1]["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("mentions:c") && message.contains('2'),
        "{message}"
    );
    let names: Vec<String> = (0..21).map(|n| format!("mentions:{n}")).collect();
    let refused = Messages::read(&format!("channels={}", names.join(",")), 2).unwrap_err();
    assert_eq!(
        refused,
        Problem::parameter("channels", "'channels': expected at most 20 names, found 21")
    );
}
