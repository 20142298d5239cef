use std::fmt;

use serde::{Deserialize, Serialize};

use super::Source;

/// A set of providers, in the order of [`Source::ALL`]. One byte.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sources(u8);

impl Sources {
    /// Adds one.
    pub fn insert(&mut self, source: Source) {
        self.0 |= bit(source);
    }

    /// Adds it, or takes it out.
    pub fn set(&mut self, source: Source, present: bool) {
        self.0 = if present {
            self.0 | bit(source)
        } else {
            self.0 & !bit(source)
        };
    }

    /// Whether it is one of them.
    pub fn contains(self, source: Source) -> bool {
        self.0 & bit(source) != 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Source> {
        Source::ALL
            .into_iter()
            .filter(move |source| self.contains(*source))
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<T: IntoIterator<Item = Source>>(sources: T) -> Self {
        let mut set = Self::default();
        sources.into_iter().for_each(|source| set.insert(source));
        set
    }
}

impl From<Source> for Sources {
    fn from(source: Source) -> Self {
        Self(bit(source))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

const fn bit(source: Source) -> u8 {
    1 << source as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_each_source_once_and_in_one_order() {
        let mut set: Sources = [Source::Bitget, Source::CoinGecko, Source::Bitget]
            .into_iter()
            .collect();
        assert_eq!(set.len(), 2);
        set.insert(Source::Simulated);
        let all: Vec<_> = set.iter().collect();
        assert_eq!(all, [Source::Simulated, Source::CoinGecko, Source::Bitget]);
        assert!(!set.contains(Source::Binance) && Sources::default().is_empty());
        set.set(Source::Binance, true);
        set.set(Source::Bitget, false);
        assert!(set.contains(Source::Binance) && !set.contains(Source::Bitget));
    }

    #[test]
    fn every_source_has_a_bit_of_its_own() {
        let all: Sources = Source::ALL.into_iter().collect();
        assert_eq!(all.len(), Source::ALL.len());
    }
}
