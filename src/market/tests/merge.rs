//! The rule of `market/merge`, point by point.

use super::several::{Desk, after, polled, shown};
use super::*;
use crate::model::Source::{Binance, Bitget, CoinGecko, CoinMarketCap, Simulated};

#[test]
fn late_is_what_is_older_than_the_same_providers_last() {
    let mut desk = Desk::new();
    desk.says_of(9, CoinGecko, "100", after(5));
    assert_eq!(desk.says_of(10, CoinGecko, "101", after(4)), "");
    assert_eq!(desk.market.late_count(), 1);
    // Another provider's is not late, but of before what is told.
    assert_eq!(desk.says_of(11, Binance, "102", after(3)), "");
    assert_eq!(
        desk.says_of(12, Binance, "102", after(5)),
        "102 binance of binance"
    );
    assert_eq!((desk.market.late_count(), desk.price().timestamp), (1, after(5)));
}

#[test]
fn a_stream_is_fresh_for_half_a_minute_and_a_polled_quote_for_three_polls() {
    // Whoever speaks, the figures are of what is polled: that is news.
    for (second, told) in [(30, "100 binance of binance"), (31, "101 coingecko of coingecko")] {
        let mut desk = Desk::new();
        desk.says(0, Binance, "100");
        assert_eq!(desk.says(second, CoinGecko, "101"), told, "{second}");
    }
    for (second, told) in [(180, ""), (181, "101 coinmarketcap of coinmarketcap")] {
        let mut desk = Desk::new();
        desk.says(0, CoinGecko, "100");
        assert_eq!(desk.says(second, CoinMarketCap, "101"), told, "{second}");
    }
}

#[test]
fn the_loss_of_a_stream_tells_nothing_and_the_next_quote_decides() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(20, Bitget, "101");
    desk.says(21, Binance, "102");
    desk.loses(22, Binance);
    assert_eq!(desk.price().price, decimal("102"));
    // What Bitget said before is older than what was told; what it says next is not.
    assert_eq!(desk.says(23, CoinMarketCap, "100"), "");
    assert_eq!(desk.says(24, Bitget, "101.5"), "101.5 bitget of bitget");
    desk.loses(25, Bitget);
    assert_eq!(desk.says(60, CoinGecko, "100.5"), "100.5 coingecko of coingecko");
}

#[test]
fn who_does_not_answer_gives_way_to_who_does_until_it_answers_again() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    assert_eq!(desk.says(20, CoinMarketCap, "101"), "", "CoinGecko is first");
    desk.does_not_answer(60, CoinGecko);
    let told = desk.says(61, CoinMarketCap, "102");
    assert_eq!(told, "102 coinmarketcap of coinmarketcap");
    // Nobody answers: what was told stays.
    desk.does_not_answer(120, CoinMarketCap);
    assert_eq!(desk.price().price, decimal("102"));
    let told = desk.says(121, CoinGecko, "103");
    assert_eq!(told, "103 coingecko of coingecko");
    assert_eq!(desk.says(140, CoinMarketCap, "104"), "");
}

#[test]
fn who_does_not_answer_still_names_change_and_volume() {
    let mut desk = Desk::new();
    let quote = |source, second, volume: &str| Quote {
        volume_24h: Some(decimal(volume)),
        ..polled(source, "100", after(second))
    };
    apply(&mut desk.market, vec![quote(CoinGecko, 0, "7")], after(0));
    desk.does_not_answer(60, CoinGecko);
    apply(&mut desk.market, vec![quote(CoinMarketCap, 61, "8")], after(61));
    let price = desk.price();
    assert_eq!(
        (price.source, price.volume_24h),
        (CoinMarketCap, Some(decimal("7")))
    );
}

#[test]
fn what_was_so_before_what_is_told_is_not_told_after_it() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(20, Binance, "102");
    desk.loses(21, Binance);
    // It comes later, and is of before.
    assert_eq!(desk.says_of(25, CoinGecko, "101", after(19)), "");
    assert_eq!(desk.says_of(26, Bitget, "101.5", after(19)), "");
    assert_eq!(
        (desk.price().price, desk.price().timestamp),
        (decimal("102"), after(20))
    );
    let told = desk.says_of(27, Bitget, "102.5", after(20));
    assert_eq!(told, "102.5 bitget of bitget");
    assert_eq!(desk.market.late_count(), 0);
}

