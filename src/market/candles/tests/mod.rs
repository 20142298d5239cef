//! The rules of candles, by what goes in and what comes out.

mod bounds;
mod closing;
mod fixtures;
mod handmade;
mod klines;
mod late;
mod random;
mod seed;
mod tickers;

use std::collections::BTreeMap;

use super::*;
use crate::market::{Market, MarketConfig};
use crate::model::{Candle, CandleUpdate, Decimal, Observation};

/// A Wednesday, 12:00 UTC.
const NOON: UnixMillis = UnixMillis::from_secs(1_764_763_200);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(text: &str) -> UnixMillis {
    UnixMillis::parse_rfc3339(text).unwrap()
}

/// `NOON`, so many minutes and seconds later.
fn time(minutes: u64, seconds: u64) -> UnixMillis {
    NOON.plus(minutes * 60_000 + seconds * 1_000)
}

fn pair() -> Pair {
    Pair::parse("XRP/ETH").unwrap()
}

fn market() -> Market {
    Market::new(MarketConfig::default())
}

fn trade(id: u64, at: UnixMillis, price: u64, amount: &str) -> Trade {
    Trade {
        id,
        at,
        price: price.into(),
        amount: decimal(amount),
    }
}

/// The time of the latest datum, or of the newest minute where that is late: no clock goes back.
fn now(market: &Market, latest: UnixMillis) -> UnixMillis {
    let newest = market.newest_minute(&pair());
    latest.max(NOON).max(newest.unwrap_or_default())
}

/// Applies trades of one provider.
fn trades(market: &mut Market, trades: Vec<Trade>) -> Vec<CandleUpdate> {
    let latest = trades.iter().map(|trade| trade.at).max().unwrap();
    let now = now(market, latest);
    let observation = Observation::Trades {
        pair: pair(),
        source: Source::Binance,
        trades,
    };
    updates(market.apply(observation, now))
}

fn kline(minute: u64, prices: [u64; 4], volume: &str, closed: bool) -> Kline {
    let [open, high, low, close] = prices.map(Decimal::from);
    Kline {
        candle: Candle {
            open_at: time(minute, 0),
            open,
            high,
            low,
            close,
            volume: decimal(volume),
            quote_volume: None,
        },
        closed,
    }
}

fn klines_of(market: &mut Market, source: Source, klines: Vec<Kline>) -> Vec<CandleUpdate> {
    let latest = klines.iter().map(|kline| kline.candle.open_at).max().unwrap();
    let now = now(market, latest.plus(60_000));
    klines_told_at(market, source, klines, now)
}

fn klines_told_at(
    market: &mut Market,
    source: Source,
    klines: Vec<Kline>,
    at: UnixMillis,
) -> Vec<CandleUpdate> {
    let observation = Observation::Klines {
        pair: pair(),
        source,
        klines,
        observed_at: at,
    };
    updates(market.apply(observation, at))
}

fn klines(market: &mut Market, klines: Vec<Kline>) -> Vec<CandleUpdate> {
    klines_of(market, Source::Binance, klines)
}

fn updates(events: Vec<MarketEvent>) -> Vec<CandleUpdate> {
    let updates = events.into_iter().map(|event| match event {
        MarketEvent::Candle(update) => update,
        other => panic!("{other:?}"),
    });
    updates.collect()
}

fn of(updates: &[CandleUpdate], interval: Interval) -> Vec<CandleUpdate> {
    updates
        .iter()
        .filter(|update| update.interval == interval)
        .cloned()
        .collect()
}

/// `12:01 open high low close volume`, and `closed` if it is.
fn shown(updates: &[CandleUpdate], interval: Interval) -> Vec<String> {
    let line = |update: CandleUpdate| {
        let c = update.candle;
        let text = c.open_at.to_string();
        let closed = if update.closed { " closed" } else { "" };
        format!(
            "{} {} {} {} {} {}{closed}",
            text.get(11..16).unwrap(),
            c.open,
            c.high,
            c.low,
            c.close,
            c.volume
        )
    };
    of(updates, interval).into_iter().map(line).collect()
}

fn latest(market: &Market) -> Vec<CandleUpdate> {
    updates(market.latest().collect())
}

/// The last state of every candle that was told.
fn last_states(updates: &[CandleUpdate]) -> BTreeMap<(Interval, UnixMillis), CandleUpdate> {
    let states = updates
        .iter()
        .map(|update| ((update.interval, update.candle.open_at), update.clone()));
    states.collect()
}

fn restored(market: &Market) -> Market {
    let again = Market::restore(&market.snapshot(), MarketConfig::default()).unwrap();
    assert_eq!(&again, market);
    again
}
