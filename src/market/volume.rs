//! `market:volume`: what is traded, by whom it is led, and which way it goes.

use serde::{Deserialize, Serialize};

use super::asset::Asset;
use super::figure::{per_cent_change, rounded};
use super::rolling::Rolling;
use crate::model::{Decimal, MarketVolume, Source, UnixMillis, VolumeShare, VolumeTrend};

/// How many coins are named at most.
const LEADERS: usize = 10;
/// Per cent above or below the recent average from which on the volume rises or falls.
const CLEARLY: f64 = 5.0;

/// The recent average of the market's 24 h volume, US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct VolumeAverage {
    rolling: Rolling,
    /// Whose total it is about; `None`: the sum of the coins that are known.
    of: Option<Source>,
    at: UnixMillis,
}

impl VolumeAverage {
    /// The change of `total` against the average before it, in per cent, `None` until there is
    /// one; then learns from it. Totals of different origin are not compared with each other: providers
    /// count different exchanges.
    fn change(&mut self, total: f64, of: Option<Source>, at: UnixMillis, half_life_ms: u64) -> Option<f64> {
        if of != self.of {
            *self = Self {
                of,
                ..Self::default()
            };
        }
        let newer = at > self.at;
        if newer {
            self.rolling.age(at.since(self.at), half_life_ms);
        }
        let change = self.rolling.mean().map(|mean| per_cent_change(mean, total));
        if newer {
            // A floor of 1% of the value itself: volumes are of any size.
            self.rolling.add(total, total.abs() * 0.01);
            self.at = at;
        }
        change
    }

    /// Whether what was restored can be reckoned with.
    pub(super) fn is_sane(&self) -> bool {
        self.rolling.is_sane()
    }
}

/// What the volume figures are made of, beside the coins.
pub(super) struct VolumeInput {
    /// A provider's total, if known; else the coins' sum stands in.
    pub(super) total: Option<(Decimal, Source)>,
    /// When the newest of it was said.
    pub(super) at: UnixMillis,
    pub(super) half_life_ms: u64,
}

/// The volume figures of the coins in `fresh`; `None` if no volume is known.
pub(super) fn volume<'a>(
    fresh: impl Iterator<Item = &'a Asset>,
    average: &mut VolumeAverage,
    input: &VolumeInput,
) -> Option<MarketVolume> {
    let known = fresh.filter_map(|asset| Some((asset, asset.price.volume_24h?)));
    let mut known: Vec<(&Asset, Decimal)> = known.collect();
    known.sort_unstable_by(|(asset, volume), (other, less)| {
        let larger = less.cmp(volume);
        larger.then_with(|| asset.price.coin.cmp(&other.price.coin))
    });
    let sum: f64 = known.iter().map(|(_, volume)| volume.to_f64()).sum();
    let (total, source) = match input.total {
        Some(total) => total,
        None => (Decimal::from_f64(sum, 15)?, known.first()?.0.price.source),
    };
    let of = input.total.map(|(_, source)| source);
    let change = average.change(total.to_f64(), of, input.at, input.half_life_ms);
    let leaders = known
        .into_iter()
        .take(LEADERS)
        .map(|(asset, volume_24h)| VolumeShare {
            symbol: asset.price.symbol.clone(),
            volume_24h,
            share: rounded(volume_24h.to_f64() / total.to_f64() * 100.0, 4),
        });
    Some(MarketVolume {
        total_volume_24h: total,
        change,
        trend: trend(change),
        leaders: leaders.collect(),
        source,
        timestamp: input.at,
    })
}

fn trend(change: Option<f64>) -> VolumeTrend {
    match change {
        Some(change) if change >= CLEARLY => VolumeTrend::Rising,
        Some(change) if change <= -CLEARLY => VolumeTrend::Falling,
        _ => VolumeTrend::Steady,
    }
}
