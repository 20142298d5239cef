//! Sudden events: now and then one coin's price jumps, or one coin is traded as if there were news.

use super::noise::{hash, uniform};
use crate::model::UnixMillis;

/// One shock begins in the first half of every slot of this length, milliseconds: two follow each
/// other within 54 s, and by 36 s on average.
const SLOT_MS: u64 = 36_000;
/// Shocks fade by e in this time, and are forgotten after six times that, milliseconds.
const FADE_MS: u64 = 600_000;
const SLOTS_REMEMBERED: u64 = 6 * FADE_MS / SLOT_MS;
/// The price of the last five seconds moves by this many of its usual moves, at least and at most.
const KICK: (f64, f64) = (9.0, 26.0);
/// A kick above this comes with news, and so with volume.
const NEWS: f64 = 23.0;
/// The smallest kick, as a fraction of the price: large enough to be worth a look.
const SMALLEST_KICK: f64 = 0.004;
/// The 24 h volume grows by this fraction, at least and at most.
const BURST: (f64, f64) = (0.45, 1.5);
/// Of every so many shocks one is a burst of volume alone.
const BURST_EVERY: u64 = 3;
/// Candidates for the distance from one shock's coin to the next one's.
const STRIDES: [u64; 4] = [37, 41, 43, 1];

/// What shocks add to one coin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Shock {
    /// To the logarithm of the price.
    pub(super) price: f64,
    /// To the 24 h volume, as a fraction of it.
    pub(super) volume: f64,
}

/// The shocks at `now` of coins whose usual move in five seconds is `sigmas` (a fraction of the
/// price; 0: the coin has no shocks). The answer is as long as `sigmas`.
///
/// The coins take turns, so that one is not shocked again while its last alert is fresh.
pub(super) fn at(seed: u64, now: UnixMillis, sigmas: &[f64]) -> Vec<Shock> {
    let mut shocks = vec![Shock::default(); sigmas.len()];
    let movers: Vec<usize> = (0..)
        .zip(sigmas)
        .filter(|(_, sigma)| **sigma > 0.0)
        .map(|(n, _)| n)
        .collect();
    let current = now.get() / SLOT_MS;
    for slot in current.saturating_sub(SLOTS_REMEMBERED)..=current {
        let Some(coin) = turn(seed, slot, &movers) else {
            break;
        };
        let fading = fading(seed, slot, now);
        if let (Some(shock), Some(sigma)) = (shocks.get_mut(coin), sigmas.get(coin)) {
            let (kick, burst) = size(seed, slot, *sigma);
            shock.price += kick * fading;
            shock.volume += burst * fading;
        }
    }
    shocks
}

/// Whose turn it is in `slot`.
fn turn(seed: u64, slot: u64, movers: &[usize]) -> Option<usize> {
    let count = u64::try_from(movers.len()).ok().filter(|count| *count > 0)?;
    let stride = STRIDES
        .into_iter()
        .find(|stride| count % stride != 0)
        .unwrap_or(1);
    let position = (seed % count + (slot % count) * stride) % count;
    movers.get(usize::try_from(position).ok()?).copied()
}

/// 0 before the shock, 1 when it strikes, then falling to 0.
fn fading(seed: u64, slot: u64, now: UnixMillis) -> f64 {
    let onset = slot
        .saturating_mul(SLOT_MS)
        .saturating_add(hash(seed, slot, 1) % (SLOT_MS / 2));
    match now.get().checked_sub(onset) {
        Some(age) => (-(age as f64) / FADE_MS as f64).exp(),
        None => 0.0,
    }
}

/// The kick of the price's logarithm and the burst of volume.
fn size(seed: u64, slot: u64, sigma: f64) -> (f64, f64) {
    let between = |(low, high): (f64, f64), salt| low + (high - low) * uniform(hash(seed, slot, salt));
    let burst = between(BURST, 2);
    if slot.is_multiple_of(BURST_EVERY) {
        return (0.0, burst);
    }
    let sigmas = between(KICK, 3);
    let size = (sigmas * sigma).max(SMALLEST_KICK);
    let kick = if hash(seed, slot, 4) & 1 == 0 { size } else { -size };
    (kick, if sigmas > NEWS { burst } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: u64 = 1_764_678_600_000;

    #[test]
    fn coins_take_turns_whatever_their_number() {
        for count in 1..=100_usize {
            let movers: Vec<usize> = (0..count).collect();
            let mut seen: Vec<usize> = (1_000..)
                .take(count)
                .filter_map(|slot| turn(7, slot, &movers))
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, movers, "{count}");
        }
    }

    #[test]
    fn a_coin_without_moves_has_no_shocks() {
        assert_eq!(at(7, UnixMillis::new(T0), &[0.0, 0.0]), [Shock::default(); 2]);
        assert!(at(7, UnixMillis::new(T0), &[]).is_empty());
        assert_eq!(at(7, UnixMillis::new(T0), &[0.0, 0.001])[0], Shock::default());
    }

    #[test]
    fn a_shock_strikes_at_once_and_is_forgotten_slowly() {
        let price = |ms: u64| at(7, UnixMillis::new(T0 + ms), &[0.001; 90])[33].price;
        let steps: Vec<f64> = (0..2_000_u64)
            .map(|n| price(n * 5_000 + 5_000) - price(n * 5_000))
            .collect();
        let jumps = steps.iter().filter(|step| step.abs() > 0.003).count();
        let largest_other = steps
            .iter()
            .map(|step| step.abs())
            .filter(|step| *step <= 0.003)
            .fold(0.0, f64::max);
        assert!((1..=4).contains(&jumps), "{jumps}");
        assert!(largest_other < 0.0004, "{largest_other}");
    }
}
