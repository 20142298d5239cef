use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Channels that one listing has, at most.
pub const MAX_LISTED: usize = 10_000;

/// What is told of each channel, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// The first in the order of their names, at most [`MAX_LISTED`].
    pub first: BTreeMap<String, T>,
    /// How many lie beyond. Where they are counted in several places, some of them may count more than once.
    pub left_out: u64,
}

impl<T: Default> Listing<T> {
    /// What is told of the channel of that name; `None`, and one more that is left out, if it lies beyond.
    pub fn entry(&mut self, name: String) -> Option<&mut T> {
        if self.first.len() >= MAX_LISTED && !self.first.contains_key(&name) {
            self.left_out = self.left_out.saturating_add(1);
            let (last, _) = self.first.last_key_value()?;
            if *last < name {
                return None;
            }
            self.first.pop_last();
        }
        Some(self.first.entry(name).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_by_name_are_kept_in_whatever_order_they_come() {
        let name = |n: usize| format!("mentions:{n:05}");
        let all = MAX_LISTED + 500;
        let orders: [Box<dyn Iterator<Item = usize>>; 3] = [
            Box::new(0..all),
            Box::new((0..all).rev()),
            Box::new((0..all).map(|n| n * 7_919 % all)), // a prime: each once
        ];
        for order in orders {
            let mut listing = Listing::<u64>::default();
            for n in order {
                if let Some(count) = listing.entry(name(n)) {
                    *count += 1;
                }
            }
            assert_eq!(listing.left_out, 500);
            assert!(listing.first.keys().cloned().eq((0..MAX_LISTED).map(name)));
            assert!(listing.first.values().all(|count| *count == 1));
            *listing.entry(name(0)).unwrap() += 1;
            assert_eq!((listing.first.len(), listing.left_out), (MAX_LISTED, 500));
        }
    }
}
