use proptest::prelude::*;

use crate::socketio::engine::packet::{self as engine, Outgoing};
use crate::socketio::packet::{Body, Packet, ack, connect, connect_error, disconnect, event};

#[test]
fn packets_are_spelled_as_the_protocol_says() {
    for (packet, expected) in [
        (connect("/", "abc", None), r#"0{"sid":"abc"}"#),
        (connect("/", "abc", Some("def")), r#"0{"pid":"def","sid":"abc"}"#),
        (connect("/admin", "abc", None), r#"0/admin,{"sid":"abc"}"#),
        (disconnect("/"), "1"),
        (disconnect("/admin"), "1/admin,"),
        (event("/", None, r#"["foo"]"#, 0), r#"2["foo"]"#),
        (event("/admin", Some(12), r#"["foo"]"#, 0), r#"2/admin,12["foo"]"#),
        (ack("/admin", 13, r#"["bar"]"#, 0), r#"3/admin,13["bar"]"#),
        (
            connect_error("/", "Not authorized", None),
            r#"4{"message":"Not authorized"}"#,
        ),
        (
            event("/", None, r#"["baz",{"_placeholder":true,"num":0}]"#, 1),
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
        ),
        (
            ack("/admin", 15, r#"["bar",{"_placeholder":true,"num":0}]"#, 1),
            r#"61-/admin,15["bar",{"_placeholder":true,"num":0}]"#,
        ),
    ] {
        assert_eq!(packet, expected);
    }
}

#[test]
fn bodies_are_split_and_joined_at_the_separator() {
    let body = "4hello\u{1e}2\u{1e}bAQIDBA==";
    let packets = [
        Outgoing::message("hello"),
        Outgoing::fixed("2"),
        Outgoing::Binary([1, 2, 3, 4].into()),
    ];
    assert_eq!(Outgoing::payload(&packets), body);
    let read = engine::Packet::parse_all(body).unwrap();
    assert_eq!(
        read,
        [
            engine::Packet::Message("hello"),
            engine::Packet::Ping(""),
            engine::Packet::Binary(vec![1, 2, 3, 4])
        ]
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in "\\PC*|[0-9b]{0,4}[-/,\\[\\]{}\"a-z0-9\u{1e}é]{0,40}") {
        let _ = Packet::parse(&text);
        let _ = engine::Packet::parse_all(&text);
    }

    #[test]
    fn what_is_written_is_read_again(
        namespace in "/|/[a-z]{1,9}", id in proptest::option::of(0_u64..1 << 53), attachments in 0_usize..9,
        names in proptest::collection::vec("[^\u{0}-\u{1f}]{0,9}", 0..4),
    ) {
        let payload = serde_json::json!([vec!["x".to_owned()], names].concat()).to_string();
        let text = event(&namespace, id, &payload, attachments);
        let packet = Packet::parse(&text).unwrap();
        prop_assert_eq!(packet.namespace, namespace.as_str());
        let Body::Event(message) = packet.body else { panic!() };
        prop_assert_eq!((message.id, &*message.payload, message.attachments), (id, payload.as_str(), attachments));
        let text = ack(&namespace, id.unwrap_or(3), &payload, attachments);
        prop_assert!(matches!(Packet::parse(&text).unwrap().body, Body::Ack(_)));
    }

    #[test]
    fn any_bytes_survive_a_body(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
        let body = Outgoing::payload(&[Outgoing::Binary(bytes.clone().into())]);
        prop_assert_eq!(engine::Packet::parse(&body), Ok(engine::Packet::Binary(bytes)));
    }
}
