//! What is told at a dialect's pace, on its way out.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::batches::Batches;
use super::heads::is_before;
use super::pace::Paced;
use super::receivers::{Batched, Passing, count, receivers};
use super::{Effect, Hub};
use crate::model::{Channel, Event, Position, UnixMillis};
use crate::protocol::Dialect;

impl Hub {
    /// Sends what has come to its time, and what goes in one frame a group.
    pub(super) fn arrive(&mut self, mut passing: Passing<'_>) {
        let now = passing.now;
        let latency = passing.latency;
        let mut told = BTreeSet::new();
        for paced in self.paces.due(now) {
            let newest = self.heads.last(&paced.channel);
            if newest.is_some_and(|newest| is_before(paced.position, newest)) {
                // Newer ones came while nobody held the channel.
                continue;
            }
            passing.latency = latency.filter(|_| !paced.has_rested);
            let Paced {
                dialect,
                channel,
                position,
                event,
                ..
            } = paced;
            self.tell(dialect, &channel, position, &event, &mut passing);
            told.insert(channel);
        }
        let Passing { mut batches, out, .. } = passing;
        self.add_owed(now, &told, &mut batches);
        batches.send(now, &mut self.groups, out);
        self.save_groups(now, out);
    }

    /// Adds what others were told while those who had just subscribed waited for their time.
    fn add_owed(&mut self, now: UnixMillis, told: &BTreeSet<Channel>, batches: &mut Batches) {
        for (id, conn) in self.paces.speak_again(now, !told.is_empty()) {
            let Some(held) = self.index.get(id).filter(|held| !told.contains(&held.channel)) else {
                continue;
            };
            let channel = held.channel.clone();
            let Some((position, event)) = self.heads.latest(&channel) else {
                continue;
            };
            let Some((dialect, id, name)) = self.held_as(conn, &channel) else {
                continue;
            };
            if let Some(body) = dialect.event(&event, now) {
                let message = body.written(&name, position);
                self.stats.sent(1, message.alone.len());
                batches.owe(message, dialect, conn);
                let pace = dialect.pace(&channel).unwrap_or_default();
                self.paces.told_alone(id, conn, now, pace);
            }
        }
    }

    /// Sends a message of a channel that is told at a pace: its time has come.
    pub(super) fn tell(
        &mut self,
        dialect: Dialect,
        channel: &Channel,
        position: Position,
        event: &Event,
        passing: &mut Passing<'_>,
    ) {
        let (now, latency) = (passing.now, passing.latency);
        let Some(body) = dialect.event(event, now) else {
            return;
        };
        for (id, subscription) in self.index.spellings(channel) {
            let receivers = receivers(&self.index, &mut self.groups, channel, id, passing);
            let name = subscription.name();
            let of_dialect = receivers.paced.iter().filter(|(it, ..)| *it == dialect);
            for (_, Batched { groups, members }, to) in of_dialect {
                let message = body.written(&name, position);
                count(&mut self.stats, *members, message.alone.len(), latency);
                if message.among.is_some() {
                    passing.batches.add(message, groups, &mut self.groups);
                    passing.batches.withhold(self.paces.withhold(id, now));
                } else {
                    passing.out.push(Effect::Broadcast {
                        to: Rc::clone(to),
                        text: message.alone,
                    });
                }
            }
        }
    }

    /// Where channels stand is known again: what rested when the last life ended is among their values.
    pub(super) fn recall_rest(&mut self, now: UnixMillis) {
        if !self.paces.recall() {
            return;
        }
        let dialects: BTreeSet<Dialect> = self.connections.iter().map(|(_, it)| it.dialect).collect();
        for (channel, _) in self.index.channels() {
            let Some((position, event)) = self.heads.latest(channel) else {
                continue;
            };
            for dialect in &dialects {
                if let Some(pace) = dialect.pace(channel) {
                    self.paces.take((*dialect, channel), pace, position, &event, now);
                }
            }
        }
    }
}
