use std::collections::VecDeque;

/// Closes that the bands are made of.
pub(super) const PERIOD: usize = 20;
/// Deviations from the middle to either band.
const WIDTH: f64 = 2.0;

/// Bollinger bands: the mean of 20 closes, and two population deviations either way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::market) struct Bands {
    pub(in crate::market) upper: f64,
    pub(in crate::market) middle: f64,
    pub(in crate::market) lower: f64,
}

/// The bands of the last [`PERIOD`] closes; `None` if there are fewer.
///
/// They are reckoned anew each time, from zero and relative to the newest close: running sums of squares
/// would drift, and lose a narrow band of a high price to rounding.
pub(super) fn of(closes: &VecDeque<f32>) -> Option<Bands> {
    let newest = f64::from(*closes.back().filter(|_| closes.len() >= PERIOD)?);
    let (mut mean, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let (mut upper, mut lower) = (0.0, 0.0);
    for close in closes {
        let value = f64::from(*close) - newest;
        (upper, _, lower, mean, sum, squares) =
            kand::ohlcv::bbands::bbands_inc(value, mean, sum, squares, 0.0, PERIOD, WIDTH, WIDTH).ok()?;
    }
    // Rounding may have left less than nothing under the root: then there is no width.
    let reach = |band: f64| if band.is_finite() { band } else { mean };
    Some(Bands {
        upper: newest + reach(upper),
        middle: newest + mean,
        lower: newest + reach(lower),
    })
}
