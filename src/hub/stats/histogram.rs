use serde::{Deserialize, Serialize};

/// Upper bounds of the buckets, in milliseconds; one more bucket is above them all.
const BOUNDS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];

/// A latency histogram in milliseconds, of fixed buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    counts: [u64; BOUNDS.len() + 1],
    /// Of all values.
    sum: u64,
}

impl Histogram {
    /// Counts `weight` values of `millis`.
    pub fn record(&mut self, millis: u64, weight: u64) {
        let bucket = BOUNDS
            .iter()
            .position(|bound| millis <= *bound)
            .unwrap_or(BOUNDS.len());
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += weight;
        }
        self.sum = self.sum.saturating_add(millis.saturating_mul(weight));
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each bucket's upper bound in milliseconds and how many values are in it; those above all bounds are in none.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        BOUNDS.into_iter().zip(self.counts)
    }

    /// The sum of all values, in milliseconds.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The mean in milliseconds; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// The upper bound in milliseconds of the bucket in which the `share`-quantile lies (0 to 1); `None` of
    /// nothing. What is above all bounds is given as the highest one.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = (count as f64 * share).ceil().max(1.0);
        let mut seen = 0;
        for (bound, in_bucket) in BOUNDS.iter().zip(&self.counts) {
            seen += in_bucket;
            if seen as f64 >= wanted {
                return Some(*bound);
            }
        }
        BOUNDS.last().copied()
    }

    /// Adds what `now` has more than `before`.
    pub fn add_growth(&mut self, before: &Self, now: &Self) {
        for ((count, before), now) in self.counts.iter_mut().zip(before.counts).zip(now.counts) {
            *count += now.saturating_sub(before);
        }
        self.sum = self.sum.saturating_add(now.sum.saturating_sub(before.sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_bucket_bounds() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        histogram.record(3, 98);
        histogram.record(40, 1);
        histogram.record(9_999, 1);
        assert_eq!(histogram.quantile(0.5), Some(5));
        assert_eq!(histogram.quantile(0.99), Some(50));
        assert_eq!(histogram.quantile(1.0), Some(5_000));
        assert_eq!(histogram.count(), 100);
    }
}
