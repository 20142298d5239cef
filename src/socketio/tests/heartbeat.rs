use super::*;

#[test]
fn the_server_asks_every_25_s_and_waits_20() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    for _ in 0..3 {
        world.wait(24_999);
        assert_eq!(world.received(socket), [""; 0]);
        world.wait(1);
        assert_eq!(world.received(socket), ["2"]);
        world.text(socket, "3");
    }
    world.wait(25_000);
    assert_eq!(world.received(socket), ["2"]);
    world.wait(19_999);
    assert_eq!(world.received(socket), [""; 0]);
    world.wait(1);
    assert_eq!(world.received(socket), ["closed"]);
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
fn a_polling_client_is_asked_in_its_get() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    let held = world.poll(sid);
    world.wait(25_000);
    assert_eq!(world.answered(held), payload("2"));
    assert_eq!(world.post(sid, "3"), Answer::Taken);
    let held = world.poll(sid);
    world.wait(25_000);
    assert_eq!(world.answered(held), payload("2"));
    let held = world.poll(sid);
    world.wait(20_000);
    assert_eq!(world.answered(held), payload("1"));
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
}

#[test]
fn a_session_whose_time_has_come_is_over_though_the_alarm_is_late() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    world.wait(25_000);
    world.now = world.now.plus(20_000);
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
}

#[test]
fn the_runtime_may_have_seen_the_pong() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    for _ in 0..4 {
        world.wait(25_000);
        assert_eq!(world.received(socket), ["2"]);
        world.heard.push((socket, world.now.plus(3)));
    }
    world.wait(25_000);
    world.wait(20_000);
    assert_eq!(world.received(socket), ["2", "closed"]);
}

#[test]
fn clients_that_came_at_different_times_are_asked_together() {
    let mut world = World::new();
    let mut sockets = Vec::new();
    for gap in [0, 3_000, 9_000, 6_000, 5_000, 1_000] {
        world.wait(gap);
        sockets.push(world.connected().0);
    }
    let mut rounds = Vec::new();
    for _ in 0..200 {
        world.wait(1_000);
        let asked: Vec<usize> = (0..sockets.len()).filter(|n| world.effects.iter().any(|effect| matches!(effect, Effect::Broadcast { to, text } if &**text == "2" && to.contains(&sockets[*n])))).collect();
        world.effects.clear();
        if !asked.is_empty() {
            rounds.push(asked.len());
        }
        for socket in sockets.clone() {
            world.heard.push((socket, world.now));
        }
    }
    assert!(
        rounds.iter().skip(4).all(|count| *count == sockets.len()),
        "{rounds:?}"
    );
    assert!(rounds.len() <= 10, "{rounds:?}");
}

#[test]
fn one_alarm_is_armed_and_never_for_nothing() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    assert_eq!(world.wake_at, Some(world.now.plus(25_000)));
    let armed = world.wake_at;
    world.text(socket, "42[\"x\"]");
    world.connected_polling();
    assert_eq!(world.wake_at, armed, "a later deadline does not move it");
}

#[test]
fn who_is_in_no_namespace_is_closed_after_45_s() {
    let mut world = World::new();
    let socket = world.socket();
    for _ in 0..44 {
        world.wait(1_000);
        world.heard.push((socket, world.now));
    }
    assert!(!world.received(socket).contains(&"closed".to_owned()));
    world.wait(1_000);
    assert_eq!(world.received(socket).pop().as_deref(), Some("closed"));
    assert_eq!(world.events, []);
}

#[test]
fn a_websocket_session_outlives_its_object_and_its_silence_does_too() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    assert!(world.run_keep(session, vec![1, 2, 3]));
    world.wait(25_000);
    assert_eq!(world.received(socket), ["2"]);
    let saved = world.saved();
    assert_eq!(world.evict(&[socket], &saved), [Some((session, vec![1, 2, 3]))]);
    // The former object asked; it was not answered. The next asks again, but does not grant the time anew.
    world.wait(19_000);
    assert!(!world.received(socket).contains(&"closed".to_owned()));
    world.evict(&[socket], &saved);
    world.wait(1_000);
    assert_eq!(world.received(socket).pop().as_deref(), Some("closed"));
}

