//! What is published, and who subscribes to what of it.

use serde_json::{Value, json};

/// The hub's own list: CoinGecko id, ticker, name.
const COINS: &str = include_str!("../../../src/model/coins.csv");

/// How many coins there are prices for.
pub const SYMBOLS: usize = 100;

/// Steps that share no factor with [`SYMBOLS`], so that a walk by one comes by every coin.
const STRIDES: [usize; 10] = [1, 3, 7, 9, 11, 13, 17, 19, 21, 23];

/// `price_update`, in the messages of every server.
pub const PRICE_UPDATE: &[u8] = b"\"price_update\"";

/// `mention_alert`, likewise.
pub const MENTION_ALERT: &[u8] = b"\"mention_alert\"";

/// The ids and tickers of the first [`SYMBOLS`] coins.
pub fn coins() -> impl Iterator<Item = (&'static str, &'static str)> {
    COINS
        .lines()
        .take(SYMBOLS)
        .filter_map(|line| Some((line.split(',').next()?, line.split(',').nth(1)?)))
}

/// The channels of all coins' prices.
pub fn price_channels() -> Vec<String> {
    coins().map(|(id, _)| format!("price:{id}")).collect()
}

/// So many of `channels`, a different set for each number below 1,000.
pub fn choose(channels: &[String], number: usize, count: usize) -> Vec<String> {
    let stride = STRIDES[number / SYMBOLS % STRIDES.len()];
    (0..count)
        .map(|step| channels[(number + step * stride) % channels.len()].clone())
        .collect()
}

/// A message for the price of a coin; the price changes with `tick`.
pub fn price(id: &str, symbol: &str, tick: u64) -> Value {
    json!({
        "channel": format!("price:{id}"),
        "data": {
            "symbol": symbol,
            "price": 43_250.75 + tick as f64,
            "change_24h": 2.34,
            "volume_24h": 1_250_000_000,
            "timestamp": "2026-11-21T12:30:00Z",
            "source": "coingecko",
            "metadata": {"sources": ["coingecko"]},
        },
    })
}

/// A message about one entity, with a title that comes back to its sender.
pub fn mention(entity: &str, title: String) -> Value {
    json!({
        "channel": format!("mentions:{entity}"),
        "data": {
            "entity": entity,
            "title": title,
            "url": "https://news.example/2026/11/21/an-article-about-it",
            "source": "news.example",
            "timestamp": "2026-11-21T12:30:00Z",
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_clients_choose_a_thousand_sets_of_different_channels() {
        let channels = price_channels();
        assert_eq!(channels.len(), SYMBOLS);
        let sets: BTreeSet<BTreeSet<String>> = (0..1_000)
            .map(|number| choose(&channels, number, 20).into_iter().collect())
            .collect();
        assert_eq!(sets.len(), 1_000);
        assert!(sets.iter().all(|set| set.len() == 20));
    }
}
