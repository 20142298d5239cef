use super::*;

fn begun() -> Market {
    let mut market = market();
    trades(
        &mut market,
        vec![
            trade(1, time(0, 5), 10, "1"),
            trade(2, time(0, 9), 12, "1"),
            trade(3, time(7, 0), 20, "1"),
        ],
    );
    market
}

#[test]
fn a_trade_within_15_minutes_amends_its_minute_and_what_holds_it() {
    let mut market = begun();
    // Earlier than all, and with the greatest number: it becomes the open, not the close.
    let told = trades(&mut market, vec![trade(4, time(0, 1), 30, "2")]);
    assert_eq!(
        shown(&told, Interval::M1),
        ["12:00 30 30 10 12 4 closed", "12:07 20 20 20 20 1"],
        "the newest comes last, unchanged"
    );
    assert_eq!(
        shown(&told, Interval::M5),
        ["12:00 30 30 10 12 4 closed", "12:05 20 20 20 20 1"]
    );
    assert_eq!(shown(&told, Interval::M15), ["12:00 30 30 10 20 5"]);
    assert_eq!(market.late_candle_count(), 0);
}

#[test]
fn a_trade_may_begin_an_earlier_minute() {
    let mut market = begun();
    let told = trades(&mut market, vec![trade(4, time(3, 0), 11, "1")]);
    assert_eq!(
        shown(&told, Interval::M1),
        ["12:03 11 11 11 11 1 closed", "12:07 20 20 20 20 1"]
    );
    assert_eq!(shown(&told, Interval::M5)[0], "12:00 10 12 10 11 3 closed");
}

#[test]
fn a_trade_of_15_minutes_before_the_newest_is_dropped_and_counted() {
    let mut market = begun();
    trades(&mut market, vec![trade(4, time(15, 0), 20, "1")]);
    let before = latest(&market);
    assert_eq!(trades(&mut market, vec![trade(5, time(0, 30), 99, "1")]), []);
    assert_eq!(klines(&mut market, vec![kline(0, [1, 99, 1, 1], "5", true)]), []);
    assert_eq!((latest(&market), market.late_candle_count()), (before, 2));
    let told = trades(&mut market, vec![trade(6, time(1, 0), 99, "1")]);
    assert_eq!(shown(&told, Interval::H1), ["12:00 10 99 10 20 5"]);
}

#[test]
fn a_batch_that_comes_twice_or_unsorted_counts_once() {
    let batch = vec![
        trade(3, time(0, 9), 12, "3"),
        trade(1, time(0, 5), 10, "1"),
        trade(2, time(0, 5), 11, "2"),
    ];
    let mut market = market();
    let told = trades(&mut market, batch.clone());
    assert_eq!(shown(&told, Interval::M1), ["12:00 10 12 10 12 6"]);
    assert_eq!(trades(&mut market, batch), []);
    assert_eq!(
        trades(&mut restored(&market), vec![trade(2, time(0, 30), 99, "9")]),
        []
    );
}

#[test]
fn another_provider_has_numbers_of_its_own() {
    let mut market = begun();
    let observation = Observation::Trades {
        pair: pair(),
        source: Source::Bitget,
        trades: vec![trade(1, time(7, 30), 25, "1")],
    };
    let told = updates(market.apply(observation, time(7, 30)));
    assert_eq!(shown(&told, Interval::M1), ["12:07 20 25 20 25 2"]);
    assert_eq!(told[0].source, Source::Bitget);
}

#[test]
fn what_cannot_be_true_is_refused_and_counted() {
    let mut market = begun();
    let before = latest(&market);
    for (price, amount) in [(0, "1"), (1, "0"), (1, "-1")] {
        assert_eq!(trades(&mut market, vec![trade(9, time(7, 1), price, amount)]), []);
    }
    let ahead = Observation::Trades {
        pair: pair(),
        source: Source::Binance,
        trades: vec![trade(10, time(9, 0), 1, "1")],
    };
    assert_eq!(market.apply(ahead, time(7, 59)), []);
    let mut askew = kline(7, [10, 10, 10, 10], "1", false);
    askew.candle.open_at = time(7, 1);
    let mut odd = kline(7, [10, 12, 11, 12], "1", false);
    for bad in [askew, odd.clone(), kline(7, [10, 10, 0, 10], "1", false)] {
        assert_eq!(klines(&mut market, vec![bad]), []);
    }
    odd = kline(7, [10, 10, 10, 10], "-1", false);
    assert_eq!(klines(&mut market, vec![odd]), []);
    assert_eq!((latest(&market), market.refused_candle_count()), (before, 8));
}
