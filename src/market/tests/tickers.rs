//! Whose price a ticker is.

use super::several::{Desk, after, polled, shown, ticker};
use super::*;
use crate::model::Source::{Binance, Bitget, CoinGecko};
use crate::model::Ticker;

fn coin(id: &str, symbol: &str, price: f64, cap: f64) -> Quote {
    Quote {
        symbol: Symbol::new(symbol).unwrap(),
        market_cap: Decimal::from_f64(cap, 9),
        ..quote(id, price, 1e6, T0)
    }
}

/// Which coins are told after one ticker of each pair at 1 dollar.
fn told(desk: &mut Desk, second: u64, pairs: &[&str]) -> Vec<String> {
    let tickers = pairs.iter().map(|pair| ticker(Binance, pair, "1", after(second)));
    let events = desk
        .market
        .apply(Observation::Tickers(tickers.collect()), after(second));
    prices(&events)
        .iter()
        .map(|price| price.coin.to_string())
        .collect()
}

#[test]
fn of_coins_with_one_ticker_it_is_the_largests() {
    let mut desk = Desk::new();
    let coins = vec![
        coin("a-bear", "BEAR", 1.1, 5e6),
        coin("the-bear", "BEAR", 0.9, 7e6),
        coin("z-bear", "BEAR", 1.0, 6e6),
    ];
    apply(&mut desk.market, coins, T0);
    assert_eq!(told(&mut desk, 1, &["BEAR/USDT"]), ["the-bear"]);
    // Another is the largest now.
    apply(&mut desk.market, vec![coin("z-bear", "BEAR", 1.0, 8e6)], after(2));
    assert_eq!(told(&mut desk, 3, &["BEAR/USDT"]), ["z-bear"]);
    desk.market = Market::restore(&desk.market.snapshot(), MarketConfig::default()).unwrap();
    assert_eq!(told(&mut desk, 4, &["BEAR/USDT"]), ["z-bear"]);
}

#[test]
fn a_coin_that_nobody_polled_is_found_in_the_embedded_list_or_not_at_all() {
    let mut desk = Desk::new();
    let pairs = [
        "BTC/USDT",
        "ETH/USDC",
        "NOSUCHCOIN/USDT",
        "SOL/USD",
        "BITCOIN/USDT",
    ];
    assert_eq!(told(&mut desk, 0, &pairs), ["bitcoin", "ethereum", "solana"]);
    assert_eq!(desk.market.asset_count(), 3);
}

#[test]
fn a_price_in_anything_but_dollars_is_none() {
    let mut desk = Desk::new();
    let pairs = ["ETH/BTC", "BTC/EUR", "BTC/TRY", "BTC/USDTX"];
    assert_eq!(told(&mut desk, 0, &pairs), Vec::<String>::new());
    assert_eq!(desk.market.off_peg_count(), 0);
}

#[test]
fn a_stable_coin_has_a_price_in_dollars_but_not_in_another_stable_coin() {
    let mut desk = Desk::new();
    let pairs = ["USDC/USDT", "USDT/USDC", "USDT/USD", "DAI/FDUSD"];
    assert_eq!(told(&mut desk, 0, &pairs), ["tether"]);
    assert_eq!(desk.market.off_peg_count(), 0);
}

#[test]
fn a_stable_coin_counts_as_the_dollar_only_while_it_is_worth_one() {
    for (price, counts) in [
        ("0.9949", false),
        ("0.995", true),
        ("1.0", true),
        ("1.005", true),
        ("1.0051", false),
    ] {
        let mut desk = Desk::new();
        let tether = Quote {
            price: decimal(price),
            ..coin("tether", "USDT", 1.0, 1e11)
        };
        apply(&mut desk.market, vec![tether], T0);
        assert_eq!(
            told(&mut desk, 1, &["BTC/USDT"]).len(),
            usize::from(counts),
            "{price}"
        );
        assert_eq!(desk.market.off_peg_count(), u64::from(!counts), "{price}");
        // Another is not touched by it, and after three polls nobody says so any more.
        assert_eq!(told(&mut desk, 2, &["ETH/USDC"]), ["ethereum"]);
        assert_eq!(told(&mut desk, 181, &["XRP/USDT"]), ["ripple"]);
    }
}

#[test]
fn of_several_pairs_of_one_coin_on_one_exchange_one_speaks() {
    let mut desk = Desk::new();
    let mut tick =
        |second, source, pair, price| shown(&desk.ticks(second, ticker(source, pair, price, after(second))));
    assert_eq!(tick(0, Binance, "BTC/USDC", "100.1"), "100.1 binance of binance");
    assert_eq!(tick(5, Binance, "BTC/USDT", "100"), "100 binance of binance");
    assert_eq!(tick(35, Binance, "BTC/USDC", "100.2"), "");
    // On another exchange another may; and where the better one is silent.
    assert_eq!(tick(35, Bitget, "BTC/USDC", "100.3"), "100.3 bitget of bitget");
    assert_eq!(
        tick(36, Binance, "BTC/USDC", "100.2"),
        "100.2 binance of binance bitget"
    );
    assert_eq!(desk.market.late_count(), 0);
}

#[test]
fn the_change_is_reckoned_from_the_price_a_day_ago() {
    for (open, change) in [
        (Some("77671"), Some("0.01545")),
        (Some("100000"), Some("-22.317")),
        (Some("0"), None),
        (Some("-1"), None),
        (None, None),
    ] {
        let mut desk = Desk::new();
        let events = desk.ticks(
            0,
            Ticker {
                open_24h: open.map(decimal),
                ..ticker(Binance, "BTC/USDT", "77683", T0)
            },
        );
        let told = prices(&events)[0].change_24h;
        assert_eq!(told.map(|it| it.to_string()).as_deref(), change, "{open:?}");
    }
}

#[test]
fn a_ticker_keeps_the_name_that_polled_providers_give_the_coin() {
    let mut desk = Desk::new();
    apply(&mut desk.market, vec![polled(CoinGecko, "100", T0)], T0);
    let renamed = Quote {
        symbol: Symbol::new("XBT").unwrap(),
        ..polled(Source::CoinMarketCap, "100", after(1))
    };
    apply(&mut desk.market, vec![renamed], after(1));
    assert_eq!(desk.price().symbol.as_str(), "BTC");
    desk.says(2, Binance, "100");
    assert_eq!(desk.price().symbol.as_str(), "BTC");
}

#[test]
fn what_is_no_price_is_no_ticker_either() {
    let mut desk = Desk::new();
    for price in ["0", "-1"] {
        assert_eq!(desk.ticks(0, ticker(Binance, "BTC/USDT", price, T0)), []);
    }
    assert_eq!(desk.market.apply(Observation::Tickers(Vec::new()), T0), []);
    assert_eq!(desk.market.asset_count(), 0);
}
