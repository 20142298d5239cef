use std::time::Duration;

/// A hundredth of a second: what Linux counts processor time in, on every machine.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that a process has used on all its threads. `None` where there is no `/proc`.
///
/// Beside other work on the machine it is steadier than any rate.
pub fn used_by(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // proc(5): the name, in brackets, may contain anything; `utime` and `stime` are the 12th and 13th after it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

/// Microseconds of processor time that the process has used since it had used `before`, for each of `count` things.
pub fn us_each(process: u32, before: Option<Duration>, count: u64) -> Option<f64> {
    let used = used_by(process)?.checked_sub(before?)?;
    Some(used.as_secs_f64() * 1e6 / count as f64)
}
