//! Deterministic randomness without state: hashes, and value noise over time.

use crate::model::UnixMillis;

/// The shortest octave's period, milliseconds, and how much longer each next one is.
const SHORTEST_MS: u64 = 5_000;
const LACUNARITY: u64 = 4;
/// 5 s, 20 s, 80 s, ... 22.8 h.
const OCTAVES: u32 = 8;
const DAY_MS: f64 = 86_400_000.0;
/// What the octaves' variances add up to, in units of the lag: found by measuring.
const GAIN: f64 = 1.5;

/// A well-mixed function of its arguments (the finaliser of SplitMix64,
/// <https://prng.di.unimi.it/splitmix64.c>).
pub(super) fn hash(seed: u64, a: u64, b: u64) -> u64 {
    mix(mix(mix(seed).wrapping_add(a)).wrapping_add(b))
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// 0 to 1, from a hash.
pub(super) fn uniform(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// Nearly normal, mean 0, variance 1, never beyond 3.47: so that noise alone makes no alert.
/// The sum of four uniform values (Irwin-Hall), each 16 bits of the hash.
fn normal(hash: u64) -> f64 {
    let sum = (0..4)
        .map(|n| ((hash >> (16 * n)) & 0xFFFF) as f64 / 65_535.0)
        .sum::<f64>();
    (sum - 2.0) * 3.0_f64.sqrt()
}

/// A walk that looks like a price's: how far it goes in a time grows with the root of the time,
/// by about 1 (standard deviation) in a day. Several octaves of value noise, each with an
/// amplitude proportional to the root of its period.
pub(super) fn walk(seed: u64, stream: u64, now: UnixMillis) -> f64 {
    let mut period = SHORTEST_MS;
    let mut sum = 0.0;
    for octave in 0..OCTAVES {
        let amplitude = (period as f64 / (DAY_MS * GAIN)).sqrt();
        sum += amplitude * value_noise(hash(seed, stream, u64::from(octave)), now, period);
        period = period.saturating_mul(LACUNARITY);
    }
    sum
}

/// Smooth, -3.47 to 3.47: normal values `period` milliseconds apart, eased from one to the next.
pub(super) fn value_noise(seed: u64, now: UnixMillis, period: u64) -> f64 {
    let period = period.max(1);
    // Each seed has its own phase, or all coins would rest at the same instants.
    let at = now.get().wrapping_add(seed % period);
    let cell = at / period;
    let part = (at % period) as f64 / period as f64;
    let eased = part * part * (3.0 - 2.0 * part);
    let left = normal(hash(seed, 0, cell));
    let right = normal(hash(seed, 0, cell.wrapping_add(1)));
    left + (right - left) * eased
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(values: &[f64]) -> f64 {
        (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn a_walk_goes_as_far_as_the_root_of_the_time() {
        for lag in [5_u64, 60, 600, 7_200, 86_400] {
            let moves: Vec<f64> = (0..4_000)
                .map(|n| {
                    let at = UnixMillis::from_secs(1_764_678_600 + n * 9_973);
                    walk(1, 2, at.plus(lag * 1_000)) - walk(1, 2, at)
                })
                .collect();
            let expected = (lag as f64 / 86_400.0).sqrt();
            let ratio = deviation(&moves) / expected;
            assert!((0.6..1.5).contains(&ratio), "{lag} s: {ratio}");
        }
    }

    #[test]
    fn hashes_are_spread_evenly() {
        let mean = (0..10_000).map(|n| uniform(hash(1, 2, n))).sum::<f64>() / 10_000.0;
        assert!((0.49..0.51).contains(&mean), "{mean}");
    }
}
