use std::fmt;

use serde::{Deserialize, Serialize};

use super::Symbol;

/// What is traded for what: `BTC/USDT` is bitcoin, priced in tether. Neither side holds a slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    base: Symbol,
    quote: Symbol,
}

impl Pair {
    /// `None` if a side holds a slash, or both are the same.
    pub fn new(base: Symbol, quote: Symbol) -> Option<Self> {
        let clean = |side: &Symbol| !side.as_str().contains('/');
        (clean(&base) && clean(&quote) && base != quote).then_some(Self { base, quote })
    }

    /// From `BTC/USDT`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, quote) = text.split_once('/')?;
        Self::new(Symbol::new(base)?, Symbol::new(quote)?)
    }

    /// What is traded: volumes are in it.
    pub fn base(&self) -> &Symbol {
        &self.base
    }

    /// What it is paid with: prices and quote volumes are in it.
    pub fn quote(&self) -> &Symbol {
        &self.quote
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_written_as_it_is_read_but_in_upper_case() {
        for text in ["BTC/USDT", "btc/usdt", "Btc/Usdt"] {
            assert_eq!(Pair::parse(text).unwrap().to_string(), "BTC/USDT");
        }
    }

    #[test]
    fn what_has_not_two_sides_is_no_pair() {
        for text in [
            "",
            "/",
            "BTC",
            "BTC/",
            "/USDT",
            "A/B/C",
            "BTC/BTC",
            "B TC/USDT",
            "BTC/US:DT",
            "BTCUSDT",
        ] {
            assert_eq!(Pair::parse(text), None, "{text}");
        }
    }
}
