use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use slab::Slab;

use super::groups::GroupId;
use crate::model::{Channel, Event, Filter, Selection};

/// One channel as one client calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub channel: Channel,
    /// `None` if it is the canonical name.
    spelling: Option<Box<str>>,
}

impl Subscription {
    pub fn new(channel: Channel, spelling: &str) -> Self {
        let spelling = (channel.to_string() != spelling).then(|| spelling.into());
        Self { channel, spelling }
    }

    /// Bytes it takes in an attachment, at most.
    pub fn max_size(&self) -> usize {
        self.channel.to_string().len() + self.spelling.as_deref().map_or(0, str::len) + 8
    }

    /// Which of the channel's messages it means.
    fn filter(&self) -> Filter {
        let spelling = self.spelling.as_deref();
        spelling.map_or_else(Filter::default, |name| {
            Selection::filter_of(name, self.channel.family())
        })
    }

    /// The channel's name as the client wrote it.
    pub fn name(&self) -> String {
        match &self.spelling {
            Some(spelling) => spelling.to_string(),
            None => self.channel.to_string(),
        }
    }
}

/// An interned [`Subscription`]: four bytes that mean something in this object's life only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SubId(u32);

/// Every subscription that somebody holds, and who gets its messages.
///
/// Ordered maps: their keys are the clients' words, and no choice of words makes them slow.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Slab<Entry>,
    ids: BTreeMap<Rc<Subscription>, SubId>,
}

#[derive(Debug)]
struct Entry {
    subscription: Rc<Subscription>,
    /// Which of the channel's messages it means.
    filter: Filter,
    /// Connections that hold it, delivered to or not.
    holders: u32,
    groups: BTreeSet<GroupId>,
}

impl Index {
    /// Interns a subscription for one more holder.
    pub fn hold(&mut self, subscription: Subscription) -> SubId {
        if let Some(&id) = self.ids.get(&subscription) {
            if let Some(entry) = self.entry(id) {
                entry.holders += 1;
            }
            return id;
        }
        let subscription = Rc::new(subscription);
        let entry = Entry {
            subscription: Rc::clone(&subscription),
            filter: subscription.filter(),
            holders: 1,
            groups: BTreeSet::new(),
        };
        // At most 32,768 sockets of some hundred channels each: far below 2^32.
        let id = SubId(u32::try_from(self.entries.insert(entry)).unwrap_or(u32::MAX));
        self.ids.insert(subscription, id);
        id
    }

    /// One holder less; the last one takes the entry along.
    pub fn release(&mut self, id: SubId) {
        let Some(entry) = self.entry(id) else { return };
        entry.holders = entry.holders.saturating_sub(1);
        if entry.holders > 0 {
            return;
        }
        if let Some(entry) = self.entries.try_remove(id.0 as usize) {
            self.ids.remove(&entry.subscription);
        }
    }

    pub fn get(&self, id: SubId) -> Option<&Subscription> {
        self.entries.get(id.0 as usize).map(|entry| &*entry.subscription)
    }

    /// Whether a message of its channel is among those that a subscription means.
    pub fn wants(&self, id: SubId, event: &Event) -> bool {
        let entry = self.entries.get(id.0 as usize);
        entry.is_some_and(|entry| entry.filter.passes(event))
    }

    /// The channel under every name that somebody uses for it.
    pub fn spellings<'a>(&'a self, channel: &'a Channel) -> impl Iterator<Item = (SubId, &'a Subscription)> {
        let first = Subscription {
            channel: channel.clone(),
            spelling: None,
        };
        let from_first = self.ids.range::<Subscription, _>(first..);
        from_first
            .take_while(move |(held, _)| held.channel == *channel)
            .map(|(held, id)| (*id, &**held))
    }

    /// The groups that get this subscription's messages.
    pub fn groups(&self, id: SubId) -> impl Iterator<Item = GroupId> {
        self.entries
            .get(id.0 as usize)
            .into_iter()
            .flat_map(|entry| entry.groups.iter().copied())
    }

    pub fn add_group(&mut self, id: SubId, group: GroupId) {
        if let Some(entry) = self.entry(id) {
            entry.groups.insert(group);
        }
    }

    pub fn remove_group(&mut self, id: SubId, group: GroupId) {
        if let Some(entry) = self.entry(id) {
            entry.groups.remove(&group);
        }
    }

    /// Subscriptions by family of channel: `price`, `signals`, `market`.
    pub fn count_by_family(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (_, entry) in &self.entries {
            *counts.entry(entry.subscription.channel.family()).or_default() += u64::from(entry.holders);
        }
        counts
    }

    /// Every channel and how many hold it, under whatever name; nobody holds the same channel twice.
    pub fn channels(&self) -> impl Iterator<Item = (&Channel, u64)> {
        let mut held = self.ids.iter().peekable();
        std::iter::from_fn(move || {
            let (first, id) = held.next()?;
            let mut holders = self.holders(*id);
            while let Some((_, id)) = held.next_if(|(next, _)| next.channel == first.channel) {
                holders += self.holders(*id);
            }
            Some((&first.channel, holders))
        })
    }

    fn holders(&self, id: SubId) -> u64 {
        let entry = self.entries.get(id.0 as usize);
        entry.map_or(0, |entry| u64::from(entry.holders))
    }

    /// Distinct subscriptions; what was released is not among them.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn entry(&mut self, id: SubId) -> Option<&mut Entry> {
        self.entries.get_mut(id.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Catalog, Channel};

    fn subscription(name: &str) -> Subscription {
        Subscription::new(Channel::parse(name, &Catalog::embedded()).unwrap(), name)
    }

    #[test]
    fn a_channel_is_found_under_all_its_spellings_and_no_other_is() {
        let mut index = Index::default();
        for name in [
            "price:BTC",
            "price:bitcoin",
            "price:ethereum",
            "market:summary",
            "price:btc",
        ] {
            index.hold(subscription(name));
        }
        let bitcoin = Channel::parse("price:bitcoin", &Catalog::embedded()).unwrap();
        let names: Vec<String> = index.spellings(&bitcoin).map(|(_, held)| held.name()).collect();
        assert_eq!(names, ["price:bitcoin", "price:BTC", "price:btc"]);
    }

    #[test]
    fn what_nobody_holds_is_gone() {
        let mut index = Index::default();
        let first = index.hold(subscription("price:BTC"));
        assert_eq!(index.hold(subscription("price:BTC")), first);
        index.release(first);
        assert_eq!(index.len(), 1);
        index.release(first);
        assert_eq!(index.len(), 0);
        index.release(first);
    }
}
