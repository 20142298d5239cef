use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::model::{Channel, Position, UnixMillis};

/// A publisher may try again for so long, milliseconds.
const KEPT_MS: u64 = 5 * 60_000;
/// Ids remembered at once, some 120 bytes each; beyond that the oldest is forgotten.
pub(super) const MAX_IDS: usize = 100_000;

/// A digest of channels and id. Two digests of 64 bits: of 100,000 ids no two are alike by chance.
pub(super) type Key = [u64; 2];

/// Where messages with an id went, for publishers that did not hear of it.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    known: BTreeMap<Key, (UnixMillis, Rc<[Position]>)>,
    by_age: VecDeque<(UnixMillis, Key)>,
}

pub(super) fn key(channels: &[Channel], id: &str) -> Key {
    [0_u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        (salt, channels, id).hash(&mut hasher);
        hasher.finish()
    })
}

impl Receipts {
    pub fn get(&self, key: Key, now: UnixMillis) -> Option<Rc<[Position]>> {
        let (at, positions) = self.known.get(&key)?;
        (now.since(*at) < KEPT_MS).then(|| Rc::clone(positions))
    }

    pub fn put(&mut self, key: Key, positions: Rc<[Position]>, now: UnixMillis) {
        self.known.insert(key, (now, positions));
        self.by_age.push_back((now, key));
        let too_old = |at: UnixMillis| now.since(at) >= KEPT_MS;
        while let Some(&(at, key)) = self.by_age.front() {
            if !too_old(at) && self.by_age.len() <= MAX_IDS {
                break;
            }
            self.by_age.pop_front();
            // The same id may have come again since.
            if self.known.get(&key).is_some_and(|(known, _)| *known == at) {
                self.known.remove(&key);
            }
        }
    }
}
