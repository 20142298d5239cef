use std::fmt;

use serde::{Deserialize, Serialize};

use super::Call;

/// What a question to a provider is about. Each has its own pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Topic {
    /// The prices of all coins.
    Prices,
    /// The figures of the whole market.
    Market,
    /// What people look for.
    Trending,
    /// The fear and greed index.
    FearGreed,
}

impl Topic {
    /// A stable name for statistics: `fear_greed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prices => "prices",
            Self::Market => "market",
            Self::Trending => "trending",
            Self::FearGreed => "fear_greed",
        }
    }

    /// Whether the hub is not well without an answer.
    pub const fn is_vital(self) -> bool {
        matches!(self, Self::Prices | Self::Market)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing to know from one provider.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it is about; a provider has one question of a kind.
    pub topic: Topic,
    /// The requests that it takes: pages, for one. It has failed if one of them has.
    pub calls: Vec<Call>,
    /// What it counts for in the provider's plan, calls or credits.
    pub cost: u64,
}

impl Question {
    /// A question whose every call counts once.
    pub(super) fn new(topic: Topic, calls: Vec<Call>) -> Self {
        let cost = calls.len() as u64;
        Self { topic, calls, cost }
    }
}
