use super::*;
use crate::market::rolling::Rolling;
use crate::market::signals::finding::confidence;
use crate::market::signals::source_divergence::FLOOR;

const SECOND: u64 = 1_000;

/// A coin of which `sources` have said the same, `every` milliseconds, 20 times; and the time to come.
fn agreed(sources: [Source; 2], every: u64) -> (Coin, UnixMillis) {
    let mut coin = Coin::begin(quote(2_000.0, sources[0], T0));
    for n in 1..=20 {
        let price = 2_000.0 + 0.1 * (n % 2) as f64;
        let rivals = sources.map(|source| (source, price));
        assert_eq!(
            coin.tell_with(quote(price, sources[0], T0.plus(n * every)), &rivals),
            []
        );
    }
    (coin, T0.plus(21 * every))
}

/// The times, milliseconds after `from`, at which it is told that the second of `sources` lies `apart` (a
/// fraction) above the first, looking `every` milliseconds.
fn alerts(sources: [Source; 2], every: u64, apart: f64, looks: u64) -> Vec<(u64, Signal)> {
    let (mut coin, from) = agreed(sources, every);
    let mut told = Vec::new();
    for n in 0..looks {
        let price = 2_000.0 + 0.1 * (n % 2) as f64;
        let rivals = [(sources[0], price), (sources[1], price * (1.0 + apart))];
        let signals = coin.tell_with(quote(price, sources[0], from.plus(n * every)), &rivals);
        told.extend(signals.into_iter().map(|signal| (n * every, signal)));
    }
    told
}

#[test]
fn streams_that_lie_apart_for_ten_seconds_are_one_alert_with_the_documented_confidence() {
    let told = alerts([Source::Binance, Source::Bitget], SECOND, 0.02, 600);
    assert_eq!(told.len(), 1);
    let (after, signal) = &told[0];
    assert_eq!((*after, signal.kind), (10 * SECOND, SignalType::SourceDivergence));
    assert_eq!(signal.metadata.sources, [Source::Binance, Source::Bitget]);
    assert_eq!(
        signal.description,
        "ETH is 2.00% apart: 2000 USD at binance, 2040 USD at bitget"
    );

    // It rests on the 20 looks before; while it waits to be told it is not learned.
    let mut usual = Rolling::default();
    let half_life = MarketConfig::default().half_life_ms();
    for _ in 0..20 {
        usual.age(SECOND, half_life);
        usual.add(0.0, FLOOR);
    }
    usual.age(11 * SECOND, half_life);
    let z = usual.z_score(0.02, FLOOR).unwrap();
    assert_eq!(signal.confidence, confidence(z, usual.weight()));
}

#[test]
fn polled_providers_have_a_poll_to_agree_and_two_with_an_exchange() {
    let after = |sources| alerts(sources, 30 * SECOND, 0.02, 60)[0].0;
    assert_eq!(after([Source::CoinGecko, Source::CoinMarketCap]), MINUTE);
    assert_eq!(after([Source::Binance, Source::CoinGecko]), 2 * MINUTE);
}

#[test]
fn a_look_apart_is_none() {
    assert_eq!(
        alerts([Source::CoinGecko, Source::CoinMarketCap], MINUTE, 0.05, 1),
        []
    );
    assert_eq!(alerts([Source::Binance, Source::Bitget], SECOND, 0.05, 9), []);
}

#[test]
fn less_than_a_per_cent_is_none() {
    assert_eq!(
        alerts([Source::Binance, Source::Bitget], SECOND, 0.009_9, 600),
        []
    );
}

#[test]
fn what_is_always_apart_is_usual() {
    let mut coin = Coin::begin(quote(2_000.0, Source::Binance, T0));
    for n in 1..600 {
        let rivals = [
            (Source::Binance, 2_000.0),
            (Source::CoinGecko, 2_050.0 + 2.0 * (n % 3) as f64),
        ];
        let quote = quote(
            2_000.0 + 0.1 * (n % 2) as f64,
            Source::Binance,
            T0.plus(n * 10 * SECOND),
        );
        assert_eq!(coin.tell_with(quote, &rivals), []);
    }
}

#[test]
fn one_provider_cannot_disagree_and_a_price_of_none_is_none() {
    let mut coin = Coin::begin(quote(2_000.0, Source::Binance, T0));
    for n in 1..600 {
        let twice = [
            (Source::Binance, 2_000.0),
            (Source::Bitget, if n < 300 { f64::NAN } else { 0.0 }),
        ];
        let rivals = if n % 50 == 0 { &[][..] } else { &twice };
        let quote = quote(
            2_000.0 + 0.1 * (n % 2) as f64,
            Source::Binance,
            T0.plus(n * SECOND),
        );
        assert_eq!(coin.tell_with(quote, rivals), []);
    }
}
