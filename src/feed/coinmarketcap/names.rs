use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Catalog, CoinId, Symbol, ordered};

/// Which coin a listing of CoinMarketCap is.
///
/// CoinMarketCap names coins by a slug of its own (`avalanche`, where the embedded list has
/// CoinGecko's `avalanche-2`). The rule, in this order:
///
/// 1. the slug is an id of the embedded list: that coin;
/// 2. the ticker belongs to exactly one coin of the embedded list: that coin;
/// 3. else a coin of its own, with the slug for an id.
///
/// One answer means each coin once: a listing that is a coin by its slug goes before all that are it
/// by ticker, and of those the first, with the largest market cap, is it; the others fall to 3. So
/// a `batcat` that calls itself BTC does not become bitcoin, as long as bitcoin is listed.
pub(super) struct Names {
    ids: BTreeSet<CoinId>,
    /// `None` for a ticker that several coins share.
    tickers: BTreeMap<Symbol, Option<CoinId>>,
    claimed: BTreeSet<CoinId>,
}

impl Names {
    /// For an answer that lists `slugs`.
    pub(super) fn new<'a>(slugs: impl Iterator<Item = &'a str>) -> Self {
        let catalog = Catalog::embedded();
        let mut ids = BTreeSet::new();
        let mut tickers: BTreeMap<Symbol, Option<CoinId>> = BTreeMap::new();
        for (id, symbol) in catalog.coins() {
            ids.insert(id.clone());
            tickers
                .entry(symbol.clone())
                .and_modify(|owner| *owner = None)
                .or_insert_with(|| Some(id.clone()));
        }
        let claimed = slugs.filter_map(CoinId::new).filter(|id| ids.contains(id));
        let claimed = ordered(claimed);
        Self {
            ids,
            tickers,
            claimed,
        }
    }

    /// The coin of one listing; listings come by market cap. `None` if `slug` can be no id.
    pub(super) fn coin(&mut self, slug: &str, symbol: &Symbol) -> Option<CoinId> {
        let own = CoinId::new(slug)?;
        if self.ids.contains(&own) {
            return Some(own);
        }
        let by_ticker = self.tickers.get(symbol).cloned().flatten();
        Some(
            by_ticker
                .filter(|id| self.claimed.insert(id.clone()))
                .unwrap_or(own),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coins(listings: &[(&str, &str)]) -> Vec<String> {
        let mut names = Names::new(listings.iter().map(|(slug, _)| *slug));
        let mut coin = |(slug, symbol): &(&str, &str)| names.coin(slug, &Symbol::new(symbol).unwrap());
        listings.iter().map(|it| coin(it).unwrap().to_string()).collect()
    }

    #[test]
    fn the_slug_goes_first_then_a_ticker_of_one_coin_then_the_slug_itself() {
        assert_eq!(
            coins(&[
                ("bitcoin", "BTC"),
                ("avalanche", "AVAX"),
                ("brand-new", "BRANDNEW")
            ]),
            ["bitcoin", "avalanche-2", "brand-new"]
        );
    }

    #[test]
    fn a_coin_that_borrows_a_ticker_is_never_the_one_it_borrows_from() {
        assert_eq!(
            coins(&[("batcat", "BTC"), ("bitcoin", "BTC")]),
            ["batcat", "bitcoin"]
        );
        assert_eq!(
            coins(&[("avalanche", "AVAX"), ("fake-avax", "AVAX")]),
            ["avalanche-2", "fake-avax"]
        );
    }

    #[test]
    fn a_slug_that_can_be_no_id_is_no_coin() {
        let mut names = Names::new(std::iter::empty());
        for slug in ["", "Bit Coin", "a/b"] {
            assert_eq!(names.coin(slug, &Symbol::new("BTC").unwrap()), None, "{slug}");
        }
    }
}
