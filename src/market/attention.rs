use serde::{Deserialize, Serialize};

use crate::model::{CoinId, TrendingSearch, UnixMillis};

/// Places of the list that count; providers send 15 or 30.
const PLACES: usize = 30;
/// A list older than this, milliseconds, says nothing any more; CoinGecko renews it every 10 minutes.
const FRESH_MS: u64 = 3_600_000;

/// The coins that most people look for: what they pay attention to, not what they think of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Attention {
    /// Most wanted first.
    coins: Vec<CoinId>,
    heard_at: UnixMillis,
}

impl Attention {
    /// As said at `now`.
    pub(super) fn new(search: TrendingSearch, now: UnixMillis) -> Self {
        let coins = search.coins.into_iter().take(PLACES);
        Self {
            coins: coins.map(|wanted| wanted.coin).collect(),
            heard_at: now,
        }
    }

    /// How much a coin is looked for: place `p` of `n`, from 0, gives `1 - p / n`. `None` for a coin that is
    /// not in the list, and for all an hour after the list was heard.
    pub(super) fn of(&self, coin: &CoinId, now: UnixMillis) -> Option<f64> {
        if now.since(self.heard_at) > FRESH_MS {
            return None;
        }
        let place = self.coins.iter().position(|wanted| wanted == coin)?;
        Some(1.0 - place as f64 / self.coins.len() as f64)
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        self.coins.len() <= PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Source, Symbol, TrendingCoin};

    const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);

    fn coin(n: usize) -> CoinId {
        CoinId::new(&format!("c{n}")).unwrap()
    }

    fn list(count: usize) -> Attention {
        let wanted = |n| TrendingCoin {
            coin: coin(n),
            symbol: Symbol::new("C").unwrap(),
            rank: None,
            score: 0,
            price: None,
            change_24h: None,
            volume: None,
        };
        let search = TrendingSearch {
            coins: (0..count).map(wanted).collect(),
            source: Source::CoinGecko,
        };
        Attention::new(search, T0)
    }

    #[test]
    fn the_first_has_all_of_it_and_the_last_a_little() {
        let list = list(4);
        let of = |n| list.of(&coin(n), T0);
        assert_eq!(
            [of(0), of(1), of(3), of(4)],
            [Some(1.0), Some(0.75), Some(0.25), None]
        );
    }

    #[test]
    fn it_is_forgotten_after_an_hour_and_bounded() {
        let list = list(500);
        assert!(list.of(&coin(29), T0.plus(FRESH_MS)).is_some());
        assert_eq!(list.of(&coin(0), T0.plus(FRESH_MS + 1)), None);
        assert_eq!(list.of(&coin(30), T0), None);
        assert_eq!(Attention::default().of(&coin(0), T0), None);
    }
}
