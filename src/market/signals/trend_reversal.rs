//! `trend_reversal`: a strong trend has turned.
//!
//! A trend is known by its strength: RSI(14) beyond 80 or below 20, and the MACD line at least 1.5 usual
//! ranges (ATR) off zero. It has turned when, within 20 bars of that, the MACD histogram points against
//! it and the price has come back from the trend's end by 3.5 usual ranges. Noise has no such trend;
//! a trend that goes on does not come back.

use serde::{Deserialize, Serialize};

use super::chart::usual_range;
use super::{Finding, Seen};
use crate::market::bars::Bar;
use crate::market::figure::per_cent_change;
use crate::market::indicators::Indicators;
use crate::model::SignalType;

/// How far from 50 a strong trend's RSI lies.
const STRONG_RSI: f64 = 30.0;
/// How far from zero its MACD line lies, in usual ranges.
const STRONG_MACD: f64 = 1.5;
/// After so many bars that were not strong a trend is over, turned or not.
const PATIENCE: u8 = 20;
/// The least way back, in usual ranges ...
const SMALLEST_RETREAT: f64 = 3.5;
/// ... and as a fraction of the price.
const SMALLEST_MOVE: f64 = 0.005;

/// A strong trend that may turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Trend {
    is_up: bool,
    /// How far from 50 its RSI went.
    strength: f64,
    /// The highest price of a rise, the lowest of a fall.
    end: f64,
    /// Bars since it was strong.
    age: u8,
}

/// Judges `bar`, which the indicators have seen.
pub(super) fn judge(
    trend: &mut Option<Trend>,
    indicators: &Indicators,
    bar: &Bar,
    seen: &Seen<'_>,
) -> Option<Finding> {
    let range = usual_range(indicators, bar.close)?;
    let histogram = indicators.histogram()?;
    *trend = Trend::after(*trend, indicators, bar, range);
    let known = trend.as_ref()?;
    let retreat = (known.end - bar.close).abs();
    let has_turned = if known.is_up {
        histogram < 0.0
    } else {
        histogram > 0.0
    };
    if !has_turned || retreat < SMALLEST_RETREAT * range || retreat < SMALLEST_MOVE * bar.close {
        return None;
    }
    let known = trend.take()?;
    let price_change = per_cent_change(known.end, bar.close);
    let (turn, end) = if known.is_up {
        ("down", "high")
    } else {
        ("up", "low")
    };
    let description = format!(
        "{} turned {turn} after a strong trend: {:.2}% from its {end}, {:.1} times its usual range",
        seen.quote.symbol,
        price_change.abs(),
        retreat / range,
    );
    Some(Finding {
        kind: SignalType::TrendReversal,
        z: retreat / range + known.strength / 10.0,
        weight: indicators.bars().into(),
        price_change,
        sources: seen.agreeing(),
        description,
    })
}

impl Trend {
    /// The trend after `bar`: a new one, the known one, or none any more.
    fn after(known: Option<Self>, indicators: &Indicators, bar: &Bar, range: f64) -> Option<Self> {
        let known = known
            .filter(|known| known.age < PATIENCE)
            .map(|known| known.older(bar));
        let (Some(rsi), Some(macd)) = (indicators.rsi(), indicators.macd()) else {
            return known;
        };
        let (lean, is_up) = (rsi - 50.0, macd > 0.0);
        let is_strong =
            lean.abs() >= STRONG_RSI && macd.abs() >= STRONG_MACD * range && (lean > 0.0) == is_up;
        if !is_strong {
            return known;
        }
        let end = if is_up { bar.high } else { bar.low };
        let known = known.filter(|known| known.is_up == is_up);
        Some(Self {
            is_up,
            strength: known.map_or(lean.abs(), |known| known.strength.max(lean.abs())),
            end: known.map_or(end, |known| known.end),
            age: 0,
        })
    }

    fn older(self, bar: &Bar) -> Self {
        Self {
            end: if self.is_up {
                self.end.max(bar.high)
            } else {
                self.end.min(bar.low)
            },
            age: self.age.saturating_add(1),
            ..self
        }
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.end *= factor;
    }

    pub(super) fn is_sane(&self) -> bool {
        self.strength.is_finite() && self.end.is_finite()
    }
}