#[test]
fn an_aggregator_that_lags_behind_what_is_told_gives_way_to_one_that_does_not() {
    let mut desk = Desk::new();
    desk.says(20, Binance, "102");
    desk.loses(21, Binance);
    assert_eq!(desk.says_of(60, CoinGecko, "101", after(10)), "");
    // The first in the order may not speak for a minute yet.
    let told = desk.says_of(62, CoinMarketCap, "101.5", after(30));
    assert_eq!(told, "101.5 coinmarketcap of coingecko coinmarketcap");
    // It still lags behind what is told now, and then it does not.
    let told = desk.says_of(120, CoinGecko, "101.2", after(29));
    assert_eq!(told, "101.5 coinmarketcap of coinmarketcap");
    let told = desk.says_of(180, CoinGecko, "101.3", after(30));
    assert_eq!(told, "101.3 coingecko of coingecko");
}

#[test]
fn a_median_of_before_what_is_told_gives_way_to_the_order() {
    let mut desk = Desk::new();
    assert_eq!(desk.says(9, Binance, "102"), "102 binance of binance");
    assert_eq!(desk.says(10, Binance, "103"), "103 binance of binance");
    desk.says_of(10, CoinGecko, "102.1", after(9));
    // The median is CoinGecko's, of a second before the exchange's last word.
    let all = "binance of coingecko coinmarketcap binance";
    assert_eq!(
        desk.says_of(10, CoinMarketCap, "102", after(9)),
        format!("103 {all}")
    );
    assert_eq!(
        desk.says_of(10, Bitget, "102.1", after(9)),
        format!("103 {all} bitget")
    );
    assert_eq!(desk.says(11, Binance, "102.9"), format!("102.9 {all} bitget"));
    // Who is off is outvoted all the same, and no more named.
    assert_eq!(desk.says(12, Bitget, "108"), format!("102.9 {all}"));
    assert_eq!(desk.market.outliers().get(&Bitget), Some(&1));
}

#[test]
fn what_has_gone_stale_gives_way_to_whatever_is_fresh() {
    let mut desk = Desk::new();
    desk.says(600, Binance, "100");
    desk.loses(601, Binance);
    // A provider whose clock is ten minutes slow.
    assert_eq!(desk.says_of(780, CoinGecko, "101", after(180)), "");
    let told = desk.says_of(781, CoinGecko, "101", after(181));
    assert_eq!(told, "101 coingecko of coingecko");
    // A told time never goes back, and the slow clock's next words count.
    assert_eq!(desk.price().timestamp, after(600));
    let told = desk.says_of(782, CoinGecko, "102", after(182));
    assert_eq!(told, "102 coingecko of coingecko");
}

#[test]
fn a_stream_far_from_what_is_polled_speaks_of_another_coin() {
    for (price, told) in [
        ("120", "120 binance of binance"),
        ("120.1", ""),
        ("80", "80 binance of binance"),
        ("79.9", ""),
    ] {
        let mut desk = Desk::new();
        desk.says(0, CoinGecko, "100");
        assert_eq!(desk.says(1, Binance, price), told, "{price}");
        let count = u64::from(told.is_empty());
        assert_eq!(
            (desk.market.outlier_count(), desk.market.outliers().get(&Binance)),
            (count, (count == 1).then_some(&1))
        );
    }
}

#[test]
fn near_to_one_of_two_polled_quotes_is_near_enough() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "1000");
    desk.says(1, CoinMarketCap, "100");
    assert_eq!(
        desk.says(2, Binance, "101"),
        "101 binance of coinmarketcap binance"
    );
    // And three outvote what comes first in the order of polled ones.
    assert_eq!(
        desk.says(3, Bitget, "100.5"),
        "100.5 bitget of coinmarketcap binance bitget"
    );
}

#[test]
fn a_stream_that_is_known_is_not_disowned_by_a_bad_polled_price_nor_by_a_crash() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    assert_eq!(desk.says(1, Binance, "101"), "101 binance of coingecko binance");
    // Its figures are news, its price is not.
    assert_eq!(desk.says(20, CoinGecko, "10"), "101 binance of binance");
    assert_eq!(desk.says(21, Binance, "101.5"), "101.5 binance of binance");
    assert_eq!(desk.says(22, Binance, "70"), "70 binance of binance");
    assert_eq!(desk.market.outlier_count(), 0);
}

