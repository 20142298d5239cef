mod backfill;
mod candles;
mod hours;
mod random;
mod retention;

use super::*;
use crate::model::{
    Candle, CandleUpdate, CoinId, DatabaseState, Decimal, Interval, MarketEvent, Pair, Price, Signal,
    SignalMetadata, SignalType, Source, Symbol, UnixMillis,
};

fn at(text: &str) -> UnixMillis {
    UnixMillis::parse_rfc3339(text).unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn told(coin: &str, price: &str) -> Price {
    Price {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).unwrap(),
        price: number(price),
        change_24h: None,
        volume_24h: Some(number("1000")),
        source: Source::CoinGecko,
        sources: Source::CoinGecko.into(),
        timestamp: UnixMillis::default(),
        stale: false,
    }
}

fn price(coin: &str, price: &str) -> MarketEvent {
    MarketEvent::Price(told(coin, price))
}

fn candle(interval: Interval, open_at: UnixMillis, volume: u64) -> CandleUpdate {
    let one = Decimal::from(1);
    CandleUpdate {
        pair: Pair::parse("BTC/USDT").unwrap(),
        interval,
        candle: Candle {
            open_at,
            open: one,
            high: one,
            low: one,
            close: one,
            volume: Decimal::from(volume),
            quote_volume: None,
        },
        closed: true,
        source: Source::Binance,
    }
}

fn signal(n: u64, timestamp: UnixMillis) -> MarketEvent {
    MarketEvent::Signal(Signal {
        id: format!("signal_{n}"),
        kind: SignalType::PriceAnomaly,
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("BTC").unwrap(),
        confidence: 0.9,
        high: true,
        description: "a move".to_owned(),
        timestamp,
        metadata: SignalMetadata {
            price_change: 5.0,
            volume_spike: 1.0,
            sources: vec![Source::CoinGecko],
        },
    })
}

/// What is due of one table, with nothing to tell of latest prices.
fn due(history: &mut History, table: Table, now: UnixMillis) -> Vec<Rows> {
    let due = history.due(now, true, Vec::new);
    due.into_iter().filter(|rows| rows.table() == table).collect()
}

fn evicted(history: &History) -> History {
    postcard::from_bytes(&postcard::to_stdvec(history).unwrap()).unwrap()
}

const NOON: &str = "2026-03-04T12:00:00Z";

#[test]
fn signals_are_due_at_once_and_prices_now_and_then() {
    let now = at(NOON);
    let mut history = History::default();
    history.note(&[signal(1, now)], now);
    let latest = || vec![price("bitcoin", "5"), signal(2, now)];
    let first = history.due(now, true, latest);
    let tables: Vec<Table> = first.iter().map(Rows::table).collect();
    assert_eq!(tables, [Table::Signals, Table::PricesLatest]);
    first.iter().for_each(|rows| history.stored(rows, now));

    history.note(&[signal(3, now)], now);
    let unasked = || panic!("latest prices are not due");
    let next = history.due(now.plus(PRICES_EVERY_MS - 1), true, unasked);
    assert!(matches!(next.as_slice(), [Rows::Signals(rows)] if rows.len() == 1));
    assert!(history.due(now.plus(PRICES_EVERY_MS), false, unasked).len() == 1);
    let idle = history.due(now.plus(IDLE_PRICES_EVERY_MS), false, latest);
    assert!(idle.iter().any(|rows| rows.table() == Table::PricesLatest));
}