#[test]
fn a_session_that_answers_lives_however_often_its_object_is_gone() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    let saved = world.saved();
    for _ in 0..50 {
        world.evict(&[socket], &saved);
        world.wait(10_000);
        if world.received(socket).contains(&"2".to_owned()) {
            world.heard.push((socket, world.now));
        }
    }
    world.text(socket, "42[\"x\"]");
    let expected = Event::Event {
        session,
        namespace: "/".to_owned(),
        ack: None,
        payload: "[\"x\"]".to_owned(),
        attachments: vec![],
    };
    assert_eq!(world.events, [expected]);
}

#[test]
fn sockets_that_nobody_can_read_are_closed_when_the_object_wakes() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    let (sid, _) = world.connected_polling();
    let probe = world.probe(sid);
    world.text(probe, "2probe");
    let mut saved = world.saved();
    saved.iter_mut().for_each(|(_, bytes)| bytes[0] = 0);
    world.received(probe);
    assert_eq!(world.evict(&[socket, probe], &saved), [None, None]);
    assert_eq!(world.received(socket), ["closed"]);
    assert_eq!(world.received(probe), ["closed"]);
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
}

impl World {
    fn run_keep(&mut self, session: SessionId, bytes: Vec<u8>) -> bool {
        let mut kept = false;
        self.run(|server, _| kept = server.keep(session, bytes));
        kept
    }
}

#[test]
fn an_alarm_that_never_came_is_armed_anew() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    world.wake_at = None;
    world.now = world.now.plus(84_000);
    world.text(socket, "6");
    assert_eq!(world.wake_at, None);
    world.now = world.now.plus(1_000);
    world.text(socket, "6");
    assert!(world.wake_at.is_some());
}

#[test]
fn what_was_kept_with_a_socket_that_is_gone_can_still_be_read() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    assert!(world.run_keep(session, vec![4, 5]));
    let (_, attachment) = world.saved().pop().unwrap();
    assert_eq!(Server::left_behind(&attachment), Some(vec![4, 5]));
    assert_eq!(Server::left_behind(&[]), None);
    assert_eq!(Server::left_behind(&[0, 1, 2]), None);
    let heard = world.now.plus(7);
    let last_heard = |asked: SocketId| (asked == socket).then_some(heard);
    assert_eq!(world.server.heard_at(session, &last_heard), Some(heard));
    assert_eq!(world.server.heard_at(session, &|_| None), Some(world.now));
}

#[test]
fn a_polling_client_that_answers_pings_and_fetches_nothing_is_closed() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    world.run(|server, _| server.emit(session, r#"2["x"]"#));
    for _ in 0..8 {
        world.wait(12_000);
        let request = RequestId(world.number());
        world.run(|server, now| {
            server.handle(
                now,
                Input::Post {
                    request,
                    sid,
                    body: "3",
                },
            )
        });
    }
    assert_eq!(world.got(sid), refused(Refusal::UnknownSid));
}

#[test]
fn when_too_much_waits_in_all_whoever_lets_most_wait_is_closed() {
    let mut world = World::new();
    let (modest, of_modest) = world.connected_polling();
    world.run(|server, _| server.emit(of_modest, r#"2["x"]"#));
    let greedy: Vec<_> = (0..4).map(|_| world.connected_polling()).collect();
    let text = format!(r#"2["{}"]"#, "x".repeat(3_500));
    for (_, session) in &greedy {
        world.run(|server, _| server.emit(*session, &text));
    }
    let gone = greedy
        .iter()
        .filter(|(sid, _)| world.got(*sid) == refused(Refusal::UnknownSid));
    assert_eq!(gone.count(), 1);
    assert!(matches!(world.got(modest), Some(Answer::Payload(_))));
}
