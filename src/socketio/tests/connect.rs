use super::*;

#[test]
fn a_client_connects_to_the_namespaces_that_there_are() {
    for (packet, namespace, auth, answer) in [
        ("40", "/", "{}", "40{\"sid\":\""),
        (r#"40{"token":"123"}"#, "/", r#"{"token":"123"}"#, "40{\"sid\":\""),
        ("40/custom,", "/custom", "{}", "40/custom,{\"sid\":\""),
        ("40/custom", "/custom", "{}", "40/custom,{\"sid\":\""),
        (
            r#"40/custom,{"token":"abc"}"#,
            "/custom",
            r#"{"token":"abc"}"#,
            "40/custom,{\"sid\":\"",
        ),
    ] {
        let mut world = World::new();
        let socket = world.socket();
        world.text(socket, packet);
        let Some(Event::Connect {
            namespace: asked,
            auth: said,
            ..
        }) = world.events.last()
        else {
            panic!("{packet}");
        };
        assert_eq!((asked.as_str(), said.as_str()), (namespace, auth));
        world.accept();
        let got = world.received(socket);
        assert!(got.len() == 1 && got[0].starts_with(answer), "{got:?}");
    }
}

#[test]
fn an_unknown_namespace_is_refused_and_the_others_are_not_touched() {
    let mut world = World::new();
    let (socket, _) = world.connected();
    world.text(socket, "40/random");
    world.text(socket, r#"40/ra"ndom,{}"#);
    assert_eq!(
        world.received(socket),
        [
            r#"44/random,{"message":"Invalid namespace"}"#,
            r#"44/ra"ndom,{"message":"Invalid namespace"}"#
        ]
    );
    assert_eq!(world.events, []);
}

#[test]
fn the_application_refuses_with_words_and_data() {
    let mut world = World::new();
    let socket = world.socket();
    world.text(socket, "40");
    let Some(Event::Connect { session, .. }) = world.events.pop() else {
        panic!()
    };
    world.run(|server, _| {
        server.refuse(
            session,
            "/",
            "Authentication failed",
            Some(r#"{"code":"INVALID_TOKEN"}"#),
        )
    });
    assert_eq!(
        world.received(socket),
        [r#"44{"message":"Authentication failed","data":{"code":"INVALID_TOKEN"}}"#]
    );
    world.text(socket, "40");
    world.accept();
    assert!(world.received(socket)[0].starts_with("40{"), "it may try again");
}

#[test]
fn what_comes_out_of_turn_closes_the_connection() {
    let cases: [&[&str]; 8] = [
        &[r#"42["x"]"#],
        &["41"],
        &["40", "40"],
        &[r#"42/custom,["x"]"#],
        &["431[]"],
        &["44{}"],
        &[r#"451-["x"]"#, r#"42["x"]"#],
        &["40[]"],
    ];
    for frames in cases {
        let mut world = World::new();
        let (socket, _) = if frames[0].starts_with("451") {
            world.connected()
        } else {
            (world.socket(), SessionId(0))
        };
        for frame in frames {
            world.text(socket, frame);
        }
        assert_eq!(world.received(socket), ["closed"], "{frames:?}");
    }
}

#[test]
fn who_leaves_a_namespace_stays_in_the_other() {
    let mut world = World::new();
    let (socket, session) = world.connected();
    world.text(socket, "40/custom");
    world.accept();
    world.received(socket);
    world.text(socket, "41/custom");
    world.text(socket, r#"42["x"]"#);
    let kinds: Vec<&str> = world
        .events
        .iter()
        .map(|event| match event {
            Event::Disconnected { namespace, .. } => namespace,
            Event::Event { payload, .. } => payload,
            _ => "?",
        })
        .collect();
    assert_eq!(kinds, ["/custom", r#"["x"]"#]);
    world.text(socket, "41");
    assert_eq!(world.received(socket), [""; 0]);
    world.events.clear();
    world.heard.push((socket, world.now.plus(44_000)));
    world.wait(46_000);
    assert_eq!(
        world.received(socket).pop().as_deref(),
        Some("closed"),
        "in no namespace for 45 s"
    );
    assert!(world.server.is_empty(), "{session:?}");
}

#[test]
fn what_nobody_decided_ends_with_the_session() {
    let mut world = World::new();
    let socket = world.socket();
    world.text(socket, "40");
    world.run(|server, now| server.handle(now, Input::Closed { socket }));
    assert!(
        matches!(
            world.events.as_slice(),
            [Event::Connect { .. }, Event::Disconnected { .. }]
        ),
        "{:?}",
        world.events
    );
}
