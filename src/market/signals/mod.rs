//! What is unusual about one coin. One file per signal; here is what they share: the statistics
//! they are judged by, confidence, cool-down, and how a finding becomes a [`Signal`].

mod price_anomaly;
mod volume_spike;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use super::figure::{per_cent_change, rounded};
use super::rolling::Rolling;
use crate::model::{Price, Quote, Signal, SignalMetadata, SignalType, Source, UnixMillis};

/// After an alert the same coin gives none of the same type for this long, milliseconds: one move
/// is one alert.
const COOL_DOWN_MS: u64 = 5 * 60_000;
/// Two values of one coin count as at least this far apart, milliseconds: providers give new
/// values under an old timestamp.
const SHORTEST_STEP_MS: u64 = 1_000;

/// What the signals of one coin need to remember.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// Logarithmic returns per root of a second.
    returns: Rolling,
    /// Logarithms of the 24 h volume.
    volume: Rolling,
    /// The volume has been alerted about and is not back to normal yet.
    volume_is_high: bool,
    fired: BTreeMap<SignalType, UnixMillis>,
}

/// One coin's value and what it was before.
pub(super) struct Seen<'a> {
    pub(super) before: &'a Price,
    /// The merged value with its figures; `source` is whose price it is.
    pub(super) quote: &'a Quote,
    /// What all providers say that can be compared, the speaker and outliers among them; US dollars.
    #[expect(dead_code, reason = "for signals that compare providers")]
    pub(super) rivals: &'a [(Source, f64)],
    #[expect(dead_code, reason = "for signals that compare providers")]
    pub(super) now: UnixMillis,
}

/// One coin's move from its last value to the next.
struct Step<'a> {
    before: &'a Price,
    quote: &'a Quote,
    millis: u64,
}

/// Something unusual, before it is known whether it may be told.
struct Finding {
    kind: SignalType,
    z: f64,
    /// How many samples it was judged by.
    weight: f64,
    description: String,
}

impl Watch {
    /// Judges the step from what was before to what is now, which is not older, then learns from it.
    pub(super) fn see(&mut self, seen: &Seen<'_>, config: &MarketConfig) -> Vec<Signal> {
        let Seen { before, quote, .. } = *seen;
        let age = quote.observed_at.since(before.timestamp);
        let half_life = config.half_life_ms();
        let step = Step {
            before,
            quote,
            millis: age.max(SHORTEST_STEP_MS),
        };
        self.returns.age(age, half_life);
        self.volume.age(age, half_life);
        let spike = volume_spike::ratio(&self.volume, quote);
        let findings = [
            price_anomaly::judge(&self.returns, &step),
            volume_spike::judge(&self.volume, &mut self.volume_is_high, &step),
        ];
        // The same value under the same timestamp is the same sample, and a gap is no move.
        let has_time = age > 0 && age <= half_life;
        if has_time || quote.price != before.price {
            price_anomaly::learn(&mut self.returns, &step);
        }
        if age > 0 || quote.volume_24h != before.volume_24h {
            volume_spike::learn(&mut self.volume, quote);
        }
        let found = findings.into_iter().flatten();
        found
            .filter_map(|finding| self.alert(finding, &step, spike, config))
            .collect()
    }

    /// The first value of a coin: there is nothing to judge, but the volume is known.
    pub(super) fn begin(quote: &Quote) -> Self {
        let mut watch = Self::default();
        volume_spike::learn(&mut watch.volume, quote);
        watch
    }

    /// Whether what was restored can be reckoned with.
    pub(super) fn is_sane(&self) -> bool {
        self.returns.is_sane() && self.volume.is_sane()
    }

    fn alert(
        &mut self,
        finding: Finding,
        step: &Step<'_>,
        spike: f64,
        config: &MarketConfig,
    ) -> Option<Signal> {
        let Finding {
            kind,
            z,
            weight,
            description,
        } = finding;
        let quote = step.quote;
        let timestamp = quote.observed_at;
        let cooling = self
            .fired
            .get(&kind)
            .is_some_and(|fired| timestamp.since(*fired) < COOL_DOWN_MS);
        if cooling {
            return None;
        }
        self.fired.insert(kind, timestamp);
        let confidence = confidence(z, weight);
        Some(Signal {
            id: format!("signal_{kind}_{}_{}", quote.coin, timestamp.get()),
            kind,
            coin: quote.coin.clone(),
            symbol: quote.symbol.clone(),
            confidence,
            high: confidence >= config.signal_high_confidence,
            description,
            timestamp,
            metadata: SignalMetadata {
                price_change: step.per_cent(),
                volume_spike: spike,
                sources: vec![quote.source],
            },
        })
    }
}

impl Step<'_> {
    fn per_cent(&self) -> f64 {
        per_cent_change(self.before.price.to_f64(), self.quote.price.to_f64())
    }
}

/// How sure the model is, 0 to 1, to four places: `(1 - exp(-|z| / 5)) * n / (n + 2)`.
///
/// `z` is how many deviations the value lies from the recent mean, `n` how many recent samples
/// mean and deviation rest on (half of a sample's weight is gone after a half-life). The first
/// factor is 0.63 at 5 deviations, 0.80 at 8, 0.95 at 15; the second tempers what was judged by few.
fn confidence(z: f64, n: f64) -> f64 {
    let sureness = 1.0 - (-z.abs() / 5.0).exp();
    rounded(sureness * n / (n + 2.0), 4).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_its_documented_formula() {
        assert_eq!(confidence(5.0, 1e9), 0.6321);
        assert_eq!(confidence(-15.0, 1e9), 0.9502);
        assert_eq!(confidence(5.0, 8.0), 0.5057);
        assert_eq!(confidence(0.0, 8.0), 0.0);
    }
}