#[test]
fn another_coins_stream_that_came_first_gives_way_to_what_is_polled() {
    let mut desk = Desk::new();
    assert_eq!(desk.says(0, Binance, "5"), "5 binance of binance");
    assert_eq!(desk.says(1, CoinGecko, "100"), "100 coingecko of coingecko");
    assert_eq!(desk.says(2, Binance, "5.1"), "");
    // It does not become this coin's because nothing is polled for a while, nor by a new connection.
    desk.loses(3, Binance);
    assert_eq!(desk.says(300, Binance, "5.2"), "");
    assert_eq!(desk.market.outlier_count(), 2);
    // Only by what is polled.
    desk.says(301, CoinGecko, "5");
    assert_eq!(desk.says(302, Binance, "5.1"), "5.1 binance of binance");
}

#[test]
fn where_three_agree_their_median_is_the_price() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100.0");
    desk.says(1, CoinMarketCap, "100.4");
    assert_eq!(
        desk.says_of(2, Binance, "100.9", T0),
        "100.4 coinmarketcap of coingecko coinmarketcap binance"
    );
    // The newest word of those who agree.
    assert_eq!(desk.price().timestamp, after(1));
    // Of the middle two of four the fresher: Bitget's own, then CoinMarketCap's 100.4 against Bitget's.
    assert_eq!(
        desk.says(2, Bitget, "100.2"),
        "100.2 bitget of coingecko coinmarketcap binance bitget"
    );
    assert_eq!(
        desk.says(3, CoinMarketCap, "100.40"),
        "100.40 coinmarketcap of coingecko coinmarketcap binance bitget"
    );
}

#[test]
fn who_is_outvoted_is_not_told_and_counted_each_time() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(0, CoinMarketCap, "100.1");
    desk.says(0, Bitget, "100.2");
    assert_eq!(desk.says(1, Binance, "101.3"), "");
    assert_eq!(desk.says(2, Binance, "101.4"), "");
    assert_eq!(desk.market.outliers().get(&Binance), Some(&2));
    assert_eq!(desk.market.outlier_count(), 2);
    assert_eq!(
        desk.says(3, Binance, "100.9"),
        "100.2 bitget of coingecko coinmarketcap binance bitget"
    );
    // Who leaves them is named no more with the next word of those who stay.
    assert_eq!(desk.says(3, Binance, "102"), "");
    assert_eq!(
        desk.says(3, CoinGecko, "100.05"),
        "100.1 coinmarketcap of coingecko coinmarketcap bitget"
    );
}

#[test]
fn aggregators_that_lag_behind_an_exchange_do_not_hold_its_price() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(0, CoinMarketCap, "100.1");
    let median = "100.1 coinmarketcap of coingecko coinmarketcap binance";
    assert_eq!(desk.says(3, Binance, "100.5"), median);
    let moved = "100.6 binance of coingecko coinmarketcap binance";
    assert_eq!(desk.says(4, Binance, "100.6"), moved);
    // What is asked for just now may still be of before.
    assert_eq!(desk.says_of(5, CoinGecko, "100.1", after(1)), "");
    // And they still outvote an exchange that is off.
    assert_eq!(desk.says(5, Bitget, "103"), "");
    assert_eq!(desk.market.outliers().get(&Bitget), Some(&1));
}

#[test]
fn three_that_do_not_agree_are_no_majority() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(0, CoinMarketCap, "102.1");
    assert_eq!(desk.says(1, Bitget, "101"), "101 bitget of coingecko bitget");
    assert_eq!(desk.market.outlier_count(), 0);
}

#[test]
fn what_came_ten_seconds_earlier_has_no_vote() {
    for (second, told) in [
        (10, "100.2 binance of coingecko coinmarketcap binance"),
        (11, "100.2 binance of coinmarketcap binance"),
    ] {
        let mut desk = Desk::new();
        desk.says(0, CoinGecko, "100");
        desk.says(5, CoinMarketCap, "100.1");
        assert_eq!(desk.says(second, Binance, "100.2"), told, "{second}");
    }
}

#[test]
fn the_first_in_the_order_speaks_and_of_streams_the_freshest() {
    let orders: [(&[Source], &str); 5] = [
        (
            &[Binance, Bitget, CoinGecko, CoinMarketCap],
            "104.5 bitget of bitget",
        ),
        (&[Binance, CoinGecko], "103 binance of binance"),
        (&[Bitget, Binance], "104.5 bitget of bitget"),
        (
            &[CoinMarketCap, Binance, Bitget, CoinGecko],
            "101.5 coinmarketcap of coingecko coinmarketcap",
        ),
        (&[CoinGecko, Bitget], "101 coingecko of coingecko"),
    ];
    for (order, told) in orders {
        let mut desk = Desk::with(order);
        desk.says(0, CoinGecko, "101");
        desk.says(1, CoinMarketCap, "101.5");
        desk.says(2, Binance, "103");
        desk.says(3, Bitget, "104.5");
        assert_eq!(
            shown(&desk.market.latest().collect::<Vec<_>>()),
            told,
            "{order:?}"
        );
    }
}

