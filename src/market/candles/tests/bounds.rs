use super::*;

fn kline_of(market: &mut Market, pair: &str, minute: u64) -> usize {
    let observation = Observation::Klines {
        pair: Pair::parse(pair).unwrap(),
        source: Source::Binance,
        klines: vec![kline(minute, [1, 1, 1, 1], "1", true)],
        observed_at: time(minute + 1, 0),
    };
    market.apply(observation, time(minute + 1, 0)).len()
}

#[test]
fn a_week_of_minutes_takes_no_more_memory_than_an_hour() {
    let (mut hour, mut week) = (market(), market());
    for minute in 0..10_080 {
        let minutes = vec![kline(minute, [10, 12, 9, 11], "1234.56789", true)];
        if minute < 60 {
            klines(&mut hour, minutes.clone());
        }
        klines(&mut week, minutes);
    }
    let (hour, week) = (hour.snapshot().len(), week.snapshot().len());
    assert!(week <= hour + 60 && week < 2_600, "{hour} {week}");
}

#[test]
fn a_21st_pair_gets_the_place_of_one_that_was_silent_for_an_hour_or_none() {
    let mut market = market();
    for n in 0..MAX_PAIRS as u64 {
        assert!(kline_of(&mut market, &format!("C{n}/USDT"), n / 10) > 0);
    }
    assert_eq!(kline_of(&mut market, "NEW/USDT", 2), 0);
    assert!(kline_of(&mut market, "NEW/USDT", 61) > 0);
    let held = latest(&market);
    assert_eq!(held.len(), MAX_PAIRS * 7);
    assert!(!held.iter().any(|it| it.pair.to_string() == "C0/USDT"));
    market.retain_pairs(&[Pair::parse("NEW/USDT").unwrap()]);
    assert_eq!(latest(&market).len(), 7);
}

#[test]
fn a_pair_of_which_nothing_is_credible_is_not_held() {
    let mut market = market();
    assert_eq!(trades(&mut market, vec![trade(1, NOON, 0, "1")]), []);
    assert_eq!(latest(&market), []);
    assert_eq!(market.close_minutes(time(9, 0)), []);
}

#[test]
fn candles_begin_anew_where_real_data_follows_simulated() {
    let mut market = market();
    klines_of(
        &mut market,
        Source::Simulated,
        vec![kline(0, [50, 50, 50, 50], "1", false)],
    );
    let told = klines(&mut market, vec![kline(1, [10, 12, 9, 11], "3", false)]);
    assert_eq!(shown(&told, Interval::H1), ["12:00 10 12 9 11 3"]);
}

#[test]
fn volumes_beyond_reckoning_do_no_harm() {
    let mut market = market();
    let huge = "79228162514264337593543950335";
    trades(&mut market, vec![trade(1, time(0, 1), 50, huge)]);
    assert_eq!(trades(&mut market, vec![trade(2, time(0, 2), 60, huge)]), []);
    let told = trades(&mut market, vec![trade(3, time(1, 2), 60, huge)]);
    assert_eq!(of(&told, Interval::M5)[0].candle.volume, decimal(huge));
    assert_eq!(of(&told, Interval::M5)[0].candle.quote_volume, None);
}
