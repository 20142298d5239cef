use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::model::{
    CoinId, Decimal, MarketEvent, Position, SentimentLevel, SentimentSources, Symbol, TokenSentiment,
};
use crate::protocol::{Dialect, Place};

const NOW: UnixMillis = UnixMillis::from_secs(1_729_425_600);

fn written(it: &Reply<'_>, id: Option<&str>) -> Value {
    let tag = id.map(|id| Tag(id.into()));
    serde_json::from_str(&reply(it, tag.as_ref(), NOW).unwrap()).unwrap()
}

pub(in crate::protocol::coindaily) fn mood() -> TokenSentiment {
    TokenSentiment {
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("btc").unwrap(),
        level: SentimentLevel::Bullish,
        score: 0.55,
        confidence: 0.92,
        sources: SentimentSources {
            social: Some(0.5),
            technical: Some(0.6),
            ..SentimentSources::default()
        },
        trending_rank: Some(3),
        change_24h: Some("2.50".parse::<Decimal>().unwrap()),
        timestamp: NOW,
    }
}

#[test]
fn the_printed_messages_are_read_and_their_ids_kept() {
    let text = r#"{"type":"subscribe_market_sentiment","data":{"tokens":["BTC","ETH","SOL"]},"id":"msg-123","timestamp":1729425600000}"#;
    let (command, tag) = decode(text);
    assert!(matches!(command, Ok(Command::Subscribe { channels, .. }) if channels.len() == 3));
    assert_eq!(tag, Some(Tag(r#""msg-123""#.into())));
    for auth in [
        r#"{"type":"auth","token":"your-jwt-token"}"#,
        r#"{"type":"auth","data":{"token":"your-jwt-token"}}"#,
    ] {
        assert!(matches!(decode(auth), (Ok(Command::Auth { token, .. }), None) if token == "your-jwt-token"));
    }
    assert_eq!(
        decode(r#"{"type":"ping","id":7}"#),
        (Ok(Command::Ping), Some(Tag("7".into())))
    );
    assert_eq!(decode(r#"{"type":"ping","id":null}"#), (Ok(Command::Ping), None));
}

#[test]
fn an_error_names_what_is_wrong_and_bears_the_id() {
    for (text, named) in [
        ("", "JSON object"),
        ("[]", "JSON object"),
        ("{", "not valid JSON"),
        ("{}", "'type'"),
        (r#"{"type":7}"#, "'type'"),
        (r#"{"type":"ping","id":{}}"#, "'id'"),
        (r#"{"type":"ping","id":[1]}"#, "'id'"),
        (r#"{"type":"ping","id":true}"#, "'id'"),
    ] {
        let (command, _) = decode(text);
        let error = command.unwrap_err().to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
    let (command, tag) = decode(r#"{"type":"dance","id":"x"}"#);
    assert!(command.is_err() && tag == Some(Tag(r#""x""#.into())));
    let long = format!(r#"{{"type":"ping","id":"{}"}}"#, "x".repeat(200));
    assert!(decode(&long).0.is_err());
}

#[test]
fn an_answer_is_an_envelope_with_the_request_s_id() {
    assert_eq!(
        written(&Reply::Pong, Some(r#""7""#)),
        json!({"type": "pong", "data": {}, "timestamp": NOW.get(), "id": "7"})
    );
    assert_eq!(
        written(
            &Reply::AuthSuccess {
                connection: Uuid::nil(),
                subject: "alice",
                expires_at: NOW
            },
            None
        ),
        json!({
            "type": "auth_success",
            "data": {
                "connection_id": "00000000-0000-0000-0000-000000000000",
                "subject": "alice",
                "expires_at": "2024-10-20T12:00:00Z",
            },
            "timestamp": NOW.get(),
        })
    );
}

fn confirmed(names: &[&str]) -> Option<Value> {
    let place = |name| Place {
        name,
        position: None,
        recovered: false,
    };
    let reply = Reply::Subscribed {
        held: vec![],
        places: names.iter().copied().map(place).collect(),
        aliases: vec![],
    };
    super::reply(&reply, None, NOW).map(|text| serde_json::from_str::<Value>(&text).unwrap()["data"].take())
}

#[test]
fn a_subscription_is_confirmed_in_its_client_s_words() {
    for (names, data) in [
        (
            vec!["sentiment:BTC", "sentiment:eth"],
            json!({"channel": "market_sentiment", "tokens": ["BTC", "eth"]}),
        ),
        (
            vec!["whale?tokens=BTC%2CETH&minAmount=1000000"],
            json!({"channel": "whale_activity", "tokens": ["BTC", "ETH"], "minAmount": 1_000_000}),
        ),
        (
            vec!["tasks?taskId=a+b"],
            json!({"channel": "task_updates", "taskId": "a b"}),
        ),
        (vec!["pipelines"], json!({"channel": "pipeline_updates"})),
        (
            vec!["budget?agentId=x"],
            json!({"channel": "budget_alerts", "agentId": "x"}),
        ),
        (
            vec!["moderation?severity=low"],
            json!({"channel": "moderation_queue", "severity": "low"}),
        ),
        (vec!["health"], json!({"channel": "system_health"})),
    ] {
        assert_eq!(confirmed(&names), Some(data));
    }
    assert_eq!(
        confirmed(&["trending:1h", "trending:4h"]),
        None,
        "nobody asked for these"
    );
    assert_eq!(confirmed(&[]), None);
}

#[test]
fn an_error_is_the_documented_object() {
    let refusal = Refusal::UnknownChannel("sentiment:NOPE".into());
    assert_eq!(
        written(&Reply::Refused(&refusal), Some(r#""m""#)),
        json!({
            "type": "error",
            "error": {
                "code": "SUBSCRIPTION_FAILED",
                "message": "Invalid token symbol 'NOPE'",
                "details": {"field": "tokens", "token": "NOPE"},
                "timestamp": NOW.get(),
            },
            "timestamp": NOW.get(),
            "id": "m",
        })
    );
    let refusal = Refusal::InvalidToken("the signature is wrong");
    let refused = written(&Reply::AuthRefused(&refusal), None);
    assert_eq!(
        (&refused["type"], &refused["error"]["code"]),
        (&json!("auth_error"), &json!("AUTH_FAILED"))
    );
}

#[test]
fn a_mood_has_every_documented_field_and_says_what_is_known() {
    let body = event(&MarketEvent::TokenSentiment(mood()).into(), NOW).unwrap();
    let place = Position::default().next();
    let told: Value = serde_json::from_str(&body.frame("sentiment:Btc", place)).unwrap();
    let expected = json!({
        "type": "market_sentiment_update",
        "data": {
            "token": "Btc",
            "sentiment": "bullish",
            "score": 0.55,
            "confidence": 0.92,
            "sources": {"social": 0.5, "news": 0.0, "whale": 0.0, "technical": 0.6},
            "known": ["social", "technical"],
            "trendingRank": 3,
            "priceChange24h": 2.50,
            "timestamp": NOW.get(),
        },
        "timestamp": NOW.get(),
        "room": "sentiment:Btc",
        "id": "0:1",
    });
    assert_eq!(told, expected);
    let snapshot = written(
        &Reply::Latest {
            values: vec![("sentiment:Btc", &MarketEvent::TokenSentiment(mood()).into())],
        },
        None,
    );
    assert_eq!(snapshot["data"], json!([expected["data"]]));
}

#[test]
fn the_first_message_that_only_one_dialect_has_decides() {
    let decided = |text: &str| Dialect::Undecided.read(text).dialect;
    for text in [
        r#"{"type":"auth","data":{"token":"a"}}"#,
        r#"{"type":"authenticate","data":{"token":"a"}}"#,
        r#"{"type":"subscribe_market_sentiment","data":{"tokens":["BTC"]}}"#,
        r#"{"type":"subscribe_market_sentiment"}"#,
        r#"{"type":"unsubscribe_system_health"}"#,
        r#"{"type":"get_market_sentiment","data":{"tokens":["BTC"]}}"#,
    ] {
        assert_eq!(decided(text), Dialect::CoinDaily, "{text}");
    }
    for text in [
        r#"{"type":"subscribe","channels":[]}"#,
        r#"{"type":"unsubscribe"}"#,
    ] {
        assert_eq!(decided(text), Dialect::CryptoIntel, "{text}");
    }
    for text in [
        "",
        "{}",
        r#"{"type":"ping"}"#,
        r#"{"type":"ping","id":"1","timestamp":1}"#,
        r#"{"type":"auth","token":"a"}"#,
        r#"{"type":"auth","token":"a","data":{}}"#,
        r#"{"type":"auth"}"#,
        r#"{"type":"dance"}"#,
    ] {
        assert_eq!(decided(text), Dialect::Undecided, "{text}");
    }
    assert_eq!(
        Dialect::CryptoIntel
            .read(r#"{"type":"auth","data":{"token":"a"}}"#)
            .dialect,
        Dialect::CryptoIntel,
        "who said what it speaks is taken at its word"
    );
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC*") {
        let _ = decode(&text);
        let _ = is_its_own(&text);
    }
}
