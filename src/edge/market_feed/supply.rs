use crate::feed::providers::{Polled, Quota, Streamed, Supply};
use crate::feed::{Endpoint, alternative_me, binance, bitget, coingecko, coinmarketcap};
use crate::model::Source;
use crate::settings::{FeedSettings, ProviderSettings, Secret};

/// What the settings want of the providers: the one place that knows all of them.
pub(super) fn supply(settings: &FeedSettings) -> Supply {
    let FeedSettings { providers, .. } = settings;
    Supply {
        price_order: providers.price_order.clone(),
        candle_order: providers.candle_order.clone(),
        candle_pairs: settings.candle_pairs.clone(),
        poll_interval_ms: settings.poll_interval_ms,
        polled: polled(providers, settings.tracked_coins),
        streams: vec![
            Streamed {
                venue: &binance::VENUE,
                base_url: providers.binance_ws_url.clone(),
            },
            Streamed {
                venue: &bitget::VENUE,
                base_url: providers.bitget_ws_url.clone(),
            },
        ],
        archive: bitget::archive(endpoint(&providers.bitget_rest_url, None)),
    }
}

fn polled(providers: &ProviderSettings, coins: u32) -> Vec<Polled> {
    let monthly = |calls: Option<u32>| calls.map_or(Quota::Unlimited, Quota::Monthly);
    let gecko_key = providers.coingecko_api_key.as_ref();
    let mut polled = vec![Polled {
        source: Source::CoinGecko,
        quota: match gecko_key {
            Some(_) => monthly(providers.coingecko_calls_per_month),
            None => Quota::Keyless,
        },
        questions: coingecko::plan(&endpoint(&providers.coingecko_url, gecko_key), coins),
    }];
    // Without a key it refuses everything.
    if let Some(key) = &providers.coinmarketcap_api_key {
        polled.push(Polled {
            source: Source::CoinMarketCap,
            quota: monthly(providers.coinmarketcap_credits_per_month),
            questions: coinmarketcap::plan(&endpoint(&providers.coinmarketcap_url, Some(key)), coins),
        });
    }
    polled.push(Polled {
        source: Source::AlternativeMe,
        quota: Quota::Unlimited,
        questions: alternative_me::plan(&endpoint(&providers.fear_greed_url, None)),
    });
    polled
}

fn endpoint(base_url: &str, key: Option<&Secret>) -> Endpoint {
    Endpoint {
        base_url: base_url.to_owned(),
        api_key: key.map(|key| key.expose().to_owned()),
    }
}
