use super::*;
use crate::market::bars::Bar;
use crate::market::indicators::Indicators;
use crate::market::signals::chart::usual_range;
use crate::market::signals::finding::confidence;

/// Two hours of swings, half an hour of nearly none.
fn prices() -> Vec<f64> {
    [swinging(0.002, 120), swinging(0.000_2, 30)].concat()
}

fn quiet_range() -> (Coin, u64) {
    Coin::quiet(prices())
}

/// What is told of a bar that closes at `price`.
fn bar(coin: &mut Coin, at: u64, price: f64) -> Vec<Signal> {
    let mut told = coin.tell(quote(price, Source::CoinGecko, minute(at)));
    told.retain(|signal| signal.kind != SignalType::PriceAnomaly);
    assert_eq!(told, [], "a bar is judged when it has ended");
    let end = minute(at + 1);
    coin.tell(quote(price, Source::CoinGecko, end))
}

#[test]
fn a_bar_outside_a_quiet_range_is_one_alert_with_the_documented_confidence() {
    let (mut coin, next) = quiet_range();
    let told = bar(&mut coin, next, 2_020.0);
    assert_eq!(told.len(), 1);
    let signal = &told[0];
    assert_eq!(signal.kind, SignalType::VolatilityBreakout);
    assert_eq!(signal.metadata.price_change, 1.0);
    let mut indicators = Indicators::default();
    for close in &prices()[1..] {
        indicators.next(&Bar {
            high: *close,
            low: *close,
            close: *close,
        });
    }
    let range = usual_range(&indicators, 2_000.0).unwrap();
    assert_eq!(signal.confidence, confidence(20.0 / range, 149.0));
    assert!(
        signal
            .description
            .starts_with("ETH rose out of a quiet range: 1.00% from its middle, "),
        "{}",
        signal.description
    );
    // It goes on and on: one move.
    for n in 2..25 {
        let price = 2_020.0 * 1.003_f64.powi(n);
        let told = coin.tell(quote(
            price,
            Source::CoinGecko,
            minute(next + u64::try_from(n).unwrap()),
        ));
        assert!(
            told.iter()
                .all(|signal| signal.kind != SignalType::VolatilityBreakout)
        );
    }
}

#[test]
fn a_fall_out_of_a_quiet_range_says_so() {
    let (mut coin, next) = quiet_range();
    let told = bar(&mut coin, next, 1_980.0);
    assert!(
        told[0]
            .description
            .starts_with("ETH fell out of a quiet range: 1.00% ")
    );
    assert_eq!(told[0].metadata.price_change, -1.0);
}

#[test]
fn a_small_move_out_of_it_is_none() {
    let (mut coin, next) = quiet_range();
    assert_eq!(bar(&mut coin, next, 2_008.0), []);
}

#[test]
fn what_was_never_wider_is_not_quiet() {
    let (mut coin, next) = Coin::quiet(swinging(0.000_2, 150));
    assert_eq!(bar(&mut coin, next, 2_020.0), []);
}

#[test]
fn after_a_gap_nothing_is_known_of_the_range() {
    let (mut coin, next) = quiet_range();
    assert_eq!(bar(&mut coin, next + 7, 2_020.0), []);
}
