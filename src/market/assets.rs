use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::asset::{Arrival, Asset, Outcome, is_credible};
use super::config::MarketConfig;
use crate::model::{CoinId, MarketEvent, Signal, Source, Symbol, UnixMillis};

/// The market holds no more coins than this.
pub const MAX_ASSETS: usize = 500;

/// The coins of the market, at most [`MAX_ASSETS`].
///
/// When all places are taken, the coin that has gone unheard of for longest gives way; among
/// those heard of alike, the one of the smallest market cap, which may be the newcomer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<CoinId, Asset>")]
pub(super) struct Assets {
    coins: BTreeMap<CoinId, Asset>,
    /// Of those with one ticker the largest, by market cap. It follows from `coins`.
    owners: BTreeMap<Symbol, CoinId>,
}

/// What a batch of quotes led to.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) events: Vec<MarketEvent>,
    pub(super) late: u64,
    /// Who said something of another coin, or was outvoted; once for each time.
    pub(super) outliers: Vec<Source>,
    /// Whether there is a coin more, or perhaps another market cap or ticker: those are polled.
    ranks_may_differ: bool,
}

impl Assets {
    /// Takes in a batch: known coins first, so that no newcomer takes the place of one whose fresh
    /// quote comes further down.
    pub(super) fn apply<'a>(
        &mut self,
        arrivals: impl Iterator<Item = Arrival<'a>>,
        now: UnixMillis,
        config: &MarketConfig,
    ) -> Applied {
        let mut applied = Applied::default();
        let mut newcomers = Vec::new();
        for arrival in arrivals.filter(|arrival| is_credible(arrival.quote.price)) {
            match self.coins.get_mut(&arrival.quote.coin) {
                Some(asset) => applied.update(asset, arrival, now, config),
                None => newcomers.push(arrival),
            }
        }
        // Who gives no prices makes no coin known.
        newcomers.retain(|arrival| config.rank(arrival.quote.source).is_some());
        for arrival in newcomers {
            // One coin may come twice in a batch.
            match self.coins.get_mut(&arrival.quote.coin) {
                Some(asset) => applied.update(asset, arrival, now, config),
                None => self.insert(arrival, now, &mut applied),
            }
        }
        if applied.ranks_may_differ {
            self.owners = owners(&self.coins);
        }
        applied
    }

    /// Forgets what a stream said that is lost.
    pub(super) fn lose(&mut self, source: Source) {
        self.coins.values_mut().for_each(|asset| asset.lose(source));
    }

    /// A polled provider did not answer.
    pub(super) fn doubt(&mut self, source: Source) {
        self.coins.values_mut().for_each(|asset| asset.doubt(source));
    }

    /// That coin, if it is held.
    pub(super) fn get(&self, coin: &CoinId) -> Option<&Asset> {
        self.coins.get(coin)
    }

    /// The coin that a ticker means: the largest of those that have it.
    pub(super) fn owner(&self, ticker: &Symbol) -> Option<&CoinId> {
        self.owners.get(ticker)
    }

    /// All of them, by coin.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.coins.values()
    }

    /// All of them, the largest market cap first; of equals the first by name.
    pub(super) fn by_cap(&self) -> Vec<&Asset> {
        by_cap(&self.coins)
    }

    /// All of them, by coin.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Asset> {
        self.coins.values_mut()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.coins.len()
    }

    fn insert(&mut self, arrival: Arrival<'_>, now: UnixMillis, applied: &mut Applied) {
        let asset = Asset::new(arrival, now);
        if self.coins.len() >= MAX_ASSETS && !self.make_room(&asset) {
            return;
        }
        applied.ranks_may_differ = true;
        applied.events.push(MarketEvent::Price(asset.price.clone()));
        self.coins.insert(arrival.quote.coin.clone(), asset);
    }

    /// Removes the coin that gives way to `newcomer`; `false` if that is the newcomer itself.
    fn make_room(&mut self, newcomer: &Asset) -> bool {
        let rank = |asset: &Asset| (asset.heard_at(), asset.market_cap);
        let last = self.coins.iter().min_by_key(|(_, asset)| rank(asset));
        let last = last
            .filter(|(_, asset)| rank(asset) < rank(newcomer))
            .map(|(coin, _)| coin.clone());
        last.is_some_and(|coin| self.coins.remove(&coin).is_some())
    }
}

impl From<BTreeMap<CoinId, Asset>> for Assets {
    fn from(coins: BTreeMap<CoinId, Asset>) -> Self {
        let owners = owners(&coins);
        Self { coins, owners }
    }
}

impl Serialize for Assets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.coins.serialize(serializer)
    }
}

fn by_cap(coins: &BTreeMap<CoinId, Asset>) -> Vec<&Asset> {
    let mut by_cap: Vec<&Asset> = coins.values().collect();
    by_cap.sort_unstable_by(|a, b| {
        let larger = b.market_cap.cmp(&a.market_cap);
        larger.then_with(|| a.price.coin.cmp(&b.price.coin))
    });
    by_cap
}

/// Whose each ticker is.
fn owners(coins: &BTreeMap<CoinId, Asset>) -> BTreeMap<Symbol, CoinId> {
    let mut owners = BTreeMap::new();
    for asset in by_cap(coins) {
        let ticker = owners.entry(asset.price.symbol.clone());
        ticker.or_insert_with(|| asset.price.coin.clone());
    }
    owners
}

impl Applied {
    fn update(&mut self, asset: &mut Asset, arrival: Arrival<'_>, now: UnixMillis, config: &MarketConfig) {
        self.ranks_may_differ |= !arrival.quote.source.is_stream();
        let told = match asset.update(arrival, now, config) {
            Outcome::Late => {
                self.late = self.late.saturating_add(1);
                None
            }
            Outcome::Passed => None,
            Outcome::Heard(told) => told,
            Outcome::Outlier(told) => {
                self.outliers.push(arrival.quote.source);
                told
            }
        };
        if let Some(signals) = told {
            self.tell(asset, signals);
        }
    }

    fn tell(&mut self, asset: &Asset, signals: Vec<Signal>) {
        self.events.push(MarketEvent::Price(asset.price.clone()));
        self.events.extend(signals.into_iter().map(MarketEvent::Signal));
    }
}
