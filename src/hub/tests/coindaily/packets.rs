//! The same as Socket.IO's packets.

use super::*;
use crate::auth::Scopes;

impl Rig {
    /// What the client was sent, by the packet's kind and acknowledgement: `("2", [...])`.
    fn packets(&mut self, conn: ConnId) -> Vec<(String, Value)> {
        let texts = self.texts(conn);
        let packets = texts.iter().map(|text| {
            let (kind, list) = text.split_at(text.find('[').unwrap());
            (kind.to_owned(), serde_json::from_str(list).unwrap())
        });
        packets.collect()
    }

    fn names(&mut self, conn: ConnId) -> Vec<String> {
        let packets = self.packets(conn);
        packets
            .iter()
            .map(|(_, list)| list[0].as_str().unwrap().to_owned())
            .collect()
    }

    fn emit(&mut self, conn: ConnId, packet: &str) -> Vec<(String, Value)> {
        self.say_text(conn, packet);
        self.packets(conn)
    }
}

fn alice() -> Claims {
    Claims {
        subject: "alice".to_owned(),
        scopes: Scopes::parse(""),
        expires_at: START.plus(3_600_000),
        lapsed: false,
    }
}

#[test]
fn who_connects_with_a_token_is_told_so_and_gets_rankings() {
    let mut rig = Rig::new();
    rig.publish(vec![ranking(Timeframe::H1)]);
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    assert_eq!(rig.names(conn), ["auth_success", "trending_memecoins_update"]);
}

