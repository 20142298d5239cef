//! How exchanges write pairs: `BTCUSDT`.

use crate::model::{Pair, Symbol};

/// What pairs are paid with on the exchanges that are read; of two that fit the longer one counts.
const QUOTES: [&str; 14] = [
    "FDUSD", "USDT", "USDC", "TUSD", "USDE", "USD1", "EURI", "BTC", "ETH", "BNB", "DAI", "EUR", "BRL", "TRY",
];

/// The exchange's name of `pair`: `BTCUSDT`. `None` if [`pair_of`] could not tell it back.
pub fn venue_name(pair: &Pair) -> Option<String> {
    let name = format!("{}{}", pair.base(), pair.quote());
    (pair_of(&name).as_ref() == Some(pair)).then_some(name)
}

/// The pair that an exchange calls `name`, in any case: split before the longest known currency that
/// it ends with. `None` if there is none, or if it is not made of letters and digits alone.
pub fn pair_of(name: &str) -> Option<Pair> {
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let fitting = QUOTES
        .iter()
        .filter_map(|quote| Some((name.strip_suffix(quote)?, *quote)));
    let (base, quote) = fitting.max_by_key(|(_, quote)| quote.len())?;
    Pair::new(Symbol::new(base)?, Symbol::new(quote)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_split_before_the_longest_currency() {
        for (name, pair) in [
            ("BTCUSDT", "BTC/USDT"),
            ("ethbtc", "ETH/BTC"),
            ("BTCFDUSD", "BTC/FDUSD"),
            ("1000SATSUSDT", "1000SATS/USDT"),
            ("USDCUSDT", "USDC/USDT"),
            ("USDTTRY", "USDT/TRY"),
        ] {
            assert_eq!(pair_of(name), Pair::parse(pair), "{name}");
        }
    }

    #[test]
    fn what_has_no_known_currency_is_no_pair_and_is_not_asked_for() {
        for name in [
            "", "USDT", "BTC", "BTCXYZ", "BTC-USDT", "BTC/USDT", "BTC USDT", "ÄUSDT",
        ] {
            assert_eq!(pair_of(name), None, "{name}");
        }
        for pair in ["BTC/XYZ", "B-TC/USDT", "BTC&x=/USDT", "BTCFD/USD"] {
            assert_eq!(venue_name(&Pair::parse(pair).unwrap()), None, "{pair}");
        }
    }

    proptest! {
        #[test]
        fn what_is_asked_for_is_understood(base in "[A-Z0-9]{1,10}", quote in 0..QUOTES.len()) {
            let Some(pair) = Pair::parse(&format!("{base}/{}", QUOTES[quote])) else {
                return Ok(());
            };
            if let Some(name) = venue_name(&pair) {
                prop_assert_eq!(pair_of(&name.to_lowercase()), Some(pair));
            }
        }
    }
}
