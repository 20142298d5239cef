use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asset::{Asset, Outcome, is_credible};
use super::config::MarketConfig;
use crate::model::{CoinId, MarketEvent, Quote, UnixMillis};

/// The market holds no more coins than this.
pub const MAX_ASSETS: usize = 500;

/// The coins of the market, at most [`MAX_ASSETS`].
///
/// When all places are taken, the coin that has gone unconfirmed for longest gives way; among
/// those confirmed alike, the one of the smallest market cap, which may be the newcomer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Assets(BTreeMap<CoinId, Asset>);

/// What a batch of quotes led to.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) events: Vec<MarketEvent>,
    /// Quotes that were not late, changed or not.
    pub(super) accepted: u64,
    pub(super) late: u64,
    /// When the newest accepted quote was made.
    pub(super) newest: UnixMillis,
}

impl Assets {
    /// Takes in a batch: known coins first, so that no newcomer takes the place of one whose fresh
    /// quote comes further down.
    pub(super) fn apply(&mut self, quotes: &[Quote], now: UnixMillis, config: &MarketConfig) -> Applied {
        let mut applied = Applied::default();
        let mut newcomers = Vec::new();
        for quote in quotes.iter().filter(|quote| is_credible(quote.price)) {
            match self.0.get_mut(&quote.coin) {
                Some(asset) => applied.update(asset, quote, now, config),
                None => newcomers.push(quote),
            }
        }
        for quote in newcomers {
            // One coin may come twice in a batch.
            match self.0.get_mut(&quote.coin) {
                Some(asset) => applied.update(asset, quote, now, config),
                None => self.insert(quote, now, &mut applied),
            }
        }
        applied
    }

    /// All of them, by coin.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }

    /// All of them, by coin.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Asset> {
        self.0.values_mut()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn insert(&mut self, quote: &Quote, now: UnixMillis, applied: &mut Applied) {
        let asset = Asset::new(quote, now);
        if self.0.len() >= MAX_ASSETS && !self.make_room(&asset) {
            return;
        }
        applied.accept(quote);
        applied.events.push(MarketEvent::Price(asset.price.clone()));
        self.0.insert(quote.coin.clone(), asset);
    }

    /// Removes the coin that gives way to `newcomer`; `false` if that is the newcomer itself.
    fn make_room(&mut self, newcomer: &Asset) -> bool {
        let rank = |asset: &Asset| (asset.confirmed_at, asset.market_cap);
        let last = self.0.iter().min_by_key(|(_, asset)| rank(asset));
        let last = last
            .filter(|(_, asset)| rank(asset) < rank(newcomer))
            .map(|(coin, _)| coin.clone());
        last.is_some_and(|coin| self.0.remove(&coin).is_some())
    }
}

impl Applied {
    fn update(&mut self, asset: &mut Asset, quote: &Quote, now: UnixMillis, config: &MarketConfig) {
        match asset.update(quote, now, config) {
            Outcome::Late => self.late = self.late.saturating_add(1),
            Outcome::Confirmed => self.accept(quote),
            Outcome::Changed(signals) => {
                self.accept(quote);
                self.events.push(MarketEvent::Price(asset.price.clone()));
                self.events.extend(signals.into_iter().map(MarketEvent::Signal));
            }
        }
    }

    fn accept(&mut self, quote: &Quote) {
        self.accepted = self.accepted.saturating_add(1);
        self.newest = self.newest.max(quote.observed_at);
    }
}
