use proptest::prelude::*;

use super::*;
use crate::model::Ticker;

/// A market whose settings name the pair.
fn market_for_tickers() -> Market {
    Market::new(config())
}

fn config() -> MarketConfig {
    MarketConfig {
        candle_pairs: vec![pair()],
        ..MarketConfig::default()
    }
}

fn ticker_of(source: Source, at: UnixMillis, price: u64) -> Ticker {
    Ticker {
        pair: pair(),
        price: price.into(),
        open_24h: None,
        base_volume_24h: None,
        quote_volume_24h: None,
        source,
        observed_at: at,
    }
}

/// Binance's tickers, applied one by one at their own times.
fn tickers(market: &mut Market, tickers: &[(UnixMillis, u64)]) -> Vec<CandleUpdate> {
    let told = tickers.iter().flat_map(|(at, price)| {
        let ticker = ticker_of(Source::Binance, *at, *price);
        updates(market.apply(Observation::Tickers(vec![ticker]), *at))
    });
    told.collect()
}

#[test]
fn tickers_make_minutes_without_volume_where_nobody_tells_what_is_traded() {
    let mut market = market_for_tickers();
    let told = tickers(
        &mut market,
        &[
            (time(0, 1), 10),
            (time(0, 2), 12),
            (time(0, 3), 12),
            (time(0, 4), 9),
            (time(1, 0), 11),
        ],
    );
    let minutes = [
        "12:00 10 10 10 10 0",
        "12:00 10 12 10 12 0",
        "12:00 10 12 9 9 0",
        "12:00 10 12 9 9 0 closed",
        "12:01 11 11 11 11 0",
    ];
    assert_eq!(shown(&told, Interval::M1), minutes);
    assert_eq!(shown(&told, Interval::H1).last().unwrap(), "12:00 10 12 9 11 0");
    assert!(
        told.iter()
            .all(|it| it.candle.quote_volume.is_none() && it.source == Source::Binance)
    );
    let closed = updates(market.close_minutes(time(2, 2)));
    assert_eq!(shown(&closed, Interval::M1), ["12:01 11 11 11 11 0 closed"]);
}

#[test]
fn only_pairs_that_are_named_or_have_candles_take_tickers() {
    let mut market = market();
    assert_eq!(tickers(&mut market, &[(time(0, 1), 10)]), []);
    klines(&mut market, vec![kline(0, [10, 12, 9, 11], "3", true)]);
    let told = tickers(&mut market, &[(time(3, 1), 10)]);
    assert_eq!(shown(&told, Interval::M1), ["12:03 10 10 10 10 0"]);
}

#[test]
fn a_kline_or_a_trade_replaces_a_tickers_minute_whole() {
    for closed in [true, false] {
        let mut market = market_for_tickers();
        tickers(&mut market, &[(time(0, 1), 50), (time(0, 2), 5)]);
        let told = klines(&mut market, vec![kline(0, [10, 12, 9, 11], "3", closed)]);
        let suffix = if closed { " closed" } else { "" };
        assert_eq!(
            shown(&told, Interval::M1),
            [format!("12:00 10 12 9 11 3{suffix}")]
        );
        assert_eq!(tickers(&mut market, &[(time(0, 3), 60)]), []);
    }
    let mut market = market_for_tickers();
    tickers(&mut market, &[(time(0, 1), 50), (time(0, 2), 5)]);
    let told = trades(&mut market, vec![trade(1, time(0, 2), 10, "2")]);
    assert_eq!(shown(&told, Interval::M5), ["12:00 10 10 10 10 2"]);
    assert_eq!(told[0].candle.quote_volume, Some(decimal("20")));
    assert_eq!(tickers(&mut market, &[(time(0, 3), 60)]), []);
}

#[test]
fn who_told_a_minute_tells_the_next_two_and_then_tickers_may() {
    for by_trade in [true, false] {
        let mut market = market_for_tickers();
        if by_trade {
            trades(&mut market, vec![trade(1, time(0, 2), 10, "2")]);
        } else {
            klines(&mut market, vec![kline(0, [10, 10, 10, 10], "2", false)]);
        }
        assert_eq!(
            tickers(
                &mut market,
                &[(time(0, 50), 20), (time(1, 0), 20), (time(2, 59), 20)]
            ),
            []
        );
        let told = tickers(&mut market, &[(time(3, 0), 20)]);
        assert_eq!(
            shown(&told, Interval::M1),
            ["12:00 10 10 10 10 2 closed", "12:03 20 20 20 20 0"]
        );
    }
}

#[test]
fn a_ticker_of_an_earlier_minute_is_late_and_of_an_earlier_second_known() {
    let mut market = market_for_tickers();
    tickers(&mut market, &[(time(0, 1), 10), (time(1, 5), 11)]);
    assert_eq!(tickers(&mut market, &[(time(0, 59), 90)]), []);
    assert_eq!(market.late_candle_count(), 1);
    assert_eq!(tickers(&mut market, &[(time(1, 4), 90)]), []);
    assert_eq!(market.late_candle_count(), 1);
}

#[test]
fn a_minute_is_told_by_the_stream_that_began_it() {
    let mut market = market_for_tickers();
    tickers(&mut market, &[(time(0, 1), 10)]);
    let other = |at, price| Observation::Tickers(vec![ticker_of(Source::Bitget, at, price)]);
    assert_eq!(market.apply(other(time(0, 2), 90), time(0, 2)), []);
    let told = updates(market.apply(other(time(1, 0), 11), time(1, 0)));
    assert_eq!(of(&told, Interval::M1).last().unwrap().source, Source::Bitget);
}

