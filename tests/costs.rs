//! Recomputes the rows of an idle hub's day and holds `docs/COSTS.md` and the free plan against them.

// All of it is a test: to panic is to fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use cryptointel::history::{History, KEPT_DAYS, Kept, Rows, Table};
use cryptointel::model::{
    Candle, CandleUpdate, CoinId, Decimal, Interval, MarketEvent, Pair, Price, Source, Symbol, UnixMillis,
};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 1_440 * MINUTE_MS;
/// D1 on the free plan, each day.
const FREE_ROWS_WRITTEN: u64 = 100_000;
/// The defaults of `TRACKED_COINS` and `CANDLE_PAIRS`.
const COINS: usize = 100;
const PAIRS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "SOL/USDT"];

fn prices(now: UnixMillis) -> Vec<MarketEvent> {
    let price = |n: usize| Price {
        coin: CoinId::new(&format!("coin-{n}")).unwrap(),
        symbol: Symbol::new(&format!("C{n}")).unwrap(),
        price: Decimal::from(now.get()),
        change_24h: None,
        volume_24h: None,
        source: Source::CoinGecko,
        sources: Source::CoinGecko.into(),
        timestamp: now,
        stale: false,
    };
    (0..COINS).map(|n| MarketEvent::Price(price(n))).collect()
}

/// All candles that end at `now`.
fn closing(now: UnixMillis) -> Vec<MarketEvent> {
    let one = Decimal::from(1);
    let closing = Interval::ALL.into_iter().filter_map(|interval| {
        let open_at = interval.floor(UnixMillis::new(now.get() - 1));
        (interval.end(open_at) == now).then_some((interval, open_at))
    });
    let update = |(interval, open_at): (Interval, UnixMillis), pair: &str| {
        MarketEvent::Candle(CandleUpdate {
            pair: Pair::parse(pair).unwrap(),
            interval,
            candle: Candle {
                open_at,
                open: one,
                high: one,
                low: one,
                close: one,
                volume: one,
                quote_volume: None,
            },
            closed: true,
            source: Source::Binance,
        })
    };
    closing
        .flat_map(|candle| PAIRS.map(|pair| update(candle, pair)))
        .collect()
}

/// A lively day's signals, and the rows that each is: its own, and one of each index.
const SIGNALS: u64 = 200;
const ROWS_A_SIGNAL: u64 = 3;

/// Rows written in a week of cycles, one every `step` milliseconds, divided by its days and rounded up.
fn rows_a_day(somebody: bool, step: u64) -> BTreeMap<Table, u64> {
    let begin = UnixMillis::parse_rfc3339("2026-03-02T00:00:00Z").unwrap();
    let mut history = History::default();
    let mut written: BTreeMap<Table, u64> = BTreeMap::new();
    // And half a minute more: the last candles wait for others.
    for n in MINUTE_MS / step..=(7 * DAY_MS + 30_000) / step {
        let now = begin.plus(n * step);
        if now.get().is_multiple_of(MINUTE_MS) {
            history.note(&prices(now), now);
            history.note(&closing(now), now);
        }
        for rows in history.due(now, somebody, || prices(now)) {
            *written.entry(rows.table()).or_default() += rows.len() as u64;
            history.stored(&rows, now);
            assert!(matches!(rows, Rows::PricesLatest(_)) || !rows.is_empty());
        }
    }
    assert!(history.waiting() <= COINS + PAIRS.len() * Interval::ALL.len());
    written
        .into_iter()
        .map(|(table, rows)| (table, rows.div_ceil(7)))
        .collect()
}

/// Rows deleted a day once there are rows that are old enough: as many as come in.
fn deleted_a_day() -> u64 {
    let of = |what: Kept| match what {
        Kept::Candles(interval) => PAIRS.len() as u64 * DAY_MS / interval.millis(),
        Kept::PricesHourly => 24 * COINS as u64,
        Kept::Signals => SIGNALS,
    };
    KEPT_DAYS.iter().map(|(what, _)| of(*what)).sum()
}

#[test]
fn an_idle_hub_stays_below_half_of_the_rows_that_the_free_plan_has() {
    let written = rows_a_day(false, MINUTE_MS);
    assert_eq!(written[&Table::PricesLatest], 28_800);
    assert_eq!(written[&Table::PricesHourly], 2_400);
    assert_eq!(written[&Table::Candles], 5_566);
    assert_eq!(deleted_a_day(), 8_144);
    let total = total(&written);
    assert_eq!(total, 45_510);
    assert!(total < FREE_ROWS_WRITTEN / 2);
    says(&["28,800", "2,400", "5,566", "8,144", "45,510"]);
}

#[test]
fn somebody_around_the_clock_is_more_than_the_free_plan_has() {
    let written = rows_a_day(true, 5_000);
    assert_eq!(written[&Table::PricesLatest], 144_000);
    assert_eq!(written[&Table::Candles], 5_566);
    let total = total(&written);
    assert_eq!(total, 160_710);
    assert!(total > FREE_ROWS_WRITTEN);
    says(&["144,000", "160,710"]);
}

fn total(written: &BTreeMap<Table, u64>) -> u64 {
    written.values().sum::<u64>() + SIGNALS * ROWS_A_SIGNAL + deleted_a_day()
}

fn says(figures: &[&str]) {
    let costs = include_str!("../docs/COSTS.md");
    for figure in figures {
        assert!(costs.contains(figure), "docs/COSTS.md does not say {figure}");
    }
}