#[test]
fn a_provider_that_gives_no_prices_still_gives_figures() {
    let mut desk = Desk::with(&[Binance]);
    assert_eq!(desk.says(0, CoinGecko, "100"), "");
    assert_eq!(desk.market.asset_count(), 0);
    desk.says(1, Binance, "101");
    assert_eq!(desk.says(2, CoinGecko, "100"), "101 binance of binance");
    assert_eq!(desk.price().change_24h, Some(decimal("1.5")));
    assert_eq!(desk.says(40, CoinGecko, "100"), "");
}

#[test]
fn the_simulated_market_needs_no_place_in_the_order() {
    let mut desk = Desk::with(&[]);
    assert_eq!(desk.says(0, Simulated, "7"), "7 simulated of simulated");
    assert_eq!(desk.says(1, Simulated, "8"), "8 simulated of simulated");
}

#[test]
fn change_and_volume_are_of_the_whole_market_where_it_is_polled() {
    let figures = |desk: &Desk| {
        let price = desk.price();
        (price.change_24h, price.volume_24h)
    };
    let mut desk = Desk::new();
    desk.says(0, Binance, "100");
    // Its own: from 80 to 100.
    assert_eq!(figures(&desk), (Some(decimal("25")), Some(decimal("700"))));
    let other = Quote {
        change_24h: Some(decimal("2.5")),
        ..polled(CoinMarketCap, "100", after(1))
    };
    apply(&mut desk.market, vec![other], after(1));
    assert_eq!(
        figures(&desk),
        (Some(decimal("2.5")), Some(decimal("5000000000")))
    );
    desk.says(2, CoinGecko, "100");
    assert_eq!(figures(&desk).0, Some(decimal("1.5")));
    desk.says(3, Binance, "100");
    assert_eq!(figures(&desk).0, Some(decimal("1.5")));
    // Nobody polled is fresh.
    desk.says(183, Binance, "100");
    assert_eq!(figures(&desk).0, Some(decimal("25")));
}

#[test]
fn what_did_not_change_is_not_told_again() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(1, Binance, "101");
    assert_eq!(desk.says_of(2, Binance, "101", after(1)), "");
    assert_eq!(desk.says(12, CoinGecko, "100"), "");
    assert_eq!(desk.says(13, Binance, "101"), "101 binance of coingecko binance");
}

#[test]
fn a_price_that_somebody_repeats_is_not_stale() {
    let mut desk = Desk::new();
    desk.says(0, CoinGecko, "100");
    desk.says(150, Binance, "100");
    desk.loses(151, Binance);
    assert_eq!(desk.market.mark_stale(after(330)), []);
    assert!(prices(&desk.market.mark_stale(after(331)))[0].stale);
    assert_eq!(
        desk.says(332, CoinMarketCap, "100"),
        "100 coinmarketcap of coinmarketcap"
    );
    assert!(!desk.price().stale);
}

#[test]
fn a_clock_that_wavers_silences_nobody() {
    let mut desk = Desk::new();
    desk.says(600, Binance, "100");
    assert_eq!(
        desk.says_of(590, Binance, "101", after(601)),
        "101 binance of binance"
    );
}

#[test]
fn a_coin_whose_stream_was_heard_of_last_keeps_its_place() {
    let mut desk = Desk::new();
    let coins = (0..MAX_ASSETS - 1).map(|n| quote(&format!("coin-{n}"), 1.0 + n as f64, 1e6, T0));
    apply(&mut desk.market, coins.clone().collect(), T0);
    desk.says(1, Binance, "100");
    // Its polled quote comes, and its price is still the stream's, which came before the others'.
    let all = coins.chain([
        polled(CoinGecko, "100", after(2)),
        quote("newcomer", 0.5, 1.0, after(2)),
    ]);
    apply(&mut desk.market, all.collect(), after(2));
    let latest: Vec<_> = desk.market.latest().collect();
    let held = prices(&latest);
    assert!(held.iter().any(|price| price.coin.as_str() == "bitcoin"));
    assert!(!held.iter().any(|price| price.coin.as_str() == "newcomer"));
}
