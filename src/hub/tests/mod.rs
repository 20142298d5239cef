//! The hub as its clients see it. Every test goes through [`Rig`], which plays the shell: it keeps the
//! sockets, their attachments and the alarm.

mod access;
mod batches;
mod candles;
mod coindaily;
mod delivery;
mod gap;
mod gapless;
mod handshake;
mod hibernation;
mod limits;
mod link;
mod model;
mod operator;
mod recovery;
mod subscriptions;
mod tokens;
mod wallet;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::broker::{Broker, Item, Publication};
use super::exchange::{Ack, Delivery, Question, Welcome};
use super::*;
use crate::auth::Claims;
use crate::model::{
    Alarm, Channel, CoinId, Decimal, Event, HealthStatus, Interval, MarketEvent, Pair, Position, Price,
    SentimentLevel, SentimentSources, Signal, SignalMetadata, SignalType, Source, Symbol, SystemStatus, Tick,
    Timeframe, TokenSentiment, Trending, TrendingRow,
};
use crate::protocol::Dialect;

pub(super) const SECRET: &str = "a secret of at least thirty-two bytes";
pub(super) const START: UnixMillis = UnixMillis::from_secs(1_764_678_600);

/// The shell's part: sockets, attachments, alarm, clock.
pub(super) struct Rig {
    pub hub: Hub,
    pub now: UnixMillis,
    pub limits: Limits,
    /// What each open socket was sent and not yet asked for.
    inbox: BTreeMap<ConnId, Vec<String>>,
    attachments: BTreeMap<ConnId, Vec<u8>>,
    pub closed: Vec<(ConnId, CloseReason)>,
    pub alarm: Option<UnixMillis>,
    /// Pings that the runtime answered by itself.
    pub heard: BTreeMap<ConnId, UnixMillis>,
    pub broker: Broker,
    /// Whether the broker answers at once; otherwise questions wait in `attaching` and `recovering`, and deliveries
    /// for [`Rig::pump`].
    pub answers: bool,
    /// The hub has attached and has no answer yet.
    pub attaching: bool,
    /// What the hub asked for and has no answer to yet.
    pub recovering: Option<Question>,
    /// Candles that the hub asked for and has not got.
    pub reading: Vec<(Pair, Interval, u16)>,
    /// Frames written for whoever is to get them.
    pub broadcasts: usize,
    next: u32,
}

/// The shard's name.
const SHARD: &str = "json-0";

