use super::*;

fn said(packets: &[&str], attachments: &[&[u8]]) -> (Vec<String>, Vec<Event>) {
    let mut world = World::new();
    let (socket, _) = world.connected();
    for packet in packets {
        world.text(socket, packet);
    }
    for bytes in attachments {
        world.binary(socket, bytes);
    }
    (world.received(socket), world.events)
}

#[test]
fn events_and_acknowledgements_reach_the_application_as_they_came() {
    let (got, events) = said(
        &[
            r#"42["message",1,"2",{"3":[true]}]"#,
            r#"42456["m",{}]"#,
            "4312[1,2]",
            "42[5]",
            "430[]",
        ],
        &[],
    );
    assert_eq!(got, [""; 0]);
    let read: Vec<(Option<u64>, &str)> = events
        .iter()
        .map(|event| match event {
            Event::Event { ack, payload, .. } => (*ack, payload.as_str()),
            Event::Ack { id, payload, .. } => (Some(*id), payload.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (None, r#"["message",1,"2",{"3":[true]}]"#),
        (Some(456), r#"["m",{}]"#),
        (Some(12), "[1,2]"),
        (None, "[5]"),
        (Some(0), "[]"),
    ];
    assert_eq!(read, expected);
}

#[test]
fn attachments_are_collected_and_given_with_their_message() {
    let two = r#"452-789["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let (got, events) = said(&[two], &[&[1, 2, 3], &[4, 5, 6]]);
    assert_eq!(got, [""; 0]);
    let [
        Event::Event {
            ack: Some(789),
            attachments,
            ..
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(attachments, &[vec![1, 2, 3], vec![4, 5, 6]]);
    let (_, events) = said(&[r#"461-5[{"_placeholder":true,"num":0}]"#], &[&[1]]);
    assert!(
        matches!(events.as_slice(), [Event::Ack { id: 5, .. }]),
        "{events:?}"
    );
    let (_, events) = said(&[r#"450-["m"]"#], &[]);
    assert_eq!(events.len(), 1, "none is none");
}

#[test]
fn wrong_attachments_close_the_connection() {
    let holder = |n: u64| format!(r#"451-["m",{{"_placeholder":true,"num":{n}}}]"#);
    for (packet, bytes) in [
        ("4517-[\"m\"]".to_owned(), vec![]),
        ("45-[\"m\"]".to_owned(), vec![]),
        ("45-1-[\"m\"]".to_owned(), vec![]),
        ("45999999999999999999999-[\"m\"]".to_owned(), vec![]),
        ("451[\"m\"]".to_owned(), vec![]),
        (holder(1), vec![]),
        (r#"451-["m",{"_placeholder":true,"num":"0"}]"#.to_owned(), vec![]),
        (r#"42["m"]"#.to_owned(), vec![vec![1]]),
        (r#"452-["m"]"#.to_owned(), vec![vec![0; 600], vec![0; 600]]),
        (holder(0), vec![vec![1], vec![2]]),
    ] {
        let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let (got, _) = said(&[&packet], &bytes);
        assert_eq!(got, ["closed"], "{packet}");
    }
}

#[test]
fn what_is_no_event_closes_the_connection() {
    for packet in [
        "4abc",
        "4",
        "42",
        "42{}",
        "42[]",
        "42[null]",
        "42[{}]",
        "42[true]",
        r#"42["connect"]"#,
        r#"42["disconnect",1]"#,
        r#"42["a"]x"#,
        r#"42["a""#,
        r#"42abc["m"]"#,
        r#"4299999999999999999999["m"]"#,
        r#"429007199254740992["m"]"#,
        "43[]",
        "43x[]",
        "431{}",
        "41{}",
        "44{}",
        "47",
        "40null",
        "40[]",
        "40{",
        "40{}x",
        r#"42-1["m"]"#,
        "42/\u{0}",
        "42/custom",
    ] {
        let (got, events) = said(&[packet], &[]);
        assert_eq!(got, ["closed"], "{packet}");
        assert!(
            matches!(events.as_slice(), [Event::Disconnected { .. }]),
            "{packet}: {events:?}"
        );
    }
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = format!("[\"m\",{}1{}]", "[".repeat(480), "]".repeat(480));
    let (got, events) = said(&[&format!("42{deep}")], &[]);
    assert_eq!((got.len(), events.len()), (0, 1));
    let (got, _) = said(&[&format!("451-{deep}")], &[]);
    assert_eq!(got, ["closed"], "what has attachments is read as a whole");
}
