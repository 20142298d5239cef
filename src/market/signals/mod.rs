//! What is unusual about one coin. One file per signal; here is what they share: what is seen of a coin,
//! what is remembered of it, and the order in which it is judged.
//!
//! ```text
//! Seen ─▶ Watch::see ─▶ [Signal]
//!          │ price_anomaly, volume_spike      each value, against rolling statistics
//!          │ chart ─▶ trend_reversal,         each finished bar, against its indicators
//!          │          volatility_breakout
//!          └ source_divergence                each value, against what other providers say
//! ```

mod chart;
mod finding;
mod price_anomaly;
mod source_divergence;
mod trend_reversal;
mod volatility_breakout;
mod volume_spike;

use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use super::figure::per_cent_change;
use crate::model::{Price, Quote, Signal, Source, Sources, UnixMillis};
use chart::Chart;
use finding::{Finding, Fired};
use price_anomaly::Moves;
use source_divergence::Spread;
use volume_spike::Volume;

/// Providers whose prices lie within this fraction of each other say the same.
const AGREEMENT: f64 = 0.005;

/// One coin's value and what it was before.
pub(super) struct Seen<'a> {
    pub(super) before: &'a Price,
    /// Not older than `before`.
    pub(super) quote: &'a Quote,
    /// Every fresh comparable quote, US dollars, the speaker's and outliers' included.
    pub(super) rivals: &'a [(Source, f64)],
    pub(super) now: UnixMillis,
}

/// What the signals of one coin need to remember.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    moves: Moves,
    volume: Volume,
    chart: Chart,
    spread: Spread,
    fired: Fired,
}

impl Watch {
    /// The first value of a coin: there is nothing to judge, but where it stands is known.
    pub(super) fn begin(quote: &Quote) -> Self {
        Self {
            moves: Moves::begin(quote),
            volume: Volume::begin(quote),
            ..Self::default()
        }
    }

    /// Judges what is seen, then learns from it.
    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> Vec<Signal> {
        let spike = self.volume.ratio(seen);
        let price_anomaly = self.moves.see(seen, config);
        let volume_spike = self.volume.see(seen, config);
        let [trend_reversal, volatility_breakout] = self.chart.see(seen, config);
        let source_divergence = self.spread.see(seen, config);
        let findings = [
            price_anomaly,
            volume_spike,
            trend_reversal,
            volatility_breakout,
            source_divergence,
        ];
        let found = findings.into_iter().flatten();
        found
            .filter_map(|finding| self.fired.alert(finding, seen.quote, spike, config))
            .collect()
    }

    /// Whether what was restored can be reckoned with.
    pub(super) fn is_sane(&self) -> bool {
        self.moves.is_sane() && self.volume.is_sane() && self.chart.is_sane() && self.spread.is_sane()
    }
}

impl Seen<'_> {
    /// Milliseconds from the value before to this one, as their providers date them.
    fn age(&self) -> u64 {
        self.quote.observed_at.since(self.before.timestamp)
    }

    /// The price, US dollars.
    fn price(&self) -> f64 {
        self.quote.price.to_f64()
    }

    /// The price as a multiple of the one before.
    fn ratio(&self) -> f64 {
        self.price() / self.before.price.to_f64()
    }

    /// The change of the price in per cent.
    fn per_cent(&self) -> f64 {
        per_cent_change(self.before.price.to_f64(), self.price())
    }

    /// Whether an exchange speaks now where an aggregator spoke before, or the other way round. Their
    /// levels differ, so that what lies between the two values is no move.
    fn is_other_speaker(&self) -> bool {
        self.before.source.is_stream() != self.quote.source.is_stream()
    }

    /// The providers that say so: the speaker, and who is within 0.5% of it.
    fn agreeing(&self) -> Sources {
        let price = self.price();
        let agreeing = self
            .rivals
            .iter()
            .filter_map(|(source, rival)| ((rival / price - 1.0).abs() <= AGREEMENT).then_some(*source));
        agreeing.chain([self.quote.source]).collect()
    }
}

#[cfg(test)]
mod tests;
