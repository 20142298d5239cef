use super::{Call, Endpoint};
use crate::model::{Interval, Kline, Pair, Source};

/// An exchange's candles of the past.
#[derive(Debug, Clone)]
pub struct Archive {
    /// Whose they are.
    pub source: Source,
    /// Where they are.
    pub endpoint: Endpoint,
    /// Candles of one answer at most.
    pub most: u32,
    pub(super) ask: Asker,
}

/// Where, which pair, which interval, and how many candles at most.
pub(super) type Asker = fn(&Endpoint, &Pair, Interval, u32) -> Option<Call<Vec<Kline>>>;

impl Archive {
    /// What to ask for the last `limit` candles of `pair`; `None` for a pair that the exchange cannot have.
    pub fn latest(&self, pair: &Pair, interval: Interval, limit: u32) -> Option<Call<Vec<Kline>>> {
        (self.ask)(&self.endpoint, pair, interval, limit)
    }
}
