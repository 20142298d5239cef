use crate::feed::Endpoint;
use crate::feed::providers::{Polled, Supply};
use crate::settings::{FeedSettings, Secret};

/// What the settings want of the providers.
pub(super) fn supply(settings: &FeedSettings) -> Supply {
    let FeedSettings { providers, .. } = settings;
    Supply {
        price_order: providers.price_order.clone(),
        candle_order: providers.candle_order.clone(),
        coins: settings.tracked_coins,
        candle_pairs: settings.candle_pairs.clone(),
        poll_interval_ms: settings.poll_interval_ms,
        coingecko: Polled {
            endpoint: endpoint(&providers.coingecko_url, providers.coingecko_api_key.as_ref()),
            per_month: providers.coingecko_calls_per_month,
        },
        coinmarketcap: providers.coinmarketcap_api_key.as_ref().map(|key| Polled {
            endpoint: endpoint(&providers.coinmarketcap_url, Some(key)),
            per_month: providers.coinmarketcap_credits_per_month,
        }),
        fear_greed: endpoint(&providers.fear_greed_url, None),
        binance_ws: providers.binance_ws_url.clone(),
        bitget_ws: providers.bitget_ws_url.clone(),
        bitget_rest: endpoint(&providers.bitget_rest_url, None),
    }
}

fn endpoint(base_url: &str, key: Option<&Secret>) -> Endpoint {
    Endpoint {
        base_url: base_url.to_owned(),
        api_key: key.map(|key| key.expose().to_owned()),
    }
}
