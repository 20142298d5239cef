use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::hub::broker::{Commit, Sender};
use crate::model::Mention;

/// Clients, shards, a broker and its storage.
pub struct World {
    pub now: UnixMillis,
    limits: Limits,
    pub broker: Broker,
    rows: BTreeMap<u32, Vec<u8>>,
    pub checkpoint: Vec<Vec<u8>>,
    pub shards: Vec<Shard>,
    pub clients: Vec<Client>,
    pub truth: Truth,
    published: u64,
    sequence: u64,
}

impl World {
    pub fn new(shards: usize, clients: usize) -> Self {
        let limits = Limits {
            public_read: true,
            messages_per_minute: 0,
            idle_timeout: 1 << 40,
            ..Limits::default()
        };
        let client = |n| Client {
            batch: n % 2 == 1,
            ..Client::default()
        };
        Self {
            now: START,
            broker: Broker::new(START),
            rows: BTreeMap::new(),
            checkpoint: Vec::new(),
            shards: (0..shards).map(|n| Shard::new(n, &limits)).collect(),
            clients: (0..clients).map(client).collect(),
            truth: Truth::default(),
            published: 0,
            sequence: 0,
            limits,
        }
    }

    pub fn limits(&self) -> Limits {
        self.limits.clone()
    }

    pub fn input(&mut self, shard: usize, input: Input<'_>) {
        let blind = self.shards[shard].hub.link.has_failed();
        if blind {
            self.excuse(shard, true);
        }
        let effects = self.shards[shard].hub.handle(self.now, input);
        for effect in effects {
            let it = &mut self.shards[shard];
            match effect {
                Effect::Send { to, text } => self.arrives(shard, to, &text),
                Effect::Broadcast { to, text } => to.iter().for_each(|to| self.arrives(shard, *to, &text)),
                Effect::Batch { to, batch } => {
                    let text = batch.text().expect("its clients know batches");
                    to.iter().for_each(|to| self.arrives(shard, *to, &text));
                }
                Effect::Close { .. } => panic!("nobody is to be closed"),
                Effect::Save { conn, attachment } => {
                    it.attachments.insert(conn, attachment);
                }
                Effect::WakeAt(at) => it.alarm = Some(at),
                Effect::Attach => it.asks += 1,
                Effect::Recover(wanted) => {
                    assert!(
                        it.answer.is_none() && it.question.replace(wanted).is_none(),
                        "asked twice"
                    );
                }
                Effect::SaveCatalog => {}
                Effect::ReadCandles { .. } => panic!("no chart here"),
            }
        }
        if blind {
            self.excuse(shard, false);
        }
    }

    /// Whoever asks a shard that cannot ask the broker need not get what it missed.
    pub fn excuse(&mut self, shard: usize, excused: bool) {
        let there = self.clients.iter_mut();
        for client in there.filter(|it| it.at.is_some_and(|(at, _)| at == shard)) {
            for view in client.views.values_mut().filter(|view| view.is_cut_off) {
                view.may_jump |= excused;
            }
            client.excused = excused || client.excused && !client.asked.is_empty();
        }
    }

    fn arrives(&mut self, shard: usize, to: ConnId, text: &str) {
        let client = &mut self.clients[self.shards[shard].owners[&to]];
        if !client.deaf {
            client.receive(&serde_json::from_str(text).unwrap(), &self.truth, self.now);
        }
    }

    /// The feed publishes, and tries again until it is told that it was taken.
    pub fn publish(&mut self, parts: &[Vec<What>], crash: Crash) {
        self.sequence += 1;
        let events: Vec<Vec<(Event, String)>> = parts
            .iter()
            .map(|part| part.iter().map(|what| self.event(*what)).collect())
            .collect();
        let publications = |this: &Self| {
            let publication = |(n, part): (usize, &Vec<(Event, String)>)| Publication {
                published_at: this.now,
                items: part.iter().map(|(event, _)| event.clone().into()).collect(),
                status: None,
                sender: Some(Sender {
                    name: format!("feed-{n}"),
                    sequence: this.sequence,
                }),
            };
            events.iter().enumerate().map(publication).collect::<Vec<_>>()
        };
        let mut commit = self.broker.publish(publications(self), self.now);
        if crash == Crash::BeforeStoring {
            self.evict_broker();
            commit = self.broker.publish(publications(self), self.now);
        }
        self.store(&commit);
        for (part, receipts) in events.iter().zip(&commit.receipts) {
            assert_eq!(part.len(), receipts.len());
            for ((event, what), receipt) in part.iter().zip(receipts) {
                for (channel, position) in event.channels().iter().zip(&receipt.positions) {
                    self.truth.published(channel, position.offset, what, self.now);
                }
            }
        }
        if crash == Crash::BeforeAnswering {
            self.evict_broker();
            let again = self.broker.publish(publications(self), self.now);
            assert!(again.row.is_none(), "what was stored is not published again");
        }
    }

    fn event(&mut self, what: What) -> (Event, String) {
        self.published += 1;
        let text = self.published.to_string();
        let event = match what {
            What::Price(coin) => price(["bitcoin", "ethereum"][coin], self.published).into(),
            What::Signal(high) => signal(&text, high).into(),
            What::Mention => Event::Mention(Mention {
                entity: "SEC".into(),
                title: text.clone(),
                url: String::new(),
                source: String::new(),
                timestamp: self.now,
            }),
        };
        (event, text)
    }

    fn store(&mut self, commit: &Commit) {
        if let Some(row) = &commit.row {
            self.rows.insert(row.slot, row.bytes.clone());
            let delivery = self.broker.recover(&[]);
            self.truth.tick(delivery.newest, self.now);
        }
        if let Some(checkpoint) = &commit.checkpoint {
            self.checkpoint = checkpoint.clone();
        }
    }

    pub fn evict_broker(&mut self) {
        let rows = self.rows.iter();
        let rows = rows.map(|(slot, bytes)| Row {
            slot: *slot,
            bytes: bytes.clone(),
        });
        let read = |slot| Ok::<_, Infallible>(self.rows[&slot].clone());
        let Ok(restored) = Broker::restore(&self.checkpoint, rows.collect(), read, self.now);
        self.broker = restored.broker;
    }
}
