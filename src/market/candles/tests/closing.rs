use super::*;

#[test]
fn a_trade_of_the_next_minute_closes_this_one_before_it_is_told() {
    let mut market = market();
    let first = trades(
        &mut market,
        vec![trade(1, time(0, 5), 10, "1.0"), trade(2, time(0, 9), 12, "2.5")],
    );
    assert_eq!(shown(&first, Interval::M1), ["12:00 10 12 10 12 3.5"]);
    assert_eq!(
        of(&first, Interval::M1)[0].candle.quote_volume,
        Some(decimal("40"))
    );
    assert_eq!(first.len(), 7, "each interval once for two trades");
    let second = trades(&mut market, vec![trade(3, time(1, 0), 11, "1")]);
    assert_eq!(
        shown(&second, Interval::M1),
        ["12:00 10 12 10 12 3.5 closed", "12:01 11 11 11 11 1"]
    );
    assert_eq!(shown(&second, Interval::M5), ["12:00 10 12 10 11 4.5"]);
}

#[test]
fn all_intervals_that_end_together_close_before_their_next_ones() {
    let mut market = market();
    let sunday = at("2025-12-07T23:59:30Z");
    trades(&mut market, vec![trade(1, sunday, 10, "1")]);
    let monday = trades(&mut market, vec![trade(2, sunday.plus(30_000), 20, "1")]);
    for interval in Interval::ALL {
        let told = of(&monday, interval);
        let states: Vec<_> = told.iter().map(|it| (it.candle.open_at, it.closed)).collect();
        let (old, new) = (interval.floor(sunday), at("2025-12-08T00:00:00Z"));
        assert_eq!(states, [(old, true), (new, false)], "{interval}");
        assert_eq!(told[0].candle.close, decimal("10"), "{interval}");
    }
    assert_eq!(
        of(&monday, Interval::W1)[0].candle.open_at,
        at("2025-12-01T00:00:00Z")
    );
}

#[test]
fn a_minute_without_a_trade_has_no_candle_and_a_longer_one_goes_without() {
    let mut market = market();
    let mut told = trades(&mut market, vec![trade(1, time(0, 5), 10, "1")]);
    told.extend(trades(&mut market, vec![trade(2, time(3, 5), 20, "2")]));
    told.extend(updates(market.close_minutes(time(9, 0))));
    let opens: Vec<_> = last_states(&told)
        .into_keys()
        .filter(|(interval, _)| *interval == Interval::M1)
        .map(|(_, open)| open)
        .collect();
    assert_eq!(opens, [time(0, 0), time(3, 0)]);
    assert_eq!(
        shown(&told, Interval::M5).last().unwrap(),
        "12:00 10 20 10 20 3 closed"
    );
}

#[test]
fn a_minute_closes_by_the_clock_once_and_two_seconds_after_its_end() {
    let mut market = market();
    trades(&mut market, vec![trade(1, time(4, 59), 10, "1")]);
    assert_eq!(market.close_minutes(time(5, 1)), []);
    let told = updates(market.close_minutes(time(5, 2)));
    let closed: Vec<_> = told.iter().map(|it| (it.interval, it.closed)).collect();
    assert_eq!(closed, [(Interval::M1, true), (Interval::M5, true)]);
    assert_eq!(market.close_minutes(time(5, 2)), []);
    assert_eq!(market.close_minutes(time(6, 2)), []);
    let next = trades(&mut market, vec![trade(2, time(6, 30), 11, "1")]);
    assert_eq!(shown(&next, Interval::M1), ["12:06 11 11 11 11 1"]);
    assert_eq!(shown(&next, Interval::M5), ["12:05 11 11 11 11 1"]);
}

#[test]
fn a_minute_that_begins_after_its_time_is_told_closed_at_once() {
    let mut market = market();
    trades(&mut market, vec![trade(1, time(0, 5), 10, "1")]);
    market.close_minutes(time(4, 2));
    let told = trades(&mut market, vec![trade(2, time(2, 5), 20, "1")]);
    assert_eq!(shown(&told, Interval::M1), ["12:02 20 20 20 20 1 closed"]);
    assert_eq!(shown(&told, Interval::M5), ["12:00 10 20 10 20 2"]);
}

#[test]
fn the_latest_values_are_the_newest_candle_of_every_interval() {
    let mut market = market();
    trades(
        &mut market,
        vec![trade(1, time(0, 5), 10, "1"), trade(2, time(7, 5), 20, "2")],
    );
    let now = latest(&restored(&market));
    assert_eq!(
        now.iter().map(|it| it.interval).collect::<Vec<_>>(),
        Interval::ALL
    );
    assert_eq!(shown(&now, Interval::M1), ["12:07 20 20 20 20 2"]);
    assert_eq!(shown(&now, Interval::M5), ["12:05 20 20 20 20 2"]);
    assert_eq!(shown(&now, Interval::H1), ["12:00 10 20 10 20 3"]);
    market.close_minutes(time(8, 2));
    assert_eq!(
        shown(&latest(&market), Interval::M1),
        ["12:07 20 20 20 20 2 closed"]
    );
}
