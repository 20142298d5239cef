use serde_json::json;

use super::read;
use crate::feed::stream::{Limits, Venue, Wanted, venue_name};
use crate::model::{Pair, Source};

/// How Binance is listened to.
pub static VENUE: Venue = Venue {
    source: Source::Binance,
    streams: stream_names,
    url: streams_url,
    subscribe,
    limits: Limits {
        streams: 1_024,
        streams_in_url: 100,
        // The server reads few messages a second.
        streams_a_message: 250,
    },
    ping: None,
    read,
    numbered: |klines| klines.trades.into_iter().collect(),
    candles_tell_prices: false,
};

/// The names of the streams to ask for: the 1m candles first, then tickers, of the pairs with candles before
/// the others. A pair that Binance cannot have is left out.
fn stream_names(wanted: &Wanted<'_>) -> Vec<String> {
    let names = |pairs: &[Pair], kind: &str| -> Vec<String> {
        let names = pairs.iter().filter_map(venue_name);
        names
            .map(|name| format!("{}@{kind}", name.to_ascii_lowercase()))
            .collect()
    };
    let mut streams = Vec::new();
    if wanted.candles {
        streams.extend(names(wanted.candle_pairs, "kline_1m"));
    }
    if wanted.prices {
        streams.extend(names(wanted.candle_pairs, "miniTicker"));
        streams.extend(names(wanted.ticker_pairs, "miniTicker"));
    }
    streams
}

/// The URL of a connection that has the streams of these [names](stream_names) from the start. `base` is
/// scheme and host: `wss://data-stream.binance.vision`. Of hundreds, name some here and [`subscribe`] to the rest.
fn streams_url(base: &str, names: &[String]) -> String {
    let base = base.trim().trim_end_matches('/');
    if names.is_empty() {
        format!("{base}/stream")
    } else {
        format!("{base}/stream?streams={}", names.join("/"))
    }
}

/// The message that asks for more streams, by [name](stream_names). The answer carries `id`.
fn subscribe(names: &[String], id: u64) -> String {
    json!({"method": "SUBSCRIBE", "params": names, "id": id}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str]) -> Vec<Pair> {
        names.iter().map(|name| Pair::parse(name).unwrap()).collect()
    }

    #[test]
    fn a_connection_names_its_streams_in_lower_case() {
        let (with_candles, others) = (pairs(&["BTC/USDT", "BTC/XYZ"]), pairs(&["ETH/USDT"]));
        let url = |candles, prices| {
            let names = stream_names(&Wanted {
                candle_pairs: &with_candles,
                ticker_pairs: &others,
                candles,
                prices,
            });
            streams_url("wss://x/", &names)
        };
        assert_eq!(
            url(true, true),
            "wss://x/stream?streams=btcusdt@kline_1m/btcusdt@miniTicker/ethusdt@miniTicker"
        );
        assert_eq!(url(true, false), "wss://x/stream?streams=btcusdt@kline_1m");
        assert_eq!(
            url(false, true),
            "wss://x/stream?streams=btcusdt@miniTicker/ethusdt@miniTicker"
        );
        assert_eq!(url(false, false), "wss://x/stream");
    }

    #[test]
    fn a_subscription_is_one_message() {
        let params = ["btcusdt@miniTicker".to_owned(), "btcusdt@kline_1m".to_owned()];
        let message: serde_json::Value = serde_json::from_str(&subscribe(&params, 7)).unwrap();
        assert_eq!(message, json!({"method": "SUBSCRIBE", "params": params, "id": 7}));
    }
}
