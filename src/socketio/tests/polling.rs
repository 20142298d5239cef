use super::*;

#[test]
fn a_session_begins_with_a_handshake() {
    let mut world = World::new();
    let (sid, request) = (world.sid(), RequestId(99));
    world.run(|server, now| server.handle(now, Input::Open { request, sid }));
    let Some(Answer::Payload(body)) = world.answered(request) else {
        panic!("no handshake");
    };
    let open: serde_json::Value = serde_json::from_str(body.strip_prefix('0').unwrap()).unwrap();
    let expected = serde_json::json!({
        "sid": sid.to_string(), "upgrades": ["websocket"], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 1_000,
    });
    assert_eq!(open, expected);
}

#[test]
fn a_sid_is_read_as_it_is_written_and_no_other_way() {
    let sid = Sid::new(Uuid::from_u128(0x1234_5678_9abc), 255);
    assert_eq!(Sid::parse(&sid.to_string()), Some(sid));
    let sealed = sid.with_seal(0xfeed);
    assert_eq!((sealed.shard(), sealed.unsealed()), (255, sid.unsealed()));
    assert_ne!(Sid::new(Uuid::from_u128(1 << 64), 255).unsealed(), sid.unsealed());
    assert_ne!(
        Sid::new(Uuid::from_u128(0x1234_5678_9abc), 254).unsealed(),
        sid.unsealed()
    );
    let text = sid.to_string();
    let others = [
        "",
        "x",
        text.get(1..).unwrap(),
        &text.to_uppercase(),
        &format!("{text}0"),
        &format!(" {text}"),
        &text.replace('0', "+"),
        "00000000-0000-0000-0000-0000000000000ff",
        "ééééééééééééééééé",
    ];
    for other in others {
        assert_eq!(Sid::parse(other), None, "{other}");
    }
}

