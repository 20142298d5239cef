//! Tests of the model as a whole, by what goes in and what comes out.

mod merge;
mod moods;
mod prices;
mod providers;
mod replay;
mod several;
mod signals;
mod statistics;
mod tickers;
mod whole;

use super::*;
use crate::model::{
    CoinId, Decimal, GlobalStats, MarketEvent, MarketSentiment, MarketVolume, Observation, Price, Quote,
    Signal, Source, Symbol, UnixMillis,
};

const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);
const STEP: u64 = 5_000;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(step: u64) -> UnixMillis {
    T0.plus(step * STEP)
}

/// So many minutes after the start.
fn after(minutes: u64) -> UnixMillis {
    T0.plus(minutes * 60_000)
}

fn quote(coin: &str, price: f64, volume: f64, observed_at: UnixMillis) -> Quote {
    Quote {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).unwrap(),
        price: Decimal::from_f64(price, 9).unwrap(),
        change_1h: None,
        change_24h: Some(decimal("1.5")),
        change_7d: None,
        volume_24h: Decimal::from_f64(volume, 9),
        market_cap: Decimal::from_f64(price * 1e6, 9),
        source: Source::CoinGecko,
        observed_at,
    }
}

/// A quote that tells changes of an hour, a day and a week; empty: it does not.
fn told(coin: &str, changes: [&str; 3], now: UnixMillis) -> Quote {
    let change = |text: &str| (!text.is_empty()).then(|| decimal(text));
    let [change_1h, change_24h, change_7d] = changes.map(change);
    Quote {
        change_1h,
        change_24h,
        change_7d,
        ..quote(coin, 100.0, 1e6, now)
    }
}

fn global(cap: &str, observed_at: UnixMillis) -> GlobalStats {
    GlobalStats {
        total_market_cap: decimal(cap),
        total_volume_24h: decimal("95133256404.37308"),
        bitcoin_dominance: decimal("57.9539332566265"),
        active_cryptocurrencies: 17_397,
        market_cap_change_24h: None,
        source: Source::CoinGecko,
        observed_at,
    }
}

fn market() -> Market {
    Market::new(MarketConfig::default())
}

/// A cycle in which a provider says this.
fn apply(market: &mut Market, quotes: Vec<Quote>, now: UnixMillis) -> Vec<MarketEvent> {
    let mut events = market.apply(Observation::Quotes(quotes), now);
    events.extend(market.assess(now));
    events
}

fn prices(events: &[MarketEvent]) -> Vec<&Price> {
    let prices = events.iter().filter_map(|event| match event {
        MarketEvent::Price(price) => Some(price),
        _ => None,
    });
    prices.collect()
}

fn signals(events: &[MarketEvent]) -> Vec<&Signal> {
    let signals = events.iter().filter_map(|event| match event {
        MarketEvent::Signal(signal) => Some(signal),
        _ => None,
    });
    signals.collect()
}

fn sentiment(events: &[MarketEvent]) -> Option<&MarketSentiment> {
    events.iter().find_map(|event| match event {
        MarketEvent::Sentiment(sentiment) => Some(sentiment),
        _ => None,
    })
}

fn volume(events: &[MarketEvent]) -> Option<&MarketVolume> {
    events.iter().find_map(|event| match event {
        MarketEvent::Volume(volume) => Some(volume),
        _ => None,
    })
}
