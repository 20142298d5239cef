use super::reader::Reader;
use super::{Secret, SettingError};
use crate::model::Source;

/// Calls (CoinGecko) and credits (CoinMarketCap) that a free key has in a month.
const FREE_PLAN: u32 = 10_000;

/// Where the providers are, and in which order they are believed.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSettings {
    /// `PRICE_PROVIDERS`: whose prices are believed, first to last.
    pub price_order: Vec<Source>,
    /// `CANDLE_PROVIDERS`: whose candles are believed, first to last; may be none.
    pub candle_order: Vec<Source>,
    /// `COINGECKO_URL`: what stands before `/api/v3`, without a slash at the end, as all of these.
    pub coingecko_url: String,
    /// `COINGECKO_API_KEY`: keyless without.
    pub coingecko_api_key: Option<Secret>,
    /// `COINGECKO_CALLS_PER_MONTH`: what the key's plan allows; `None` for no limit, and without a key.
    pub coingecko_calls_per_month: Option<u32>,
    /// `COINMARKETCAP_URL`: what stands before `/v1`.
    pub coinmarketcap_url: String,
    /// `COINMARKETCAP_API_KEY`: not asked without.
    pub coinmarketcap_api_key: Option<Secret>,
    /// `COINMARKETCAP_CREDITS_PER_MONTH`: what the key's plan allows; `None` for no limit.
    pub coinmarketcap_credits_per_month: Option<u32>,
    /// `FEAR_GREED_URL`: what stands before `/fng`.
    pub fear_greed_url: String,
    /// `BINANCE_WS_URL`: what stands before `/stream`.
    pub binance_ws_url: String,
    /// `BITGET_WS_URL`: what stands before `/v2/ws/public`.
    pub bitget_ws_url: String,
    /// `BITGET_REST_URL`: what stands before `/api/v2`.
    pub bitget_rest_url: String,
}

impl ProviderSettings {
    pub(super) fn read(vars: &Reader<'_>) -> Result<Self, SettingError> {
        let per_month = |name| Ok(Some(vars.whole(name, 0, u32::MAX, FREE_PLAN)?).filter(|calls| *calls > 0));
        let coingecko_api_key = vars.text("COINGECKO_API_KEY").map(Secret::new);
        let calls = per_month("COINGECKO_CALLS_PER_MONTH")?;
        Ok(Self {
            price_order: vars.sources(
                "PRICE_PROVIDERS",
                &[
                    Source::Binance,
                    Source::Bitget,
                    Source::CoinGecko,
                    Source::CoinMarketCap,
                ],
                1,
            )?,
            candle_order: vars.sources("CANDLE_PROVIDERS", &[Source::Bitget, Source::Binance], 0)?,
            coingecko_url: vars.base_url("COINGECKO_URL", "https://api.coingecko.com")?,
            coingecko_calls_per_month: calls.filter(|_| coingecko_api_key.is_some()),
            coingecko_api_key,
            coinmarketcap_url: vars.base_url("COINMARKETCAP_URL", "https://pro-api.coinmarketcap.com")?,
            coinmarketcap_api_key: vars.text("COINMARKETCAP_API_KEY").map(Secret::new),
            coinmarketcap_credits_per_month: per_month("COINMARKETCAP_CREDITS_PER_MONTH")?,
            fear_greed_url: vars.base_url("FEAR_GREED_URL", "https://api.alternative.me")?,
            binance_ws_url: vars.stream_url("BINANCE_WS_URL", "wss://data-stream.binance.vision")?,
            bitget_ws_url: vars.stream_url("BITGET_WS_URL", "wss://ws.bitget.com")?,
            bitget_rest_url: vars.base_url("BITGET_REST_URL", "https://api.bitget.com")?,
        })
    }
}
