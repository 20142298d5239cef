//! The protocols' rules, one after the other: a client as bytes on one side, what it gets on the other.

mod connect;
mod heartbeat;
mod message;
mod packets;
mod polling;
mod random;
mod sockets;
mod upgrade;

use uuid::Uuid;

use super::{Answer, Effect, Event, Input, Refusal, RequestId, Rules, Server, SessionId, Sid, SocketId};
use crate::model::{Alarm, UnixMillis};

const RULES: Rules = Rules {
    ping_interval: 25_000,
    ping_timeout: 20_000,

    connect_timeout: 45_000,
    max_payload: 1_000,
    max_sessions: 8,
    max_buffered: 4_000,
    max_buffered_in_all: 12_000,
    packets_per_minute: 100,
};

/// A server, its clock, and all that it did.
struct World {
    now: UnixMillis,
    server: Server,
    next: u32,
    effects: Vec<Effect>,
    events: Vec<Event>,
    wake_at: Option<UnixMillis>,
    alarm: Alarm,
    /// What the runtime says of sockets.
    heard: Vec<(SocketId, UnixMillis)>,
}

impl World {
    fn new() -> Self {
        Self::with(RULES)
    }

    fn with(rules: Rules) -> Self {
        Self {
            now: UnixMillis::new(1_000_000),
            server: Server::new(rules, &["/", "/custom"]),
            next: 0,
            effects: Vec::new(),
            events: Vec::new(),
            wake_at: None,
            alarm: Alarm::default(),
            heard: Vec::new(),
        }
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn sid(&mut self) -> Sid {
        Sid::new(Uuid::from_u128(u128::from(self.number())), 7)
    }

    /// Lets one thing happen, and the application take note of it.
    fn run(&mut self, act: impl FnOnce(&mut Server, UnixMillis)) {
        act(&mut self.server, self.now);
        while let Some(event) = self.server.next_event() {
            self.events.push(event);
        }
        self.effects.extend(self.server.drain());
        let wake_at = self.alarm.arm(self.now, self.server.wakes_at());
        self.wake_at = wake_at.or(self.wake_at);
    }

    fn open(&mut self) -> Sid {
        let (sid, request) = (self.sid(), RequestId(self.number()));
        self.run(|server, now| server.handle(now, Input::Open { request, sid }));
        let payload = self.answered(request);
        assert!(matches!(payload, Some(Answer::Payload(_))), "{payload:?}");
        sid
    }

    fn poll(&mut self, sid: Sid) -> RequestId {
        let request = RequestId(self.number());
        self.run(|server, now| server.handle(now, Input::Poll { request, sid }));
        request
    }

    fn post(&mut self, sid: Sid, body: &str) -> Answer {
        let request = RequestId(self.number());
        self.run(|server, now| server.handle(now, Input::Post { request, sid, body }));
        self.answered(request).expect("a POST is answered at once")
    }

    /// What a GET gets now.
    fn got(&mut self, sid: Sid) -> Option<Answer> {
        let request = self.poll(sid);
        self.answered(request)
    }

    fn socket(&mut self) -> SocketId {
        let (sid, socket) = (self.sid(), SocketId(self.number()));
        self.run(|server, now| server.handle(now, Input::Socket { socket, sid }));
        assert_eq!(self.received(socket).len(), 1, "the handshake");
        socket
    }

    fn probe(&mut self, sid: Sid) -> SocketId {
        let socket = SocketId(self.number());
        self.run(|server, now| server.handle(now, Input::Probe { socket, sid }));
        socket
    }

    fn text(&mut self, socket: SocketId, text: &str) {
        self.run(|server, now| server.handle(now, Input::Text { socket, text }));
    }

    fn binary(&mut self, socket: SocketId, bytes: &[u8]) {
        self.run(|server, now| {
            server.handle(
                now,
                Input::Binary {
                    socket,
                    bytes: bytes.to_vec(),
                },
            )
        });
    }

    /// A socket whose client is in the main namespace; and its session.
    fn connected(&mut self) -> (SocketId, SessionId) {
        let socket = self.socket();
        self.text(socket, "40");
        let session = self.accept();
        self.received(socket);
        (socket, session)
    }

    /// A polling client in the main namespace.
    fn connected_polling(&mut self) -> (Sid, SessionId) {
        let sid = self.open();
        assert_eq!(self.post(sid, "40"), Answer::Taken);
        let session = self.accept();
        self.got(sid).expect("the answer to CONNECT");
        (sid, session)
    }

    /// Accepts what was last asked for.
    fn accept(&mut self) -> SessionId {
        let Some(Event::Connect {
            session, namespace, ..
        }) = self.events.pop()
        else {
            panic!("nobody wants to connect: {:?}", self.events);
        };
        let id = Uuid::from_u128(u128::from(self.number()));
        self.run(|server, _| {
            server.accept(session, &namespace, id, None);
            server.let_stay(session);
        });
        session
    }

    /// Takes the answer of a request.
    fn answered(&mut self, wanted: RequestId) -> Option<Answer> {
        let is_it = |effect: &Effect| matches!(effect, Effect::Answer { request, .. } if *request == wanted);
        let at = self.effects.iter().position(is_it)?;
        match self.effects.remove(at) {
            Effect::Answer { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// Takes what a socket got; `<1,2>` are bytes, `closed` is the end.
    fn received(&mut self, wanted: SocketId) -> Vec<String> {
        let mut got = Vec::new();
        self.effects.retain(|effect| {
            let text = match effect {
                Effect::Send { socket, text } if *socket == wanted => text.to_string(),
                Effect::Broadcast { to, text } if to.contains(&wanted) => text.to_string(),
                Effect::SendBinary { socket, bytes } if *socket == wanted => {
                    format!(
                        "<{}>",
                        bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
                    )
                }
                Effect::Close { socket } if *socket == wanted => "closed".to_owned(),
                _ => return true,
            };
            got.push(text);
            matches!(effect, Effect::Broadcast { to, .. } if to.len() > 1)
        });
        got
    }

    /// Time passes until then, with an alarm whenever one was asked for.
    fn wait(&mut self, millis: u64) {
        let end = self.now.plus(millis);
        while let Some(at) = self.wake_at.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.wake_at = None;
            self.alarm.rang();
            let heard = self.heard.clone();
            let last = |socket: SocketId| {
                let of_it = heard.iter().filter(|(it, _)| *it == socket);
                of_it.map(|(_, at)| *at).max()
            };
            self.run(|server, now| server.handle(now, Input::Alarm { last_heard: &last }));
        }
        self.now = end;
    }

    /// The object is gone; what was saved of these sockets, at most once each, is what the next one has.
    fn evict(
        &mut self,
        sockets: &[SocketId],
        saved: &[(SocketId, Vec<u8>)],
    ) -> Vec<Option<(SessionId, Vec<u8>)>> {
        self.server = Server::new(RULES, &["/", "/custom"]);
        let mut back = Vec::new();
        for socket in sockets {
            let bytes = saved.iter().rev().find(|(it, _)| it == socket);
            let bytes = bytes.map(|(_, bytes)| bytes.clone()).unwrap_or_default();
            let heard = self
                .heard
                .iter()
                .filter(|(it, _)| it == socket)
                .map(|(_, at)| *at)
                .max();
            let before = self.events.len();
            self.run(|server, now| {
                server.handle(
                    now,
                    Input::Restored {
                        socket: *socket,
                        attachment: &bytes,
                        heard,
                    },
                );
            });
            let restored = self.events.drain(before..).find_map(|event| match event {
                Event::Restored { session, kept, .. } => Some((session, kept)),
                _ => None,
            });
            back.push(restored);
        }
        back
    }

    /// All that was written beside sockets.
    fn saved(&self) -> Vec<(SocketId, Vec<u8>)> {
        let saved = self.effects.iter().filter_map(|effect| match effect {
            Effect::Save { socket, attachment } => Some((*socket, attachment.clone())),
            _ => None,
        });
        saved.collect()
    }
}

fn payload(text: &str) -> Option<Answer> {
    Some(Answer::Payload(text.to_owned()))
}

fn refused(refusal: Refusal) -> Option<Answer> {
    Some(Answer::Refused(refusal))
}
