//! `trending:{timeframe}`: the coins that stand out among the others, whichever way they go.
//!
//! ```text
//! trending_score = 0.5 * m / (1 + m) + 0.25 * t / (1 + t) + 0.25 * attention       0 to 1
//! m = |change over the timeframe| / the median of all coins
//! t = (volume over 24 h / market cap) / the median of all coins
//! attention: 0 to 1 among the coins that people look for
//! ```
//!
//! The median coin has 0.5 * 0.5 + 0.25 * 0.5 = 0.375. What is not known of a coin adds nothing; a coin whose
//! change is not known is left out. So that a resting market makes no leaders of noise, a median change
//! counts as at least a tenth of a per cent for a day, by the root of the time.
//!
//! Memecoins are ranked once more among themselves, by the same score.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asset::Asset;
use super::figure::rounded;
use super::pace::is_due;
use crate::model::{CoinId, Decimal, Timeframe, Trending, TrendingRow, UnixMillis, is_memecoin};

/// How many coins are ranked at most.
const ROWS: usize = 20;
/// A ranking is made so often, milliseconds.
const RANK_EVERY_MS: u64 = 5 * 60_000;
/// The least median change of a day to believe in, per cent.
const LEAST_DAY: f64 = 0.1;
const DAY_MS: f64 = 86_400_000.0;
const MOVE: f64 = 0.5;
const TURNOVER: f64 = 0.25;
const ATTENTION: f64 = 0.25;

/// A coin that may be ranked.
pub(super) struct Candidate<'a> {
    pub(super) asset: &'a Asset,
    /// Over the timeframe, per cent.
    pub(super) change: Decimal,
    /// 0 to 1; `None` for a coin that is not among those that people look for.
    pub(super) attention: Option<f64>,
    /// -1 to 1.
    pub(super) sentiment_score: Option<f64>,
}

impl Candidate<'_> {
    fn change(&self) -> f64 {
        self.change.to_f64().abs()
    }

    /// How much of the coin is traded in a day, as a part of all there is.
    fn turnover(&self) -> Option<f64> {
        let cap = self.asset.market_cap?.to_f64();
        let turnover = self.asset.price.volume_24h?.to_f64() / cap;
        (cap > 0.0 && turnover.is_finite()).then_some(turnover)
    }
}

/// Who stands out: among all coins, and among the memecoins.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ranking {
    pub(super) coins: Vec<TrendingRow>,
    pub(super) memecoins: Vec<TrendingRow>,
}

/// Ranks the candidates by the formula, coins of one score by their id; empty if there are none. Memecoins have the
/// score that they have among all.
pub(super) fn rank(timeframe: Timeframe, candidates: Vec<Candidate<'_>>) -> Ranking {
    let least = LEAST_DAY * (timeframe.millis() as f64 / DAY_MS).sqrt();
    let usual = median(candidates.iter().map(Candidate::change).collect()).map(|usual| usual.max(least));
    let turnover = median(candidates.iter().filter_map(Candidate::turnover).collect());
    let mut scored: Vec<(f64, Candidate<'_>)> = candidates
        .into_iter()
        .map(|candidate| (score(&candidate, usual, turnover), candidate))
        .collect();
    scored.sort_unstable_by(|(a, one), (b, other)| {
        b.total_cmp(a)
            .then_with(|| one.asset.price.coin.cmp(&other.asset.price.coin))
    });
    let memecoins = scored
        .iter()
        .filter(|(_, candidate)| is_memecoin(&candidate.asset.price.coin));
    Ranking {
        coins: rows(scored.iter()),
        memecoins: rows(memecoins),
    }
}

/// The first of them, with their places.
fn rows<'a>(scored: impl Iterator<Item = &'a (f64, Candidate<'a>)>) -> Vec<TrendingRow> {
    let rows = (1..).zip(scored.take(ROWS));
    rows.map(|(rank, (trending_score, candidate))| TrendingRow {
        coin: candidate.asset.price.coin.clone(),
        symbol: candidate.asset.price.symbol.clone(),
        rank,
        sentiment_score: candidate.sentiment_score,
        volume_24h: candidate.asset.price.volume_24h,
        change: candidate.change,
        change_24h: candidate.asset.price.change_24h,
        trending_score: *trending_score,
    })
    .collect()
}

fn score(candidate: &Candidate<'_>, usual: Option<f64>, turnover: Option<f64>) -> f64 {
    let moved = usual.map_or(0.0, |usual| saturated(candidate.change() / usual));
    let traded = candidate
        .turnover()
        .zip(turnover)
        .map_or(0.0, |(one, usual)| saturated(one / usual));
    let wanted = candidate.attention.unwrap_or(0.0);
    rounded(MOVE * moved + TURNOVER * traded + ATTENTION * wanted, 4).clamp(0.0, 1.0)
}

/// `x / (1 + x)`: 0.5 for the usual, towards 1 beyond it; 0 for what is no number.
fn saturated(x: f64) -> f64 {
    match x {
        x if x.is_finite() => x / (1.0 + x),
        x if x > 0.0 => 1.0,
        _ => 0.0,
    }
}

/// The middle one, the upper of two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The rankings as they were last told, and when they were last made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rankings(BTreeMap<Timeframe, Ranked>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ranked {
    told: Trending,
    made_at: UnixMillis,
}

impl Rankings {
    /// Whether the next ranking over `timeframe` is due: five minutes after the last, or if there is none.
    pub(super) fn is_due(&self, timeframe: Timeframe, now: UnixMillis) -> bool {
        let last = self.0.get(&timeframe);
        last.is_none_or(|last| is_due(last.made_at, RANK_EVERY_MS, now))
    }

    /// Takes in a ranking, and returns it if it is to be told: if it has coins and either list differs from the last.
    pub(super) fn put(
        &mut self,
        timeframe: Timeframe,
        ranking: Ranking,
        now: UnixMillis,
    ) -> Option<Trending> {
        let Ranking { coins, memecoins } = ranking;
        if coins.is_empty() {
            return None;
        }
        if let Some(last) = self.0.get_mut(&timeframe)
            && last.told.coins == coins
            && last.told.memecoins == memecoins
        {
            last.made_at = now;
            return None;
        }
        let told = Trending {
            timeframe,
            coins,
            memecoins,
            timestamp: now,
        };
        let ranked = Ranked {
            told: told.clone(),
            made_at: now,
        };
        self.0.insert(timeframe, ranked);
        Some(told)
    }

    /// A coin's place over 24 hours, from 1; `None` if it has none, or if the ranking is two rounds old.
    pub(super) fn place(&self, coin: &CoinId, now: UnixMillis) -> Option<u32> {
        let ranked = self.0.get(&Timeframe::H24)?;
        let fresh = now.since(ranked.made_at) <= 2 * RANK_EVERY_MS;
        let row = ranked.told.coins.iter().find(|row| row.coin == *coin)?;
        fresh.then_some(row.rank)
    }

    /// All of them, shortest timeframe first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Trending> {
        self.0.values().map(|ranked| &ranked.told)
    }

    /// Whether they could have come about by themselves.
    pub(super) fn is_sane(&self) -> bool {
        self.iter().all(|ranking| {
            let mut rows = ranking.coins.iter().chain(&ranking.memecoins);
            let scores = rows.all(|row| {
                let mood = row
                    .sentiment_score
                    .is_none_or(|score| (-1.0..=1.0).contains(&score));
                mood && (0.0..=1.0).contains(&row.trending_score)
            });
            scores && ranking.coins.len() <= ROWS && ranking.memecoins.len() <= ROWS
        })
    }
}

#[cfg(test)]
mod tests;
