//! What an exchange's archive would say of the simulated market: candles of every interval, up to now.
//!
//! The last hours are the very trades that [`candles`](super::candles) tells; what is older is sampled ever more coarsely, since a
//! function of the time has no end.

use super::minutes::{Sides, Tape, Traded, add};
use super::{DAY_MS, HOUR_MS};
use crate::model::{Candle, Decimal, Interval, Kline, Pair, UnixMillis};

const SECOND_MS: u64 = 1_000;

/// How far back the market is looked at how often, the farthest first: (age, step), milliseconds. An age begins with a candle of that
/// interval.
const AGES: [(Interval, u64, u64); 4] = [
    (Interval::W1, 60 * DAY_MS, 2 * HOUR_MS),
    (Interval::D1, 9 * DAY_MS, HOUR_MS / 6),
    (Interval::H1, DAY_MS, 30 * SECOND_MS),
    (Interval::H1, 2 * HOUR_MS, SECOND_MS),
];
/// A candle that was looked at less often has no shape.
const LOOKS: u64 = 6;

/// The candles of each interval, oldest first, the running one last.
pub type Past = Vec<(Interval, Vec<Kline>)>;

/// What is known at `now` of the past of each of `pairs` whose two sides are coins of the table. The same for the same arguments.
pub fn past(seed: u64, now: UnixMillis, pairs: &[Pair]) -> Vec<(Pair, Past)> {
    let (markets, sides) = Sides::of_all(pairs);
    let mut pasts = vec![<[Vec<Candle>; Interval::ALL.len()]>::default(); markets.len()];
    let tape = Tape::new(seed);
    for (at, step) in looks(now, &sides) {
        for (past, trade) in pasts.iter_mut().zip(tape.trades(at, &sides)) {
            let Some(trade) = trade.and_then(|trade| lasting(trade, step)) else {
                continue;
            };
            for (candles, interval) in past.iter_mut().zip(Interval::ALL) {
                if interval.millis() >= LOOKS * step {
                    let open_at = interval.floor(at);
                    let running = candles.pop_if(|last| last.open_at == open_at);
                    candles.push(add(running, open_at, trade));
                }
            }
        }
    }
    let told = markets.into_iter().zip(pasts);
    told.map(|(pair, past)| (pair.clone(), klines(past, now)))
        .collect()
}

/// When these markets are looked at, and for how long that stands.
fn looks(now: UnixMillis, markets: &[Sides]) -> Vec<(UnixMillis, u64)> {
    if markets.is_empty() {
        return Vec::new();
    }
    let begins =
        AGES.map(|(interval, age, _)| interval.floor(UnixMillis::new(now.get().saturating_sub(age))));
    let ends = begins.into_iter().skip(1).chain([now.plus(1)]);
    let ages = begins.into_iter().zip(ends).zip(AGES);
    ages.flat_map(|((begin, end), (_, _, step))| {
        let count = end.since(begin).div_ceil(step);
        (0..count).map(move |n| (begin.plus(n * step), step))
    })
    .collect()
}

/// A trade of a second as those of a longer time.
fn lasting(trade: Traded, step: u64) -> Option<Traded> {
    if step == SECOND_MS {
        return Some(trade);
    }
    let amount = trade.amount.checked_mul(Decimal::from(step / SECOND_MS))?;
    Some(Traded { amount, ..trade })
}

fn klines(past: [Vec<Candle>; Interval::ALL.len()], now: UnixMillis) -> Past {
    let of = |(interval, candles): (Interval, Vec<Candle>)| {
        let kline = |candle: Candle| Kline {
            closed: interval.end(candle.open_at) <= now,
            candle,
        };
        (interval, candles.into_iter().map(kline).collect())
    };
    Interval::ALL.into_iter().zip(past).map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::candles;
    use super::*;
    use crate::model::Observation;

    const NOON: UnixMillis = UnixMillis::from_secs(1_795_176_000);

    fn bitcoin(now: UnixMillis) -> BTreeMap<Interval, Vec<Kline>> {
        let pairs = [Pair::parse("BTC/USDT").unwrap()];
        past(5, now, &pairs).remove(0).1.into_iter().collect()
    }

    #[test]
    fn there_is_enough_of_it_for_a_chart_of_every_interval() {
        let past = bitcoin(NOON.plus(1_234_567));
        let counts: Vec<usize> = past.values().map(Vec::len).collect();
        let least = [120, 288, 96, 216, 54, 60, 8];
        for (count, least) in counts.iter().zip(least) {
            assert!((least..2 * least).contains(count), "{counts:?}");
        }
    }

    #[test]
    fn its_candles_follow_each_other_and_only_the_last_one_runs() {
        for (interval, klines) in bitcoin(NOON.plus(1_234_567)) {
            for two in klines.windows(2) {
                assert_eq!(
                    interval.end(two[0].candle.open_at),
                    two[1].candle.open_at,
                    "{interval}"
                );
                assert!(two[0].closed);
            }
            let last = klines.last().unwrap();
            assert!(!last.closed, "{interval}");
            let moves = klines.iter().filter(|kline| kline.candle.high > kline.candle.low);
            assert!(moves.count() * 10 >= klines.len() * 9, "{interval}");
        }
    }

    #[test]
    fn its_minutes_are_those_that_were_told_at_their_time() {
        let now = NOON.plus(1_234_567);
        let minutes = bitcoin(now).remove(&Interval::M1).unwrap();
        let pairs = [Pair::parse("BTC/USDT").unwrap()];
        for kline in &minutes {
            let at = Interval::M1.end(kline.candle.open_at).min(now);
            let told = match candles(5, at, &pairs).remove(0) {
                Observation::Klines { klines, .. } => klines,
                other => panic!("{other:?}"),
            };
            assert!(told.contains(kline), "{kline:?}");
        }
    }

    #[test]
    fn a_longer_candle_is_made_of_the_shorter_ones() {
        let past = bitcoin(NOON.plus(1_234_567));
        let minutes = &past[&Interval::M1];
        let from = Interval::H1.end(minutes[0].candle.open_at);
        for long in [Interval::M5, Interval::M15, Interval::H1] {
            for kline in past[&long].iter().filter(|kline| kline.candle.open_at >= from) {
                let parts = minutes.iter().map(|minute| &minute.candle);
                let parts: Vec<&Candle> = parts
                    .filter(|it| long.floor(it.open_at) == kline.candle.open_at)
                    .collect();
                assert_eq!(kline.candle.high, parts.iter().map(|it| it.high).max().unwrap());
                assert_eq!(kline.candle.low, parts.iter().map(|it| it.low).min().unwrap());
                assert_eq!(kline.candle.close, parts.last().unwrap().close);
                let volume = parts
                    .iter()
                    .fold(Decimal::default(), |sum, it| sum.saturating_add(it.volume));
                assert_eq!(kline.candle.volume, volume);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn any_seed_at_any_time_has_one(seed: u64, now: u64) {
            let pairs = [Pair::parse("BTC/USDT").unwrap(), Pair::parse("NONE/USDT").unwrap()];
            prop_assert_eq!(past(seed, UnixMillis::new(now), &pairs).len(), 1);
        }
    }
}
