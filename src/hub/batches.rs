use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::groups::{GroupId, Groups};
use super::{ConnId, Effect};
use crate::model::UnixMillis;
use crate::protocol::{Dialect, Written};

/// One frame of several messages. It is written when it is sent: a delivery to a thousand groups holds its messages
/// once, not once for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    dialect: Dialect,
    /// When it is sent.
    now: UnixMillis,
    /// All messages of the delivery.
    messages: Rc<[Written]>,
    /// Which of them are in this frame, in order.
    which: Vec<u32>,
}

impl Batch {
    /// The text frame, if its clients know such.
    pub fn text(&self) -> Option<String> {
        let messages = self.which.iter().filter_map(|at| self.messages.get(*at as usize));
        self.dialect.batch(messages, self.now)
    }
}

/// What a delivery has for the groups that want one frame.
#[derive(Debug, Default)]
pub(super) struct Batches {
    messages: Vec<Written>,
    /// The groups that something is for.
    groups: Vec<GroupId>,
    /// Members of theirs that are not to get some of it.
    withheld: BTreeMap<ConnId, BTreeSet<u32>>,
    /// Connections that get something besides.
    owed: BTreeMap<ConnId, (Dialect, Vec<u32>)>,
}

impl Batches {
    /// Adds a message for groups of one dialect.
    pub fn add<'a>(
        &mut self,
        message: Written,
        groups: impl IntoIterator<Item = &'a GroupId>,
        all: &mut Groups,
    ) {
        let at = self.push(message);
        for id in groups {
            let Some(group) = all.get_mut(*id) else { continue };
            if group.batch.is_empty() {
                self.groups.push(*id);
                group.batch.reserve(group.subscriptions());
            }
            group.batch.push(at);
        }
    }

    /// Adds a message for one connection: it is in the same frame as what its group gets.
    pub fn owe(&mut self, message: Written, dialect: Dialect, to: ConnId) {
        let at = self.push(message);
        let (_, owed) = self.owed.entry(to).or_insert_with(|| (dialect, Vec::new()));
        owed.push(at);
    }

    fn push(&mut self, message: Written) -> u32 {
        self.messages.push(message);
        self.messages.len() as u32 - 1 // thousands at most
    }

    /// Leaves connections out of the message that was added last.
    pub fn withhold(&mut self, from: Vec<ConnId>) {
        let last = self.messages.len().saturating_sub(1) as u32; // thousands at most
        for conn in from {
            self.withheld.entry(conn).or_default().insert(last);
        }
    }

    /// One frame for each group that asked for batches, and one for all others who get the same: what makes their groups differ
    /// may be what is for one user alone.
    pub fn send(self, now: UnixMillis, groups: &mut Groups, out: &mut Vec<Effect>) {
        let messages: Rc<[Written]> = self.messages.into();
        let (withheld, mut owed) = (self.withheld, self.owed);
        let mut send = |dialect, which, to: Vec<ConnId>| {
            let batch = Batch {
                dialect,
                now,
                messages: Rc::clone(&messages),
                which,
            };
            out.push(Effect::Batch { to: to.into(), batch });
        };
        let mut alike: BTreeMap<(Dialect, Vec<u32>), Vec<ConnId>> = BTreeMap::new();
        for id in self.groups {
            let Some(group) = groups.get_mut(id) else { continue };
            let dialect = group.dialect();
            let which = std::mem::take(&mut group.batch);
            if group.is_batched() {
                send(dialect, which, group.members.clone());
                continue;
            }
            let (apart, together): (Vec<ConnId>, Vec<ConnId>) = group
                .members
                .iter()
                .partition(|conn| withheld.contains_key(conn) || owed.contains_key(conn));
            for conn in apart {
                let left_out = withheld.get(&conn);
                let mut which = which.clone();
                which.retain(|at| !left_out.is_some_and(|left_out| left_out.contains(at)));
                which.extend(owed.remove(&conn).into_iter().flat_map(|(_, besides)| besides));
                alike.entry((dialect, which)).or_default().push(conn);
            }
            alike.entry((dialect, which)).or_default().extend(together);
        }
        for (conn, of_it) in owed {
            alike.entry(of_it).or_default().push(conn);
        }
        for ((dialect, which), to) in alike {
            if !which.is_empty() && !to.is_empty() {
                send(dialect, which, to);
            }
        }
    }
}
