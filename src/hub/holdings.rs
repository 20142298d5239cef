//! What a connection holds.

use super::index::{SubId, Subscription};
use super::{ConnId, Hub, MAX_ATTACHMENT};
use crate::model::{Channel, MAX_FILTER_PARTS, Selection};

/// What an attachment needs besides its subscriptions, at most: a subject of 128 bytes and a handful of numbers.
const ATTACHMENT_BASE: usize = 256;

/// A channel that a connection holds now.
pub(super) struct Held {
    /// It did not before.
    pub fresh: bool,
    /// As its messages are called: as the client spelled it last, or before if its attachment has no room for that.
    pub name: String,
    /// As they were called before, if it held the channel.
    pub was: Option<String>,
}

impl Hub {
    /// What the connection's attachment has left for more channels, in bytes.
    pub(super) fn room(&self, conn: ConnId) -> usize {
        let held = self.connections.get(conn);
        let held = held.into_iter().flat_map(|connection| &connection.subscriptions);
        let held = held.filter_map(|id| self.index.get(*id));
        let size: usize = held.map(Subscription::max_size).sum();
        MAX_ATTACHMENT.saturating_sub(ATTACHMENT_BASE + size)
    }

    /// Adds a channel to what the connection holds, or gives it the newer spelling, if that fits. Where choices add up, it is
    /// both spellings' choice of messages then.
    ///
    /// # Errors
    /// The name: the connection holds as much as it may, or as its attachment takes.
    pub(super) fn hold(
        &mut self,
        conn: ConnId,
        channel: Channel,
        name: String,
        room: &mut usize,
    ) -> Result<Held, String> {
        let Some(connection) = self.connections.get_mut(conn) else {
            return Ok(Held {
                fresh: false,
                name,
                was: None,
            });
        };
        let rules = connection.dialect.rules();
        let index = &mut self.index;
        let known = connection.subscriptions.iter_mut().find_map(|slot| {
            let held = index.get(*slot).filter(|held| held.channel == channel)?;
            Some((held.name(), held.max_size(), slot))
        });
        if let Some((known_as, freed, slot)) = known {
            let fresh = false;
            let spelling = match rules.choices_add_up {
                true => both(&known_as, &name, &channel).ok_or_else(|| name.clone())?,
                false => name.clone(),
            };
            let subscription = Subscription::new(channel, &spelling);
            let size = subscription.max_size();
            if size > *room + freed && rules.choices_add_up && spelling != name {
                return Err(name);
            }
            if size > *room + freed {
                return Ok(Held {
                    fresh,
                    name: known_as,
                    was: None,
                });
            }
            *room = *room + freed - size;
            let id = index.hold(subscription);
            index.release(std::mem::replace(slot, id));
            let was = Some(known_as);
            return Ok(Held { fresh, name, was });
        }
        let is_given = |name: &str| rules.given.contains(&name);
        let chosen = connection.subscriptions.iter().filter_map(|id| index.get(*id));
        let chosen = chosen.filter(|held| !is_given(&held.name())).count();
        let subscription = Subscription::new(channel, &name);
        let size = subscription.max_size();
        if (chosen >= self.limits.max_channels && !is_given(&name)) || size > *room {
            return Err(name);
        }
        *room -= size;
        if let Some(recoverable) = connection.recoverable.as_deref_mut() {
            let channel = subscription.channel.clone();
            recoverable.since.insert(channel, self.marks.last());
        }
        connection.subscriptions.push(index.hold(subscription));
        Ok(Held {
            fresh: true,
            name,
            was: None,
        })
    }

    /// Takes a channel from what the connection holds; or where choices add up, what `name` chooses of its messages.
    pub(super) fn hold_less(&mut self, conn: ConnId, channel: &Channel, name: &str) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let index = &mut self.index;
        let slot = connection.subscriptions.iter_mut().find_map(|slot| {
            let held = index.get(*slot).filter(|held| held.channel == *channel)?;
            Some((held.name(), slot))
        });
        let adds_up = connection.dialect.rules().choices_add_up;
        let left = slot.filter(|_| adds_up).and_then(|(known_as, slot)| {
            let gone = Selection::filter_of(name, channel.family());
            let left = Selection::filter_of(&known_as, channel.family()).without(&gone)?;
            Some((Selection::name(&known_as, channel, &left), slot))
        });
        match left {
            Some((spelling, slot)) => {
                let id = index.hold(Subscription::new(channel.clone(), &spelling));
                index.release(std::mem::replace(slot, id));
            }
            None => self.drop_channels(conn, |held| held == channel),
        }
    }

    /// Takes from a connection what it holds of these channels.
    pub(super) fn drop_channels(&mut self, conn: ConnId, drops: impl Fn(&Channel) -> bool) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let index = &self.index;
        let held = |id: &_| index.get(*id).is_some_and(|held| drops(&held.channel));
        let (dropped, kept) = connection.subscriptions.iter().partition(|id| held(*id));
        connection.subscriptions = kept;
        if let Some(recoverable) = connection.recoverable.as_deref_mut() {
            recoverable.since.retain(|channel, _| !drops(channel));
        }
        let dropped: Vec<SubId> = dropped;
        for id in dropped {
            self.index.release(id);
        }
    }

    /// What the connection holds, as the client spelled it, oldest first.
    pub(super) fn held(&self, conn: ConnId) -> Vec<String> {
        let ids = self
            .connections
            .get(conn)
            .into_iter()
            .flat_map(|connection| &connection.subscriptions);
        ids.filter_map(|id| self.index.get(*id))
            .map(Subscription::name)
            .collect()
    }
}

/// The name that chooses what either chooses of a channel's messages; `None` if that is too much for one.
fn both(name: &str, other: &str, channel: &Channel) -> Option<String> {
    let filter_of = |name| Selection::filter_of(name, channel.family());
    let filter = filter_of(name).or(filter_of(other));
    let is_one = filter.clauses().count() <= MAX_FILTER_PARTS;
    is_one.then(|| Selection::name(other, channel, &filter))
}