#[test]
fn a_get_waits_for_a_packet_and_costs_one_request() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let held = world.poll(sid);
    assert_eq!(world.answered(held), None);
    world.run(|server, _| {
        server.emit(session, r#"2["one"]"#);
        server.emit(session, r#"2["two"]"#);
    });
    assert_eq!(world.answered(held), payload("42[\"one\"]\u{1e}42[\"two\"]"));
    world.run(|server, _| server.emit(session, r#"2["three"]"#));
    assert_eq!(world.got(sid), payload(r#"42["three"]"#));
}

#[test]
fn one_post_brings_several_packets_in_order() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    assert_eq!(
        world.post(
            sid,
            "42[\"a\"]\u{1e}42[\"b\"]\u{1e}451-[\"c\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAQIDBA=="
        ),
        Answer::Taken
    );
    let said: Vec<(String, usize)> = world
        .events
        .iter()
        .map(|event| match event {
            Event::Event {
                payload, attachments, ..
            } => (payload.clone(), attachments.iter().map(Vec::len).sum()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (r#"["a"]"#, 0),
        (r#"["b"]"#, 0),
        (r#"["c",{"_placeholder":true,"num":0}]"#, 4),
    ];
    assert_eq!(said, expected.map(|(payload, bytes)| (payload.to_owned(), bytes)));
}

#[test]
fn bytes_go_out_in_base64() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    world.run(|server, _| server.emit_binary(session, "51-[\"x\"]", vec![vec![1, 2, 3, 4]]));
    assert_eq!(world.got(sid), payload("451-[\"x\"]\u{1e}bAQIDBA=="));
}

#[test]
fn a_second_get_ends_the_session() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    let first = world.poll(sid);
    let second = world.poll(sid);
    assert_eq!(world.answered(first), payload("1"));
    assert_eq!(world.answered(second), refused(Refusal::BadRequest));
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
}

#[test]
fn a_client_that_closes_frees_its_get() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let held = world.poll(sid);
    assert_eq!(world.post(sid, "1"), Answer::Taken);
    assert_eq!(world.answered(held), payload("6"));
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
    assert_eq!(
        world.events,
        [Event::Disconnected {
            session,
            namespace: "/".to_owned(),
            is_lost: true,
        }]
    );
}

#[test]
fn what_is_no_payload_ends_the_session_and_no_other() {
    for body in [
        "abc", "", "4a\u{1e}", "\u{1e}", "7", "0{}", "2", "2probe", "b!", "bAQ", "é", "4x", "42{}",
    ] {
        let mut world = World::new();
        let (sid, _) = world.connected_polling();
        let (other, session) = world.connected();
        let answer = world.post(sid, body);
        let is_socket_io = body.starts_with('4') && !body.contains('\u{1e}');
        let expected = if is_socket_io {
            Answer::Taken
        } else {
            Answer::Refused(Refusal::BadRequest)
        };
        assert_eq!(answer, expected, "{body:?}");
        assert_eq!(world.got(sid), refused(Refusal::UnknownSid), "{body:?}");
        world.run(|server, _| server.emit(session, "2[\"x\"]"));
        assert_eq!(world.received(other), ["42[\"x\"]"]);
    }
}

#[test]
fn a_body_above_the_limit_is_refused_and_the_session_goes_on() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    assert_eq!(
        world.post(sid, &"4".repeat(1_001)),
        Answer::Refused(Refusal::TooLarge)
    );
    assert_eq!(world.post(sid, "42[\"x\"]"), Answer::Taken);
}

#[test]
fn a_client_that_never_fetches_is_closed() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    for _ in 0..200 {
        world.run(|server, _| server.emit(session, r#"2["tick",1234567890]"#));
    }
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
    assert_eq!(world.events.len(), 1, "{:?}", world.events);
}

#[test]
fn too_many_packets_end_the_session() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    let flood = vec!["6"; 99].join("\u{1e}");
    assert_eq!(world.post(sid, &flood), Answer::Taken);
    assert_eq!(world.post(sid, "6"), Answer::Taken);
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
    let (patient, _) = world.connected_polling();
    world.post(patient, &flood);
    let held = world.poll(patient);
    world.wait(25_000);
    assert_eq!(world.answered(held), payload("2"));
    world.wait(10_000);
    // The pong is the hundred-and-first within the minute.
    world.post(patient, "3");
    assert_eq!(world.got(patient), refused(Refusal::UnknownSid));
}

#[test]
fn the_server_ends_a_session_between_two_gets() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    world.run(|server, now| {
        server.disconnect(now, session, "/");
        server.close(now, session);
    });
    assert!(world.server.is_empty());
    assert_eq!(
        world.got(sid),
        payload("41"),
        "the end comes apart from what was said"
    );
    assert_eq!(world.post(sid, "1"), Answer::Taken);
    assert_eq!(world.got(sid), payload("1"));
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
    let (sid, session) = world.connected_polling();
    let held = world.poll(sid);
    world.run(|server, now| server.close(now, session));
    assert_eq!(world.answered(held), payload("1"));
    let (sid, session) = world.connected_polling();
    let held = world.poll(sid);
    world.run(|server, now| {
        server.disconnect(now, session, "/");
        server.close(now, session);
    });
    assert_eq!(world.answered(held), payload("41"));
    assert_eq!(world.got(sid), payload("1"));
    let (late, session) = world.connected_polling();
    world.run(|server, now| server.close(now, session));
    world.wait(60_000);
    world.connected_polling();
    world.wait(60_000);
    assert_eq!(world.got(late), refused(Refusal::UnknownSid));
}

#[test]
fn a_full_server_admits_nobody() {
    let mut world = World::new();
    for _ in 0..4 {
        world.open();
        world.socket();
    }
    assert!(world.server.is_full());
    let (sid, request) = (world.sid(), RequestId(1_000));
    world.run(|server, now| server.handle(now, Input::Open { request, sid }));
    assert_eq!(world.answered(request), refused(Refusal::Full));
    let (sid, socket) = (world.sid(), SocketId(1_001));
    world.run(|server, now| server.handle(now, Input::Socket { socket, sid }));
    assert_eq!(world.received(socket), ["closed"]);
}
