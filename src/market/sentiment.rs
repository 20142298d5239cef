//! `market:sentiment`: the mood of the market, from the coins' changes over 24 hours and, where it is
//! known, the fear and greed index.
//!
//! Each coin weighs the root of its market cap, so that bitcoin counts most and not alone.
//!
//! ```text
//! breadth    = sum(w * direction) / sum(w)        direction: 1 rose, -1 fell, 0 within 0.1%
//! mean       = sum(w * change) / sum(w)           change in per cent, at most 30 either way
//! prices     = (breadth + tanh(mean / 5)) / 2     -1 to 1
//! coverage   = market cap of the coins with a known change / total market cap     0 to 1
//!
//! with an index of at most 48 hours:              without:
//! score      = 0.75 * prices + 0.25 * (index - 50) / 50     score      = prices
//! confidence = 0.75 * coverage + 0.25                       confidence = coverage
//! ```
//!
//! The index speaks of the whole market, once a day; 48 hours let one day fail.

use super::asset::Asset;
use super::figure::rounded;
use crate::model::{FearGreed, MarketSentiment, SentimentLevel, Source, UnixMillis};

/// A change of at most this, per cent, is neither a rise nor a fall: stable coins rest.
const UNCHANGED: f64 = 0.1;
/// A larger change, per cent, counts as this: one coin's leap is not the market's.
const LARGEST_CHANGE: f64 = 30.0;
/// The mean change, per cent, that is a strong day: it scores tanh(1) = 0.76.
const STRONG_DAY: f64 = 5.0;
/// The part of the mood that is the fear and greed index.
const INDEX: f64 = 0.25;
/// An index for a day that began longer ago than this, milliseconds, says nothing any more.
const INDEX_FRESH_MS: u64 = 48 * 3_600_000;

#[derive(Default)]
struct Tally {
    advancing: u32,
    declining: u32,
    unchanged: u32,
    weight: f64,
    breadth: f64,
    change: f64,
    known_cap: f64,
    cap: f64,
    /// Whose the price of the heaviest coin is, and what that coin weighs.
    heaviest: Option<(Source, f64)>,
}

/// The mood of the coins in `fresh`, of a market worth `total_market_cap` US dollars (`None`: as
/// much as these coins); `None` if no coin's change and market cap are known.
pub(super) fn sentiment<'a>(
    fresh: impl Iterator<Item = &'a Asset>,
    total_market_cap: Option<f64>,
    fear_greed: Option<&FearGreed>,
    now: UnixMillis,
) -> Option<MarketSentiment> {
    let mut tally = Tally::default();
    for asset in fresh {
        tally.count(asset);
    }
    let (source, _) = tally.heaviest?;
    let mean = tally.change / tally.weight;
    let prices = ((tally.breadth / tally.weight) + (mean / STRONG_DAY).tanh()) / 2.0;
    let whole = total_market_cap.unwrap_or(tally.cap).max(tally.known_cap);
    let coverage = tally.known_cap / whole;
    let fear_greed = fear_greed.filter(|index| now.since(index.observed_at) <= INDEX_FRESH_MS);
    let (score, confidence) = match fear_greed {
        Some(index) => {
            let greed = (f64::from(index.value) - 50.0) / 50.0;
            (
                (1.0 - INDEX) * prices + INDEX * greed,
                (1.0 - INDEX) * coverage + INDEX,
            )
        }
        None => (prices, coverage),
    };
    let score = rounded(score, 4).clamp(-1.0, 1.0);
    Some(MarketSentiment {
        level: SentimentLevel::of(score),
        score,
        confidence: rounded(confidence, 4).clamp(0.0, 1.0),
        advancing: tally.advancing,
        declining: tally.declining,
        unchanged: tally.unchanged,
        fear_greed: fear_greed.cloned(),
        source,
        timestamp: now,
    })
}

impl Tally {
    fn count(&mut self, asset: &Asset) {
        let cap = asset.market_cap.map_or(0.0, |cap| cap.to_f64().max(0.0));
        self.cap += cap;
        let Some(change) = asset.price.change_24h else {
            return;
        };
        let change = change.to_f64().clamp(-LARGEST_CHANGE, LARGEST_CHANGE);
        let direction = if change.abs() <= UNCHANGED {
            0.0
        } else {
            change.signum()
        };
        let side = match direction {
            d if d > 0.0 => &mut self.advancing,
            d if d < 0.0 => &mut self.declining,
            _ => &mut self.unchanged,
        };
        *side = side.saturating_add(1);
        let weight = cap.sqrt();
        if weight > self.heaviest.map_or(0.0, |(_, heaviest)| heaviest) {
            self.heaviest = Some((asset.price.source, weight));
        }
        self.known_cap += cap;
        self.weight += weight;
        self.breadth += weight * direction;
        self.change += weight * change;
    }
}
