//! The market as a whole, as cycles and several providers bring it about.

use super::*;
use crate::model::{FearGreed, SentimentLevel};

const HOUR: u64 = 3_600_000;

fn index(value: u8, observed_at: UnixMillis) -> Observation {
    Observation::FearGreed(FearGreed {
        value,
        classification: None,
        source: Source::AlternativeMe,
        observed_at,
    })
}

#[test]
fn however_often_prices_come_the_market_is_looked_at_every_five_seconds() {
    let mut market = market();
    let mut told = Vec::new();
    for tick in 0..100 {
        let now = T0.plus(tick * 200);
        let quote = Quote {
            change_24h: Decimal::from_f64(1.0 + tick as f64 / 10.0, 6),
            ..quote("bitcoin", 100.0, 1e9 + tick as f64, now)
        };
        let events = apply(&mut market, vec![quote], now);
        assert_eq!(prices(&events).len(), 1);
        if let Some(sentiment) = sentiment(&events) {
            assert!(volume(&events).is_some());
            told.push(sentiment.timestamp.since(T0));
        }
    }
    assert!((4..=5).contains(&told.len()), "{told:?}");
    assert!(told.windows(2).all(|pair| pair[1] - pair[0] >= 4_000), "{told:?}");
}

#[test]
fn the_fear_and_greed_index_is_a_quarter_of_the_mood_for_48_hours() {
    let mut market = market();
    market.apply(index(80, T0), T0);
    let mut cycle = |hours: u64| {
        let now = T0.plus(hours * HOUR);
        market.apply(Observation::Global(global("1e8", now)), now);
        let quote = Quote {
            market_cap: Some(decimal("4e7")),
            ..told("bitcoin", ["", &format!("-5.000{hours}"), ""], now)
        };
        sentiment(&apply(&mut market, vec![quote], now)).cloned().unwrap()
    };
    // Prices: (-1 - tanh(1.00002)) / 2 = -0.8808; the index: 0.6. Coverage 0.4.
    let fresh = cycle(48);
    assert_eq!((fresh.score, fresh.confidence), (-0.5106, 0.55));
    assert_eq!(fresh.level, SentimentLevel::Bearish);
    assert_eq!(fresh.fear_greed.as_ref().map(|index| index.value), Some(80));
    let stale = cycle(49);
    assert_eq!(
        (stale.score, stale.confidence, stale.fear_greed),
        (-0.8808, 0.4, None)
    );
}

#[test]
fn an_index_of_an_earlier_day_does_not_replace_a_later_one() {
    let mut market = market();
    market.apply(index(10, after(60)), after(60));
    market.apply(index(90, after(0)), after(61));
    let events = apply(
        &mut market,
        vec![told("bitcoin", ["", "1", ""], after(61))],
        after(61),
    );
    let told = sentiment(&events).and_then(|it| it.fear_greed.as_ref());
    assert_eq!(told.map(|index| index.value), Some(10));
    assert_eq!(market.late_count(), 1);
    // Without coins there is no mood, whatever the index.
    let mut empty = super::market();
    empty.apply(index(10, T0), T0);
    assert_eq!(empty.assess(T0), []);
}

#[test]
fn the_summary_does_not_flicker_between_two_providers() {
    let mut market = market();
    let mut hear = |source, cap: &str, minute| {
        let stats = GlobalStats {
            source,
            ..global(cap, after(minute))
        };
        let events = market.apply(Observation::Global(stats), after(minute));
        match &events[..] {
            [MarketEvent::Summary(summary)] => Some((summary.source, summary.total_market_cap.to_string())),
            _ => None,
        }
    };
    let of = |source, cap: &str| Some((source, cap.to_owned()));
    use Source::{CoinGecko, CoinMarketCap};
    // Who comes first is told until a provider that comes before it speaks.
    assert_eq!(hear(CoinMarketCap, "90", 0), of(CoinMarketCap, "90"));
    assert_eq!(hear(CoinGecko, "100", 1), of(CoinGecko, "100"));
    for minute in 2..6 {
        assert_eq!(hear(CoinMarketCap, "91", minute), None);
        let cap = (100 + minute).to_string();
        assert_eq!(hear(CoinGecko, &cap, minute), of(CoinGecko, &cap));
    }
    // Silent for three polls, it gives way; back again, it is told, even with older figures.
    assert_eq!(hear(CoinMarketCap, "92", 8), None);
    assert_eq!(hear(CoinMarketCap, "93", 9), of(CoinMarketCap, "93"));
    assert_eq!(hear(CoinGecko, "107", 9), of(CoinGecko, "107"));
    assert_eq!(market.late_count(), 0);
}

#[test]
fn the_volume_trend_compares_a_provider_with_itself() {
    let mut market = market();
    let mut cycle = |source, volume_24h: &str, minute| {
        let now = after(minute);
        let stats = GlobalStats {
            source,
            total_volume_24h: decimal(volume_24h),
            ..global("100", now)
        };
        market.apply(Observation::Global(stats), now);
        let price = 1.0 + minute as f64;
        volume(&apply(&mut market, vec![quote("bitcoin", price, 10.0, now)], now)).cloned()
    };
    for minute in 0..20 {
        cycle(Source::CoinMarketCap, "1000", minute);
    }
    let other = cycle(Source::CoinGecko, "2000", 20).unwrap();
    assert_eq!((other.change, other.source), (None, Source::CoinGecko));
    for minute in 21..40 {
        cycle(Source::CoinGecko, "2000", minute);
    }
    assert_eq!(cycle(Source::CoinGecko, "2100", 40).unwrap().change, Some(5.0));
}
