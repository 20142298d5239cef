//! What the test suites of engine.io-protocol and socket.io-protocol expect of the servers that they test: one that gives
//! back every message of Engine.IO, and one that answers a few events of Socket.IO.

use uuid::Uuid;
use worker::Env;

use crate::edge::wire;
use crate::model::UnixMillis;
use crate::settings::Settings;
use crate::socketio::engine::packet::Outgoing;
use crate::socketio::engine::{self, Engine};
use crate::socketio::{Effect, Event, Input, Rules, Server, SessionId, Sid, Standing, packet};

/// What sessions are for. It has them: each input goes through its server, whose events it answers.
pub trait Application {
    /// One thing happens: what is to be done.
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect>;

    /// When something is to be done next, if anything is.
    fn wakes_at(&self) -> Option<UnixMillis>;

    /// What a socket finds that asks for a session.
    fn standing(&self, sid: Sid) -> Standing;

    /// Whether nobody else is admitted.
    fn is_full(&self) -> bool;
}

/// The application of the shard of that name.
pub fn of(name: &str, settings: &Settings, env: &Env) -> Box<dyn Application> {
    let number = |name: &str| {
        env.var(name)
            .ok()
            .and_then(|value| value.to_string().parse().ok())
    };
    let rules = Rules {
        ping_interval: number("ECHO_PING_INTERVAL").unwrap_or(300),
        ping_timeout: number("ECHO_PING_TIMEOUT").unwrap_or(200),

        connect_timeout: 45_000,
        max_payload: super::max_payload(settings),
        max_sessions: settings.shards.part_of(wire::number_of(name)) as usize,
        max_buffered: 1 << 20,
        max_buffered_in_all: 32 << 20,
        packets_per_minute: 3_000,
    };
    if wire::family_of(name) == super::ENGINE_IO {
        Box::new(Echo(Engine::new(rules)))
    } else {
        Box::new(Echo(Server::new(rules, &["/", "/custom"])))
    }
}

struct Echo<T>(T);

impl Application for Echo<Engine<()>> {
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect> {
        self.0.handle(now, input);
        while let Some(event) = self.0.next_event() {
            match event {
                engine::Event::Opened { session } => self.0.save(session),
                engine::Event::Text { session, text } => self.0.send(session, Outgoing::message(&text)),
                engine::Event::Binary { session, bytes } => {
                    self.0.send(session, Outgoing::Binary(bytes.into()));
                }
                engine::Event::Restored { .. }
                | engine::Event::Upgraded { .. }
                | engine::Event::Closed { .. } => {}
            }
        }
        self.0.drain()
    }

    fn wakes_at(&self) -> Option<UnixMillis> {
        self.0.wakes_at()
    }

    fn standing(&self, sid: Sid) -> Standing {
        self.0.standing(sid)
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

impl Application for Echo<Server> {
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect> {
        self.0.handle(now, input);
        while let Some(event) = self.0.next_event() {
            match event {
                Event::Connect {
                    session,
                    namespace,
                    auth,
                    ..
                } => self.connect(session, &namespace, &auth),
                Event::Event {
                    session,
                    namespace,
                    ack,
                    payload,
                    attachments,
                } => self.event(now, session, &namespace, ack, &payload, attachments),
                Event::Ack {
                    session,
                    namespace,
                    payload,
                    attachments,
                    ..
                } => self.back(session, &namespace, "acknowledged", values(&payload), attachments),
                Event::Restored { .. } | Event::Upgraded { .. } | Event::Disconnected { .. } => {}
            }
        }
        self.0.drain()
    }

    fn wakes_at(&self) -> Option<UnixMillis> {
        self.0.wakes_at()
    }

    fn standing(&self, sid: Sid) -> Standing {
        self.0.standing(sid)
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

impl Echo<Server> {
    fn connect(&mut self, session: SessionId, namespace: &str, auth: &str) {
        if auth.contains("\"refuse\"") {
            let data = r#"{"code":"INVALID_TOKEN"}"#;
            return self
                .0
                .refuse(session, namespace, "Authentication failed", Some(data));
        }
        self.0.accept(session, namespace, Uuid::new_v4(), None);
        self.0.let_stay(session);
        self.back(session, namespace, "auth", auth, Vec::new());
    }

    fn event(
        &mut self,
        now: UnixMillis,
        session: SessionId,
        namespace: &str,
        ack: Option<u64>,
        payload: &str,
        attachments: Vec<Vec<u8>>,
    ) {
        match (name(payload).as_str(), ack) {
            ("message", _) => self.back(session, namespace, "message-back", values(payload), attachments),
            ("message-with-ack", Some(id)) => {
                let text = packet::ack(
                    namespace,
                    id,
                    &format!("[{}]", values(payload)),
                    attachments.len(),
                );
                self.0.emit_binary(session, &text, attachments);
            }
            // Asks the client for an acknowledgement.
            ("ask", _) => {
                let text = packet::event(namespace, Some(7), r#"["question"]"#, 0);
                self.0.emit(session, &text);
            }
            ("keep", _) => {
                let _ = self.0.keep(session, payload.as_bytes().to_vec());
            }
            ("disconnect-me", _) => {
                self.0.disconnect(now, session, namespace);
                self.0.close(now, session);
            }
            ("close-me", _) => self.0.close(now, session),
            _ => {}
        }
    }

    /// Sends an event with these arguments.
    fn back(
        &mut self,
        session: SessionId,
        namespace: &str,
        name: &str,
        values: &str,
        attachments: Vec<Vec<u8>>,
    ) {
        let comma = if values.is_empty() { "" } else { "," };
        let payload = format!("[\"{name}\"{comma}{values}]");
        let text = packet::event(namespace, None, &payload, attachments.len());
        self.0.emit_binary(session, &text, attachments);
    }
}

/// The name that an event's payload begins with.
fn name(payload: &str) -> String {
    let values: Vec<serde_json::Value> = serde_json::from_str(payload).unwrap_or_default();
    let first = values.first().and_then(|value| value.as_str());
    first.unwrap_or_default().to_owned()
}

/// What follows the name in an event's payload; of an acknowledgement, all that it carries.
fn values(payload: &str) -> &str {
    let inner = payload.trim_start_matches('[');
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    match serde_json::Deserializer::from_str(inner)
        .into_iter::<serde_json::Value>()
        .next()
    {
        Some(Ok(serde_json::Value::String(_))) => inner.split_once(',').map_or("", |(_, rest)| rest),
        _ => inner,
    }
}
