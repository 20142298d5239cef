use std::collections::BTreeMap;
use std::rc::Rc;

use slab::Slab;

use super::Hub;
use super::connection::{ConnId, Connection};
use super::index::SubId;
use crate::model::UnixMillis;
use crate::protocol::Dialect;

/// A fan-out group: connections that get exactly the same frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupId(u32);

/// A connection's place in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub group: GroupId,
    position: u32,
}

/// All that makes the frames of two connections differ.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    dialect: Dialect,
    batch: bool,
    /// Sorted; spelling included, since it is part of what is interned.
    subscriptions: Box<[SubId]>,
}

#[derive(Debug)]
pub(super) struct Group {
    key: Rc<GroupKey>,
    pub members: Vec<ConnId>,
    /// What the delivery at hand has for the next frame of all members, if they get one a delivery.
    pub batch: Vec<u32>,
    /// When all members were last sent a frame.
    pub last_sent: UnixMillis,
    /// When the members' attachments last learned of `last_sent`.
    pub last_saved: UnixMillis,
}

impl Group {
    pub fn dialect(&self) -> Dialect {
        self.key.dialect
    }

    /// How many subscriptions the members hold.
    pub fn subscriptions(&self) -> usize {
        self.key.subscriptions.len()
    }

    /// Whether the members get one frame a delivery, which may hold several ticks.
    pub fn is_batched(&self) -> bool {
        self.key.batch
    }
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Slab<Group>,
    ids: BTreeMap<Rc<GroupKey>, GroupId>,
}

impl Groups {
    pub fn get(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(id.0 as usize)
    }

    pub fn get_mut(&mut self, id: GroupId) -> Option<&mut Group> {
        self.groups.get_mut(id.0 as usize)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (GroupId, &mut Group)> {
        self.groups.iter_mut().map(|(at, group)| (group_id(at), group))
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// The group of that key, and whether it had to be made.
    fn find_or_make(&mut self, key: GroupKey) -> (GroupId, bool) {
        if let Some(&id) = self.ids.get(&key) {
            return (id, false);
        }
        let key = Rc::new(key);
        let none = UnixMillis::default();
        let group = Group {
            key: Rc::clone(&key),
            members: Vec::new(),
            batch: Vec::new(),
            last_sent: none,
            last_saved: none,
        };
        let id = group_id(self.groups.insert(group));
        self.ids.insert(key, id);
        (id, true)
    }

    /// Empties a seat. Gives the member that was moved into it, and the group's subscriptions if it is empty now.
    fn vacate(&mut self, seat: Seat) -> (Option<ConnId>, Option<Rc<GroupKey>>) {
        let Some(group) = self.get_mut(seat.group) else {
            return (None, None);
        };
        let at = seat.position as usize;
        if at < group.members.len() {
            group.members.swap_remove(at);
        }
        let moved = group.members.get(at).copied();
        if !group.members.is_empty() {
            return (moved, None);
        }
        let key = Rc::clone(&group.key);
        self.ids.remove(&key);
        self.groups.try_remove(seat.group.0 as usize);
        (None, Some(key))
    }
}

/// There are never more groups than sockets, and of those at most 32,768.
fn group_id(at: usize) -> GroupId {
    GroupId(u32::try_from(at).unwrap_or(u32::MAX))
}

impl Hub {
    /// Seats a connection with those that get the same frames, if anything may be delivered to it.
    pub(super) fn join(&mut self, conn: ConnId) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        if !connection.is_served(&self.limits) || connection.seat.is_some() {
            return;
        }
        let mut subscriptions: Box<[SubId]> = connection.subscriptions.as_slice().into();
        subscriptions.sort_unstable();
        let (id, made) = self.groups.find_or_make(GroupKey {
            dialect: connection.dialect,
            batch: connection.batch,
            subscriptions,
        });
        let Some(group) = self.groups.get_mut(id) else {
            return;
        };
        if made {
            for subscription in &group.key.subscriptions {
                self.index.add_group(*subscription, id);
            }
        }
        let position = u32::try_from(group.members.len()).unwrap_or(u32::MAX);
        group.members.push(conn);
        connection.seat = Some(Seat { group: id, position });
    }

    /// Takes a connection out of its group, before what it holds changes or when delivery pauses.
    pub(super) fn leave(&mut self, conn: ConnId) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let Some(seat) = connection.seat.take() else {
            return;
        };
        if let Some(group) = self.groups.get(seat.group) {
            connection.last_out = connection.last_out.max(group.last_sent);
        }
        let (moved, emptied) = self.groups.vacate(seat);
        if let Some(moved) = moved.and_then(|moved| self.connections.get_mut(moved)) {
            moved.seat = Some(seat);
        }
        if let Some(key) = emptied {
            for subscription in &key.subscriptions {
                self.index.remove_group(*subscription, seat.group);
            }
        }
    }

    /// When the connection was last sent a frame, alone or with its group, as far as is known.
    pub(super) fn last_out(&self, connection: &Connection) -> UnixMillis {
        let group = connection.seat.and_then(|seat| self.groups.get(seat.group));
        group.map_or(connection.last_out, |group| {
            group.last_sent.max(connection.last_out)
        })
    }

    /// Notes of a restored connection's group when its attachments were last written: the oldest counts.
    pub(super) fn note_saved(&mut self, conn: ConnId, at: UnixMillis) {
        let seat = self.connections.get(conn).and_then(|connection| connection.seat);
        if let Some(group) = seat.and_then(|seat| self.groups.get_mut(seat.group)) {
            let only = group.members.len() == 1;
            group.last_saved = if only { at } else { group.last_saved.min(at) };
        }
    }
}
