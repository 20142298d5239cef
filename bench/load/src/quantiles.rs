use std::time::Duration;

/// Milliseconds below which the share `q`, 0 to 1, of the times lies; 0 without any.
pub fn quantile_ms(times: &mut [Duration], q: f64) -> f64 {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let at = (q * times.len() as f64) as usize;
    times
        .get(at.min(last))
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
