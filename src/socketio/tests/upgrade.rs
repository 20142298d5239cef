use super::*;

#[test]
fn a_socket_takes_over_with_what_was_waiting() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let held = world.poll(sid);
    let socket = world.probe(sid);
    assert_eq!(world.received(socket), [""; 0]);
    world.text(socket, "2probe");
    assert_eq!(world.received(socket), ["3probe"]);
    assert_eq!(world.answered(held), payload("6"));
    world.run(|server, _| server.emit_binary(session, "51-[\"x\"]", vec![vec![9]]));
    world.text(socket, "5");
    assert_eq!(world.received(socket), ["451-[\"x\"]", "<9>"]);
    world.text(socket, "42[\"y\"]");
    assert!(
        matches!(
            world.events.as_slice(),
            [Event::Upgraded { .. }, Event::Event { .. }]
        ),
        "{:?}",
        world.events
    );
    assert_eq!(world.server.socket_of(session), Some(socket));
}

#[test]
fn a_get_beside_the_probe_waits_for_a_moment() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let socket = world.probe(sid);
    world.text(socket, "2probe");
    let held = world.poll(sid);
    world.wait(99);
    assert_eq!(world.answered(held), None);
    world.wait(1);
    assert_eq!(world.answered(held), payload("6"));
    let late = world.poll(sid);
    world.run(|server, _| server.emit(session, "2[\"x\"]"));
    assert_eq!(
        world.answered(late),
        payload("42[\"x\"]"),
        "nothing waits that can go"
    );
    let last = world.poll(sid);
    world.text(socket, "5");
    assert_eq!(world.answered(last), refused(Refusal::BadRequest));
}

#[test]
fn after_the_upgrade_requests_are_refused_and_the_session_goes_on() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let socket = world.probe(sid);
    world.text(socket, "2probe");
    world.text(socket, "5");
    world.received(socket);
    assert_eq!(world.got(sid), refused(Refusal::BadRequest));
    assert_eq!(world.post(sid, "4x"), Answer::Refused(Refusal::BadRequest));
    let second = world.probe(sid);
    assert_eq!(world.received(second), ["closed"]);
    world.run(|server, _| server.emit(session, "2[\"x\"]"));
    assert_eq!(world.received(socket), ["42[\"x\"]"]);
}

#[test]
fn a_second_socket_does_not_disturb_the_first() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    let first = world.probe(sid);
    let second = world.probe(sid);
    assert_eq!(world.received(second), ["closed"]);
    world.text(second, "2probe");
    world.text(second, "5");
    world.text(first, "2probe");
    world.text(first, "5");
    world.text(first, "42[\"x\"]");
    assert_eq!(world.received(first), ["3probe"]);
    assert!(
        matches!(
            world.events.as_slice(),
            [Event::Upgraded { .. }, Event::Event { .. }]
        ),
        "{:?}",
        world.events
    );
}

#[test]
fn a_probe_that_says_anything_else_is_closed_and_polling_goes_on() {
    for frames in [
        vec!["5"],
        vec!["2"],
        vec!["2probe", "2probe"],
        vec!["4x"],
        vec!["2probe", "40"],
        vec!["1"],
        vec![""],
        vec!["é"],
    ] {
        let mut world = World::new();
        let (sid, session) = world.connected_polling();
        let socket = world.probe(sid);
        for frame in &frames {
            world.text(socket, frame);
        }
        assert_eq!(
            world.received(socket).pop().as_deref(),
            Some("closed"),
            "{frames:?}"
        );
        world.run(|server, _| server.emit(session, "2[\"x\"]"));
        assert_eq!(world.got(sid), payload("42[\"x\"]"), "{frames:?}");
        let again = world.probe(sid);
        world.text(again, "2probe");
        world.text(again, "5");
        assert_eq!(world.server.socket_of(session), Some(again));
    }
}

#[test]
fn a_probe_that_closes_or_waits_leaves_the_session_polling() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let gone = world.probe(sid);
    world.text(gone, "2probe");
    world.run(|server, now| server.handle(now, Input::Closed { socket: gone }));
    let slow = world.probe(sid);
    world.wait(10_000);
    assert_eq!(world.received(slow), ["closed"]);
    world.run(|server, _| server.emit(session, "2[\"x\"]"));
    assert_eq!(world.got(sid), payload("42[\"x\"]"));
}

#[test]
fn a_session_that_ends_takes_the_probe_with_it() {
    let mut world = World::new();
    let (sid, session) = world.connected_polling();
    let socket = world.probe(sid);
    world.text(socket, "2probe");
    world.run(|server, now| server.close(now, session));
    assert_eq!(world.received(socket), ["3probe", "closed"]);
    world.text(socket, "5");
    assert_eq!(world.received(socket), ["closed"], "it is nobody any more");
}

#[test]
fn a_get_that_overtakes_the_probe_is_refused_if_the_socket_takes_over() {
    let mut world = World::new();
    let (sid, _) = world.connected_polling();
    let socket = world.probe(sid);
    let held = world.poll(sid);
    world.text(socket, "2probe");
    assert_eq!(world.answered(held), None);
    world.text(socket, "5");
    assert_eq!(world.answered(held), refused(Refusal::BadRequest));
    let (sid, _) = world.connected_polling();
    let socket = world.probe(sid);
    let held = world.poll(sid);
    world.text(socket, "2probe");
    world.wait(100);
    assert_eq!(
        world.answered(held),
        payload("6"),
        "a client that waits for it goes on"
    );
}
