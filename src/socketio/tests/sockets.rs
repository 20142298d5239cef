use super::*;

#[test]
fn a_session_begins_with_a_handshake_without_upgrades() {
    let mut world = World::new();
    let sid = world.sid();
    let socket = SocketId(50);
    world.run(|server, now| server.handle(now, Input::Socket { socket, sid }));
    let got = world.received(socket);
    assert!(got[0].starts_with('0'), "{got:?}");
    let open: serde_json::Value = serde_json::from_str(got[0].strip_prefix('0').unwrap()).unwrap();
    assert_eq!(
        (&open["upgrades"], &open["sid"]),
        (&serde_json::json!([]), &serde_json::json!(sid.to_string()))
    );
}

#[test]
fn what_is_no_packet_closes_the_socket_and_no_other() {
    for frame in [
        "abc", "", "4abc", "42{}", "2", "2probe", "1", "0", "7", "é", "b", "b?", "\u{1e}",
    ] {
        let mut world = World::new();
        let (socket, _) = world.connected();
        let (other, session) = world.connected();
        world.text(socket, frame);
        assert_eq!(world.received(socket), ["closed"], "{frame:?}");
        world.run(|server, _| server.emit(session, "2[\"x\"]"));
        assert_eq!(world.received(other), ["42[\"x\"]"]);
    }
}

#[test]
fn frames_above_the_limit_close_the_socket() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    world.text(socket, &format!("42[\"{}\"]", "x".repeat(1_000)));
    assert_eq!(world.received(socket), ["closed"]);
    let (socket, _) = world.connected();
    world.binary(socket, &[0; 1_001]);
    assert_eq!(world.received(socket), ["closed"]);
}

#[test]
fn one_frame_to_many_is_one_effect_and_buffers_get_it_too() {
    let mut world = World::new();
    let (first, a) = world.connected();
    let (second, b) = world.connected();
    let (sid, c) = world.connected_polling();
    world.effects.clear();
    world.run(|server, _| server.emit_all(&[a, b, c], "2[\"x\"]"));
    let expected = Effect::Broadcast {
        to: vec![first, second],
        text: "42[\"x\"]".into(),
    };
    assert_eq!(world.effects, [expected]);
    assert_eq!(world.got(sid), payload("42[\"x\"]"));
}

#[test]
fn the_server_ends_a_session_with_or_without_its_namespace() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    world.run(|server, now| {
        server.disconnect(now, session, "/");
        server.close(now, session);
    });
    assert_eq!(world.received(socket), ["41", "closed"]);
    let (socket, session) = world.connected();
    world.run(|server, now| server.close(now, session));
    assert_eq!(world.received(socket), ["closed"]);
    assert_eq!(world.events.len(), 2, "{:?}", world.events);
}

#[test]
fn more_than_an_attachment_holds_is_not_kept() {
    let mut world = World::new();
    let (_, session) = world.connected();
    world.run(|server, _| assert!(server.keep(session, vec![7; super::super::MAX_KEPT])));
    world.run(|server, _| assert!(!server.keep(session, vec![7; super::super::MAX_KEPT + 1])));
    let longest = world.saved().iter().map(|(_, bytes)| bytes.len()).max();
    assert!(longest.is_some_and(|length| length <= 16_384 - 64), "{longest:?}");
}
