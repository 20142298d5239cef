use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Pair, ordered};

/// The embedded list: `id,symbol,name` a line, by market cap, so that `price:bitcoin` exists
/// before the first cycle.
const TOP_COINS: &str = include_str!("coins.csv");

/// A coin's unique name, CoinGecko's `id`: `bitcoin`. Lower case, 1 to 64 of `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CoinId(Box<str>);

impl CoinId {
    /// `None` if `id` is empty, longer than 64 bytes, or has other characters than those of an id.
    pub fn new(id: &str) -> Option<Self> {
        let fits = (1..=64).contains(&id.len());
        let clean = id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        (fits && clean).then(|| Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CoinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ticker symbol as clients see it: `BTC`. Upper case, 1 to 32 bytes, no space and no colon.
/// Several coins may share one; [`CoinId`] tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Symbol(Box<str>);

impl Symbol {
    /// Upper-cases `ticker`; `None` if it is empty, too long, or has a space, a colon or a control character.
    pub fn new(ticker: &str) -> Option<Self> {
        let upper = ticker.to_uppercase();
        let fits = (1..=32).contains(&upper.len());
        let clean = !upper.contains(|c: char| c.is_whitespace() || c.is_control() || c == ':');
        (fits && clean).then(|| Self(upper.into()))
    }

    /// The ticker as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A coin: the id that is its own, and the ticker that it may share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coin {
    /// Unique.
    pub id: CoinId,
    /// What traders call it.
    pub symbol: Symbol,
}

/// The coins that exist: the embedded list, extended by what the feed sees, never shrunk.
///
/// A ticker that several coins share belongs to the one that was known first: the embedded list
/// and the feed both come by market cap.
///
/// The pairs that have candles are those that it is given: they are configured, not learned.
#[derive(Debug, Clone)]
pub struct Catalog {
    ids: BTreeMap<CoinId, Symbol>,
    tickers: BTreeMap<Symbol, CoinId>,
    /// What the embedded list does not have, in the order of learning: it decides whose a shared ticker is.
    learned: Vec<(CoinId, Symbol)>,
    pairs: BTreeSet<Pair>,
}

impl Catalog {
    /// More coins than this are not learned: memory stays bounded whatever a provider sends.
    pub const MAX_COINS: usize = 2_000;

    /// The embedded list alone.
    pub fn embedded() -> Self {
        let mut catalog = Self {
            ids: BTreeMap::new(),
            tickers: BTreeMap::new(),
            learned: Vec::new(),
            pairs: BTreeSet::new(),
        };
        for line in TOP_COINS.lines() {
            let mut columns = line.split(',');
            let id = columns.next().and_then(CoinId::new);
            let symbol = columns.next().and_then(Symbol::new);
            if let (Some(id), Some(symbol)) = (id, symbol) {
                catalog.learn(&id, &symbol);
            }
        }
        catalog.learned.clear();
        catalog
    }

    /// This catalog, with candles of `pairs` and no others.
    pub fn with_pairs(self, pairs: impl IntoIterator<Item = Pair>) -> Self {
        Self {
            pairs: ordered(pairs),
            ..self
        }
    }

    /// The pair that `name` means, `BTC/USDT` in any case, if it has candles.
    pub fn resolve_pair(&self, name: &str) -> Option<&Pair> {
        self.pairs.get(&Pair::parse(name)?)
    }

    /// The pairs that have candles, in alphabetical order.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter()
    }

    /// Adds a coin; `true` if it was new.
    pub fn learn(&mut self, id: &CoinId, symbol: &Symbol) -> bool {
        if self.ids.contains_key(id) || self.ids.len() >= Self::MAX_COINS {
            return false;
        }
        self.ids.insert(id.clone(), symbol.clone());
        self.tickers.entry(symbol.clone()).or_insert_with(|| id.clone());
        self.learned.push((id.clone(), symbol.clone()));
        true
    }

    /// What was learned beyond the embedded list, in order: learning it again in this order gives this catalog.
    pub fn learned(&self) -> &[(CoinId, Symbol)] {
        &self.learned
    }

    /// The coin that `name` means: an id or a ticker, in any case (`bitcoin`, `BTC`, `btc`).
    pub fn resolve(&self, name: &str) -> Option<&CoinId> {
        let by_id = CoinId::new(&name.to_ascii_lowercase()).and_then(|id| self.ids.get_key_value(&id));
        match by_id {
            Some((id, _)) => Some(id),
            None => self.tickers.get(&Symbol::new(name)?),
        }
    }

    /// The coin's ticker, if it is known.
    pub fn symbol(&self, id: &CoinId) -> Option<&Symbol> {
        self.ids.get(id)
    }

    /// Whether that coin is known.
    pub fn contains(&self, id: &CoinId) -> bool {
        self.ids.contains_key(id)
    }

    /// Every coin, by id.
    pub fn coins(&self) -> impl Iterator<Item = (&CoinId, &Symbol)> {
        self.ids.iter()
    }

    /// How many coins are known.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no coin is known; the embedded list never is.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CoinId {
        CoinId::new(text).unwrap()
    }

    #[test]
    fn every_line_of_the_embedded_list_is_a_coin_of_its_own() {
        assert_eq!(Catalog::embedded().len(), TOP_COINS.lines().count());
    }

    #[test]
    fn a_coin_is_found_by_id_and_ticker_in_any_case() {
        let catalog = Catalog::embedded();
        for name in ["bitcoin", "Bitcoin", "BTC", "btc"] {
            assert_eq!(catalog.resolve(name), Some(&id("bitcoin")), "{name}");
        }
        for name in ["", "invalid", "bit coin", "btc:usd", "\u{0}"] {
            assert_eq!(catalog.resolve(name), None, "{name}");
        }
    }

    #[test]
    fn a_shared_ticker_stays_with_the_coin_that_was_known_first() {
        let mut catalog = Catalog::embedded();
        assert!(catalog.learn(&id("batcat"), &Symbol::new("btc").unwrap()));
        assert_eq!(catalog.resolve("BTC"), Some(&id("bitcoin")));
        assert_eq!(catalog.resolve("batcat"), Some(&id("batcat")));
    }

    #[test]
    fn learning_again_in_order_gives_a_shared_ticker_the_same_owner() {
        let mut catalog = Catalog::embedded();
        for name in ["zcoin", "acoin"] {
            catalog.learn(&id(name), &Symbol::new("ABC").unwrap());
        }
        let mut again = Catalog::embedded();
        for (id, symbol) in catalog.learned() {
            again.learn(id, symbol);
        }
        assert_eq!(again.resolve("abc"), Some(&id("zcoin")));
    }

    #[test]
    fn learning_stops_at_the_limit() {
        let mut catalog = Catalog::embedded();
        for n in 0..3_000 {
            catalog.learn(&id(&format!("coin-{n}")), &Symbol::new(&format!("C{n}")).unwrap());
        }
        assert_eq!(catalog.len(), Catalog::MAX_COINS);
    }
}
