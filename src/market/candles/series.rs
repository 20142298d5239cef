use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Teller;
use super::bar::{self, Bar};
use super::minute::Minute;
use super::news::News;
use crate::model::{Interval, Kline, Source, Ticker, Trade, UnixMillis};

/// The newest minute and those of this time before it may be amended; in milliseconds.
pub(super) const AMENDABLE_MS: u64 = 15 * 60_000;
/// Who told a minute less than this before tells the next ones too, milliseconds: tickers wait that long.
const TOLD_BETTER_MS: u64 = 3 * 60_000;
/// What is dated further ahead than this, milliseconds, is a mistake: clocks do not differ by so much.
const FUTURE_MS: u64 = 60_000;

/// The candles of one pair: recent minutes one by one, and of each longer running candle what came before them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    /// By begin; those that may be amended.
    window: BTreeMap<UnixMillis, Minute>,
    /// The minutes that left the window, joined: of each interval the candle that the last of them is in.
    settled: BTreeMap<Interval, Bar>,
    /// Every candle that ends here or before is closed.
    closed_until: UnixMillis,
    /// The trade with the greatest number, and whose number it is.
    last_trade: Option<(Source, u64)>,
}

/// What became of a trade or a kline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is in the candles.
    Taken,
    /// It was known.
    Known,
    /// Its minute can no longer be amended.
    Late,
    /// It cannot be true.
    Refused,
}

impl Series {
    /// How many minutes may be amended.
    pub(super) fn minutes(&self) -> usize {
        self.window.len()
    }

    /// Takes in one trade.
    pub(super) fn trade(
        &mut self,
        trade: &Trade,
        source: Source,
        now: UnixMillis,
        news: &mut News,
    ) -> Verdict {
        if !bar::is_credible_trade(trade) || trade.at.since(now) > FUTURE_MS {
            return Verdict::Refused;
        }
        if self
            .last_trade
            .is_some_and(|(of, id)| of == source && trade.id <= id)
        {
            return Verdict::Known;
        }
        self.last_trade = Some((source, trade.id));
        let open = Interval::M1.floor(trade.at);
        if self.is_settled(open) {
            return Verdict::Late;
        }
        self.begin(open, news);
        match self.window.get_mut(&open) {
            Some(minute) if !minute.is_by_tickers() => {
                if !minute.add(trade, source) {
                    return Verdict::Known;
                }
            }
            _ => {
                self.window.insert(open, Minute::of_trade(open, trade, source));
            }
        }
        news.touch(open);
        Verdict::Taken
    }

    /// Takes in one minute as a provider tells it.
    pub(super) fn kline(
        &mut self,
        kline: &Kline,
        teller: Teller,
        now: UnixMillis,
        news: &mut News,
    ) -> Verdict {
        let open = kline.candle.open_at;
        let end = Interval::M1.end(open);
        let ahead = if kline.closed { end } else { open };
        let aligned = Interval::M1.floor(open) == open;
        if !aligned || !bar::is_credible(&kline.candle) || ahead.since(now) > FUTURE_MS {
            return Verdict::Refused;
        }
        if self.is_settled(open) {
            return Verdict::Late;
        }
        let known = self.window.get(&open);
        if known.is_some_and(|known| !known.is_outdated_by(kline, teller)) {
            return Verdict::Known;
        }
        let changed =
            known.is_none_or(|known| known.bar.candle != kline.candle || known.bar.source != teller.source);
        self.begin(open, news);
        self.window.insert(open, Minute::of_kline(kline, teller));
        if changed {
            news.touch(open);
        }
        if kline.closed {
            self.close_until(end, news);
        }
        Verdict::Taken
    }

    /// Takes in what the pair costs, where nobody tells what is traded.
    pub(super) fn ticker(&mut self, ticker: &Ticker, now: UnixMillis, news: &mut News) -> Verdict {
        if !bar::is_above_zero(ticker.price) || ticker.observed_at.since(now) > FUTURE_MS {
            return Verdict::Refused;
        }
        let open = Interval::M1.floor(ticker.observed_at);
        let told = self.window.iter().rev().find(|(_, it)| !it.is_by_tickers());
        if told.is_some_and(|(told, _)| open.since(*told) < TOLD_BETTER_MS) {
            return Verdict::Known;
        }
        if self.newest().is_some_and(|newest| open < newest) {
            return Verdict::Late;
        }
        self.begin(open, news);
        match self.window.get_mut(&open) {
            Some(minute) => {
                if !minute.follow(ticker) {
                    return Verdict::Known;
                }
            }
            None => {
                self.window.insert(open, Minute::of_ticker(open, ticker));
            }
        }
        news.touch(open);
        Verdict::Taken
    }