#[test]
fn what_no_ticker_can_say_is_refused() {
    let mut market = market_for_tickers();
    assert_eq!(tickers(&mut market, &[(time(0, 1), 0)]), []);
    let ahead = Observation::Tickers(vec![ticker_of(Source::Binance, time(2, 1), 10)]);
    assert_eq!(market.apply(ahead, time(1, 0)), []);
    assert_eq!((market.refused_candle_count(), latest(&market)), (2, Vec::new()));
}

/// What a provider may say of a second: a ticker, a trade of that number, a kline.
#[derive(Debug, Clone)]
enum Word {
    Ticker(u64),
    Trade(u64),
    Kline(u64, bool),
}

fn words(tickers: u32) -> impl Strategy<Value = Vec<(u64, Word)>> {
    let word = prop_oneof![
        tickers => (1_u64..50).prop_map(Word::Ticker),
        2 => (1_u64..50).prop_map(Word::Trade),
        1 => (1_u64..50, any::<bool>()).prop_map(|(price, closed)| Word::Kline(price, closed)),
    ];
    let pause = prop_oneof![8 => 0_u64..20, 2 => 0_u64..200, 1 => 0_u64..2_000];
    proptest::collection::vec((pause, word), 1..100)
}

fn run(words: &[(u64, Word)], evictions: u64) -> (Market, Vec<CandleUpdate>) {
    let (mut market, mut told, mut second) = (market_for_tickers(), Vec::new(), 0);
    for (n, (pause, word)) in words.iter().enumerate() {
        second += pause;
        if evictions >> (n % 64) & 1 == 1 {
            market = Market::restore(&market.snapshot(), config()).unwrap();
        }
        let now = time(0, second);
        told.extend(match word {
            Word::Ticker(price) => tickers(&mut market, &[(now, *price)]),
            Word::Trade(price) => trades(&mut market, vec![trade(n as u64 + 1, now, *price, "1")]),
            Word::Kline(price, closed) => {
                let minute = kline(second / 60, [*price; 4], "1", *closed);
                klines(&mut market, vec![minute])
            }
        });
    }
    (market, told)
}

proptest! {
    #[test]
    fn what_trades_and_klines_tell_is_what_it_is_without_tickers(words in words(4)) {
        let (_, told) = run(&words, 0);
        // Where tickers came first, the trades and klines of the minute are told as if they had not.
        let mut better = words.clone();
        let mut owed = 0;
        better.retain_mut(|(pause, word)| {
            *pause += owed;
            let stays = !matches!(word, Word::Ticker(_));
            owed = if stays { 0 } else { *pause };
            stays
        });
        let minutes = |told: &[CandleUpdate]| -> BTreeMap<UnixMillis, (Candle, Source)> {
            let all = last_states(told).into_iter().filter(|((interval, _), _)| *interval == Interval::M1);
            all.map(|((_, open), update)| (open, (update.candle, update.source))).collect()
        };
        let (with, without) = (minutes(&told), minutes(&run(&better, 0).1));
        let mut by_tickers = with.clone();
        by_tickers.retain(|open, _| !without.contains_key(open));
        prop_assert!(by_tickers.values().all(|(candle, _)| candle.volume.is_zero()));
        for (open, told) in &without {
            prop_assert_eq!(with.get(open), Some(told), "{}", open);
        }
    }

    #[test]
    fn tickers_beside_klines_never_flicker(
        prices in proptest::collection::vec((1_u64..50, 1_u64..50), 2..200),
    ) {
        // Each minute: its kline, tickers around every border, the closed kline a second late.
        let mut market = market_for_tickers();
        klines(&mut market, vec![kline(0, [9, 9, 9, 9], "1", false)]);
        for (minute, (ticks, price)) in (0..).zip(prices) {
            let told = tickers(&mut market, &[(time(minute, 59), ticks), (time(minute + 1, 0), ticks)]);
            prop_assert_eq!(told, []);
            klines(&mut market, vec![kline(minute, [price; 4], "2", true)]);
            klines(&mut market, vec![kline(minute + 1, [price; 4], "1", false)]);
        }
        prop_assert_eq!(market.late_candle_count(), 0);
    }

    #[test]
    fn evictions_change_nothing_and_longer_candles_are_the_join_of_their_minutes(
        words in words(8), evictions: u64,
    ) {
        let (market, told) = run(&words, evictions);
        prop_assert_eq!(&run(&words, 0).1, &told);
        let states = last_states(&told);
        for ((interval, open), update) in &states {
            let end = interval.end(*open);
            let minutes: Vec<&Candle> = states
                .iter()
                .filter(|((of, at), _)| *of == Interval::M1 && *open <= *at && *at < end)
                .map(|(_, update)| &update.candle)
                .collect();
            prop_assert_eq!(update.candle.open, minutes[0].open);
            prop_assert_eq!(update.candle.close, minutes[minutes.len() - 1].close);
            prop_assert_eq!(Some(update.candle.high), minutes.iter().map(|it| it.high).max());
            prop_assert_eq!(Some(update.candle.low), minutes.iter().map(|it| it.low).min());
        }
        for update in latest(&market) {
            let of = of(&told, update.interval);
            prop_assert_eq!(of.last(), Some(&update));
        }
    }
}