impl Rig {
    /// A hub that wants tokens, with the documented limits.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn public() -> Self {
        Self::with(|limits| limits.public_read = true)
    }

    pub fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Self {
            hub: hub(START, &limits),
            now: START,
            limits,
            inbox: BTreeMap::new(),
            attachments: BTreeMap::new(),
            closed: Vec::new(),
            alarm: None,
            heard: BTreeMap::new(),
            broker: Broker::new(START),
            answers: true,
            attaching: false,
            recovering: None,
            reading: Vec::new(),
            broadcasts: 0,
            next: 0,
        }
    }

    pub fn input(&mut self, input: Input<'_>) {
        let effects = self.hub.handle(self.now, input);
        self.carry_out(effects);
        if self.answers {
            if self.attaching {
                self.answer_attach();
            }
            if self.recovering.is_some() {
                self.answer_recover();
            }
        }
    }

    fn arrives(&mut self, to: &[ConnId], text: &str) {
        for conn in to {
            let inbox = self.inbox.get_mut(conn).expect("an open socket");
            inbox.push(text.to_owned());
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to, text } => self.inbox.get_mut(&to).expect("an open socket").push(text),
                Effect::Broadcast { to, text } => {
                    self.broadcasts += 1;
                    self.arrives(&to, &text);
                }
                Effect::Batch { to, batch } => {
                    self.arrives(&to, &batch.text().expect("its clients know batches"));
                }
                Effect::Close { conn, reason } => {
                    self.closed.push((conn, reason));
                    self.attachments.remove(&conn);
                }
                Effect::Save { conn, attachment } => {
                    assert!(attachment.len() <= MAX_ATTACHMENT, "{} bytes", attachment.len());
                    self.attachments.insert(conn, attachment);
                }
                Effect::WakeAt(at) => self.alarm = Some(at),
                Effect::Attach => self.attaching = true,
                Effect::Recover(wanted) => {
                    assert!(self.recovering.replace(wanted).is_none(), "asked twice");
                }
                Effect::SaveCatalog => {}
                Effect::ReadCandles { pair, interval, bars } => self.reading.push((pair, interval, bars)),
            }
        }
    }

    /// A connection, with nothing said yet.
    pub fn open(&mut self) -> ConnId {
        self.open_in(Dialect::CryptoIntel, None)
    }

    /// A connection in another dialect, of whoever its token said before the upgrade.
    pub fn open_in(&mut self, dialect: Dialect, claims: Option<Claims>) -> ConnId {
        let conn = ConnId(self.next);
        self.next += 1;
        self.inbox.insert(conn, Vec::new());
        let id = Uuid::from_u128(u128::from(conn.0));
        self.input(Input::Opened {
            conn,
            origin: Origin {
                id,
                dialect,
                claims,
                pid: None,
                returned: None,
                is_durable: true,
                said: crate::hub::Said::default(),
            },
        });
        conn
    }

    /// A connection with an accepted token of an hour.
    pub fn open_as(&mut self, subject: &str) -> ConnId {
        let conn = self.open();
        self.say(conn, json!({"type": "auth", "token": self.token(subject, 3600)}));
        assert_eq!(kinds(&self.read(conn)), ["auth_success"]);
        conn
    }

    pub fn say(&mut self, conn: ConnId, message: Value) {
        self.say_text(conn, &message.to_string());
    }

    pub fn say_text(&mut self, conn: ConnId, text: &str) {
        self.input(Input::Frame {
            conn,
            frame: Frame::Text(text),
        });
    }

    pub fn subscribe(&mut self, conn: ConnId, channels: &[&str]) {
        self.say(conn, json!({"type": "subscribe", "channels": channels}));
    }

    pub fn unsubscribe(&mut self, conn: ConnId, channels: &[&str]) {
        self.say(conn, json!({"type": "unsubscribe", "channels": channels}));
    }

    pub fn publish(&mut self, events: Vec<MarketEvent>) {
        self.publish_all(events.into_iter().map(Event::from).collect());
    }

    pub fn publish_all(&mut self, events: Vec<Event>) {
        self.commit(Publication {
            published_at: self.now,
            items: events.into_iter().map(Item::from).collect(),
            ..Publication::default()
        });
    }

    pub fn publish_status(&mut self) {
        let status = SystemStatus {
            status: HealthStatus::Healthy,
            active_connections: 1,
            messages_per_second: 0.0,
            uptime: 100.0,
            timestamp: self.now,
        };
        self.commit(Publication {
            published_at: self.now,
            status: Some(status),
            ..Publication::default()
        });
    }

    fn commit(&mut self, publication: Publication) {
        self.broker.publish(vec![publication], self.now);
        if self.answers {
            self.pump();
        }
    }

    /// Delivers what the broker has for the shard.
    pub fn pump(&mut self) {
        while let Some(body) = self.broker.next_delivery(SHARD) {
            self.deliver(&body);
            let report = self.hub.stats();
            let seen = self.hub.seen();
            self.broker.acknowledged(SHARD, Ack { seen, report });
        }
    }

    /// What the broker has for the shard, on its way.
    pub fn next_delivery(&mut self) -> (u64, Vec<Tick>) {
        let body = self.broker.next_delivery(SHARD).expect("a delivery");
        let delivery: Delivery = postcard::from_bytes(&body).unwrap();
        (delivery.after, delivery.decode().unwrap())
    }

    /// A delivery arrives, though its acknowledgement may not.
    pub fn deliver(&mut self, body: &[u8]) {
        let delivery: Delivery = postcard::from_bytes(body).unwrap();
        let ticks = delivery.decode().unwrap();
        self.input(Input::Delivery {
            after: delivery.after,
            ticks,
        });
    }

    pub fn answer_attach(&mut self) {
        assert!(std::mem::take(&mut self.attaching), "nobody asked");
        let report = self.hub.stats();
        let (welcome, _) = self.broker.attach(SHARD, self.hub.seen(), report);
        self.welcome(welcome);
    }

    pub fn welcome(&mut self, welcome: Welcome) {
        let missed: Vec<Tick> = welcome
            .missed
            .iter()
            .map(|tick| postcard::from_bytes(tick).unwrap())
            .collect();
        self.input(Input::Welcome { welcome, missed });
    }

    pub fn answer_recover(&mut self) {
        let wanted = self.recovering.take().expect("nobody asked");
        let recovery = self.broker.answer(&wanted);
        self.input(Input::Recovered(recovery));
    }

    /// Lets time pass; the alarm rings whenever it is due on the way.
    pub fn pass(&mut self, millis: u64) {
        let until = self.now.plus(millis);
        while let Some(at) = self.alarm.filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.alarm = None;
            let heard = self.heard.clone();
            self.input(Input::Alarm {
                last_heard: &|conn| heard.get(&conn).copied(),
            });
        }
        self.now = until;
    }

    /// The object is evicted and built again: only attachments, sockets and the alarm remain. The sockets
    /// come back in another order and under other numbers; gives the new number of each old one.
    pub fn evict(&mut self) -> BTreeMap<ConnId, ConnId> {
        self.hub = hub(self.now, &self.limits);
        self.hub.wake(self.now.get(), Alarm::found(self.now, self.alarm));
        self.attaching = false;
        self.recovering = None;
        let attachments = std::mem::take(&mut self.attachments);
        let mut inbox = std::mem::take(&mut self.inbox);
        let mut renamed = BTreeMap::new();
        for (new, (old, bytes)) in (0..).map(ConnId).zip(attachments.into_iter().rev()) {
            self.hub
                .restore(new, Attachment::decode(&bytes).expect("what was written"));
            self.inbox.insert(new, inbox.remove(&old).unwrap_or_default());
            self.attachments.insert(new, bytes);
            renamed.insert(old, new);
        }
        self.next = u32::try_from(renamed.len()).unwrap();
        renamed
    }

    /// The frames that the client has received since it last looked.
    pub fn texts(&mut self, conn: ConnId) -> Vec<String> {
        std::mem::take(self.inbox.get_mut(&conn).expect("a socket"))
    }

    /// What they say.
    pub fn read(&mut self, conn: ConnId) -> Vec<Value> {
        self.texts(conn)
            .iter()
            .map(|text| serde_json::from_str(text).expect("JSON"))
            .collect()
    }

    pub fn token(&self, subject: &str, seconds: u64) -> String {
        token(subject, self.now.secs() + seconds)
    }
}

