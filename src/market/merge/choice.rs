use super::said::Said;
use crate::market::config::MarketConfig;
use crate::model::{Source, Sources, UnixMillis};

/// Quotes received further apart than this, milliseconds, are not compared: the price moves.
const COMPARABLE_MS: u64 = 10_000;
/// Quotes made further apart than this, milliseconds, have no common median: an aggregator that lags behind an exchange
/// would hold its price.
const SIMULTANEOUS_MS: u64 = 3_000;
/// Prices agree within this fraction.
const AGREED: f64 = 0.01;
/// So many must agree before the order of providers does not matter.
const QUORUM: usize = 3;

/// The price of one coin by what all providers say.
#[derive(Debug)]
pub(in crate::market) struct Choice<'a> {
    /// Whose price it is.
    pub(in crate::market) speaker: &'a Said,
    /// Who says so, the speaker among them.
    pub(in crate::market) sources: Sources,
    /// When it was so: of several that agree, the newest word.
    pub(in crate::market) observed_at: UnixMillis,
    /// When that word was received.
    pub(in crate::market) received_at: UnixMillis,
    /// What all say that can be compared, the speaker and outliers among them.
    pub(in crate::market) rivals: Vec<(Source, f64)>,
    /// Who is outvoted.
    pub(in crate::market) outliers: Sources,
}

impl<'a> Choice<'a> {
    /// Chooses among fresh quotes of providers that give prices, after one of `told_of` was told; `None` if there is none.
    pub(super) fn of(candidates: Vec<&'a Said>, told_of: UnixMillis, config: &MarketConfig) -> Option<Self> {
        Self::agreed(&candidates, told_of, config).or_else(|| Self::by_order(&candidates, told_of, config))
    }

    fn agreed(candidates: &[&'a Said], told_of: UnixMillis, config: &MarketConfig) -> Option<Self> {
        let newest = candidates.iter().map(|said| said.received_at).max()?;
        let mut all = comparable(candidates, newest);
        if all.len() < QUORUM {
            return None;
        }
        all.sort_unstable_by_key(|said| (said.price, said.source));
        let (low, high) = middle(&all)?;
        let median = f64::midpoint(low.price.to_f64(), high.price.to_f64());
        let (agreed, outliers): (Vec<&Said>, Vec<&Said>) =
            all.iter().partition(|said| said.is_within(AGREED, median));
        if agreed.len() < QUORUM {
            return None;
        }
        let outvoted = Self {
            rivals: prices(&all),
            outliers: sources(&outliers),
            sources: sources(&agreed),
            ..Self::by_order(&agreed, told_of, config)?
        };
        let made = agreed.iter().map(|said| said.observed_at).max()?;
        let simultaneous = agreed
            .iter()
            .filter(|said| made.since(said.observed_at) <= SIMULTANEOUS_MS);
        let simultaneous: Vec<&Said> = simultaneous.copied().collect();
        if simultaneous.len() < QUORUM {
            return Some(outvoted);
        }
        let (low, high) = middle(&simultaneous)?;
        let speaker = if low.freshness(config) > high.freshness(config) {
            low
        } else {
            high
        };
        if speaker.observed_at < told_of {
            return Some(outvoted);
        }
        Some(Self {
            speaker,
            observed_at: made,
            received_at: simultaneous.iter().map(|said| said.received_at).max()?,
            ..outvoted
        })
    }

    fn by_order(candidates: &[&'a Said], told_of: UnixMillis, config: &MarketConfig) -> Option<Self> {
        let rank = |said: &&&Said| config.rank(said.source);
        let first = *candidates.iter().min_by_key(rank)?;
        let streams = candidates.iter().filter(|said| said.source.is_stream());
        // Who lags behind what is told has nothing to say until its next answer, which may be minutes away.
        let current = candidates
            .iter()
            .filter(|said| said.observed_at >= told_of && !said.is_doubtful);
        let speaker = match first.source.is_stream() {
            true => *streams.max_by_key(|said| said.freshness(config))?,
            false => current.min_by_key(rank).copied().unwrap_or(first),
        };
        let all = comparable(candidates, speaker.received_at);
        let price = speaker.price.to_f64();
        let agreed = all.iter().filter(|said| said.is_within(AGREED, price));
        Some(Self {
            speaker,
            sources: agreed.map(|said| said.source).collect(),
            observed_at: speaker.observed_at,
            received_at: speaker.received_at,
            rivals: prices(&all),
            outliers: Sources::default(),
        })
    }
}

/// What was received at most 10 s before or after `at`.
fn comparable<'a>(candidates: &[&'a Said], at: UnixMillis) -> Vec<&'a Said> {
    let apart = |said: &Said| at.since(said.received_at).max(said.received_at.since(at));
    let near = candidates.iter().filter(|said| apart(said) <= COMPARABLE_MS);
    near.copied().collect()
}

/// The middle two; of an odd number, the middle one twice.
fn middle<'a>(sorted: &[&'a Said]) -> Option<(&'a Said, &'a Said)> {
    let last = sorted.len().checked_sub(1)?;
    Some((sorted.get(last / 2)?, sorted.get(last.div_ceil(2))?))
}

fn sources(said: &[&Said]) -> Sources {
    said.iter().map(|said| said.source).collect()
}

fn prices(said: &[&Said]) -> Vec<(Source, f64)> {
    said.iter()
        .map(|said| (said.source, said.price.to_f64()))
        .collect()
}
