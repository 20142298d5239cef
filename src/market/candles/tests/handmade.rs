//! Trades made by hand, held against bars that a plain reference makes of them: what the recordings of
//! `fixtures.rs` show, on a machine that has none.

use super::*;

/// Milliseconds around a Monday's midnight, UTC, when a minute, five minutes, a day and a week begin: identifier, when it
/// was, price, amount.
const TRADES: [(u64, i64, u64, &str); 16] = [
    // The last minute of the week, to its last millisecond.
    (1, -59_999, 100, "1.5"),
    (2, -30_000, 104, "0.25"),
    (3, -30_000, 97, "2"),
    (4, -1, 101, "1"),
    // Midnight itself is the new week's.
    (5, 0, 102, "0.125"),
    (6, 1, 99, "3"),
    (7, 59_999, 103, "1"),
    // A minute of one trade, on its border.
    (8, 60_000, 98, "7"),
    // None in the third, the fourth and the fifth.
    (9, 300_000, 105, "0.5"),
    (10, 301_000, 96, "0.5"),
    (11, 359_999, 100, "2"),
    (12, 360_000, 110, "1"),
    (13, 420_000, 90, "1"),
    (14, 599_999, 95, "4"),
    (15, 600_000, 94, "2"),
    (16, 660_500, 93, "1"),
];

const MIDNIGHT: &str = "2026-11-16T00:00:00Z";

/// `[open, high, low, close, volume]` of each bar that has trades, by when it begins.
type Bars = BTreeMap<u64, [Decimal; 5]>;

fn made() -> Vec<Trade> {
    let midnight = at(MIDNIGHT).get() as i64;
    let trades = TRADES
        .map(|(id, ms, price, amount)| trade(id, UnixMillis::new((midnight + ms) as u64), price, amount));
    trades.to_vec()
}

/// The rule in the plainest words, with nothing of the code under test: a trade is of the bar in whose time it was, bars
/// begin at multiples of their length counted from a Monday, trades are in the order of their times, then of their identifiers.
fn reference(trades: &[Trade], length_ms: u64) -> Bars {
    const FIRST_MONDAY: u64 = 4 * 86_400_000;
    let in_order: BTreeMap<_, _> = trades.iter().map(|trade| ((trade.at, trade.id), trade)).collect();
    let mut bars = Bars::new();
    for trade in in_order.into_values() {
        let since_monday = trade.at.get() - FIRST_MONDAY;
        let open_at = since_monday - since_monday % length_ms + FIRST_MONDAY;
        let Trade { price, amount, .. } = *trade;
        let bar = bars
            .entry(open_at)
            .or_insert([price, price, price, price, Decimal::from(0)]);
        *bar = [
            bar[0],
            bar[1].max(price),
            bar[2].min(price),
            price,
            bar[4].checked_add(amount).unwrap(),
        ];
    }
    bars
}

/// The last word of every bar that had a trade, and whether all but the running one have ended.
fn told(updates: &[CandleUpdate], interval: Interval) -> Bars {
    let bars = last_states(updates)
        .into_iter()
        .filter(|((of, _), it)| *of == interval && !it.candle.volume.is_zero());
    bars.map(|((_, open_at), it)| {
        assert!(it.closed, "{interval:?} of {open_at} has not ended");
        let c = it.candle;
        (open_at.get(), [c.open, c.high, c.low, c.close, c.volume])
    })
    .collect()
}

/// What is told of trades that come in these batches, each at the time of the latest so far.
fn fed(batches: &[Vec<Trade>]) -> Vec<CandleUpdate> {
    let (mut market, mut now, mut told) = (market(), UnixMillis::default(), Vec::new());
    for batch in batches {
        now = batch.iter().map(|trade| trade.at).fold(now, UnixMillis::max);
        let observation = Observation::Trades {
            pair: pair(),
            source: Source::Binance,
            trades: batch.clone(),
        };
        told.extend(updates(market.apply(observation, now)));
        market = restored(&market);
    }
    told.extend(updates(market.close_minutes(now.plus(8 * 86_400_000))));
    told
}

#[track_caller]
fn check(batches: &[Vec<Trade>]) {
    let updates = fed(batches);
    for interval in Interval::ALL {
        assert_eq!(
            told(&updates, interval),
            reference(&made(), interval.millis()),
            "{interval:?}"
        );
    }
}

#[test]
fn the_reference_itself_by_hand() {
    let bars = |length_ms| {
        let midnight = at(MIDNIGHT).get() as i64;
        let bars = reference(&made(), length_ms).into_iter();
        bars.map(|(open_at, bar)| {
            (
                (open_at as i64 - midnight) / 60_000,
                bar.map(|it| it.to_string()).join(" "),
            )
        })
        .collect::<Vec<_>>()
    };
    let minutes = bars(60_000);
    assert_eq!(minutes.len(), 9);
    assert_eq!(minutes[0], (-1, "100 104 97 101 4.75".to_owned()));
    assert_eq!(minutes[1], (0, "102 103 99 103 4.125".to_owned()));
    assert_eq!(minutes[2], (1, "98 98 98 98 7".to_owned()));
    assert_eq!(minutes[3], (5, "105 105 96 100 3.0".to_owned()));
    let fives = bars(300_000);
    assert_eq!(fives[0], (-5, "100 104 97 101 4.75".to_owned()));
    assert_eq!(fives[1], (0, "102 103 98 98 11.125".to_owned()));
    assert_eq!(fives[2], (5, "105 110 90 95 9.0".to_owned()));
    assert_eq!(bars(7 * 86_400_000).len(), 2);
}

#[test]
fn trades_one_by_one_and_all_at_once() {
    let all = made();
    check(&all.iter().map(|trade| vec![trade.clone()]).collect::<Vec<_>>());
    check(&all.chunks(3).map(<[Trade]>::to_vec).collect::<Vec<_>>());
}

#[test]
fn trades_that_come_twice_count_once() {
    let batches: Vec<Vec<Trade>> = made().windows(3).map(<[Trade]>::to_vec).collect();
    check(&batches);
}

#[test]
fn trades_that_come_late_amend_what_has_closed() {
    let mut all = made();
    // The highest of the week's last minute comes after midnight, the first of the week's first minute a minute later.
    let (high, first) = (all.remove(1), all.remove(3));
    assert_eq!((high.id, first.id), (2, 5));
    all.insert(4, high);
    all.insert(7, first);
    // Numbers are in the order in which they come.
    let numbered = all
        .into_iter()
        .zip(1..)
        .map(|(trade, id)| vec![Trade { id, ..trade }]);
    check(&numbered.collect::<Vec<_>>());
}
