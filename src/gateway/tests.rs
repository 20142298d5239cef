//! Clients of Socket.IO in front of a hub and a broker; the shell is played here.

mod delivery;
mod entry;
mod recovery;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::auth::Verifier;
use crate::hub::Limits;
use crate::hub::broker::{Broker, Item, Publication};
use crate::hub::exchange::{Ack, Delivery, Question};
use crate::model::samples::whale;
use crate::model::{
    Catalog, Channel, CoinId, Event as News, MarketEvent, SentimentLevel, SentimentSources, Symbol, Target,
    Tick, TokenSentiment,
};
use crate::socketio::{Answer, RequestId, SocketId};

const SECRET: &str = "a secret of at least thirty-two bytes";
const START: UnixMillis = UnixMillis::from_secs(1_764_678_600);
const SHARD: &str = "socketio-0";
const RULES: Rules = Rules {
    ping_interval: 25_000,
    ping_timeout: 20_000,

    connect_timeout: 45_000,
    max_payload: 65_536,
    max_sessions: 100,
    max_buffered: 1 << 20,
    max_buffered_in_all: 32 << 20,
    packets_per_minute: 3_000,
};

/// The shell's part.
struct World {
    now: UnixMillis,
    hub: Hub,
    gateway: Gateway,
    broker: Broker,
    next: u32,
    inbox: BTreeMap<SocketId, Vec<String>>,
    attachments: BTreeMap<SocketId, Vec<u8>>,
    answers: BTreeMap<RequestId, Answer>,
    /// When the runtime took a pong.
    heard: BTreeMap<SocketId, UnixMillis>,
    closed: Vec<SocketId>,
    wake_at: Option<UnixMillis>,
    /// The broker does not answer.
    is_silent: bool,
    /// It does not answer what clients have missed.
    is_mute: bool,
}

fn hub(now: UnixMillis) -> Hub {
    let verifier = Verifier::new(SECRET, None, None).unwrap();
    Hub::new(now, verifier, Limits::default(), Catalog::embedded())
}

