//! Candles built anew from history: at the first start, and after a gap that amending cannot close.

use super::Teller;
use super::bar::{self, Bar};
use super::news::News;
use super::series::Series;
use crate::model::{Candle, Interval, Kline, Pair, UnixMillis};

impl Series {
    /// The series that `hours` and `minutes` (oldest first) make, continued by the minutes of `live` that are
    /// newer. Hours stand for what is before the first whole hour of minutes, so that running days and weeks
    /// are whole; an hour or minute that cannot be true is left out. `None` without a credible minute.
    pub(super) fn seeded(
        pair: &Pair,
        hours: &[Candle],
        minutes: &[Kline],
        teller: Teller,
        live: &Self,
        now: UnixMillis,
    ) -> Option<Self> {
        let first = minutes.first()?.candle.open_at;
        let begin = if Interval::H1.floor(first) == first {
            first
        } else {
            Interval::H1.end(first)
        };
        let mut series = Self::default();
        for hour in hours
            .iter()
            .filter(|hour| hour.open_at < begin && bar::is_credible(hour))
        {
            series.settle_hour(&Bar {
                candle: hour.clone(),
                source: teller.source,
            });
        }
        // What is new to subscribers is the newest candle; the past is history's.
        let mut untold = News::new(pair);
        for minute in minutes.iter().filter(|minute| minute.candle.open_at >= begin) {
            series.kline(minute, teller, now, &mut untold);
        }
        series.newest()?;
        series.continue_with(live);
        Some(series)
    }
}
