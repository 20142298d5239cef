/// `wait_ms`, longer by up to a quarter: the same for the same `seed`, so that objects of different
/// seeds do not all come back at once.
pub(super) fn jittered(wait_ms: u64, seed: u64) -> u64 {
    let jitter = fastrand::Rng::with_seed(seed).u64(0..=wait_ms / 4);
    wait_ms.saturating_add(jitter)
}
