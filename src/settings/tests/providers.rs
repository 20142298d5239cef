use super::*;
use crate::model::Source;

fn providers(vars: &[(&str, &str)]) -> ProviderSettings {
    read(vars).unwrap().feed.providers
}

#[test]
fn the_defaults_are_the_public_hosts_streams_first() {
    let defaults = ProviderSettings {
        price_order: vec![
            Source::Binance,
            Source::Bitget,
            Source::CoinGecko,
            Source::CoinMarketCap,
        ],
        candle_order: vec![Source::Bitget, Source::Binance],
        coingecko_url: "https://api.coingecko.com".into(),
        coingecko_api_key: None,
        coingecko_calls_per_month: None,
        coinmarketcap_url: "https://pro-api.coinmarketcap.com".into(),
        coinmarketcap_api_key: None,
        coinmarketcap_credits_per_month: Some(10_000),
        fear_greed_url: "https://api.alternative.me".into(),
        binance_ws_url: "wss://data-stream.binance.vision".into(),
        bitget_ws_url: "wss://ws.bitget.com".into(),
        bitget_rest_url: "https://api.bitget.com".into(),
    };
    assert_eq!(providers(&[]), defaults);
}

#[test]
fn every_provider_s_setting_reaches_its_field() {
    let set = providers(&[
        ("PRICE_PROVIDERS", "coingecko, bitget"),
        ("CANDLE_PROVIDERS", "none"),
        ("COINGECKO_API_KEY", "a"),
        ("COINGECKO_CALLS_PER_MONTH", "500000"),
        ("COINMARKETCAP_URL", "http://127.0.0.1:1/"),
        ("COINMARKETCAP_API_KEY", "b"),
        ("COINMARKETCAP_CREDITS_PER_MONTH", "0"),
        ("FEAR_GREED_URL", "http://127.0.0.1:2"),
        ("BINANCE_WS_URL", "ws://127.0.0.1:3/x/"),
        ("BITGET_WS_URL", "ws://127.0.0.1:4"),
        ("BITGET_REST_URL", "http://127.0.0.1:5"),
    ]);
    let expected = ProviderSettings {
        price_order: vec![Source::CoinGecko, Source::Bitget],
        candle_order: vec![],
        coingecko_url: "https://api.coingecko.com".into(),
        coingecko_api_key: Some(Secret::new("a".into())),
        coingecko_calls_per_month: Some(500_000),
        coinmarketcap_url: "http://127.0.0.1:1".into(),
        coinmarketcap_api_key: Some(Secret::new("b".into())),
        coinmarketcap_credits_per_month: None,
        fear_greed_url: "http://127.0.0.1:2".into(),
        binance_ws_url: "ws://127.0.0.1:3/x".into(),
        bitget_ws_url: "ws://127.0.0.1:4".into(),
        bitget_rest_url: "http://127.0.0.1:5".into(),
    };
    assert_eq!(set, expected);
}

#[test]
fn an_order_names_each_provider_once_and_only_those_that_have_what_is_ordered() {
    let prices = "different ones of binance, bitget, coingecko, coinmarketcap, separated by commas";
    for bad in [
        "kraken",
        "binance,binance",
        "binance,",
        "none",
        "alternative_me",
        "Binance",
    ] {
        assert_eq!(
            error("PRICE_PROVIDERS", bad),
            format!("PRICE_PROVIDERS: expected {prices}, found '{bad}'")
        );
    }
    let candles = "different ones of bitget, binance, separated by commas, or none";
    assert_eq!(
        error("CANDLE_PROVIDERS", "coingecko"),
        format!("CANDLE_PROVIDERS: expected {candles}, found 'coingecko'")
    );
}

#[test]
fn a_stream_s_url_begins_with_ws() {
    for bad in ["https://a", "wss://", "a", "wss://a?k=v"] {
        assert!(error("BITGET_WS_URL", bad).contains("wss://host"), "{bad}");
    }
}
