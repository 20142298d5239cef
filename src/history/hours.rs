use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::HourlyPrice;
use crate::model::{CoinId, Interval, Price, Source, UnixMillis};

/// The hours of more coins than this are not kept: as many as the market holds.
const MAX_COINS: usize = 500;
/// A clock that goes back by more than this, milliseconds, was set; by less, it wavers.
const CLOCK_SET_BACK_MS: u64 = 3_600_000;

/// The running hour of every coin: constant space each, however often its price changes.
///
/// The hour is that of the hub's clock when it told the price. A coin whose price was stale throughout has no
/// hour, one whose price was confirmed unchanged has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Hours {
    hour: UnixMillis,
    coins: BTreeMap<CoinId, HourlyPrice>,
}

impl Hours {
    /// Moves on to the hour of `now`, and gives the one that is over, however long ago that was. Where the clock
    /// was set back, the running hour is forgotten: nobody knows when it was.
    pub(super) fn roll(&mut self, now: UnixMillis) -> Vec<HourlyPrice> {
        let hour = Interval::H1.floor(now);
        let wavers = hour < self.hour && self.hour.since(now) <= CLOCK_SET_BACK_MS;
        if hour == self.hour || wavers {
            return Vec::new();
        }
        let is_over = hour > self.hour;
        self.hour = hour;
        let coins = std::mem::take(&mut self.coins);
        if is_over {
            coins.into_values().collect()
        } else {
            Vec::new()
        }
    }

    /// Takes in a price that was told in the running hour.
    pub(super) fn see(&mut self, price: &Price) {
        if price.stale {
            return;
        }
        let has_room = self.coins.len() < MAX_COINS;
        match self.coins.get_mut(&price.coin) {
            Some(known) if is_simulated(known.source) == is_simulated(price.source) => {
                known.high = known.high.max(price.price);
                known.low = known.low.min(price.price);
                known.close = price.price;
                known.symbol = price.symbol.clone();
                known.volume_24h = price.volume_24h;
                known.source = price.source;
            }
            // Simulated and real prices never mix.
            Some(other) => *other = begun(self.hour, price),
            None if has_room => {
                self.coins.insert(price.coin.clone(), begun(self.hour, price));
            }
            None => {}
        }
    }
}

fn begun(hour: UnixMillis, price: &Price) -> HourlyPrice {
    HourlyPrice {
        coin: price.coin.clone(),
        hour,
        symbol: price.symbol.clone(),
        open: price.price,
        high: price.price,
        low: price.price,
        close: price.price,
        volume_24h: price.volume_24h,
        source: price.source,
    }
}

fn is_simulated(source: Source) -> bool {
    source == Source::Simulated
}