    /// Closes every candle that ends at `until` or before, and says so.
    pub(super) fn close_until(&mut self, until: UnixMillis, news: &mut News) {
        if until <= self.closed_until {
            return;
        }
        let before = std::mem::replace(&mut self.closed_until, until);
        if let Some(newest) = self.newest() {
            news.touch_closing(newest, before, until);
        }
        news.tell_closed(self);
    }

    /// The candle of `interval` that begins at `open`: the join of its minutes.
    pub(super) fn bar(&self, interval: Interval, open: UnixMillis) -> Option<Bar> {
        let settled = self
            .settled
            .get(&interval)
            .filter(|bar| bar.candle.open_at == open)
            .cloned();
        let minutes = self.window.range(open..interval.end(open));
        minutes.fold(settled, |bar, (_, minute)| Some(joined(bar, &minute.bar, open)))
    }

    /// When the newest minute begins.
    pub(super) fn newest(&self) -> Option<UnixMillis> {
        self.window.last_key_value().map(|(open, _)| *open)
    }

    /// Whether the candle of `interval` that begins at `open` is closed.
    pub(super) fn is_closed(&self, interval: Interval, open: UnixMillis) -> bool {
        interval.end(open) <= self.closed_until
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        let minutes = self.window.iter().all(|(open, minute)| {
            let candle = &minute.bar.candle;
            candle.open_at == *open && Interval::M1.floor(*open) == *open && bar::is_credible(candle)
        });
        let settled = self.settled.iter().all(|(interval, bar)| {
            let open = bar.candle.open_at;
            interval.floor(open) == open && bar::is_credible(&bar.candle)
        });
        let oldest = self.window.keys().next();
        minutes && settled && oldest.is_some_and(|oldest| !self.is_settled(*oldest))
    }

    fn is_settled(&self, open: UnixMillis) -> bool {
        self.newest()
            .is_some_and(|newest| newest.since(open) >= AMENDABLE_MS)
    }

    /// Makes room for the minute that begins at `open`: if it is the newest, what was before it closes.
    fn begin(&mut self, open: UnixMillis, news: &mut News) {
        if self.newest().is_some_and(|newest| open <= newest) {
            return;
        }
        self.close_until(open, news);
        self.make_room(open);
    }

    /// Settles the minutes that can no longer be amended once the newest begins at `open`.
    fn make_room(&mut self, open: UnixMillis) {
        while let Some(oldest) = self.window.first_entry() {
            if open.since(*oldest.key()) < AMENDABLE_MS {
                break;
            }
            let minute = oldest.remove();
            self.settle(&minute.bar, Interval::M5);
        }
    }

    /// Takes in an hour of the past, before any minute.
    pub(super) fn settle_hour(&mut self, hour: &Bar) {
        self.settle(hour, Interval::H1);
    }

    /// Takes in the minutes of `live` that are newer, or know more of a minute than history did when it was asked, with
    /// what is known of trades and of what was told.
    pub(super) fn continue_with(&mut self, live: &Self) {
        for (open, minute) in &live.window {
            let knows_more = self
                .window
                .get(open)
                .is_none_or(|known| minute.knows_more_than(known));
            if self.is_settled(*open) || !knows_more {
                continue;
            }
            self.make_room(*open);
            self.window.insert(*open, minute.clone());
        }
        self.closed_until = self.closed_until.max(live.closed_until);
        self.last_trade = live.last_trade;
    }

    /// Joins a bar that nothing amends any more to the candles of `shortest` and longer that hold it.
    fn settle(&mut self, bar: &Bar, shortest: Interval) {
        for interval in Interval::ALL.into_iter().filter(|interval| *interval >= shortest) {
            let open = interval.floor(bar.candle.open_at);
            let known = self
                .settled
                .remove(&interval)
                .filter(|known| known.candle.open_at == open);
            self.settled.insert(interval, joined(known, bar, open));
        }
    }
}

/// What there is of the candle that begins at `open`, and its next minute.
fn joined(bar: Option<Bar>, minute: &Bar, open: UnixMillis) -> Bar {
    match bar {
        Some(mut bar) => {
            bar.join(minute);
            bar
        }
        None => {
            let mut first = minute.clone();
            first.candle.open_at = open;
            first
        }
    }
}
