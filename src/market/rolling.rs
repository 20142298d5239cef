use serde::{Deserialize, Serialize};

/// Statistics are of use once they rest on about eight samples.
const WARM_WEIGHT: f64 = 7.0;
/// Once warm, a sample counts as at most this many deviations from the mean: a shock may not
/// widen the range so far that the next shock goes unseen.
const CLIP: f64 = 4.0;

/// Mean and deviation of the recent past in constant memory: exponentially weighted, by time.
///
/// A sample has weight 1 when it arrives and half of that a half-life later. Updates as in
/// T. Finch, "Incremental calculation of weighted mean and variance" (2009), section 9, with
/// `alpha = 1 / total weight`, so that the first samples count alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rolling {
    weight: f64,
    mean: f64,
    variance: f64,
}

impl Rolling {
    /// Lets `age_ms` go by since the last sample. Longer than a half-life: all is forgotten, since
    /// what comes after a gap is not measured by what was before it.
    pub(super) fn age(&mut self, age_ms: u64, half_life_ms: u64) {
        if age_ms > half_life_ms {
            *self = Self::default();
        } else if half_life_ms > 0 {
            self.weight *= (-(age_ms as f64) / half_life_ms as f64).exp2();
        }
    }

    /// Adds a sample of weight 1; `floor` is the least deviation to believe in.
    pub(super) fn add(&mut self, value: f64, floor: f64) {
        if !value.is_finite() {
            return;
        }
        let mut delta = value - self.mean;
        if self.is_warm() {
            let limit = CLIP * self.deviation(floor);
            delta = delta.clamp(-limit, limit);
        }
        self.weight += 1.0;
        let alpha = 1.0 / self.weight;
        self.mean += alpha * delta;
        self.variance = (1.0 - alpha) * (self.variance + alpha * delta * delta);
    }

    /// Adds `by` to all samples, past ones included.
    pub(super) fn shift(&mut self, by: f64) {
        self.mean += by;
    }

    /// Whether there are samples enough to judge by.
    pub(super) fn is_warm(&self) -> bool {
        self.weight >= WARM_WEIGHT
    }

    /// The weighted mean, if warm.
    pub(super) fn mean(&self) -> Option<f64> {
        self.is_warm().then_some(self.mean)
    }

    /// How many deviations `value` lies from the mean, if warm; `floor` (above zero) is the least
    /// deviation to believe in, so that a flat series never makes a small move look large.
    pub(super) fn z_score(&self, value: f64, floor: f64) -> Option<f64> {
        let z = (value - self.mean()?) / self.deviation(floor);
        z.is_finite().then_some(z)
    }

    /// The total weight of the samples: how many recent ones this rests on.
    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// Whether these are figures that samples could have led to.
    pub(super) fn is_sane(&self) -> bool {
        let finite = self.weight.is_finite() && self.mean.is_finite() && self.variance.is_finite();
        finite && self.weight >= 0.0 && self.variance >= 0.0
    }

    fn deviation(&self, floor: f64) -> f64 {
        self.variance.sqrt().max(floor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Rolling {
        let mut rolling = Rolling::default();
        for value in values {
            rolling.age(1, 1_000_000_000);
            rolling.add(*value, 1e-9);
        }
        rolling
    }

    #[test]
    fn without_ageing_it_is_the_plain_mean_and_deviation() {
        let rolling = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert!((rolling.mean().unwrap() - 5.0).abs() < 1e-6);
        assert!((rolling.variance.sqrt() - 2.0).abs() < 1e-6);
        assert!((rolling.z_score(9.0, 1e-9).unwrap() - 2.0).abs() < 1e-6);
    }

    #[test]
    fn seven_samples_judge_nothing() {
        assert_eq!(of(&[1.0; 7]).z_score(9.0, 1.0), None);
        assert!(of(&[1.0; 8]).z_score(9.0, 1.0).is_some());
    }

    #[test]
    fn the_old_counts_half_after_a_half_life_and_nothing_after_a_gap() {
        let mut rolling = of(&[1.0; 20]);
        rolling.age(1_000, 1_000);
        assert!((rolling.weight() - 10.0).abs() < 1e-3);
        rolling.age(1_001, 1_000);
        assert_eq!(rolling, Rolling::default());
    }

    #[test]
    fn a_shock_barely_widens_the_range() {
        let mut values: Vec<f64> = (0..100).map(|n| if n % 2 == 0 { 1.0 } else { -1.0 }).collect();
        values.push(1_000.0);
        assert!(of(&values).z_score(10.0, 1e-9).unwrap() > 8.0);
    }

    proptest! {
        #[test]
        fn it_stays_finite_whatever_comes(
            samples in proptest::collection::vec((-1e12..1e12_f64, 0_u64..10_000), 0..300),
        ) {
            let mut rolling = Rolling::default();
            for (value, age) in samples {
                rolling.age(age, 5_000);
                if let Some(z) = rolling.z_score(value, 1e-9) {
                    prop_assert!(z.is_finite());
                }
                rolling.add(value, 1e-9);
                prop_assert!(rolling.is_sane());
            }
        }
    }
}
