//! `market:sentiment`: the mood of the market, from the coins' changes over 24 hours.
//!
//! Each coin weighs the root of its market cap, so that bitcoin counts most and not alone.
//!
//! ```text
//! breadth    = sum(w * direction) / sum(w)        direction: 1 rose, -1 fell, 0 within 0.1%
//! mean       = sum(w * change) / sum(w)           change in per cent, at most 30 either way
//! score      = (breadth + tanh(mean / 5)) / 2     -1 to 1
//! confidence = market cap of the coins with a known change / total market cap     0 to 1
//! ```
//!
//! It is nobody's opinion: no social media and no news are in it.

use super::asset::Asset;
use super::figure::rounded;
use crate::model::{MarketSentiment, SentimentLevel, Source, UnixMillis};

/// A change of at most this, per cent, is neither a rise nor a fall: stable coins rest.
const UNCHANGED: f64 = 0.1;
/// A larger change, per cent, counts as this: one coin's leap is not the market's.
const LARGEST_CHANGE: f64 = 30.0;
/// The mean change, per cent, that is a strong day: it scores tanh(1) = 0.76.
const STRONG_DAY: f64 = 5.0;

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
}

/// The mood of the coins in `fresh`, of a market worth `total_market_cap` US dollars (`None`: as
/// much as these coins); `None` if no coin's change and market cap are known.
pub(super) fn sentiment<'a>(
    fresh: impl Iterator<Item = &'a Asset>,
    total_market_cap: Option<f64>,
    source: Source,
    now: UnixMillis,
) -> Option<MarketSentiment> {
    let mut tally = Tally::default();
    for asset in fresh {
        tally.count(asset);
    }
    if tally.weight <= 0.0 {
        return None;
    }
    let mean = tally.change / tally.weight;
    let score = rounded(
        ((tally.breadth / tally.weight) + (mean / STRONG_DAY).tanh()) / 2.0,
        4,
    )
    .clamp(-1.0, 1.0);
    let whole = total_market_cap.unwrap_or(tally.cap).max(tally.known_cap);
    Some(MarketSentiment {
        level: level(score),
        score,
        confidence: rounded(tally.known_cap / whole, 4).clamp(0.0, 1.0),
        advancing: tally.advancing,
        declining: tally.declining,
        unchanged: tally.unchanged,
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
        self.known_cap += cap;
        self.weight += weight;
        self.breadth += weight * direction;
        self.change += weight * change;
    }
}

/// The word for a score.
fn level(score: f64) -> SentimentLevel {
    match score {
        s if s <= -0.6 => SentimentLevel::VeryBearish,
        s if s <= -0.2 => SentimentLevel::Bearish,
        s if s >= 0.6 => SentimentLevel::VeryBullish,
        s if s >= 0.2 => SentimentLevel::Bullish,
        _ => SentimentLevel::Neutral,
    }
}
