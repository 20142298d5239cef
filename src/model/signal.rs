use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CoinId, Source, Symbol, UnixMillis};

/// What kind of thing a signal says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SignalType {
    /// The price moved far outside its recent range.
    PriceAnomaly,
    /// Far more is traded than lately.
    VolumeSpike,
    /// A trend turned.
    TrendReversal,
    /// The price left a quiet range.
    VolatilityBreakout,
    /// Providers disagree on the price.
    SourceDivergence,
}

impl SignalType {
    /// Every type there is.
    pub const ALL: [Self; 5] = [
        Self::PriceAnomaly,
        Self::VolumeSpike,
        Self::TrendReversal,
        Self::VolatilityBreakout,
        Self::SourceDivergence,
    ];

    /// The name on the wire: `price_anomaly`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PriceAnomaly => "price_anomaly",
            Self::VolumeSpike => "volume_spike",
            Self::TrendReversal => "trend_reversal",
            Self::VolatilityBreakout => "volatility_breakout",
            Self::SourceDivergence => "source_divergence",
        }
    }

    /// The type of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for SignalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An alert: something unusual about one coin, and how sure the model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Unique, and the same whenever the same data is replayed.
    pub id: String,
    /// What happened.
    pub kind: SignalType,
    /// To which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// 0 (none) to 1 (certain); the formula is in `market`.
    pub confidence: f64,
    /// Whether the confidence reaches `SIGNAL_HIGH_CONFIDENCE`, so that it is on `signals:high` too.
    pub high: bool,
    /// One sentence for a person.
    pub description: String,
    /// When it was seen.
    pub timestamp: UnixMillis,
    /// The figures behind it.
    pub metadata: SignalMetadata,
}

/// The figures behind a signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalMetadata {
    /// The move that was seen, in per cent.
    pub price_change: f64,
    /// Volume as a multiple of its recent average; 1 is as usual.
    pub volume_spike: f64,
    /// The providers whose data it rests on.
    pub sources: Vec<Source>,
}
