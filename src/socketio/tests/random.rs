//! Any sequence of events: nothing panics, no client touches another, and what is said arrives once and in order.

use proptest::prelude::*;

use super::*;

/// What may happen to the attackers, of which there are four.
#[derive(Debug, Clone)]
enum Act {
    Poll(usize),
    Post(usize, String),
    Probe(usize),
    Text(usize, String),
    Binary(usize, Vec<u8>),
    Gone(usize),
    Wait(u64),
    Close(usize),
    Leave(usize),
}

fn frame() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("2probe".to_owned()),
        Just("5".to_owned()),
        Just("40".to_owned()),
        Just("40/custom,{}".to_owned()),
        Just("41".to_owned()),
        Just("3".to_owned()),
        Just("1".to_owned()),
        Just("42[\"x\"]".to_owned()),
        Just("451-[\"x\",{\"_placeholder\":true,\"num\":0}]".to_owned()),
        Just("42[\"x\"]\u{1e}bAQ==".to_owned()),
        "[0-9b]{0,3}[-/,\\[\\]{}\"a-z0-9\u{1e}é]{0,20}",
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let who = 0_usize..4;
    prop_oneof![
        who.clone().prop_map(Act::Poll),
        (who.clone(), frame()).prop_map(|(n, text)| Act::Post(n, text)),
        who.clone().prop_map(Act::Probe),
        (who.clone(), frame()).prop_map(|(n, text)| Act::Text(n, text)),
        (who.clone(), proptest::collection::vec(any::<u8>(), 0..5))
            .prop_map(|(n, bytes)| Act::Binary(n, bytes)),
        who.clone().prop_map(Act::Gone),
        (0_u64..15_000).prop_map(Act::Wait),
        who.clone().prop_map(Act::Close),
        who.prop_map(Act::Leave),
    ]
}

/// One attacker: a sid, and the socket that it last opened.
struct Attacker {
    sid: Sid,
    socket: SocketId,
}

proptest! {
    #[test]
    fn no_client_touches_another(acts in proptest::collection::vec(act(), 0..60)) {
        let mut world = World::new();
        let (witness, session) = world.connected();
        let (poller, polled) = world.connected_polling();
        let mut waits = world.poll(poller);
        let mut attackers: Vec<Attacker> = (0..4).map(|n| {
            if n % 2 == 0 {
                Attacker { sid: world.open(), socket: SocketId(500) }
            } else {
                Attacker { sid: world.sid(), socket: world.socket() }
            }
        }).collect();
        let mut requests = 0;
        for act in acts {
            let at = |n: usize| (attackers[n].sid, attackers[n].socket);
            match act {
                Act::Poll(n) => { requests += 1; world.poll(at(n).0); }
                Act::Post(n, body) => { world.post(at(n).0, &body); }
                Act::Probe(n) => attackers[n].socket = world.probe(at(n).0),
                Act::Text(n, text) => world.text(at(n).1, &text),
                Act::Binary(n, bytes) => world.binary(at(n).1, &bytes),
                Act::Gone(n) => { let socket = at(n).1; world.run(|server, now| server.handle(now, Input::Closed { socket })); }
                Act::Wait(millis) => world.wait(millis),
                Act::Close(n) => {
                    let id = SessionId(2 + n as u32);
                    world.run(|server, now| server.close(now, id));
                }
                Act::Leave(n) => {
                    let id = SessionId(2 + n as u32);
                    world.run(|server, now| server.disconnect(now, id, "/"));
                }
            }
            while let Some(Event::Connect { session, namespace, .. }) = world.events.iter().find(|event| matches!(event, Event::Connect { .. })).cloned() {
                world.events.retain(|event| !matches!(event, Event::Connect { .. }));
                world.run(|server, _| server.accept(session, &namespace, Uuid::nil(), None));
            }
            world.heard.push((witness, world.now));
            world.post(poller, "3");
            if world.answered(waits).is_some() {
                waits = world.poll(poller);
            }
            world.events.retain(|event| !matches!(event, Event::Event { .. } | Event::Ack { .. }));
            let gone = |id: SessionId| world.events.iter().any(|event| matches!(event, Event::Disconnected { session, .. } if *session == id));
            prop_assert!(!gone(session) && !gone(polled), "{:?}", world.events);
        }
        world.received(witness);
        world.run(|server, _| server.emit(session, "2[\"still\"]"));
        let got = world.received(witness).pop();
        prop_assert_eq!(got.as_deref(), Some("42[\"still\"]"));
        // No request stays without an answer but the one GET of each session that is held.
        let held = requests - world.effects.iter().filter(|effect| matches!(effect, Effect::Answer { .. })).count().min(requests);
        prop_assert!(held <= 4, "{} requests wait", held);
    }

    /// Wherever the upgrade falls, the client reads all, once and in order.
    #[test]
    fn what_is_said_arrives_once_and_in_order_across_an_upgrade(
        steps in proptest::collection::vec(0_u8..3, 1..60), probe_at in 0_usize..60, gap in 0_usize..10,
    ) {
        let mut world = World::new();
        let (sid, session) = world.connected_polling();
        let (mut said, mut heard, mut sent, mut taken) = (0, Vec::new(), 0, Vec::new());
        let mut held = None;
        let mut socket = None;
        let mut upgraded = false;
        let mut read = |text: &str| heard.extend(text.split('\u{1e}').filter_map(|packet| packet.strip_prefix("42[\"n\",")?.strip_suffix(']')?.parse::<u32>().ok()));
        for (n, step) in steps.iter().enumerate() {
            if n == probe_at {
                let probe = world.probe(sid);
                world.text(probe, "2probe");
                socket = Some(probe);
            }
            if n == probe_at + gap && !upgraded && let Some(socket) = socket {
                // A client ends its GET before it goes on.
                if let Some(request) = held.take() {
                    world.wait(100);
                    if let Some(Answer::Payload(body)) = world.answered(request) { read(&body); }
                }
                world.text(socket, "5");
                upgraded = true;
            }
            match step {
                0 => { said += 1; world.run(|server, _| server.emit(session, &format!("2[\"n\",{said}]"))); }
                1 => {
                    sent += 1;
                    let packet = format!("42[\"m\",{sent}]");
                    match socket.filter(|_| upgraded) {
                        Some(socket) => world.text(socket, &packet),
                        None => { world.post(sid, &packet); }
                    }
                }
                _ if !upgraded && held.is_none() => held = Some(world.poll(sid)),
                _ => {}
            }
            if let Some(request) = held && let Some(answer) = world.answered(request) {
                held = None;
                if let Answer::Payload(body) = answer { read(&body); }
            }
            if upgraded && let Some(socket) = socket {
                for text in world.received(socket) { read(&text); }
            }
            for event in world.events.drain(..) {
                if let Event::Event { payload, .. } = event {
                    taken.push(payload);
                }
            }
        }
        if !upgraded {
            if let Some(request) = held.take() {
                world.run(|server, _| server.emit(session, "2[\"end\"]"));
                if let Some(Answer::Payload(body)) = world.answered(request) { read(&body); }
            } else if let Some(Answer::Payload(body)) = world.got(sid) { read(&body); }
        }
        prop_assert_eq!(heard, (1..=said).collect::<Vec<u32>>());
        prop_assert_eq!(taken, (1..=sent).map(|n| format!("[\"m\",{n}]")).collect::<Vec<_>>());
    }
}
