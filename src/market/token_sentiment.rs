//! `sentiment:{token}`: the mood about one coin, from what is known of four kinds of opinion.
//!
//! ```text
//! technical  = sum(v * tanh(change / usual)) / sum(v)     over the timeframes whose change is known
//!              v: 1h 0.2, 4h 0.2, 24h 0.4, 7d 0.2         usual: 4% a day, by the root of the time:
//!                                                         1h 0.8165%, 4h 1.633%, 24h 4%, 7d 10.583%
//! social     = tanh((1 + attention) * change_24h / 4)     for the coins that people look for; attention 0 to 1
//! score      = sum(w * source) / sum(w)                   over the known sources
//!              w: technical 0.4, social 0.2, news 0.2, whale 0.2
//! confidence = (0.4 * sum(v) + 0.2 * the other known) * freshness
//! freshness  = 1 until a price is stale, then halving every 10 minutes
//! ```
//!
//! A list of what people look for says how many look and not what they think: attention takes the side of
//! the day's move and makes it weigh more. News and large holders are known to nobody yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figure::rounded;
use super::pace::is_due;
use crate::model::{CoinId, SentimentLevel, SentimentSources, Timeframe, TokenSentiment};

/// The change of a usual day, per cent.
const USUAL_DAY: f64 = 4.0;
const DAY_MS: f64 = 86_400_000.0;
const TECHNICAL: f64 = 0.4;
/// What each of the other three sources weighs.
const OTHER: f64 = 0.2;
/// Confidence in a stale price halves in this time, milliseconds.
const HALF_LIFE_MS: f64 = 600_000.0;
/// A mood that did more than wander, by this much of the score, is told at once ...
const STEP: f64 = 0.1;
/// ... and any other change only every so many milliseconds.
const TELL_EVERY_MS: u64 = 30_000;

/// What a mood is made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    /// Changes in per cent, in the order of [`Timeframe::ALL`].
    pub(super) changes: [Option<f64>; 4],
    /// 0 to 1; `None` for a coin that is not among those that people look for.
    pub(super) attention: Option<f64>,
    /// For how long the price has been stale, milliseconds.
    pub(super) stale_for_ms: u64,
}

/// What the facts say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) sources: SentimentSources,
    pub(super) score: f64,
    pub(super) confidence: f64,
}

/// Reads the facts by the formula; `None` if they say nothing.
pub(super) fn read(facts: &Facts) -> Option<Reading> {
    let technical = technical(&facts.changes);
    let [.., day, _] = facts.changes;
    let sources = SentimentSources {
        technical: technical.map(|(score, _)| score),
        social: facts.attention.zip(day).map(|(a, day)| social(a, day)),
        news: None,
        whale: None,
    };
    let mut sum = 0.0;
    let mut weight = 0.0;
    let mut known = technical.map_or(0.0, |(_, part)| TECHNICAL * part);
    if let Some(score) = sources.technical {
        sum += TECHNICAL * score;
        weight += TECHNICAL;
    }
    for score in [sources.social, sources.news, sources.whale]
        .into_iter()
        .flatten()
    {
        sum += OTHER * score;
        weight += OTHER;
        known += OTHER;
    }
    let freshness = (-(facts.stale_for_ms as f64) / HALF_LIFE_MS).exp2();
    (weight > 0.0).then(|| Reading {
        sources,
        score: rounded(sum / weight, 4).clamp(-1.0, 1.0),
        confidence: rounded(known * freshness, 4).clamp(0.0, 1.0),
    })
}

/// What the price does, -1 to 1, and the part of it that is known, 0 to 1.
fn technical(changes: &[Option<f64>; 4]) -> Option<(f64, f64)> {
    let (mut sum, mut part) = (0.0, 0.0);
    for (timeframe, change) in Timeframe::ALL.into_iter().zip(changes) {
        if let Some(change) = change {
            let usual = USUAL_DAY * (timeframe.millis() as f64 / DAY_MS).sqrt();
            let weight = weight(timeframe);
            sum += weight * (change / usual).tanh();
            part += weight;
        }
    }
    (part > 0.0).then(|| (rounded(sum / part, 4).clamp(-1.0, 1.0), part))
}

/// What a timeframe weighs; they add up to 1.
const fn weight(timeframe: Timeframe) -> f64 {
    match timeframe {
        Timeframe::H24 => 0.4,
        Timeframe::H1 | Timeframe::H4 | Timeframe::D7 => 0.2,
    }
}

fn social(attention: f64, day: f64) -> f64 {
    rounded(((1.0 + attention) * day / USUAL_DAY).tanh(), 4)
}

/// The moods as they were last told, one for each coin that has one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Moods(BTreeMap<CoinId, TokenSentiment>);

impl Moods {
    /// Takes in a mood, and returns it if it is to be told: the first of a coin, another level, or a score
    /// that moved by 0.1 at once; anything else that changed 30 s after the last.
    pub(super) fn put(&mut self, mood: TokenSentiment) -> Option<TokenSentiment> {
        let told = self.0.get(&mood.coin);
        let is_news = told.is_none_or(|told| is_news(told, &mood));
        if !is_news {
            return None;
        }
        self.0.insert(mood.coin.clone(), mood.clone());
        Some(mood)
    }

    /// Forgets the coins that `held` does not say yes to.
    pub(super) fn retain(&mut self, held: impl Fn(&CoinId) -> bool) {
        self.0.retain(|coin, _| held(coin));
    }

    /// All of them, by coin.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TokenSentiment> {
        self.0.values()
    }

    /// Whether they could have come about by themselves.
    pub(super) fn is_sane(&self) -> bool {
        self.iter().all(|mood| {
            let of = mood.sources;
            let all = [of.social, of.news, of.whale, of.technical].into_iter().flatten();
            let scores = all.chain([mood.score]).all(|score| (-1.0..=1.0).contains(&score));
            scores && (0.0..=1.0).contains(&mood.confidence)
        })
    }
}

fn is_news(told: &TokenSentiment, next: &TokenSentiment) -> bool {
    let level = SentimentLevel::of(next.score) != told.level;
    // A hair less: 0.3 - 0.2 is not quite 0.1.
    if level || (next.score - told.score).abs() >= STEP - 1e-9 {
        return true;
    }
    let same = TokenSentiment {
        timestamp: next.timestamp,
        ..told.clone()
    } == *next;
    !same && is_due(told.timestamp, TELL_EVERY_MS, next.timestamp)
}

#[cfg(test)]
mod tests;
