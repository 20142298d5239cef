use super::*;

fn one(market: &mut Market, price: f64, observed_at: UnixMillis, now: UnixMillis) -> usize {
    prices(&apply(
        market,
        vec![quote("bitcoin", price, 1e9, observed_at)],
        now,
    ))
    .len()
}

#[test]
fn only_what_changed_is_told() {
    let mut market = market();
    assert_eq!(one(&mut market, 100.0, at(0), at(0)), 1);
    assert_eq!(one(&mut market, 100.0, at(0), at(1)), 0);
    assert_eq!(one(&mut market, 100.0, at(2), at(2)), 1);
    assert_eq!(one(&mut market, 101.0, at(2), at(3)), 1);
}

#[test]
fn a_late_quote_is_dropped_and_counted() {
    let mut market = market();
    one(&mut market, 100.0, at(5), at(5));
    assert_eq!(one(&mut market, 99.0, at(4), at(6)), 0);
    assert_eq!(market.late_count(), 1);
    assert_eq!(
        prices(&market.latest().collect::<Vec<_>>())[0].price,
        decimal("100")
    );
}

#[test]
fn digits_reach_the_event_as_they_came() {
    let mut market = market();
    let price = decimal("0.00000000007821066970851871");
    let quote = Quote {
        price,
        ..quote("shiba-inu", 1.0, 1.0, at(0))
    };
    assert_eq!(
        prices(&apply(&mut market, vec![quote], at(0)))[0]
            .price
            .to_string(),
        price.to_string()
    );
}

#[test]
fn an_unconfirmed_price_is_told_as_stale_once_and_as_fresh_again() {
    let mut market = market();
    one(&mut market, 100.0, at(0), at(0));
    market.apply(Observation::Global(global("5", at(0))), at(0));
    assert_eq!(market.mark_stale(T0.plus(180_000)), []);
    let events = market.mark_stale(T0.plus(180_001));
    assert!(prices(&events)[0].stale);
    assert!(matches!(&events[1], MarketEvent::Summary(summary) if summary.stale));
    assert_eq!((events.len(), market.mark_stale(T0.plus(500_000)).len()), (2, 0));

    // Confirmed as it was, it is news that it is fresh.
    let events = apply(
        &mut market,
        vec![quote("bitcoin", 100.0, 1e9, at(0))],
        T0.plus(600_000),
    );
    assert!(!prices(&events)[0].stale);
    let events = market.apply(Observation::Global(global("5", at(0))), T0.plus(600_000));
    assert!(matches!(&events[..], [MarketEvent::Summary(summary)] if !summary.stale));
}

#[test]
fn what_is_confirmed_without_a_change_does_not_become_stale() {
    let mut market = market();
    for minute in 0..10 {
        let now = T0.plus(minute * 60_000);
        one(&mut market, 100.0, at(0), now);
        assert_eq!(market.mark_stale(now.plus(170_000)), []);
    }
}

#[test]
fn the_coin_that_was_unseen_for_longest_gives_way() {
    let mut market = market();
    let batch = |from: usize, to: usize, now| -> Vec<Quote> {
        (from..to)
            .map(|n| quote(&format!("coin-{n}"), 1.0 + n as f64, 1e6, now))
            .collect()
    };
    apply(&mut market, batch(0, MAX_ASSETS, at(0)), at(0));
    // All but coin-77 are seen again, and two newcomers, the first of which replaces it.
    let mut second = batch(0, MAX_ASSETS, at(1));
    second.remove(77);
    second.insert(0, quote("newcomer", 5_000.0, 1e6, at(1)));
    second.insert(1, quote("tiny", 0.001, 1e6, at(1)));
    apply(&mut market, second, at(1));
    let held: Vec<String> = prices(&market.latest().collect::<Vec<_>>())
        .iter()
        .map(|p| p.coin.to_string())
        .collect();
    assert_eq!((held.len(), market.asset_count()), (MAX_ASSETS, MAX_ASSETS));
    assert!(held.contains(&"newcomer".to_owned()) && !held.contains(&"coin-77".to_owned()));
    assert!(!held.contains(&"tiny".to_owned()));
    // A larger newcomer replaces the smallest of those that are equally fresh.
    apply(&mut market, vec![quote("whale", 9_000.0, 1e6, at(1))], at(1));
    let held = market.latest().collect::<Vec<_>>();
    assert!(!prices(&held).iter().any(|price| price.coin.as_str() == "coin-0"));
}

#[test]
fn real_prices_replace_simulated_ones_although_they_are_older() {
    let mut market = market();
    let simulated = Quote {
        source: Source::Simulated,
        ..quote("bitcoin", 50.0, 1e9, at(100))
    };
    apply(
        &mut market,
        vec![
            simulated.clone(),
            Quote {
                coin: CoinId::new("pepe").unwrap(),
                ..simulated
            },
        ],
        at(100),
    );
    let events = apply(&mut market, vec![quote("bitcoin", 77_671.0, 1e9, at(0))], at(101));
    assert_eq!(prices(&events)[0].price, decimal("77671"));
    assert_eq!((signals(&events).len(), market.asset_count()), (0, 1));
}

#[test]
fn a_clock_that_was_set_back_does_not_silence_the_market() {
    for (by, told) in [(60_000, 0), (60_001, 1), (7_200_000, 1)] {
        let (mut market, later) = (market(), T0.plus(by));
        one(&mut market, 100.0, later, later);
        assert_eq!(one(&mut market, 101.0, T0, T0), told, "{by}");
    }
}

#[test]
fn a_price_that_is_none_never_gets_in() {
    let mut market = market();
    for price in ["0", "-1"] {
        let quote = Quote {
            price: decimal(price),
            ..quote("bitcoin", 1.0, 1.0, at(0))
        };
        assert_eq!(apply(&mut market, vec![quote], at(0)), []);
    }
    assert_eq!(apply(&mut market, Vec::new(), at(0)), []);
}
