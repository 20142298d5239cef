use super::*;
use crate::model::SignalType;

/// A market that has seen 60 steps of a coin that moves by 0.04% a step, and of steady volume.
fn warm() -> Market {
    let mut market = market();
    for step in 0..60 {
        let events = apply(
            &mut market,
            vec![quote("ethereum", calm(step), 1e9, at(step))],
            at(step),
        );
        assert_eq!(signals(&events), Vec::<&Signal>::new());
    }
    market
}

fn calm(step: u64) -> f64 {
    if step.is_multiple_of(2) { 2_000.0 } else { 2_000.8 }
}

#[test]
fn a_large_move_is_one_alert_with_all_its_figures() {
    let mut market = warm();
    let events = apply(&mut market, vec![quote("ethereum", 2_040.0, 1e9, at(60))], at(60));
    let found = signals(&events);
    assert_eq!(found.len(), 1);
    let signal = found[0];
    assert_eq!(
        signal.id,
        format!("signal_price_anomaly_ethereum_{}", at(60).get())
    );
    assert_eq!(
        (signal.kind, signal.symbol.as_str()),
        (SignalType::PriceAnomaly, "ETHEREUM")
    );
    assert!(
        signal.confidence > 0.9 && signal.confidence <= 1.0 && signal.high,
        "{}",
        signal.confidence
    );
    assert_eq!(signal.metadata.price_change, 1.9592);
    assert_eq!(signal.metadata.volume_spike, 1.0);
    assert_eq!(signal.metadata.sources, [Source::CoinGecko]);
    assert!(
        signal
            .description
            .starts_with("ETHEREUM rose 1.96% in 5 s to 2040 USD, "),
        "{}",
        signal.description
    );
    // It stays up, falls back, rises: all one move.
    for step in 61..110 {
        let price = if step % 7 == 0 { 2_000.0 } else { 2_040.0 };
        let events = apply(
            &mut market,
            vec![quote("ethereum", price, 1e9, at(step))],
            at(step),
        );
        assert_eq!(signals(&events).len(), 0, "{step}");
    }
}

#[test]
fn a_fall_is_an_alert_that_says_so() {
    let events = apply(&mut warm(), vec![quote("ethereum", 1_960.0, 1e9, at(60))], at(60));
    assert!(signals(&events)[0].description.contains(" fell 2.04% "));
    assert_eq!(signals(&events)[0].metadata.price_change, -2.0392);
}

#[test]
fn the_next_move_after_the_cool_down_is_the_next_alert() {
    let mut market = warm();
    apply(&mut market, vec![quote("ethereum", 2_040.0, 1e9, at(60))], at(60));
    for step in 61..120 {
        apply(
            &mut market,
            vec![quote("ethereum", 2_040.0 + calm(step) - 2_000.0, 1e9, at(step))],
            at(step),
        );
    }
    let events = apply(
        &mut market,
        vec![quote("ethereum", 2_000.0, 1e9, at(121))],
        at(121),
    );
    assert_eq!(signals(&events).len(), 1);
}

#[test]
fn a_burst_of_volume_is_one_alert_until_it_is_over() {
    let mut market = warm();
    let events = apply(
        &mut market,
        vec![quote("ethereum", 2_000.0, 1.8e9, at(60))],
        at(60),
    );
    let found = signals(&events);
    assert_eq!((found.len(), found[0].kind), (1, SignalType::VolumeSpike));
    assert_eq!(
        (found[0].metadata.volume_spike, found[0].metadata.price_change),
        (1.8, -0.04)
    );
    let said =
        "ETHEREUM is traded 1.80 times as much as lately: 1.8 billion USD in 24 hours, price down 0.04%";
    assert_eq!(found[0].description, said);
    // Long past the cool-down it is still the same burst.
    for step in 61..200 {
        let events = apply(
            &mut market,
            vec![quote("ethereum", 2_000.0, 1.7e9, at(step))],
            at(step),
        );
        assert_eq!(signals(&events).len(), 0, "{step}");
    }
}

#[test]
fn before_it_is_warm_nothing_is_unusual() {
    let mut market = market();
    for step in 0..8 {
        let price = 2_000.0 * 1.1_f64.powi(i32::try_from(step).unwrap());
        let events = apply(
            &mut market,
            vec![quote("ethereum", price, price * price, at(step))],
            at(step),
        );
        assert_eq!(signals(&events).len(), 0, "{step}");
    }
}

#[test]
fn warm_is_within_a_minute_of_steps_of_five_seconds() {
    let mut market = market();
    for step in 0..12 {
        apply(
            &mut market,
            vec![quote("ethereum", calm(step), 1e9, at(step))],
            at(step),
        );
    }
    let events = apply(&mut market, vec![quote("ethereum", 2_040.0, 2e9, at(12))], at(12));
    assert_eq!(signals(&events).len(), 2);
}

#[test]
fn a_flat_series_gives_no_signal_ever() {
    let mut market = market();
    for step in 0..2_000 {
        let events = apply(&mut market, vec![quote("tether", 1.0, 1e9, at(step))], at(step));
        assert_eq!(signals(&events).len(), 0);
    }
    // Nor does the least move of it.
    let events = apply(
        &mut market,
        vec![quote("tether", 1.002, 1.2e9, at(2_000))],
        at(2_000),
    );
    assert_eq!(signals(&events).len(), 0);
}

#[test]
fn a_gap_is_not_a_move() {
    let mut market = warm();
    let later = at(60).plus(8 * 3_600_000);
    let events = apply(&mut market, vec![quote("ethereum", 2_200.0, 5e9, later)], later);
    assert_eq!(signals(&events).len(), 0);
}

#[test]
fn unknown_volume_is_no_reason_for_anything() {
    let mut market = market();
    for step in 0..100 {
        let volume_24h = if step % 3 == 0 { None } else { Some(Decimal::ZERO) };
        let quote = Quote {
            volume_24h,
            ..quote("ethereum", calm(step), 1.0, at(step))
        };
        assert_eq!(signals(&apply(&mut market, vec![quote], at(step))).len(), 0);
    }
}

#[test]
fn high_is_what_reaches_the_setting() {
    let high_with = |signal_high_confidence| {
        let market = warm();
        let config = MarketConfig {
            signal_high_confidence,
            ..MarketConfig::default()
        };
        let mut market = Market::restore(&market.snapshot(), config).unwrap();
        let events = apply(&mut market, vec![quote("ethereum", 2_040.0, 1e9, at(60))], at(60));
        signals(&events)[0].high
    };
    assert_eq!((high_with(0.5), high_with(1.0)), (true, false));
}

#[test]
fn a_move_is_measured_by_the_time_it_took() {
    let alerts = |millis| {
        let now = at(59).plus(millis);
        let events = apply(&mut warm(), vec![quote("ethereum", 2_011.0, 1e9, now)], now);
        signals(&events).len()
    };
    assert_eq!((alerts(5_000), alerts(60_000)), (1, 0));
}
