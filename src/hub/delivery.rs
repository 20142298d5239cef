use std::collections::BTreeMap;
use std::rc::Rc;

use super::batches::Batches;
use super::gap::Messages;
use super::groups::{Group, GroupId};
use super::heads::Heads;
use super::index::SubId;
use super::stats::ShardStats;
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, MarketEvent, Message, Position, SystemStatus, Tick, UnixMillis};
use crate::protocol::{Dialect, EventBody};

/// Who gets a subscription's messages; worked out once a delivery.
struct Receivers {
    /// Frame by frame.
    each: Vec<(Dialect, Rc<[ConnId]>)>,
    /// In one frame with all else that is for their group.
    batched: Vec<(Dialect, Batched)>,
}

#[derive(Default)]
struct Batched {
    groups: Vec<GroupId>,
    /// Of all these groups.
    members: usize,
}

/// A delivery on its way to the sockets.
struct Passing<'a> {
    now: UnixMillis,
    /// From the events of the tick at hand to now, milliseconds; `None` if they were missed when they were new.
    latency: Option<u64>,
    receivers: BTreeMap<SubId, Rc<Receivers>>,
    /// What it has for the groups that want one frame.
    batches: Batches,
    out: &'a mut Vec<Effect>,
}

impl<'a> Passing<'a> {
    fn at(now: UnixMillis, out: &'a mut Vec<Effect>) -> Self {
        Self {
            now,
            latency: None,
            receivers: BTreeMap::new(),
            batches: Batches::default(),
            out,
        }
    }
}

impl Hub {
    /// Takes a delivery that follows the tick `after`, unless this shard lacks what was before it.
    pub(super) fn deliver(&mut self, now: UnixMillis, after: u64, ticks: Vec<Tick>, out: &mut Vec<Effect>) {
        self.heard(now);
        if !self.link.follows(after) {
            return;
        }
        if ticks
            .first()
            .is_some_and(|first| self.link.skips(after, first.number))
        {
            // Where channels stand is told by ticks that nobody has any more.
            self.fall_behind();
            self.heads = Heads::default();
            self.attach_again(out);
        }
        self.pass_on(now, ticks, out);
        self.settle_waiting(now, out);
        self.save_cursor(out);
    }

    /// Sends ticks to whoever subscribed to their channels: one frame a message and spelling, or one frame a group,
    /// encoded once.
    pub(super) fn pass_on(&mut self, now: UnixMillis, ticks: Vec<Tick>, out: &mut Vec<Effect>) {
        let seen = self.link.seen();
        if ticks.last().is_none_or(|tick| tick.number <= seen) {
            return;
        }
        self.expire_overdue(now, out);
        let mut passing = Passing::at(now, out);
        for tick in ticks {
            if !self.link.take(tick.number) {
                continue;
            }
            self.learn(tick.messages.iter().map(|message| &message.event), passing.out);
            passing.latency = Some(now.since(tick.published_at));
            for message in tick.messages {
                self.deliver_message(message, &mut passing);
            }
            if let Some(status) = &tick.status {
                self.deliver_status(status, &mut passing);
            }
        }
        self.arrive(passing);
    }

    /// Sends messages to whoever holds their channel, though not when they were new.
    pub(super) fn deliver_late(
        &mut self,
        now: UnixMillis,
        lines: Vec<(Channel, Messages)>,
        out: &mut Vec<Effect>,
    ) {
        self.expire_overdue(now, out);
        let mut passing = Passing::at(now, out);
        for (channel, messages) in lines {
            for (position, event) in messages {
                self.waiting.keep(&channel, position, &event);
                self.deliver_on(&channel, position, &event, &mut Vec::new(), &mut passing);
            }
        }
        self.arrive(passing);
    }

    /// Sends what goes in one frame a group.
    fn arrive(&mut self, passing: Passing<'_>) {
        let Passing {
            now, batches, out, ..
        } = passing;
        batches.send(&mut self.groups, out);
        self.save_groups(now, out);
    }

    fn deliver_message(&mut self, message: Message, passing: &mut Passing<'_>) {
        let places: Vec<(Channel, Position)> = message.places().collect();
        let event = Rc::new(message.event);
        let mut bodies: Vec<(Dialect, EventBody)> = Vec::new();
        for (channel, position) in places {
            self.heads.advance(&channel, position, &event);
            self.waiting.keep(&channel, position, &event);
            if !self.holds_back(&channel, position, &event) {
                self.deliver_on(&channel, position, &event, &mut bodies, passing);
            }
        }
    }

