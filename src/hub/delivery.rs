use std::collections::BTreeMap;
use std::rc::Rc;

use super::alike::Alike;
use super::gap::Messages;
use super::heads::Heads;
use super::pace::Turn;
use super::receivers::{Batched, Bodies, Passing, count, receivers};
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, MarketEvent, Message, Position, SystemStatus, Tick, UnixMillis};
use crate::protocol::{Dialect, marked};

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
                self.deliver_on(&channel, position, &event, &mut Bodies::default(), &mut passing);
            }
        }
        self.arrive(passing);
    }

    fn deliver_message(&mut self, message: Message, passing: &mut Passing<'_>) {
        let places: Vec<(Channel, Position)> = message.places().collect();
        let event = Rc::new(message.event);
        let mut bodies = Bodies::default();
        for (channel, position) in places {
            self.heads.advance(&channel, position, &event);
            self.rooms.keep(&event);
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
        event: &Rc<Event>,
        bodies: &mut Bodies,
        passing: &mut Passing<'_>,
    ) {
        let (now, latency) = (passing.now, passing.latency);
        let mut paced = Vec::new();
        let mut alike = Alike::default();
        let mut mark: Option<String> = None;
        let wanted = self.index.spellings(channel);
        let wanted = wanted.filter(|(id, _)| self.index.wants(*id, event));
        for (id, subscription) in wanted {
            let receivers = receivers(&self.index, &mut self.groups, channel, id, passing);
            let name = subscription.name();
            for (dialect, to) in &receivers.each {
                let Some(body) = bodies.of(*dialect, event, now) else {
                    continue;
                };
                let frame = || {
                    let text = body.frame(&name, position);
                    if !dialect.is_marked() {
                        return text;
                    }
                    let mark = mark.get_or_insert_with(|| self.marks.note(channel, position));
                    marked(&text, mark)
                };
                alike.add(*dialect, body.shows(&name), to, frame);
            }
            for (dialect, Batched { groups, members }) in &receivers.batched {
                let Some(body) = bodies.of(*dialect, event, now) else {
                    continue;
                };
                let message = body.written(&name, position);
                count(&mut self.stats, *members, message.alone.len(), latency);
                passing.batches.add(message, groups, &mut self.groups);
            }
            for (dialect, ..) in &receivers.paced {
                if !paced.contains(dialect) {
                    paced.push(*dialect);
                }
            }
        }
        for (text, to) in alike.into_frames() {
            count(&mut self.stats, to.len(), text.len(), latency);
            passing.out.push(Effect::Broadcast { to, text });
        }
        for dialect in paced {
            let pace = dialect.pace(channel).unwrap_or_default();
            let turn = self.paces.take((dialect, channel), pace, position, event, now);
            if turn == Turn::Now {
                self.tell(dialect, channel, position, event, passing);
            }
        }
    }

    fn deliver_status(&mut self, status: &SystemStatus, passing: &mut Passing<'_>) {
        let mut everybody: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
        let mut batched: BTreeMap<Dialect, Batched> = BTreeMap::new();
        let texts = Dialect::ALL.into_iter();
        let texts: BTreeMap<Dialect, String> = texts
            .filter_map(|dialect| Some((dialect, dialect.status(status)?)))
            .collect();
        for (id, group) in self.groups.iter_mut() {
            let dialect = group.dialect();
            if !texts.contains_key(&dialect) {
                continue;
            }
            group.last_sent = passing.now;
            if group.is_batched() {
                batched.entry(dialect).or_default().take(id, group);
            } else {
                everybody.entry(dialect).or_default().extend(&group.members);
            }
        }
        for (dialect, Batched { groups, members }) in batched {
            let Some(text) = texts.get(&dialect) else { continue };
            self.stats.sent(members, text.len());
            passing
                .batches
                .add(text.clone().into(), &groups, &mut self.groups);
        }
        for (dialect, to) in everybody {
            let Some(text) = texts.get(&dialect) else { continue };
            let text = text.clone();
            self.stats.sent(to.len(), text.len());
            passing.out.push(Effect::Broadcast { to: to.into(), text });
        }
    }

    /// Lets the attachments of groups that were sent something know of it, once in a while: what an idle
    /// connection is must not be forgotten by an eviction.
    pub(super) fn save_groups(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
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
