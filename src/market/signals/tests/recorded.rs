//! The recorded minutes of XRP/ETH, 2019-10-11 to 13, told as prices: four a minute.

use super::*;

/// `[open_ms, open, high, low, close, volume]`
type Row = (u64, f64, f64, f64, f64, f64);

/// The prices of the recording; `None`, and a word about it, where the shared folder is not there.
fn recorded() -> Option<Vec<Quote>> {
    let path = format!(
        "{}/../shared/fixtures/xrp-eth-1m.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: there is no {path}");
        return None;
    };
    let rows: Vec<Row> = serde_json::from_str(&text).unwrap();
    let quotes = rows.into_iter().flat_map(|(at, open, high, low, close, _)| {
        (0..)
            .zip([open, high, low, close])
            .map(move |(n, price)| quote(price, Source::Binance, UnixMillis::new(at + n * 15_000)))
    });
    Some(quotes.collect())
}

fn told(quotes: &[Quote], evict: bool) -> Vec<Signal> {
    let mut coin = Coin::begin(quotes[0].clone());
    let mut told = Vec::new();
    for quote in &quotes[1..] {
        if evict {
            coin.evict();
        }
        told.extend(coin.tell(quote.clone()));
    }
    told
}

#[test]
fn the_recorded_days_give_the_same_signals_each_time() {
    let Some(quotes) = recorded() else { return };
    let once = told(&quotes, false);
    assert_eq!(once, told(&quotes, false));
    assert_eq!(once, told(&quotes, true));
    for signal in &once {
        println!(
            "{} {} {}",
            signal.timestamp, signal.confidence, signal.description
        );
    }
    assert!((1..60).contains(&once.len()), "{}", once.len());
}
