use proptest::prelude::*;

use super::*;

#[test]
fn a_running_kline_is_told_and_a_closed_one_closes_what_ends_with_it() {
    let mut market = market();
    let told = klines(&mut market, vec![kline(4, [10, 12, 9, 11], "1.5", false)]);
    assert_eq!(shown(&told, Interval::M1), ["12:04 10 12 9 11 1.5"]);
    let told = klines(&mut market, vec![kline(4, [10, 13, 9, 12], "2.5", true)]);
    assert_eq!(shown(&told, Interval::M1), ["12:04 10 13 9 12 2.5 closed"]);
    assert_eq!(shown(&told, Interval::M5), ["12:00 10 13 9 12 2.5 closed"]);
    assert_eq!(shown(&told, Interval::M15), ["12:00 10 13 9 12 2.5"]);
    assert_eq!(
        klines(&mut market, vec![kline(4, [10, 13, 9, 12], "2.5", true)]),
        []
    );
    assert_eq!(market.close_minutes(time(5, 2)), []);
}

#[test]
fn a_kline_that_only_closes_what_is_known_is_told_as_closed() {
    let mut market = market();
    klines(&mut market, vec![kline(0, [10, 12, 9, 11], "1", false)]);
    let told = klines(&mut market, vec![kline(0, [10, 12, 9, 11], "1", true)]);
    assert_eq!(told.len(), 1);
    assert_eq!(shown(&told, Interval::M1), ["12:00 10 12 9 11 1 closed"]);
}

#[test]
fn a_kline_replaces_trades_and_trades_of_its_minute_count_no_more() {
    let mut market = market();
    trades(&mut market, vec![trade(1, time(0, 1), 50, "1")]);
    let told = klines(&mut market, vec![kline(0, [10, 12, 9, 11], "3", false)]);
    assert_eq!(shown(&told, Interval::M5), ["12:00 10 12 9 11 3"]);
    assert_eq!(trades(&mut market, vec![trade(2, time(0, 30), 99, "1")]), []);
    let told = trades(&mut market, vec![trade(3, time(1, 0), 20, "1")]);
    assert_eq!(shown(&told, Interval::M5), ["12:00 10 20 9 20 4"]);
}

#[test]
fn an_older_state_of_a_minute_never_replaces_a_newer_one() {
    let mut market = market();
    klines(&mut market, vec![kline(0, [10, 12, 9, 11], "3", false)]);
    assert_eq!(
        klines(&mut market, vec![kline(0, [10, 11, 10, 10], "2", false)]),
        []
    );
    klines(&mut market, vec![kline(0, [10, 12, 9, 11], "4", true)]);
    assert_eq!(
        klines(&mut market, vec![kline(0, [10, 12, 9, 11], "5", false)]),
        []
    );
    assert_eq!(
        klines_of(
            &mut market,
            Source::Bitget,
            vec![kline(0, [10, 12, 9, 11], "9", true)]
        ),
        []
    );
    let corrected = klines(&mut market, vec![kline(0, [10, 11, 9, 11], "3.5", true)]);
    assert_eq!(shown(&corrected, Interval::M1), ["12:00 10 11 9 11 3.5 closed"]);
    assert_eq!(shown(&corrected, Interval::M5), ["12:00 10 11 9 11 3.5"]);
}

#[test]
fn another_provider_takes_over_a_running_minute_whole() {
    let mut market = market();
    klines_told_at(
        &mut market,
        Source::Binance,
        vec![kline(0, [10, 12, 9, 11], "30", false)],
        time(0, 20),
    );
    let told = klines_told_at(
        &mut market,
        Source::Bitget,
        vec![kline(0, [10, 11, 10, 11], "3", false)],
        time(0, 21),
    );
    assert_eq!(shown(&told, Interval::M1), ["12:00 10 11 10 11 3"]);
    assert_eq!(told[0].source, Source::Bitget);
}

#[test]
fn who_takes_the_lead_tells_nothing_older_than_what_was_told_of_the_running_minute() {
    let mut market = market();
    let state = |close| vec![kline(0, [10, 20, 9, close], "30", false)];
    klines_told_at(&mut market, Source::Binance, state(15), time(0, 30));
    for seconds in [29, 30] {
        let told = klines_told_at(&mut market, Source::Bitget, state(14), time(0, seconds));
        assert_eq!(told, [], "a candle went back");
        market = restored(&market);
    }
    let told = klines_told_at(&mut market, Source::Bitget, state(16), time(0, 31));
    assert_eq!(shown(&told, Interval::M1), ["12:00 10 20 9 16 30"]);
    let told = klines_told_at(&mut market, Source::Binance, state(15), time(0, 30));
    assert_eq!(told, [], "and so back again");
}

#[test]
fn a_leader_whose_clock_is_slow_tells_the_next_minute_and_ends_of_earlier_ones() {
    let mut market = market();
    let told_by = |market: &mut Market, source, klines, seconds| {
        let at = time(0, seconds);
        let (pair, observed_at) = (pair(), NOON);
        let observation = Observation::Klines {
            pair,
            source,
            klines,
            observed_at,
        };
        updates(market.apply(observation, at))
    };
    klines_told_at(
        &mut market,
        Source::Binance,
        vec![kline(0, [10, 20, 9, 15], "30", false)],
        time(0, 30),
    );
    let running = vec![kline(0, [10, 20, 9, 16], "3", false)];
    assert_eq!(told_by(&mut market, Source::Bitget, running, 40), []);
    let next = vec![
        kline(0, [10, 20, 9, 17], "3", true),
        kline(1, [17, 17, 17, 17], "1", false),
    ];
    let told = told_by(&mut market, Source::Bitget, next, 61);
    assert_eq!(
        shown(&told, Interval::M1),
        ["12:00 10 20 9 17 3 closed", "12:01 17 17 17 17 1"]
    );
}

#[test]
fn an_unknown_quote_volume_of_one_minute_makes_that_of_the_longer_candles_unknown() {
    let mut market = market();
    trades(&mut market, vec![trade(1, time(0, 1), 50, "2")]);
    let quote = |market: &Market| latest(market).last().unwrap().candle.quote_volume;
    assert_eq!(quote(&market), Some(decimal("100")));
    klines(&mut market, vec![kline(1, [10, 12, 9, 11], "3", false)]);
    assert_eq!(quote(&market), None);
}

proptest! {
    /// Prices and volumes only rise, so that what is lower is older.
    #[test]
    fn whoever_tells_a_running_minute_and_in_whatever_order_it_never_goes_back(
        words in proptest::collection::vec((any::<bool>(), 0_u64..59), 1..60), evictions: u64,
    ) {
        let (mut market, mut last) = (market(), 0);
        for (n, (first, second)) in words.into_iter().enumerate() {
            if evictions >> (n % 64) & 1 == 1 {
                market = restored(&market);
            }
            let source = if first { Source::Binance } else { Source::Bitget };
            let state = kline(0, [1, 100, 1, second + 1], &(second + 1).to_string(), false);
            let told = klines_told_at(&mut market, source, vec![state], time(0, second));
            prop_assert_eq!(!told.is_empty(), second + 1 > last);
            prop_assert!(told.iter().all(|update| update.candle.close == Decimal::from(second + 1)));
            last = last.max(second + 1);
        }
    }
}
