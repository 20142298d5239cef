use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{MarketEvent, Position};
use crate::protocol::coindaily::native::tests::mood;

const NOW: UnixMillis = UnixMillis::from_secs(1_729_425_600);

#[test]
fn an_event_is_read_with_the_number_of_its_acknowledgement() {
    assert_eq!(decode(r#"["ping"]"#), (Ok(Command::Ping), None));
    assert_eq!(
        decode(r#"12["ping",{"a":1},2]"#),
        (Ok(Command::Ping), Some(Tag("12".into())))
    );
    let (command, _) = decode(r#"["subscribe_market_sentiment",{"tokens":["BTC","ETH","SOL"]}]"#);
    assert!(matches!(command, Ok(Command::Subscribe { channels, .. }) if channels.len() == 3));
    let (command, _) = decode(r#"["authenticate",{"token":"a.b.c"}]"#);
    assert!(matches!(command, Ok(Command::Auth { .. })));
}

#[test]
fn an_error_names_what_is_wrong() {
    for (text, named) in [
        ("", "a list"),
        ("7", "a list"),
        ("{}", "a list"),
        ("[]", "name"),
        ("[7]", "name"),
        (r#"["dance"]"#, "'dance'"),
        (r#"["subscribe_market_sentiment"]"#, "tokens"),
        (r#"["subscribe_market_sentiment","BTC"]"#, "'data'"),
    ] {
        let error = decode(text).0.unwrap_err().to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[test]
fn an_answer_is_an_event_and_acknowledges_its_request_with_the_envelope() {
    let plain = reply(&Reply::Pong, None, NOW).unwrap();
    assert_eq!(
        (plain.text.as_str(), plain.acknowledgement),
        (r#"2["pong"]"#, None)
    );
    let refusal = Refusal::BadMessage("why".into());
    let tag = Tag("5".into());
    let answer = reply(&Reply::Refused(&refusal), Some(&tag), NOW).unwrap();
    let list = |packet: &str, kind: &str| -> Value {
        serde_json::from_str(packet.strip_prefix(kind).unwrap()).unwrap()
    };
    let error = json!({"code": "INVALID_MESSAGE_FORMAT", "message": "why", "timestamp": NOW.get()});
    assert_eq!(list(&answer.text, "2"), json!(["error", error]));
    assert_eq!(
        list(&answer.acknowledgement.unwrap(), "35"),
        json!([{"type": "error", "error": error, "timestamp": NOW.get()}])
    );
}

#[test]
fn what_is_told_is_an_event_with_its_data_alone() {
    let body = event(&MarketEvent::TokenSentiment(mood()).into()).unwrap();
    let packet = body.frame("sentiment:btc", Position::default());
    let told: Value = serde_json::from_str(packet.strip_prefix('2').unwrap()).unwrap();
    assert_eq!(told[0], "market_sentiment_update");
    assert_eq!(told[1]["token"], "btc");
    assert_eq!(
        told.as_array().unwrap().len(),
        2,
        "some clients refuse arguments that they do not know"
    );
}

proptest! {
    #[test]
    fn never_panics(text in "[0-9]{0,3}\\PC*") {
        let _ = decode(&text);
    }
}
