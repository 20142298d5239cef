use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{ConnId, Effect, Hub};
use crate::model::{Channel, MarketEvent, UnixMillis};

/// So long after a failed attempt the shard tries again to reach the feed.
const ATTACH_RETRY: u64 = 5_000;

/// The latest value of every state channel, as far as this shard has seen it, and who waits for one.
#[derive(Debug, Default)]
pub(super) struct Latest {
    events: BTreeMap<Channel, Rc<MarketEvent>>,
    link: Link,
    waiting: BTreeSet<(Channel, ConnId)>,
}

/// Whether the feed knows that this shard has sockets and this shard what the feed had before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Link {
    #[default]
    None,
    Asked,
    Attached,
}

impl Latest {
    /// A live event: newer than anything there is. Whoever waits for the channel's value gets this one.
    pub fn put(&mut self, channel: &Channel, event: &Rc<MarketEvent>) {
        self.events.insert(channel.clone(), Rc::clone(event));
        if !self.waiting.is_empty() {
            self.waiting.retain(|(waited, _)| waited != channel);
        }
    }

    /// A connection is gone: its id may be another's soon.
    pub fn forget(&mut self, conn: ConnId) {
        if !self.waiting.is_empty() {
            self.waiting.retain(|(_, waiter)| *waiter != conn);
        }
    }
}

impl Hub {
    /// Makes the feed known to this shard and this shard to the feed, unless that is so or under way.
    pub(super) fn attach(&mut self, out: &mut Vec<Effect>) {
        if self.latest.link == Link::None && !self.is_empty() {
            self.latest.link = Link::Asked;
            out.push(Effect::Attach);
        }
    }

    pub(super) fn attached(&mut self, now: UnixMillis, events: Vec<MarketEvent>, out: &mut Vec<Effect>) {
        self.latest.link = Link::Attached;
        self.learn(&events, out);
        for event in events.into_iter().map(Rc::new) {
            for channel in event.channels() {
                // What came live in the meantime is newer.
                self.latest
                    .events
                    .entry(channel)
                    .or_insert_with(|| Rc::clone(&event));
            }
        }
        for (channel, conn) in std::mem::take(&mut self.latest.waiting) {
            self.send_latest(now, conn, channel, out);
        }
    }

    pub(super) fn attach_failed(&mut self, now: UnixMillis) {
        self.latest.link = Link::None;
        self.deadlines.want(now.plus(ATTACH_RETRY));
    }

    /// Sends a channel's current value to one subscriber; later, if the shard does not know it yet.
    pub(super) fn send_latest(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        channel: Channel,
        out: &mut Vec<Effect>,
    ) {
        if !channel.has_state() {
            return;
        }
        let Some(connection) = self
            .connections
            .get(conn)
            .filter(|connection| connection.seat.is_some())
        else {
            return;
        };
        let held = connection
            .subscriptions
            .iter()
            .filter_map(|id| self.index.get(*id));
        let Some(subscription) = held.into_iter().find(|held| held.channel == channel) else {
            return;
        };
        match self.latest.events.get(&channel) {
            Some(event) => {
                let text = connection.dialect.event(event).frame(&subscription.name());
                self.send(now, conn, text, out);
            }
            None if self.latest.link == Link::Attached => {}
            None => {
                self.latest.waiting.insert((channel, conn));
                self.attach(out);
            }
        }
    }

    /// Sends the current value of everything a connection holds: what it missed while delivery was paused.
    pub(super) fn send_latest_of_all(&mut self, now: UnixMillis, conn: ConnId, out: &mut Vec<Effect>) {
        let ids = self
            .connections
            .get(conn)
            .into_iter()
            .flat_map(|connection| &connection.subscriptions);
        let held = ids
            .filter_map(|id| self.index.get(*id))
            .map(|held| held.channel.clone());
        for channel in held.collect::<Vec<_>>() {
            self.send_latest(now, conn, channel, out);
        }
    }
}
