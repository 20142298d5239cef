//! Who gets what of a delivery, worked out once for each subscription.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::batches::Batches;
use super::groups::{Group, GroupId, Groups};
use super::index::{Index, SubId};
use super::stats::ShardStats;
use super::{ConnId, Effect};
use crate::model::{Channel, Event, UnixMillis};
use crate::protocol::{Dialect, EventBody};

/// Who gets a subscription's messages; worked out once a delivery.
pub(super) struct Receivers {
    /// Frame by frame.
    pub each: Vec<(Dialect, Rc<[ConnId]>)>,
    /// In one frame with all else that is for their group.
    pub batched: Vec<(Dialect, Batched)>,
    /// At their dialect's pace.
    pub paced: Vec<(Dialect, Batched, Rc<[ConnId]>)>,
}

#[derive(Default)]
pub(super) struct Batched {
    pub groups: Vec<GroupId>,
    /// Of all these groups.
    pub members: usize,
}

/// A delivery on its way to the sockets.
pub(super) struct Passing<'a> {
    pub now: UnixMillis,
    /// From the events of the tick at hand to now, milliseconds; `None` if they were missed when they were new.
    pub latency: Option<u64>,
    pub receivers: BTreeMap<SubId, Rc<Receivers>>,
    /// What it has for the groups that want one frame.
    pub batches: Batches,
    pub out: &'a mut Vec<Effect>,
}

impl<'a> Passing<'a> {
    pub fn at(now: UnixMillis, out: &'a mut Vec<Effect>) -> Self {
        Self {
            now,
            latency: None,
            receivers: BTreeMap::new(),
            batches: Batches::default(),
            out,
        }
    }
}

/// Counts a message; late ones say nothing of how fast they are.
pub(super) fn count(stats: &mut ShardStats, receivers: usize, bytes: usize, latency: Option<u64>) {
    match latency {
        Some(latency) => stats.delivered(receivers, bytes, latency),
        None => stats.sent(receivers, bytes),
    }
}

impl Batched {
    pub fn take(&mut self, id: GroupId, group: &Group) {
        self.groups.push(id);
        self.members += group.members.len();
    }
}

/// Who gets a subscription's messages, worked out when the first of a delivery is met. They are sent something now.
pub(super) fn receivers(
    index: &Index,
    groups: &mut Groups,
    channel: &Channel,
    id: SubId,
    passing: &mut Passing<'_>,
) -> Rc<Receivers> {
    let now = passing.now;
    let known = passing.receivers.entry(id).or_insert_with(|| {
        for group in index.groups(id) {
            if let Some(group) = groups.get_mut(group) {
                group.last_sent = now;
            }
        }
        Rc::new(Receivers::of(index, groups, channel, id))
    });
    Rc::clone(known)
}

impl Receivers {
    pub fn of(index: &Index, groups: &Groups, channel: &Channel, id: SubId) -> Self {
        let mut each: BTreeMap<Dialect, Vec<ConnId>> = BTreeMap::new();
        let mut batched: BTreeMap<Dialect, Batched> = BTreeMap::new();
        let mut paced: BTreeMap<Dialect, (Batched, Vec<ConnId>)> = BTreeMap::new();
        for id in index.groups(id) {
            let Some(group) = groups.get(id) else { continue };
            let dialect = group.dialect();
            if dialect.pace(channel).is_some() {
                let (batched, members) = paced.entry(dialect).or_default();
                batched.take(id, group);
                members.extend(&group.members);
            } else if group.is_batched() {
                batched.entry(dialect).or_default().take(id, group);
            } else {
                each.entry(dialect).or_default().extend(&group.members);
            }
        }
        let each = each
            .into_iter()
            .map(|(dialect, members)| (dialect, members.into()));
        let paced = paced
            .into_iter()
            .map(|(dialect, (batched, members))| (dialect, batched, members.into()));
        Self {
            each: each.collect(),
            batched: batched.into_iter().collect(),
            paced: paced.collect(),
        }
    }
}

/// An event as dialects write it: by each once, when the first subscriber who speaks it is met.
#[derive(Default)]
pub(super) struct Bodies(Vec<(Dialect, Option<EventBody>)>);

impl Bodies {
    pub fn of(&mut self, dialect: Dialect, event: &Event, now: UnixMillis) -> Option<&EventBody> {
        let known = self.0.iter().position(|(written, _)| *written == dialect);
        let at = known.unwrap_or_else(|| {
            self.0.push((dialect, dialect.event(event, now)));
            self.0.len() - 1
        });
        self.0.get(at)?.1.as_ref()
    }
}
