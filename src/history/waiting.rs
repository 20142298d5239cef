use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rows that D1 has not taken yet, by a key that begins with when they came to be: the first is the oldest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Waiting<K: Ord, V> {
    rows: BTreeMap<K, V>,
    dropped: u64,
}

impl<K: Ord, V> Default for Waiting<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            dropped: 0,
        }
    }
}

impl<K: Ord, V: Clone + PartialEq> Waiting<K, V> {
    /// Adds a row, or replaces it by its newer state. Beyond `most` rows the oldest is given up.
    pub(super) fn add(&mut self, key: K, row: V, most: usize) {
        self.rows.insert(key, row);
        while self.rows.len() > most && self.rows.pop_first().is_some() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.rows.values()
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<V> {
        self.iter().cloned().collect()
    }

    /// D1 has taken this state of the row. A newer one waits on.
    pub(super) fn stored(&mut self, key: &K, row: &V) {
        if self.rows.get(key) == Some(row) {
            self.rows.remove(key);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows were given up.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}
