//! What counts as the US dollar: the dollar itself, and coins that follow it for as long as they do.

use std::sync::LazyLock;

use super::assets::Assets;
use super::config::MarketConfig;
use crate::model::{CoinId, Symbol, UnixMillis};

/// Tickers that mean a dollar, and the coin behind them, by CoinGecko's id. Of several pairs of one coin on
/// one exchange the first of these counts.
const DOLLARS: [(&str, Option<&str>); 10] = [
    ("USD", None),
    ("USDT", Some("tether")),
    ("USDC", Some("usd-coin")),
    ("FDUSD", Some("first-digital-usd")),
    ("TUSD", Some("true-usd")),
    ("USDE", Some("ethena-usde")),
    ("DAI", Some("dai")),
    ("USD1", Some("usd1-wlfi")),
    ("PYUSD", Some("paypal-usd")),
    ("USDS", Some("usds")),
];
/// The coins behind them, in the same order.
static COINS: LazyLock<[Option<CoinId>; DOLLARS.len()]> =
    LazyLock::new(|| DOLLARS.map(|(_, coin)| coin.and_then(CoinId::new)));
/// A coin worth this much, US dollars, is as good as one: what is paid in it is at most 0.5% off.
const AT_PAR: std::ops::RangeInclusive<f64> = 0.995..=1.005;

/// Which dollars count as one right now.
pub(super) struct Dollars([bool; DOLLARS.len()]);

/// What a pair is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    /// A dollar, by its place in the list.
    Dollar(u8),
    /// A coin that should be worth a dollar and is not.
    OffPeg,
    /// Something else.
    Other,
}

impl Dollars {
    /// As polled providers see them at `now`; what nobody fresh speaks of counts.
    pub(super) fn at(now: UnixMillis, assets: &Assets, config: &MarketConfig) -> Self {
        Self(std::array::from_fn(|place| {
            let coin = COINS.get(place).and_then(Option::as_ref);
            let asset = coin.and_then(|coin| assets.get(coin));
            let price = asset.and_then(|asset| asset.polled_price(now, config));
            price.is_none_or(|price| AT_PAR.contains(&price.to_f64()))
        }))
    }

    /// What a price of `base` in `quote` is paid in. One coin that follows the dollar says nothing about the
    /// dollar price of another.
    pub(super) fn paid(&self, base: &Symbol, quote: &Symbol) -> Paid {
        let Some(place) = place(quote) else {
            return Paid::Other;
        };
        if place > 0 && self::place(base).is_some() {
            return Paid::Other;
        }
        match (self.0.get(place), u8::try_from(place)) {
            (Some(true), Ok(place)) => Paid::Dollar(place),
            _ => Paid::OffPeg,
        }
    }
}

/// Whether that ticker means a dollar, or a coin that follows it.
pub(super) fn is_dollar(symbol: &Symbol) -> bool {
    place(symbol).is_some()
}

fn place(symbol: &Symbol) -> Option<usize> {
    DOLLARS.iter().position(|(ticker, _)| *ticker == symbol.as_str())
}
