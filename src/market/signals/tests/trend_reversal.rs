use super::*;
use crate::market::bars::Bar;
use crate::market::indicators::Indicators;
use crate::market::signals::chart::usual_range;
use crate::market::signals::finding::confidence;

/// Small swings, a rise of 6% in 20 minutes, and a fall of 0.3% a minute.
fn rise_and_fall() -> Vec<f64> {
    let rise = going(0.003, 20);
    let top = *rise.last().unwrap();
    let fall = (1..=20).map(|n| top * 0.997_f64.powi(n));
    swinging(0.001, 60).into_iter().chain(rise).chain(fall).collect()
}

#[test]
fn a_strong_rise_that_turns_is_one_alert_with_the_documented_confidence() {
    let prices = rise_and_fall();
    let (_, told, _) = Coin::told(prices.clone());
    assert_eq!(kinds(&told), [SignalType::TrendReversal]);
    let (at, signal) = &told[0];
    // The price of a minute ends the bar of the minute before; the first price is no bar.
    let bars = usize::try_from(*at).unwrap();
    let top = prices[79];
    assert!((80..100).contains(&bars), "{bars}");

    let mut indicators = Indicators::default();
    let mut strongest: f64 = 0.0;
    for close in &prices[1..bars] {
        indicators.next(&Bar {
            high: *close,
            low: *close,
            close: *close,
        });
        strongest = strongest.max(indicators.rsi().map_or(0.0, |rsi| rsi - 50.0));
    }
    let close = prices[bars - 1];
    let retreat = (top - close) / usual_range(&indicators, close).unwrap();
    assert!(retreat >= 3.5 && strongest >= 30.0 && indicators.histogram().unwrap() < 0.0);
    assert_eq!(
        signal.confidence,
        confidence(retreat + strongest / 10.0, (bars - 1) as f64)
    );
    let change = (close / top - 1.0) * 100.0;
    assert!((signal.metadata.price_change - change).abs() < 1e-4);
    let said = format!(
        "ETH turned down after a strong trend: {:.2}% from its high, {retreat:.1} times its usual range",
        change.abs()
    );
    assert_eq!(signal.description, said);
    assert_eq!(
        signal.id,
        format!("signal_trend_reversal_ethereum_{}", minute(*at).get())
    );
}

#[test]
fn a_strong_fall_that_turns_is_the_same_upside_down() {
    let mirrored = |price: f64| 2_000.0 * 2_000.0 / price;
    let (_, rises, _) = Coin::told(rise_and_fall());
    let (_, falls, _) = Coin::told(rise_and_fall().into_iter().map(mirrored));
    assert_eq!(kinds(&falls), [SignalType::TrendReversal]);
    assert!(
        falls[0]
            .1
            .description
            .starts_with("ETH turned up after a strong trend: ")
    );
    assert!(falls[0].1.metadata.price_change > 0.0);
    assert!(falls[0].0.abs_diff(rises[0].0) <= 1);
}

#[test]
fn a_trend_that_pauses_has_not_turned() {
    let rise = going(0.003, 20);
    let top = *rise.last().unwrap();
    let pause = (0..60).map(|n| top * (1.0 - 0.001 * f64::from(n % 2)));
    let prices = swinging(0.001, 60).into_iter().chain(rise).chain(pause);
    assert_eq!(Coin::told(prices).1, []);
}

#[test]
fn a_fall_without_a_trend_before_it_turns_nothing() {
    let fall = going(-0.003, 10);
    let (_, told, _) = Coin::told(swinging(0.001, 60).into_iter().chain(fall));
    assert!(!kinds(&told).contains(&SignalType::TrendReversal));
}
