//! What a hub writes to D1 and deletes there in a day, by its own code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cryptointel::history::{History, KEPT_DAYS, Kept, Rows, Table};
use cryptointel::model::{
    Candle, CandleUpdate, CoinId, Decimal, Interval, MarketEvent, Pair, Price, Source, Symbol, UnixMillis,
};
use cryptointel::settings::Settings;

const MINUTE_MS: u64 = 60_000;
pub const DAY_MS: u64 = 1_440 * MINUTE_MS;

/// The defaults.
pub fn settings() -> Settings {
    Settings::read(|name| (name == "JWT_SECRET").then(|| "0123456789abcdef0123456789abcdef".to_owned()))
        .unwrap()
}

pub fn coins() -> u64 {
    settings().feed.tracked_coins.into()
}

pub fn pairs() -> u64 {
    settings().feed.candle_pairs.len() as u64
}

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
    (0..coins() as usize)
        .map(|n| MarketEvent::Price(price(n)))
        .collect()
}

/// All candles that end at `now`.
fn closing(now: UnixMillis) -> Vec<MarketEvent> {
    let one = Decimal::from(1);
    let closing = Interval::ALL.into_iter().filter_map(|interval| {
        let open_at = interval.floor(UnixMillis::new(now.get() - 1));
        (interval.end(open_at) == now).then_some((interval, open_at))
    });
    let pairs = settings().feed.candle_pairs;
    let update = |(interval, open_at): (Interval, UnixMillis), pair: &Pair| {
        MarketEvent::Candle(CandleUpdate {
            pair: pair.clone(),
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
        .flat_map(|candle| pairs.iter().map(move |pair| update(candle, pair)))
        .collect()
}

/// A lively day's signals, and the rows that each is: its own, and one of each index.
pub const SIGNALS: u64 = 200;
pub const ROWS_A_SIGNAL: u64 = 3;

/// Rows written in a day: of the cron alone, or of cycles for somebody. One count serves all tests.
pub fn rows_a_day(somebody: bool) -> &'static BTreeMap<Table, u64> {
    static IDLE: LazyLock<BTreeMap<Table, u64>> = LazyLock::new(|| count(false, MINUTE_MS));
    static BUSY: LazyLock<BTreeMap<Table, u64>> = LazyLock::new(|| count(true, settings().feed.interval_ms));
    if somebody { &BUSY } else { &IDLE }
}

/// Rows written in a week of cycles, one every `step` milliseconds, divided by its days and rounded up.
fn count(somebody: bool, step: u64) -> BTreeMap<Table, u64> {
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
    assert!(history.waiting() <= coins() as usize + pairs() as usize * Interval::ALL.len());
    written
        .into_iter()
        .map(|(table, rows)| (table, rows.div_ceil(7)))
        .collect()
}

/// Rows of one kind that are deleted a day once there are some that are old enough: as many as come in.
pub fn deleted_of(what: Kept) -> u64 {
    match what {
        Kept::Candles(interval) => pairs() * DAY_MS / interval.millis(),
        Kept::PricesHourly => 24 * coins(),
        Kept::Signals => SIGNALS,
    }
}

pub fn deleted_a_day() -> u64 {
    KEPT_DAYS.iter().map(|(what, _)| deleted_of(*what)).sum()
}

pub fn total(written: &BTreeMap<Table, u64>) -> u64 {
    written.values().sum::<u64>() + SIGNALS * ROWS_A_SIGNAL + deleted_a_day()
}