impl World {
    fn new() -> Self {
        Self {
            now: START,
            hub: hub(START),
            gateway: Gateway::new(RULES, Alarm::default()),
            broker: Broker::new(START),
            next: 0,
            inbox: BTreeMap::new(),
            attachments: BTreeMap::new(),
            answers: BTreeMap::new(),
            heard: BTreeMap::new(),
            closed: Vec::new(),
            wake_at: None,
            is_silent: false,
            is_mute: false,
        }
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn sid(&mut self) -> Sid {
        Sid::new(Uuid::from_u128(u128::from(self.number())), 0)
    }

    fn input(&mut self, input: Input<'_>) {
        let next = &mut self.next;
        let mut new_id = || {
            *next += 1;
            Uuid::from_u128(u128::from(*next))
        };
        let outcome = self.gateway.handle(&mut self.hub, self.now, input, &mut new_id);
        self.wake_at = outcome.wake_at.or(self.wake_at);
        for effect in outcome.clients {
            self.carry_out(effect);
        }
        for effect in outcome.rest {
            if self.is_silent {
                continue;
            }
            if let hub::Effect::Recover(question) = &effect
                && !self.is_mute
            {
                let recovery = self.broker.answer(question);
                self.input(Input::Hub(hub::Input::Recovered(recovery)));
            }
            if effect == hub::Effect::Attach {
                let report = self.hub.stats();
                let (welcome, _) = self.broker.attach(SHARD, self.hub.seen(), report);
                let ticks = welcome
                    .missed
                    .iter()
                    .map(|tick| postcard::from_bytes(tick).unwrap());
                let missed: Vec<Tick> = ticks.collect();
                self.input(Input::Hub(hub::Input::Welcome { welcome, missed }));
            }
        }
    }

    fn carry_out(&mut self, effect: socketio::Effect) {
        use socketio::Effect;
        match effect {
            Effect::Answer { request, answer } => drop(self.answers.insert(request, answer)),
            Effect::Send { socket, text } => self.arrives(socket, &text),
            Effect::Broadcast { to, text } => to.into_iter().for_each(|socket| self.arrives(socket, &text)),
            Effect::Close { socket } => {
                self.closed.push(socket);
                self.attachments.remove(&socket);
            }
            Effect::Save { socket, attachment } => {
                assert!(attachment.len() <= 16_384 - 64, "{} bytes", attachment.len());
                self.attachments.insert(socket, attachment);
            }
            Effect::SendBinary { .. } => panic!("not here"),
        }
    }

    fn arrives(&mut self, socket: SocketId, text: &str) {
        self.inbox.entry(socket).or_default().push(text.to_owned());
    }

    fn client(&mut self, input: socketio::Input<'_>) {
        self.input(Input::Client(input));
    }

    /// A socket that asks for the namespace with these words.
    fn socket(&mut self, entry: &Value) -> SocketId {
        let (sid, socket) = (self.sid(), SocketId(self.number()));
        self.client(socketio::Input::Socket { socket, sid });
        self.inbox.remove(&socket);
        self.say(socket, &format!("40{entry}"));
        socket
    }

    /// A client at a socket, who is known and has heard what it gets at once.
    fn connected(&mut self, subject: &str, scope: &str) -> SocketId {
        let entry = json!({"token": self.token(subject, scope)});
        let socket = self.socket(&entry);
        let texts = self.texts(socket);
        assert!(
            texts[0].starts_with("40{") && texts[1].starts_with("42[\"auth_success\""),
            "{texts:?}"
        );
        socket
    }

    /// The same of one that polls.
    fn polling(&mut self, subject: &str) -> Sid {
        let (sid, request) = (self.sid(), RequestId(self.number()));
        self.client(socketio::Input::Open { request, sid });
        let entry = json!({"token": self.token(subject, "")});
        self.post(sid, &format!("40{entry}"));
        assert!(self.polled(sid)[0].starts_with("40{"));
        sid
    }

    fn say(&mut self, socket: SocketId, text: &str) {
        self.client(socketio::Input::Text { socket, text });
    }

    fn post(&mut self, sid: Sid, body: &str) {
        let request = RequestId(self.number());
        self.client(socketio::Input::Post { request, sid, body });
        assert_eq!(self.answers.remove(&request), Some(Answer::Taken));
    }

    /// What a GET gets now.
    fn polled(&mut self, sid: Sid) -> Vec<String> {
        let request = RequestId(self.number());
        self.client(socketio::Input::Poll { request, sid });
        match self.answers.remove(&request) {
            Some(Answer::Payload(payload)) => payload.split('\u{1e}').map(str::to_owned).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn texts(&mut self, socket: SocketId) -> Vec<String> {
        self.inbox.remove(&socket).unwrap_or_default()
    }

    fn publish(&mut self, events: Vec<News>) {
        let publication = Publication {
            published_at: self.now,
            items: events.into_iter().map(Item::from).collect(),
            ..Publication::default()
        };
        self.broker.publish(vec![publication], self.now);
        while let Some(body) = self.broker.next_delivery(SHARD) {
            let delivery: Delivery = postcard::from_bytes(&body).unwrap();
            let (after, ticks) = (delivery.after, delivery.decode().unwrap());
            self.input(Input::Hub(hub::Input::Delivery { after, ticks }));
            let report = self.hub.stats();
            let seen = self.hub.seen();
            self.broker.acknowledged(SHARD, Ack { seen, report });
        }
    }

    /// Lets time pass; the alarm rings whenever it is due on the way, and these answer every ping.
    fn pass(&mut self, millis: u64, alive: &[SocketId]) {
        let until = self.now.plus(millis);
        while let Some(at) = self.wake_at.filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.wake_at = None;
            let heard = self.heard.clone();
            self.client(socketio::Input::Alarm {
                last_heard: &|socket| heard.get(&socket).copied(),
            });
            for socket in alive {
                let texts = self.inbox.entry(*socket).or_default();
                if texts.iter().any(|text| text == "2") {
                    texts.retain(|text| text != "2");
                    self.heard.insert(*socket, self.now);
                }
            }
        }
        self.now = until;
    }

    /// The object is evicted and built again: only sockets, attachments and the alarm remain.
    fn evict(&mut self) {
        // No two lives begin at once.
        self.now = self.now.plus(1);
        self.hub = hub(self.now);
        self.gateway = Gateway::new(RULES, Alarm::found(self.now, self.wake_at));
        self.answers.clear();
        for (socket, attachment) in self.attachments.clone() {
            let heard = self.heard.get(&socket).copied();
            self.client(socketio::Input::Restored {
                socket,
                attachment: &attachment,
                heard,
            });
        }
    }

    fn token(&self, subject: &str, scope: &str) -> String {
        use jwt_compact::alg::{Hs256, Hs256Key};
        use jwt_compact::{AlgorithmExt, Claims, Header};
        let claims = Claims::new(json!({"sub": subject, "scope": scope, "exp": self.now.secs() + 3600}));
        let key = Hs256Key::new(SECRET);
        Hs256.token(&Header::empty(), &claims, &key).unwrap()
    }
}

/// The name and the first argument of each event among frames.
fn events(texts: &[String]) -> Vec<(String, Value)> {
    let lists = texts.iter().filter_map(|text| text.strip_prefix("42"));
    let lists = lists.map(|list| serde_json::from_str::<Value>(list).unwrap());
    lists
        .map(|list| (list[0].as_str().unwrap().to_owned(), list[1].clone()))
        .collect()
}

/// The tokens of the whales among frames.
fn whales(texts: &[String]) -> Vec<String> {
    let events = events(texts).into_iter();
    let whales = events.filter(|(name, _)| name == "whale_activity_alert");
    whales
        .map(|(_, data)| data["token"].as_str().unwrap().to_owned())
        .collect()
}
