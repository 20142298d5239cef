use std::collections::BTreeMap;
use std::rc::Rc;

use super::index::SubId;
use super::{ConnId, Effect, Hub};
use crate::model::{Batch, MarketEvent, SystemStatus, UnixMillis};
use crate::protocol::{Dialect, EventBody};

/// The connections that get a subscription's frames, by dialect; worked out once a batch.
type Audiences = BTreeMap<SubId, Vec<(Dialect, Rc<[ConnId]>)>>;

impl Hub {
    /// Sends a batch to whoever subscribed to its channels: one frame an event and spelling, encoded once.
    pub(super) fn deliver(&mut self, now: UnixMillis, batch: &Batch, out: &mut Vec<Effect>) {
        let seen = self.link.last_batch();
        if !self.link.take(now, batch.number) {
            return;
        }
        self.expire_overdue(now, out);
        self.learn(&batch.events, out);
        let latency = now.since(batch.published_at);
        let mut audiences = Audiences::new();
        let missed = batch.missed.iter().filter(|missed| missed.number > seen);
        for event in missed.map(|missed| &missed.event).chain(&batch.events) {
            self.deliver_event(now, latency, event, &mut audiences, out);
        }
        if let Some(status) = &batch.status {
            self.deliver_status(now, status, out);
        }
        self.save_groups(now, out);
    }

    fn deliver_event(
        &mut self,
        now: UnixMillis,
        latency: u64,
        event: &MarketEvent,
        audiences: &mut Audiences,
        out: &mut Vec<Effect>,
    ) {
        let shared = Rc::new(event.clone());
        let mut bodies: Vec<(Dialect, EventBody)> = Vec::new();
        for channel in event.channels() {
            if self.keeps(&channel) {
                self.latest.put(&channel, &shared);
            }
            for (id, subscription) in self.index.spellings(&channel) {
                let audience = audiences.entry(id).or_insert_with(|| {
                    for group in self.index.groups(id) {
                        if let Some(group) = self.groups.get_mut(group) {
                            group.last_sent = now;
                        }
                    }
                    audience(&self.index, &self.groups, id)
                });
                let name = subscription.name();
                for (dialect, to) in audience.iter() {
                    let text = body(&mut bodies, *dialect, event).frame(&name);
                    self.stats.delivered(to.len(), text.len(), latency);
                    out.push(Effect::Broadcast {
                        to: Rc::clone(to),
                        text,
                    });
                }
            }
        }
    }

    fn deliver_status(&mut self, now: UnixMillis, status: &SystemStatus, out: &mut Vec<Effect>) {
        let mut everybody: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
        for group in self.groups.iter_mut() {
            group.last_sent = now;
            everybody
                .entry(group.dialect())
                .or_default()
                .extend(&group.members);
        }
        for (dialect, to) in everybody {
            let text = dialect.status(status);
            self.stats.sent(to.len(), text.len());
            out.push(Effect::Broadcast { to: to.into(), text });
        }
    }

    /// Lets the attachments of groups that were sent something know of it, once in a while: what an idle
    /// connection is must not be forgotten by an eviction.
    fn save_groups(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let interval = self.limits.save_interval();
        let mut due: Vec<ConnId> = Vec::new();
        for group in self.groups.iter_mut() {
            if group.last_sent == now && now.since(group.last_saved) > interval {
                group.last_saved = now;
                due.extend(&group.members);
            }
        }
        for conn in due {
            self.save(conn, out);
        }
    }

    /// Sends one frame to one connection.
    pub(super) fn send(&mut self, now: UnixMillis, to: ConnId, text: String, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get_mut(to) {
            connection.last_out = now;
            self.stats.sent(1, text.len());
            out.push(Effect::Send { to, text });
        }
    }

    /// Adds the coins that events speak of to the known ones.
    pub(super) fn learn(&mut self, events: &[MarketEvent], out: &mut Vec<Effect>) {
        let mut learned = false;
        for event in events {
            if let MarketEvent::Price(price) = event {
                learned |= self.catalog.learn(&price.coin, &price.symbol);
            }
        }
        if learned {
            out.push(Effect::SaveCatalog);
        }
    }
}

fn audience(index: &super::Index, groups: &super::Groups, id: SubId) -> Vec<(Dialect, Rc<[ConnId]>)> {
    let mut by_dialect: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
    for group in index.groups(id).filter_map(|group| groups.get(group)) {
        by_dialect
            .entry(group.dialect())
            .or_default()
            .extend(&group.members);
    }
    by_dialect
        .into_iter()
        .map(|(dialect, members)| (dialect, members.into()))
        .collect()
}

/// The event as the dialect writes it, written when the first subscriber of that dialect is met.
fn body<'a>(
    bodies: &'a mut Vec<(Dialect, EventBody)>,
    dialect: Dialect,
    event: &MarketEvent,
) -> &'a EventBody {
    let at = bodies
        .iter()
        .position(|(written, _)| *written == dialect)
        .unwrap_or_else(|| {
            bodies.push((dialect, dialect.event(event)));
            bodies.len() - 1
        });
    #[expect(
        clippy::indexing_slicing,
        reason = "the position was found or made just above"
    )]
    &bodies[at].1
}
