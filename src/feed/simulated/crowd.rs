//! What the simulated market's people feel and look for.

use super::DAY_MS;
use super::noise::{hash, uniform, value_noise};
use super::table::{Base, COINS};
use crate::model::{CoinId, FearGreed, Source, Symbol, TrendingCoin, TrendingSearch, UnixMillis};

/// Streams of noise of their own.
const MOOD_STREAM: u64 = 1 << 35;
const SEARCH_STREAM: u64 = 1 << 36;
/// The index wanders around the middle by this much (standard deviation), to and fro in weeks.
const MIDDLE: f64 = 50.0;
const SWING: f64 = 18.0;
const MOOD_PERIOD_MS: u64 = 10 * DAY_MS;
/// The list of what people look for is renewed so often, milliseconds, and has so many coins: as CoinGecko's.
const RENEWED_EVERY_MS: u64 = 600_000;
const WANTED: usize = 15;

/// The index of the day, from 0 to 100.
pub(super) fn fear_greed(seed: u64, now: UnixMillis) -> FearGreed {
    let day = UnixMillis::new(now.get() / DAY_MS * DAY_MS);
    let value = MIDDLE + SWING * value_noise(hash(seed, MOOD_STREAM, 0), day, MOOD_PERIOD_MS);
    let value = value.round().clamp(0.0, 100.0) as u8;
    FearGreed {
        value,
        classification: Some(words(value).to_owned()),
        source: Source::Simulated,
        observed_at: day,
    }
}

/// alternative.me's words for its index.
const fn words(value: u8) -> &'static str {
    match value {
        0..=24 => "Extreme Fear",
        25..=46 => "Fear",
        47..=54 => "Neutral",
        55..=75 => "Greed",
        _ => "Extreme Greed",
    }
}

/// The coins among the first `coins` that most people look for: by chance, the lively ones more often.
pub(super) fn trending(seed: u64, now: UnixMillis, coins: usize) -> TrendingSearch {
    let slot = now.get() / RENEWED_EVERY_MS;
    let interest = |at: usize, base: &Base| {
        let stream = SEARCH_STREAM.wrapping_add(at as u64);
        base.daily_vol * uniform(hash(seed, stream, slot))
    };
    let coins = COINS.iter().enumerate().take(coins);
    let mut wanted: Vec<(f64, usize, &Base)> =
        coins.map(|(at, base)| (interest(at, base), at, base)).collect();
    wanted.sort_unstable_by(|(a, place, _), (b, other, _)| b.total_cmp(a).then(place.cmp(other)));
    let list = (0..).zip(wanted.into_iter().take(WANTED));
    let list = list.filter_map(|(score, (_, at, base))| {
        Some(TrendingCoin {
            coin: CoinId::new(base.id)?,
            symbol: Symbol::new(base.ticker)?,
            rank: u32::try_from(at).ok()?.checked_add(1),
            score,
            price: None,
            change_24h: None,
            volume: None,
        })
    });
    TrendingSearch {
        coins: list.collect(),
        source: Source::Simulated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis::from_secs(1_795_176_000);

    #[test]
    fn the_index_is_of_the_day_and_wanders_over_weeks() {
        let of = |day: u64| fear_greed(5, NOON.plus(day * DAY_MS));
        assert_eq!(of(0), fear_greed(5, NOON.plus(6 * 3_600_000)));
        assert_eq!(of(0).observed_at.to_string(), "2026-11-20T00:00:00Z");
        let values: Vec<u8> = (0..365).map(|day| of(day).value).collect();
        let (least, most) = (values.iter().min(), values.iter().max());
        assert!(least < Some(&30) && most > Some(&70), "{least:?} to {most:?}");
        assert!(values.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 20));
    }

    #[test]
    fn the_list_is_renewed_every_ten_minutes_and_no_stable_coin_is_wanted() {
        let list = trending(5, NOON, 100);
        assert_eq!(list.coins.len(), WANTED);
        assert_eq!(list, trending(5, NOON.plus(RENEWED_EVERY_MS - 1), 100));
        assert_ne!(list, trending(5, NOON.plus(RENEWED_EVERY_MS), 100));
        assert!(list.coins.iter().all(|wanted| wanted.coin.as_str() != "tether"));
        assert!(list.coins.iter().map(|wanted| wanted.score).eq(0..15));
        assert_eq!(trending(5, NOON, 3).coins.len(), 3);
    }
}