#[test]
fn who_connects_without_one_may_say_later_who_he_is() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDailyIo, None);
    let [(_, refused)] = rig
        .emit(conn, r#"["authenticate",{"token":"rubbish"}]"#)
        .try_into()
        .unwrap();
    assert_eq!(
        (&refused[0], &refused[1]["code"]),
        (&json!("auth_error"), &json!("AUTH_FAILED"))
    );
    let token = rig.token("alice", 3600);
    let [(_, accepted)] = rig
        .emit(conn, &format!(r#"["authenticate",{{"token":"{token}"}}]"#))
        .try_into()
        .unwrap();
    assert_eq!(
        (&accepted[0], &accepted[1]["subject"]),
        (&json!("auth_success"), &json!("alice"))
    );
}

#[test]
fn a_request_is_acknowledged_once_with_its_first_answer() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.packets(conn);
    let packets = rig.emit(
        conn,
        r#"7["subscribe_market_sentiment",{"tokens":["BTC","NOPE"]}]"#,
    );
    let kinds: Vec<&str> = packets.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["2", "37", "2"]);
    assert_eq!(
        packets[1].1[0]["data"],
        json!({"channel": "market_sentiment", "tokens": ["BTC"]})
    );
    assert_eq!(packets[2].1[0], "error");
    let packets = rig.emit(conn, r#"8["subscribe_market_sentiment",{"tokens":["NOPE"]}]"#);
    let kinds: Vec<&str> = packets.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["2", "38"]);
    assert_eq!(packets[1].1[0]["error"]["code"], "SUBSCRIPTION_FAILED");
    for (request, kind) in [
        (r#"9["ping"]"#, "pong"),
        (
            r#"9["get_market_sentiment",{"tokens":["BTC"]}]"#,
            "market_sentiment_snapshot",
        ),
        (r#"9["unsubscribe_market_sentiment"]"#, "unsubscription_confirmed"),
        (r#"9["dance"]"#, "error"),
    ] {
        let packets = rig.emit(conn, request);
        assert_eq!(packets[0].1[0], kind);
        assert_eq!(
            (packets[1].0.as_str(), &packets[1].1[0]["type"]),
            ("39", &json!(kind))
        );
        assert_eq!(packets.len(), 2);
    }
}

#[test]
fn events_have_their_data_alone() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.emit(conn, r#"["subscribe_whale_activity",{"minAmount":5}]"#);
    rig.publish_all(vec![whale("BTC", 4), whale("BTC", 5)]);
    let packets = rig.packets(conn);
    assert_eq!(packets.len(), 1);
    let (kind, list) = &packets[0];
    assert_eq!((kind.as_str(), &list[0]), ("2", &json!("whale_activity_alert")));
    assert_eq!(list[1]["amountUSD"], 5);
}

#[test]
fn a_binary_event_is_an_error_that_closes_nothing() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.packets(conn);
    rig.input(Input::Frame {
        conn,
        frame: Frame::Binary {
            bytes: 12,
            ack: Some(4),
        },
    });
    let [(_, error), (kind, acknowledged)] = rig.packets(conn).try_into().unwrap();
    assert_eq!(error[1]["code"], "INVALID_MESSAGE_FORMAT");
    assert_eq!((kind.as_str(), &acknowledged[0]["type"]), ("34", &json!("error")));
    assert!(rig.closed.is_empty());
}

#[test]
fn who_a_client_is_stands_in_what_it_says_as_it_connects() {
    let mut rig = Rig::new();
    let now = rig.now;
    let known = |rig: &mut Rig, entry: Value| {
        let admitted = rig.hub.admit(now, &entry.to_string());
        admitted.map(|admitted| admitted.claims.map(|claims| claims.subject))
    };
    let token = rig.token("alice", 60);
    assert_eq!(
        known(&mut rig, json!({"token": token})),
        Ok(Some("alice".to_owned()))
    );
    for nobody in [
        json!({}),
        json!({"token": null}),
        json!({"token": ""}),
        json!({"recovery": true}),
    ] {
        assert_eq!(known(&mut rig, nobody), Ok(None));
    }
    let expired = scoped_token("alice", "", now.secs() - 3_600);
    for bad in [
        json!({"token": "a.b.c"}),
        json!({"token": 7}),
        json!({"token": expired}),
    ] {
        let refused: Value = serde_json::from_str(&known(&mut rig, bad).unwrap_err()).unwrap();
        assert_eq!(refused["code"], "AUTH_FAILED");
        assert_eq!(refused["timestamp"], now.get());
    }
    assert!(rig.hub.admit(now, "[]").is_err() && rig.hub.admit(now, "{").is_err());
}

#[test]
fn whoever_answers_the_transport_s_pings_need_send_none_of_its_own() {
    let mut rig = Rig::with(|limits| limits.heartbeat_interval = 1_000);
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.emit(conn, r#"["ping"]"#);
    for _ in 0..40 {
        rig.heard.insert(conn, rig.now);
        rig.pass(25_000);
    }
    assert!(rig.closed.is_empty());
}

#[test]
fn an_event_too_many_is_acknowledged_too() {
    let mut rig = Rig::new();
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    for _ in 0..600 {
        rig.emit(conn, r#"["ping"]"#);
    }
    let packets = rig.emit(conn, r#"17["ping"]"#);
    let kinds: Vec<&str> = packets.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["2", "317"]);
    assert_eq!(packets[1].1[0]["error"]["code"], "RATE_LIMIT_EXCEEDED");
}

#[test]
fn a_request_that_waits_is_acknowledged_when_it_is_answered() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.packets(conn);
    assert!(rig.emit(conn, r#"1["subscribe_whale_activity",{}]"#).is_empty());
    assert!(
        rig.emit(conn, r#"2["get_market_sentiment",{"tokens":["BTC"]}]"#)
            .is_empty()
    );
    rig.answers = true;
    rig.answer_attach();
    let packets = rig.packets(conn);
    let acknowledged = |id: &str| {
        packets
            .iter()
            .find(|(kind, _)| kind == id)
            .map(|(_, list)| &list[0]["type"])
    };
    assert_eq!(acknowledged("31"), Some(&json!("subscription_confirmed")));
    assert_eq!(acknowledged("32"), Some(&json!("market_sentiment_snapshot")));
}

#[test]
fn what_the_hub_cannot_tell_is_acknowledged_as_a_server_s_error() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.open_in(Dialect::CoinDailyIo, Some(alice()));
    rig.packets(conn);
    rig.emit(conn, r#"5["get_market_sentiment",{"tokens":["BTC"]}]"#);
    rig.input(Input::AttachFailed);
    let [(_, error), (kind, acknowledged)] = rig.packets(conn).try_into().unwrap();
    assert_eq!(
        (&error[0], &error[1]["code"]),
        (&json!("error"), &json!("SERVER_ERROR"))
    );
    assert_eq!(
        (kind.as_str(), &acknowledged[0]["error"]["code"]),
        ("35", &json!("SERVER_ERROR"))
    );
}