#[test]
fn a_table_that_fails_holds_back_no_other_and_is_left_alone_for_longer_and_longer() {
    let now = at(NOON);
    let mut history = History::default();
    let mut clock = now;
    let mut pauses = Vec::new();
    history.note(&[signal(1, now)], now);
    for _ in 0..9 {
        let [rows] = due(&mut history, Table::Signals, clock).try_into().unwrap();
        history.failed(&rows, clock);
        let failed_at = clock;
        while due(&mut history, Table::Signals, clock).is_empty() {
            clock = clock.plus(1_000);
        }
        pauses.push(clock.since(failed_at) / 1_000);
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    assert_eq!(history.faults(), 9);

    let update = candle(Interval::M1, clock, 1);
    history.note(&[MarketEvent::Candle(update)], clock);
    let [rows] = due(&mut history, Table::Signals, clock).try_into().unwrap();
    history.failed(&rows, clock);
    assert_eq!(due(&mut history, Table::Candles, clock.plus(10_000)).len(), 1);
    assert_eq!(history.waiting(), 2);
}

#[test]
fn a_store_is_unknown_until_it_was_written_to_and_down_when_it_takes_nothing() {
    let now = at(NOON);
    let mut history = History::default();
    let signals = Rows::Signals(Vec::new());
    let prices = Rows::PricesLatest(Vec::new());
    assert_eq!(history.database(), DatabaseState::Unknown);
    history.stored(&signals, now);
    assert_eq!(history.database(), DatabaseState::Healthy);
    for _ in 0..5 {
        history.failed(&signals, now);
        assert_eq!(
            history.database(),
            DatabaseState::Degraded,
            "one table may be broken"
        );
    }
    history.stored(&prices, now);
    history.failed(&prices, now);
    history.failed(&signals, now);
    assert_eq!(
        history.database(),
        DatabaseState::Degraded,
        "it took something just before"
    );
    history.failed(&prices, now);
    assert_eq!(history.database(), DatabaseState::Down);
    assert_eq!(evicted(&history).database(), DatabaseState::Down);
    let later = now.plus(600_000);
    history.stored(&prices, later);
    assert_eq!(history.database(), DatabaseState::Degraded);
    history.stored(&signals, later);
    assert_eq!(history.database(), DatabaseState::Healthy);
}

#[test]
fn a_success_beside_a_fault_of_the_same_moment_ends_no_pause() {
    let now = at(NOON);
    let mut history = History::default();
    history.note(&[signal(1, now)], now);
    let [rows] = due(&mut history, Table::Signals, now).try_into().unwrap();
    history.failed(&rows, now);
    history.stored(&Rows::Signals(Vec::new()), now);
    assert!(due(&mut history, Table::Signals, now.plus(4_999)).is_empty());
    assert_eq!(due(&mut history, Table::Signals, now.plus(5_000)).len(), 1);
}

#[test]
fn a_clock_that_was_set_back_silences_nothing() {
    let now = at(NOON);
    let mut history = History::default();
    history.note(&[signal(1, now)], now);
    let [rows] = due(&mut history, Table::Signals, now).try_into().unwrap();
    history.failed(&rows, now);
    let before = at("2026-03-03T12:00:00Z");
    history.note(&[MarketEvent::Candle(candle(Interval::M1, before, 1))], now);
    let due = history.due(before, true, || vec![price("bitcoin", "5")]);
    let tables: Vec<Table> = due.iter().map(Rows::table).collect();
    assert_eq!(tables, [Table::Signals, Table::PricesLatest, Table::Candles]);
}

#[test]
fn all_that_can_wait_fits_into_one_value_of_an_objects_storage() {
    let mut history = History::default();
    for day in 0..10_u64 {
        let now = at(NOON).plus(day * 3_600_000);
        let coins = (0..600).map(|n| price(&format!("a-coin-of-quite-a-long-name-{n}"), "12345.678901"));
        history.note(&coins.collect::<Vec<_>>(), now);
        for n in 0..1_000 {
            let minute = at(NOON).plus((day * 1_000 + n) * 60_000);
            let update = candle(Interval::M1, minute, 1);
            history.note(&[signal(day * 1_000 + n, now), MarketEvent::Candle(update)], now);
        }
    }
    assert_eq!(history.waiting(), 500 + 1_200 + 3_000);
    assert!(history.dropped() > 0);
    let size = postcard::to_stdvec(&history).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes");
}
