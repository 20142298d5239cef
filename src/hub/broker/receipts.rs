use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::MessageId;
use crate::model::{Channel, Position, UnixMillis};

/// A publisher may try again for so long, milliseconds.
const KEPT_MS: u64 = 5 * 60_000;
/// Ids remembered at once, some 120 bytes each whatever their length ...
pub(super) const MAX_IDS: usize = 120_000;
/// ... and beyond that so many: the publishers that have the most lose their oldest.
pub(super) const ENOUGH_IDS: usize = 100_000;

/// What stands for an id: of fixed size, and with whom it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub publisher: u64,
    /// Of publisher, channels and id. Two digests of 64 bits: of 120,000 ids no two are alike by chance.
    pub message: [u64; 2],
}

/// Where messages with an id went, for publishers that did not hear of it.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    publishers: BTreeMap<u64, Publisher>,
    count: usize,
}

#[derive(Debug, Default)]
struct Publisher {
    known: BTreeMap<[u64; 2], (UnixMillis, Rc<[Position]>)>,
    by_age: VecDeque<(UnixMillis, [u64; 2])>,
}

pub(super) fn key(channels: &[Channel], id: &MessageId) -> Key {
    Key {
        publisher: digest(&id.publisher),
        message: [0_u8, 1].map(|salt| digest(&(salt, channels, id))),
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Receipts {
    pub fn get(&self, key: Key, now: UnixMillis) -> Option<Rc<[Position]>> {
        let (at, positions) = self.publishers.get(&key.publisher)?.known.get(&key.message)?;
        (now.since(*at) < KEPT_MS).then(|| Rc::clone(positions))
    }

    pub fn put(&mut self, key: Key, positions: Rc<[Position]>, now: UnixMillis) {
        let publisher = self.publishers.entry(key.publisher).or_default();
        publisher.known.insert(key.message, (now, positions));
        publisher.by_age.push_back((now, key.message));
        self.count += 1;
        self.count -= publisher.forget_old(now);
        if self.count > MAX_IDS {
            self.forget_old(now);
            self.lighten();
        }
    }

    fn forget_old(&mut self, now: UnixMillis) {
        for publisher in self.publishers.values_mut() {
            self.count -= publisher.forget_old(now);
        }
        self.publishers
            .retain(|_, publisher| !publisher.by_age.is_empty());
    }

    /// Whoever has few loses none.
    fn lighten(&mut self) {
        let mut publishers: Vec<&mut Publisher> = self.publishers.values_mut().collect();
        let lengths = publishers.iter().enumerate();
        let mut most: BinaryHeap<_> = lengths.map(|(at, it)| (it.by_age.len(), at)).collect();
        while self.count > ENOUGH_IDS
            && let Some((length, at)) = most.pop()
            && let Some(publisher) = publishers.get_mut(at)
        {
            publisher.forget_oldest();
            self.count -= 1;
            if length > 1 {
                most.push((length - 1, at));
            }
        }
        self.publishers
            .retain(|_, publisher| !publisher.by_age.is_empty());
    }
}

impl Publisher {
    /// Gives how many there were.
    fn forget_old(&mut self, now: UnixMillis) -> usize {
        let before = self.by_age.len();
        while self
            .by_age
            .front()
            .is_some_and(|(at, _)| now.since(*at) >= KEPT_MS)
        {
            self.forget_oldest();
        }
        before - self.by_age.len()
    }

    fn forget_oldest(&mut self) {
        let Some((at, key)) = self.by_age.pop_front() else {
            return;
        };
        // The same id may have come again since.
        if self.known.get(&key).is_some_and(|(known, _)| *known == at) {
            self.known.remove(&key);
        }
    }
}
