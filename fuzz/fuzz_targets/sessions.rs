//! `cargo fuzz run sessions`: whatever a client sends by whichever transport, nothing panics and a bystander is served.
#![no_main]

use cryptointel::model::UnixMillis;
use cryptointel::socketio::{Effect, Event, Input, RequestId, Rules, Server, Sid, SocketId};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

const RULES: Rules = Rules {
    ping_interval: 25_000,
    ping_timeout: 20_000,

    connect_timeout: 45_000,
    max_payload: 4_096,
    max_sessions: 8,
    max_buffered: 16_384,
    max_buffered_in_all: 1 << 20,
    packets_per_minute: 200,
};

fn run(server: &mut Server, now: UnixMillis, input: Input<'_>) -> Vec<Effect> {
    server.handle(now, input);
    while let Some(event) = server.next_event() {
        if let Event::Connect { session, namespace, .. } = event {
            server.accept(session, &namespace, Uuid::nil(), None);
        }
    }
    server.drain()
}

fuzz_target!(|acts: Vec<(u8, &str)>| {
    let now = UnixMillis::new(1_000_000);
    let sid = |n: u128| Sid::new(Uuid::from_u128(n), 0);
    let (witness, attacker) = (SocketId(0), SocketId(1));
    let mut server = Server::new(RULES, &["/"]);
    run(&mut server, now, Input::Socket { socket: witness, sid: sid(1) });
    run(&mut server, now, Input::Text { socket: witness, text: "40" });
    run(&mut server, now, Input::Open { request: RequestId(0), sid: sid(2) });
    run(&mut server, now, Input::Socket { socket: attacker, sid: sid(3) });
    for (kind, text) in acts {
        let request = RequestId(1);
        run(&mut server, now, match kind % 6 {
            0 => Input::Poll { request, sid: sid(2) },
            1 => Input::Post { request, sid: sid(2), body: text },
            2 => Input::Probe { socket: SocketId(2), sid: sid(2) },
            3 => Input::Text { socket: SocketId(1 + u32::from(kind) % 2), text },
            4 => Input::Binary { socket: SocketId(1 + u32::from(kind) % 2), bytes: text.as_bytes().to_vec() },
            _ => Input::Closed { socket: SocketId(1 + u32::from(kind) % 2) },
        });
    }
    let effects = run(&mut server, now, Input::Text { socket: witness, text: "3" });
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Close { socket } if *socket == witness)));
});