    fn deliver_on(
        &mut self,
        channel: &Channel,
        position: Position,
        event: &Event,
        bodies: &mut Vec<(Dialect, EventBody)>,
        passing: &mut Passing<'_>,
    ) {
        let (now, latency) = (passing.now, passing.latency);
        for (id, subscription) in self.index.spellings(channel) {
            let receivers = passing.receivers.entry(id).or_insert_with(|| {
                for group in self.index.groups(id) {
                    if let Some(group) = self.groups.get_mut(group) {
                        group.last_sent = now;
                    }
                }
                Rc::new(receivers(&self.index, &self.groups, id))
            });
            let name = subscription.name();
            for (dialect, to) in &receivers.each {
                let text = body(bodies, *dialect, event).frame(&name, position);
                count(&mut self.stats, to.len(), text.len(), latency);
                passing.out.push(Effect::Broadcast {
                    to: Rc::clone(to),
                    text,
                });
            }
            for (dialect, Batched { groups, members }) in &receivers.batched {
                let text = body(bodies, *dialect, event).frame(&name, position);
                count(&mut self.stats, *members, text.len(), latency);
                passing.batches.add(text, groups, &mut self.groups);
            }
        }
    }

    fn deliver_status(&mut self, status: &SystemStatus, passing: &mut Passing<'_>) {
        let mut everybody: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
        let mut batched: BTreeMap<Dialect, Batched> = BTreeMap::new();
        for (id, group) in self.groups.iter_mut() {
            group.last_sent = passing.now;
            let dialect = group.dialect();
            if group.is_batched() {
                batched.entry(dialect).or_default().take(id, group);
            } else {
                everybody.entry(dialect).or_default().extend(&group.members);
            }
        }
        for (dialect, Batched { groups, members }) in batched {
            let text = dialect.status(status);
            self.stats.sent(members, text.len());
            passing.batches.add(text, &groups, &mut self.groups);
        }
        for (dialect, to) in everybody {
            let text = dialect.status(status);
            self.stats.sent(to.len(), text.len());
            passing.out.push(Effect::Broadcast { to: to.into(), text });
        }
    }

    /// Lets the attachments of groups that were sent something know of it, once in a while: what an idle
    /// connection is must not be forgotten by an eviction.
    fn save_groups(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let interval = self.limits.save_interval();
        let mut due: Vec<ConnId> = Vec::new();
        for (_, group) in self.groups.iter_mut() {
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
    pub(super) fn learn<'a>(&mut self, events: impl Iterator<Item = &'a Event>, out: &mut Vec<Effect>) {
        let mut learned = false;
        for event in events {
            if let Event::Market(MarketEvent::Price(price)) = event {
                learned |= self.catalog.learn(&price.coin, &price.symbol);
            }
        }
        if learned {
            out.push(Effect::SaveCatalog);
        }
    }
}

/// Counts a message; late ones say nothing of how fast they are.
fn count(stats: &mut ShardStats, receivers: usize, bytes: usize, latency: Option<u64>) {
    match latency {
        Some(latency) => stats.delivered(receivers, bytes, latency),
        None => stats.sent(receivers, bytes),
    }
}

impl Batched {
    fn take(&mut self, id: GroupId, group: &Group) {
        self.groups.push(id);
        self.members += group.members.len();
    }
}

fn receivers(index: &super::Index, groups: &super::Groups, id: SubId) -> Receivers {
    let mut each: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
    let mut batched: BTreeMap<Dialect, Batched> = BTreeMap::new();
    for id in index.groups(id) {
        match groups.get(id) {
            Some(group) if group.is_batched() => batched.entry(group.dialect()).or_default().take(id, group),
            Some(group) => each.entry(group.dialect()).or_default().extend(&group.members),
            None => {}
        }
    }
    let each = each
        .into_iter()
        .map(|(dialect, members)| (dialect, members.into()));
    Receivers {
        each: each.collect(),
        batched: batched.into_iter().collect(),
    }
}

/// The event as the dialect writes it, written when the first subscriber of that dialect is met.
fn body<'a>(bodies: &'a mut Vec<(Dialect, EventBody)>, dialect: Dialect, event: &Event) -> &'a EventBody {
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
