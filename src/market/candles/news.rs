use std::collections::BTreeSet;

use super::series::Series;
use crate::model::{CandleUpdate, Interval, MarketEvent, Pair, UnixMillis, ordered};

/// What there is to tell of one pair: each candle once for all that an observation did to it, but a
/// closing candle before the next one's first state.
pub(super) struct News<'a> {
    pair: &'a Pair,
    /// Candles that changed and were not told since.
    touched: BTreeSet<(Interval, UnixMillis)>,
    /// Where an older candle was told after the newest.
    behind: BTreeSet<Interval>,
    events: Vec<MarketEvent>,
}

impl<'a> News<'a> {
    pub(super) fn new(pair: &'a Pair) -> Self {
        Self {
            pair,
            touched: BTreeSet::new(),
            behind: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// The minute that begins at `minute` changed, and with it every candle that holds it.
    pub(super) fn touch(&mut self, minute: UnixMillis) {
        let holders = Interval::ALL.map(|interval| (interval, interval.floor(minute)));
        self.touched.extend(holders);
    }

    /// Of the candles that hold the minute `newest`, those that end after `before` and by `until` close now.
    pub(super) fn touch_closing(&mut self, newest: UnixMillis, before: UnixMillis, until: UnixMillis) {
        for interval in Interval::ALL {
            let open = interval.floor(newest);
            let end = interval.end(open);
            if before < end && end <= until {
                self.touched.insert((interval, open));
            }
        }
    }

    /// Tells what changed and is closed, older candles first.
    pub(super) fn tell_closed(&mut self, series: &Series) {
        let (closed, running) = std::mem::take(&mut self.touched)
            .into_iter()
            .partition(|(interval, open)| series.is_closed(*interval, *open));
        self.touched = running;
        self.tell_all(closed, series);
    }

    /// Tells the rest; then, where an older candle was amended, the newest once more: a channel's last
    /// message is always its newest candle.
    pub(super) fn finish(mut self, series: &Series) -> Vec<MarketEvent> {
        let rest = std::mem::take(&mut self.touched);
        self.tell_all(rest, series);
        if let Some(newest) = series.newest() {
            let behind = std::mem::take(&mut self.behind);
            let again = behind
                .into_iter()
                .map(|interval| (interval, interval.floor(newest)));
            self.tell_all(ordered(again), series);
        }
        self.events
    }

    fn tell_all(&mut self, candles: BTreeSet<(Interval, UnixMillis)>, series: &Series) {
        for (interval, open) in candles {
            let Some(update) = update(self.pair, series, interval, open) else {
                continue;
            };
            self.events.push(MarketEvent::Candle(update));
            if series
                .newest()
                .is_some_and(|newest| open < interval.floor(newest))
            {
                self.behind.insert(interval);
            } else {
                self.behind.remove(&interval);
            }
        }
    }
}

/// The state of one candle.
pub(super) fn update(
    pair: &Pair,
    series: &Series,
    interval: Interval,
    open: UnixMillis,
) -> Option<CandleUpdate> {
    let bar = series.bar(interval, open)?;
    Some(CandleUpdate {
        pair: pair.clone(),
        interval,
        candle: bar.candle,
        closed: series.is_closed(interval, open),
        source: bar.source,
    })
}
