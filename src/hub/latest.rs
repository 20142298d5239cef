use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{ConnId, Effect, Hub};
use crate::model::{Channel, MarketEvent, UnixMillis};

/// The latest value of every state channel, as far as this shard has seen it, and who still waits for one.
#[derive(Debug, Default)]
pub(super) struct Latest {
    events: BTreeMap<Channel, Rc<MarketEvent>>,
    waiting: BTreeMap<Channel, BTreeSet<ConnId>>,
}

impl Latest {
    /// A live event: newer than anything there is. Whoever waits for the channel's value gets this one.
    pub fn put(&mut self, channel: &Channel, event: &Rc<MarketEvent>) {
        self.events.insert(channel.clone(), Rc::clone(event));
        self.waiting.remove(channel);
    }

    /// A value that was latest when the feed was asked; what came live in the meantime is newer and stays.
    fn put_if_unknown(&mut self, channel: Channel, event: &Rc<MarketEvent>) {
        self.events.entry(channel).or_insert_with(|| Rc::clone(event));
    }

    /// A connection no longer holds a channel; its id may be another's soon.
    pub fn forget(&mut self, channel: &Channel, conn: ConnId) {
        if let Some(waiters) = self.waiting.get_mut(channel) {
            waiters.remove(&conn);
            if waiters.is_empty() {
                self.waiting.remove(channel);
            }
        }
    }
}

impl Hub {
    /// Whether a channel's latest value is kept: if it has one, and somebody may ask for it. Nobody can name a
    /// coin beyond those that the catalog takes, and so memory is bounded as the catalog is.
    pub(super) fn keeps(&self, channel: &Channel) -> bool {
        match channel {
            Channel::Price(coin) | Channel::Sentiment(coin) => self.catalog.contains(coin),
            other => other.has_state(),
        }
    }

    /// Takes in what the feed says is latest.
    pub(super) fn latest_arrived(
        &mut self,
        now: UnixMillis,
        events: Vec<MarketEvent>,
        out: &mut Vec<Effect>,
    ) {
        for event in events.into_iter().map(Rc::new) {
            for channel in event.channels() {
                if self.keeps(&channel) {
                    self.latest.put_if_unknown(channel, &event);
                }
            }
        }
        for (channel, waiters) in std::mem::take(&mut self.latest.waiting) {
            for conn in waiters {
                self.send_latest(now, conn, &channel, out);
            }
        }
    }

    /// Sends a channel's current value to one subscriber; when it comes, if the shard does not know it yet.
    pub(super) fn send_latest(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        channel: &Channel,
        out: &mut Vec<Effect>,
    ) {
        if !channel.has_state() {
            return;
        }
        let Some(connection) = self.connections.get(conn).filter(|it| it.seat.is_some()) else {
            return;
        };
        let mut held = connection
            .subscriptions
            .iter()
            .filter_map(|id| self.index.get(*id));
        let Some(subscription) = held.find(|held| held.channel == *channel) else {
            return;
        };
        match self.latest.events.get(channel) {
            Some(event) => {
                let text = connection.dialect.event(event).frame(&subscription.name());
                self.send(now, conn, text, out);
            }
            None => {
                self.latest
                    .waiting
                    .entry(channel.clone())
                    .or_default()
                    .insert(conn);
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
            self.send_latest(now, conn, &channel, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hub::tests::{Rig, price};
    use crate::model::Catalog;

    #[test]
    fn only_values_that_somebody_may_ask_for_are_kept() {
        let mut rig = Rig::public();
        rig.open();
        let coins = |from: u64| (from..from + 1_500).map(|n| price(&format!("coin-{n}"), n + 1));
        rig.answer_attach(coins(0).collect());
        rig.publish(coins(1_500).collect());
        // The embedded coins are known, but nobody has told their prices.
        let learned = Catalog::MAX_COINS - Catalog::embedded().len();
        assert_eq!(rig.hub.latest.events.len(), learned);
    }
}
