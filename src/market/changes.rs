//! How far each coin's price has come over an hour, four, a day and a week.
//!
//! The day is the price's own. Of an hour and a week a provider is believed as long as it has said so within
//! three poll intervals; of several the first in the order of [`Source::ALL`]. Where none says, an hour, and
//! always four, are measured from the [past](super::past); a week then is not known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asset::Asset;
use super::assets::{Assets, MAX_ASSETS};
use super::config::MarketConfig;
use super::past::Past;
use crate::model::{CoinId, Decimal, Quote, Source, Timeframe, UnixMillis};

/// Coins of which something is remembered until the next look: those that are held, and as many newcomers.
const MAX_SAID: usize = 2 * MAX_ASSETS;
/// Significant digits of what is measured here.
const DIGITS: u32 = 9;

/// What is needed to tell every coin's changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Changes {
    said: BTreeMap<CoinId, Said>,
    past: Past,
}

/// What one provider said of one coin, per cent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    hour: Option<Decimal>,
    week: Option<Decimal>,
    source: Source,
    heard_at: UnixMillis,
}

impl Changes {
    /// Takes in what providers say of an hour and a week.
    pub(super) fn hear(&mut self, quotes: &[Quote], now: UnixMillis, config: &MarketConfig) {
        for quote in quotes {
            if quote.change_1h.is_none() && quote.change_7d.is_none() {
                continue;
            }
            let known = self.said.get(&quote.coin);
            let keep = match known {
                Some(known) => known.source < quote.source && known.is_fresh(now, config),
                None => self.said.len() >= MAX_SAID,
            };
            if keep {
                continue;
            }
            let said = Said {
                hour: quote.change_1h,
                week: quote.change_7d,
                source: quote.source,
                heard_at: now,
            };
            self.said.insert(quote.coin.clone(), said);
        }
    }

    /// Takes a sample of the prices that are fresh, if one is due, and forgets what is said of coins that are
    /// not among `held`.
    pub(super) fn look(&mut self, held: &Assets, now: UnixMillis, config: &MarketConfig) {
        self.said.retain(|coin, _| held.get(coin).is_some());
        if self.past.is_due(now) {
            let fresh = held.iter().filter(|asset| !asset.is_unconfirmed(now, config));
            self.past.sample(
                now,
                fresh.map(|asset| (&asset.price.coin, asset.price.price.to_f64())),
            );
        }
    }

    /// The coin's change over a timeframe, per cent; `None` where there is no telling.
    pub(super) fn of(
        &self,
        asset: &Asset,
        timeframe: Timeframe,
        now: UnixMillis,
        config: &MarketConfig,
    ) -> Option<Decimal> {
        let said = self.said.get(&asset.price.coin);
        let said = said.filter(|said| said.is_fresh(now, config));
        match timeframe {
            Timeframe::H1 => said
                .and_then(|said| said.hour)
                .or_else(|| self.measured(asset, timeframe, now, config)),
            Timeframe::H4 => self.measured(asset, timeframe, now, config),
            Timeframe::H24 => asset.price.change_24h,
            Timeframe::D7 => said.and_then(|said| said.week),
        }
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        self.said.len() <= MAX_SAID && self.past.is_sane()
    }

    fn measured(
        &self,
        asset: &Asset,
        timeframe: Timeframe,
        now: UnixMillis,
        config: &MarketConfig,
    ) -> Option<Decimal> {
        if asset.is_unconfirmed(now, config) {
            return None;
        }
        let price = asset.price.price.to_f64();
        let change = self
            .past
            .change(&asset.price.coin, price, timeframe.millis(), now)?;
        Decimal::from_f64(change, DIGITS)
    }
}

impl Said {
    fn is_fresh(&self, now: UnixMillis, config: &MarketConfig) -> bool {
        now.since(self.heard_at) <= config.stale_after_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::super::asset::Arrival;
    use super::*;
    use crate::model::Symbol;

    const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);

    fn quote(n: usize, hour: Option<u64>) -> Quote {
        Quote {
            coin: CoinId::new(&format!("c{n}")).unwrap(),
            symbol: Symbol::new("C").unwrap(),
            price: Decimal::from(1),
            change_1h: hour.map(Decimal::from),
            change_24h: None,
            change_7d: None,
            volume_24h: None,
            market_cap: None,
            source: Source::CoinGecko,
            observed_at: T0,
        }
    }

    #[test]
    fn no_more_is_remembered_than_coins_are_held_whatever_is_quoted() {
        let (mut changes, config) = (Changes::default(), MarketConfig::default());
        let quotes: Vec<Quote> = (0..3_000).map(|n| quote(n, Some(1))).collect();
        changes.hear(&quotes, T0, &config);
        assert!(changes.is_sane() && changes.said.len() == MAX_SAID);
        let asset = Asset::new(
            Arrival {
                quote: &quote(5, None),
                place: 0,
            },
            T0,
        );
        let held = Assets::from(BTreeMap::from([(asset.price.coin.clone(), asset)]));
        changes.look(&held, T0, &config);
        assert_eq!(changes.said.len(), 1);
    }

    #[test]
    fn a_change_that_was_said_three_polls_ago_is_not_known_any_more() {
        let (mut changes, config) = (Changes::default(), MarketConfig::default());
        changes.hear(&[quote(0, Some(2)), quote(1, None)], T0, &config);
        let hour = |n, after_ms| {
            let asset = Asset::new(
                Arrival {
                    quote: &quote(n, None),
                    place: 0,
                },
                T0,
            );
            changes.of(&asset, Timeframe::H1, T0.plus(after_ms), &config)
        };
        assert_eq!(hour(0, 180_000), Some(Decimal::from(2)));
        assert_eq!((hour(0, 180_001), hour(1, 0)), (None, None));
    }
}