fn hub(now: UnixMillis, limits: &Limits) -> Hub {
    Hub::new(
        now,
        Verifier::new(SECRET, None, None).unwrap(),
        limits.clone(),
        Catalog::embedded().with_pairs(Pair::parse("BTC/USDT")),
    )
}

pub(super) fn token(subject: &str, expires_at: u64) -> String {
    scoped_token(subject, "", expires_at)
}

pub(super) fn scoped_token(subject: &str, scope: &str, expires_at: u64) -> String {
    use jwt_compact::alg::{Hs256, Hs256Key};
    use jwt_compact::{AlgorithmExt, Claims, Header};
    let claims = Claims::new(json!({"sub": subject, "scope": scope, "exp": expires_at}));
    Hs256
        .token(&Header::empty(), &claims, &Hs256Key::new(SECRET))
        .unwrap()
}

/// The types of messages.
pub(super) fn kinds(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["type"].as_str().unwrap())
        .collect()
}

/// The codes of the errors among messages.
pub(super) fn codes(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message["error"]["code"].as_str())
        .collect()
}

/// Channel and price, or channel and signal id, of each event among messages.
pub(super) fn events(messages: &[Value]) -> Vec<(String, String)> {
    let event = |message: &Value| {
        let channel = message.get("channel")?.as_str()?.to_owned();
        let data = &message["data"];
        Some((channel, data.get("price").or_else(|| data.get("id"))?.to_string()))
    };
    messages.iter().filter_map(event).collect()
}

/// The ids of the signals among messages.
pub(super) fn ids(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|it| it["data"]["id"].as_str())
        .collect()
}

/// The epoch of channels, as clients see it.
pub(super) fn epoch(rig: &Rig) -> String {
    rig.broker.fresh().to_string()
}

pub(in crate::hub) fn price(coin: &str, dollars: u64) -> MarketEvent {
    MarketEvent::Price(Price {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).or(Symbol::new("LONG")).unwrap(),
        price: Decimal::from(dollars),
        change_24h: None,
        volume_24h: None,
        source: Source::Simulated,
        sources: Source::Simulated.into(),
        timestamp: START,
        stale: false,
    })
}

pub(in crate::hub) fn mood(coin: &str, score: f64) -> MarketEvent {
    MarketEvent::TokenSentiment(TokenSentiment {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).unwrap(),
        level: SentimentLevel::of(score),
        score,
        confidence: 0.4,
        sources: SentimentSources::default(),
        trending_rank: None,
        change_24h: None,
        timestamp: START,
    })
}

pub(in crate::hub) fn ranking(timeframe: Timeframe) -> MarketEvent {
    MarketEvent::Trending(Trending {
        timeframe,
        coins: Vec::new(),
        memecoins: vec![TrendingRow {
            coin: CoinId::new("dogecoin").unwrap(),
            symbol: Symbol::new("doge").unwrap(),
            rank: 1,
            sentiment_score: None,
            volume_24h: None,
            change: Decimal::from(1),
            change_24h: Some(Decimal::from(2)),
            trending_score: 0.5,
        }],
        timestamp: START,
    })
}

pub(in crate::hub) fn signal(id: &str, high: bool) -> MarketEvent {
    MarketEvent::Signal(Signal {
        id: id.to_owned(),
        kind: SignalType::VolumeSpike,
        coin: CoinId::new("ethereum").unwrap(),
        symbol: Symbol::new("eth").unwrap(),
        confidence: 0.9,
        high,
        description: String::new(),
        timestamp: START,
        metadata: SignalMetadata {
            price_change: 1.0,
            volume_spike: 3.0,
            sources: vec![Source::Simulated],
        },
    })
}
