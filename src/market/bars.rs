use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use crate::model::UnixMillis;

/// Bars are no shorter than this, milliseconds.
const SHORTEST_MS: u64 = 60_000;
/// After a gap of more bars than this, what was before says nothing of what comes.
const LONGEST_GAP: u64 = 5;

/// The highest, the lowest and the last price of one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Bar {
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) close: f64,
}

/// Makes regular bars of irregular prices: a minute long, or a poll interval if that is longer, aligned
/// to UTC. A span without a price has no bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Bars {
    /// Of one bar, milliseconds; as it was when the running one began.
    length_ms: u64,
    open_at: UnixMillis,
    running: Option<Bar>,
}

/// What a price did to the bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Added {
    /// It belongs to the running bar.
    Running,
    /// It began a bar, which ended this one.
    Finished(Bar),
    /// It began a bar that has nothing to do with those before: there were none, the last one is too long
    /// ago, or their length is another now.
    Anew,
}

/// How long a bar is, milliseconds.
pub(super) fn length_ms(config: &MarketConfig) -> u64 {
    config.poll_interval_ms.max(SHORTEST_MS)
}

impl Bars {
    /// Adds a price, which is not older than the one before.
    pub(super) fn add(&mut self, price: f64, at: UnixMillis, length_ms: u64) -> Added {
        let length_ms = length_ms.max(1);
        let open_at = UnixMillis::new(at.get() - at.get() % length_ms);
        let same_length = self.length_ms == length_ms;
        if let Some(bar) = self
            .running
            .as_mut()
            .filter(|_| same_length && open_at <= self.open_at)
        {
            bar.high = bar.high.max(price);
            bar.low = bar.low.min(price);
            bar.close = price;
            return Added::Running;
        }
        let gap = open_at.since(self.open_at) / length_ms;
        let before = self.running.filter(|_| same_length && gap <= LONGEST_GAP);
        *self = Self {
            length_ms,
            open_at,
            running: Some(Bar {
                high: price,
                low: price,
                close: price,
            }),
        };
        before.map_or(Added::Anew, Added::Finished)
    }

    /// Multiplies the prices of the running bar by `factor`.
    pub(super) fn scale(&mut self, factor: f64) {
        if let Some(bar) = &mut self.running {
            bar.high *= factor;
            bar.low *= factor;
            bar.close *= factor;
        }
    }

    /// Whether it could have come about by prices.
    pub(super) fn is_sane(&self) -> bool {
        self.running.is_none_or(|bar| {
            bar.high.is_finite() && bar.low.is_finite() && bar.low <= bar.close && bar.close <= bar.high
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn add(bars: &mut Bars, price: f64, at: u64) -> Added {
        bars.add(price, UnixMillis::new(at), MINUTE)
    }

    fn bar(high: f64, low: f64, close: f64) -> Added {
        Added::Finished(Bar { high, low, close })
    }

    #[test]
    fn a_bar_ends_with_the_first_price_of_the_next_whole_minute() {
        let mut bars = Bars::default();
        assert_eq!(add(&mut bars, 5.0, 59_999), Added::Anew);
        assert_eq!(add(&mut bars, 7.0, 60_000), bar(5.0, 5.0, 5.0));
        assert_eq!(add(&mut bars, 9.0, 60_001), Added::Running);
        assert_eq!(add(&mut bars, 6.0, 90_000), Added::Running);
        assert_eq!(add(&mut bars, 8.0, 119_999), Added::Running);
        assert_eq!(add(&mut bars, 1.0, 120_000), bar(9.0, 6.0, 8.0));
    }

    #[test]
    fn a_minute_without_a_price_is_skipped_and_a_gap_begins_anew() {
        let mut bars = Bars::default();
        add(&mut bars, 5.0, 0);
        assert_eq!(add(&mut bars, 6.0, LONGEST_GAP * MINUTE), bar(5.0, 5.0, 5.0));
        assert_eq!(add(&mut bars, 7.0, (2 * LONGEST_GAP + 1) * MINUTE), Added::Anew);
    }

    #[test]
    fn bars_of_another_length_begin_anew() {
        let mut bars = Bars::default();
        add(&mut bars, 5.0, 600_000);
        assert_eq!(bars.add(6.0, UnixMillis::new(660_000), 5 * MINUTE), Added::Anew);
        assert_eq!(add(&mut bars, 6.0, 720_000), Added::Anew);
    }

    #[test]
    fn a_bar_is_as_long_as_a_poll_interval_and_no_shorter_than_a_minute() {
        let of = |poll_interval_ms| {
            length_ms(&MarketConfig {
                poll_interval_ms,
                ..MarketConfig::default()
            })
        };
        assert_eq!((of(10_000), of(300_000)), (60_000, 300_000));
    }
}
