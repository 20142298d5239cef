use std::collections::{BTreeMap, VecDeque};
use std::iter::repeat_n;

use serde::{Deserialize, Serialize};

use super::assets::MAX_ASSETS;
use super::figure::per_cent_change;
use crate::model::{CoinId, UnixMillis};

/// From sample to sample, milliseconds.
const SAMPLE_EVERY_MS: u64 = 15 * 60_000;
/// Four hours of them, and the one that they began with.
const SAMPLES: usize = 17;
/// A sample stands for what was so long ago as is asked for if it is off by at most this, milliseconds.
const TOLERANCE_MS: u64 = 10 * 60_000;

/// What every coin has cost over the last four hours, a quarter of an hour apart: 4 bytes a sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Past {
    /// When the samples were taken, oldest first.
    times: VecDeque<UnixMillis>,
    /// What each coin cost at those times, US dollars; 0 where that is not known. Seven digits are enough
    /// for a change in per cent.
    prices: BTreeMap<CoinId, VecDeque<f32>>,
}

impl Past {
    /// Whether the next sample is due.
    pub(super) fn is_due(&self, now: UnixMillis) -> bool {
        self.times
            .back()
            .is_none_or(|last| now.since(*last) >= SAMPLE_EVERY_MS)
    }

    /// Takes a sample: the price of every coin that has one now. Forgets all other coins.
    pub(super) fn sample<'a>(&mut self, now: UnixMillis, prices: impl Iterator<Item = (&'a CoinId, f64)>) {
        let known = self.times.len();
        let mut before = std::mem::take(&mut self.prices);
        for (coin, price) in prices.take(MAX_ASSETS) {
            let of_coin = before.remove(coin);
            let mut of_coin = of_coin.unwrap_or_else(|| repeat_n(0.0, known).collect());
            of_coin.push_back(price as f32);
            self.prices.insert(coin.clone(), of_coin);
        }
        self.times.push_back(now);
        if self.times.len() > SAMPLES {
            self.times.pop_front();
            for of_coin in self.prices.values_mut() {
                of_coin.pop_front();
            }
        }
    }

    /// How far the coin's price has come to `price` since `millis` before `now`, in per cent to four places.
    /// It is measured from the sample nearest to then; `None` if that is more than ten minutes off.
    pub(super) fn change(&self, coin: &CoinId, price: f64, millis: u64, now: UnixMillis) -> Option<f64> {
        let of_coin = self.prices.get(coin)?;
        let then = UnixMillis::new(now.get().checked_sub(millis)?);
        let off = |time: UnixMillis| time.since(then).max(then.since(time));
        let known = self.times.iter().zip(of_coin).filter(|(_, price)| **price > 0.0);
        let (time, before) = known.min_by_key(|(time, _)| off(**time))?;
        (off(*time) <= TOLERANCE_MS).then(|| per_cent_change(f64::from(*before), price))
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        let mut of_coins = self.prices.values();
        let whole = of_coins.all(|of_coin| {
            let credible = of_coin.iter().all(|price| price.is_finite() && *price >= 0.0);
            of_coin.len() == self.times.len() && credible
        });
        whole && self.times.len() <= SAMPLES && self.prices.len() <= MAX_ASSETS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;

    fn coin(name: &str) -> CoinId {
        CoinId::new(name).unwrap()
    }

    fn after(minutes: u64) -> UnixMillis {
        T0.plus(minutes * MINUTE)
    }

    /// Looks every minute from `from` to `to`; after `n` minutes bitcoin costs `100 + n`.
    fn run(past: &mut Past, from: u64, to: u64) {
        for minute in from..=to {
            if past.is_due(after(minute)) {
                past.sample(
                    after(minute),
                    [(&coin("bitcoin"), 100.0 + minute as f64)].into_iter(),
                );
            }
        }
    }

    #[test]
    fn a_change_is_measured_from_the_nearest_sample() {
        let mut past = Past::default();
        run(&mut past, 0, 60);
        // From 100 to 160, then from the sample of 15 minutes to 175.
        assert_eq!(past.change(&coin("bitcoin"), 160.0, HOUR, after(60)), Some(60.0));
        assert_eq!(past.change(&coin("bitcoin"), 230.0, HOUR, after(75)), Some(100.0));
        // Seven minutes later that is still the nearest; the one of 30 minutes is 8 off, of 15 minutes 7.
        assert_eq!(past.change(&coin("bitcoin"), 230.0, HOUR, after(82)), Some(100.0));
        assert_eq!(past.change(&coin("bitcoin"), 1.0, 4 * HOUR, after(82)), None);
        assert_eq!(past.change(&coin("ethereum"), 1.0, HOUR, after(60)), None);
    }

    #[test]
    fn more_than_ten_minutes_off_is_not_known() {
        let mut past = Past::default();
        past.sample(T0, [(&coin("bitcoin"), 100.0)].into_iter());
        let known = |minute| {
            past.change(&coin("bitcoin"), 110.0, HOUR, after(minute))
                .is_some()
        };
        assert_eq!([49, 50, 60, 70, 71].map(known), [false, true, true, true, false]);
    }

    #[test]
    fn four_hours_are_always_in_reach_and_no_more_is_kept() {
        let mut past = Past::default();
        run(&mut past, 0, 1_000);
        assert_eq!(past.times.len(), SAMPLES);
        for minute in 1_000..1_030 {
            run(&mut past, minute, minute);
            assert!(
                past.change(&coin("bitcoin"), 1.0, 4 * HOUR, after(minute))
                    .is_some(),
                "{minute}"
            );
        }
    }

    #[test]
    fn what_is_gone_is_forgotten_and_what_was_away_has_a_gap() {
        let mut past = Past::default();
        let (bitcoin, gone) = (coin("bitcoin"), coin("gone"));
        past.sample(T0, [(&bitcoin, 100.0), (&gone, 1.0)].into_iter());
        past.sample(after(15), [(&bitcoin, 100.0)].into_iter());
        assert_eq!(past.prices.len(), 1);
        past.sample(after(30), [(&bitcoin, 100.0), (&gone, 2.0)].into_iter());
        assert_eq!(past.change(&gone, 3.0, HOUR, after(60)), None);
        assert_eq!(past.change(&gone, 3.0, HOUR, after(90)), Some(50.0));
        assert!(past.is_sane());
    }

    proptest! {
        #[test]
        fn it_stays_bounded_and_finite(
            looks in proptest::collection::vec((0_u64..40, proptest::collection::vec((0_usize..700, 1e-30..1e28_f64), 0..30)), 0..60),
        ) {
            let mut past = Past::default();
            let mut now = T0;
            for (minutes, prices) in looks {
                now = now.plus(minutes * MINUTE);
                let prices: BTreeMap<CoinId, f64> =
                    prices.into_iter().map(|(n, price)| (coin(&format!("c{n}")), price)).collect();
                past.sample(now, prices.iter().map(|(coin, price)| (coin, *price)));
                prop_assert!(past.is_sane());
                prop_assert_eq!(past.prices.len(), prices.len());
                for (coin, price) in &prices {
                    let change = past.change(coin, *price, HOUR, now);
                    prop_assert!(change.is_none_or(f64::is_finite));
                }
            }
        }
    }
}
