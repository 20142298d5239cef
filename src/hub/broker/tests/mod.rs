//! The broker by itself. Every test goes through [`Object`], which plays the storage.

mod catch_up;
mod cursors;
mod evictions;
mod history;
mod order;
mod receipts;
mod storage;

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::hub::exchange::Delivery;
use crate::hub::stats::{Counters, Gauges, ShardReport};
use crate::hub::tests::{START, price, signal};
use crate::model::{Event, Mention};

/// A broker with its storage and a clock.
struct Object {
    broker: Broker,
    now: UnixMillis,
    rows: BTreeMap<u32, Vec<u8>>,
    /// Its parts.
    checkpoint: Vec<Vec<u8>>,
    checkpoints: usize,
    reports: u64,
    /// Messages that the shards have sent, as they count them.
    sent: u64,
}

impl Object {
    fn new() -> Self {
        Self {
            broker: Broker::new(START),
            now: START,
            rows: BTreeMap::new(),
            checkpoint: Vec::new(),
            checkpoints: 0,
            reports: 0,
            sent: 0,
        }
    }

    fn publish(&mut self, events: Vec<impl Into<Event>>) -> Vec<Receipt> {
        let items = events.into_iter().map(|event| Item::from(event.into())).collect();
        self.send(items, None)
    }

    /// One publication, stored.
    fn send(&mut self, items: Vec<Item>, sender: Option<Sender>) -> Vec<Receipt> {
        let publication = Publication {
            published_at: self.now,
            items,
            status: None,
            sender,
        };
        let mut commit = self.broker.publish(vec![publication], self.now);
        if let Some(row) = commit.row {
            self.rows.insert(row.slot, row.bytes);
        }
        if let Some(checkpoint) = commit.checkpoint {
            self.checkpoint = checkpoint;
            self.checkpoints += 1;
        }
        commit.receipts.remove(0)
    }

    fn evict(&mut self) {
        let loss = self.evict_with_loss();
        assert!(loss.is_none(), "{loss:?}");
    }

    /// Where something is not to be read. What mends that is stored.
    fn evict_with_loss(&mut self) -> Option<Loss> {
        let Restored { broker, loss } = restored(&self.checkpoint, &self.rows, self.now);
        self.broker = broker;
        if let Some(Loss {
            mend: (rows, parts), ..
        }) = &loss
        {
            self.rows
                .extend(rows.iter().map(|row| (row.slot, row.bytes.clone())));
            self.checkpoint.clone_from(parts);
        }
        loss
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.plus(millis);
    }

    fn report(&mut self, connections: u64) -> ShardReport {
        self.reports += 1;
        ShardReport {
            life: 1,
            sequence: self.reports,
            counters: Counters {
                messages_out: self.sent,
                ..Counters::default()
            },
            gauges: Gauges {
                connections,
                ..Gauges::default()
            },
        }
    }

    fn attach(&mut self, shard: &str, seen: u64) -> Welcome {
        let report = self.report(1);
        let (welcome, is_new) = self.broker.attach(shard, seen, report);
        if is_new {
            self.checkpoint = self.broker.checkpoint(self.now);
        }
        welcome
    }

    /// What a shard is sent: the tick that it follows, and the numbers of the ticks.
    fn next(&mut self, shard: &str) -> Option<(u64, Vec<u64>)> {
        let delivery: Delivery = postcard::from_bytes(&self.broker.next_delivery(shard)?).unwrap();
        let ticks = delivery.decode().unwrap();
        Some((delivery.after, ticks.iter().map(|tick| tick.number).collect()))
    }

    fn acknowledge(&mut self, shard: &str, seen: u64) {
        let report = self.report(1);
        self.broker.acknowledged(shard, Ack { seen, report });
    }

    fn newest(&self) -> u64 {
        self.broker.recover(&[]).newest
    }

    /// The offsets that a follower of `signals:all` has missed since that one; `None` if that cannot be said.
    fn missed(&self, since: Position) -> Option<Vec<u64>> {
        let recovery = self.broker.recover(&[(Channel::SignalsAll, since)]);
        let (_, history) = recovery.histories.first()?;
        Some(history.messages.iter().map(|(offset, _)| *offset).collect())
    }

    fn position(&self, channel: &Channel) -> Option<Position> {
        self.broker
            .channels()
            .find(|(it, _)| *it == channel)
            .map(|(_, at)| at)
    }
}

/// What reads no more than it must.
fn restored(checkpoint: &[Vec<u8>], rows: &BTreeMap<u32, Vec<u8>>, now: UnixMillis) -> Restored {
    let head = |(slot, bytes): (&u32, &Vec<u8>)| Row {
        slot: *slot,
        bytes: bytes[..bytes.len().min(HEAD_BYTES)].to_vec(),
    };
    let heads = rows.iter().map(head).collect();
    let read = |slot| Ok::<_, Infallible>(rows[&slot].clone());
    let Ok(restored) = Broker::restore(checkpoint, heads, read, now);
    restored
}

fn mention(entity: &str) -> Event {
    Event::Mention(Mention {
        entity: entity.to_owned(),
        title: String::new(),
        url: String::new(),
        source: String::new(),
        timestamp: START,
    })
}

fn with_id(event: impl Into<Event>, id: &str) -> Item {
    Item {
        event: event.into(),
        id: Some(MessageId {
            publisher: "news".to_owned(),
            id: id.to_owned(),
        }),
    }
}

fn at(epoch: Epoch, offset: u64) -> Position {
    Position { epoch, offset }
}
