use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::market::bars;
use crate::market::config::MarketConfig;
use crate::market::figure::rounded;
use crate::model::{Quote, Signal, SignalMetadata, SignalType, Sources, UnixMillis};

/// After an alert the same coin gives none of the same type for this long, milliseconds: one move
/// is one alert.
const COOL_DOWN_MS: u64 = 5 * 60_000;
/// For signals of bars it is this many bars.
const COOL_DOWN_BARS: u64 = 30;

/// Something unusual, before it is known whether it may be told.
pub(super) struct Finding {
    pub(super) kind: SignalType,
    /// How unusual, in the unit of its own file: deviations, or usual ranges.
    pub(super) z: f64,
    /// How many samples it was judged by.
    pub(super) weight: f64,
    /// The move that was seen, in per cent.
    pub(super) price_change: f64,
    /// Whose data it rests on.
    pub(super) sources: Sources,
    pub(super) description: String,
}

/// When a coin's last alert of each type was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Fired(BTreeMap<SignalType, UnixMillis>);

impl Fired {
    /// The signal that tells of `finding`; `None` while the last one of its type is fresh.
    pub(super) fn alert(
        &mut self,
        finding: Finding,
        quote: &Quote,
        volume_spike: f64,
        config: &MarketConfig,
    ) -> Option<Signal> {
        let kind = finding.kind;
        let timestamp = quote.observed_at;
        let cool_down = cool_down_ms(kind, config);
        let last = self.0.get(&kind);
        if last.is_some_and(|last| timestamp.since(*last) < cool_down) {
            return None;
        }
        self.0.insert(kind, timestamp);
        let confidence = confidence(finding.z, finding.weight);
        Some(Signal {
            id: format!("signal_{kind}_{}_{}", quote.coin, timestamp.get()),
            kind,
            coin: quote.coin.clone(),
            symbol: quote.symbol.clone(),
            confidence,
            high: confidence >= config.signal_high_confidence,
            description: finding.description,
            timestamp,
            metadata: SignalMetadata {
                price_change: finding.price_change,
                volume_spike,
                sources: finding.sources.iter().collect(),
            },
        })
    }
}

fn cool_down_ms(kind: SignalType, config: &MarketConfig) -> u64 {
    match kind {
        SignalType::TrendReversal | SignalType::VolatilityBreakout => {
            bars::length_ms(config).saturating_mul(COOL_DOWN_BARS)
        }
        SignalType::PriceAnomaly | SignalType::VolumeSpike | SignalType::SourceDivergence => COOL_DOWN_MS,
    }
}

/// How sure the model is, 0 to 1, to four places: `(1 - exp(-|z| / 5)) * n / (n + 2)`.
///
/// `z` is how unusual the finding is, `n` how many recent samples that rests on. The first factor is
/// 0.63 at 5, 0.80 at 8, 0.95 at 15; the second tempers what was judged by few.
pub(super) fn confidence(z: f64, n: f64) -> f64 {
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
