//! Candles: 1m from trades or klines, else from tickers; all longer ones from 1m.
//!
//! ```text
//! trades, klines,
//! tickers ─────────▶ series   one per pair: recent minutes, and of longer candles what came before them
//!                      │ minute   one minute, which may be amended
//!                      │ bar      minutes joined
//!                      └ news     what is told, and in which order
//! ```
//!
//! The rules, tested in `tests`:
//!
//! - **A candle is the join of its minutes**, and a minute of which nothing is known has no candle. Boundaries are UTC,
//!   weeks begin on Monday. Sums are exact decimals.
//! - **Trades** come one provider at a time. A trade whose number is not greater than the last one of its pair
//!   and provider is known and dropped; so a batch may come twice, and is sorted by number first.
//! - **Late**: a trade or kline of an earlier minute amends it if that minute began less than
//!   15 minutes before the newest one. The amended minute and every longer candle that holds
//!   it are told again, `closed` if they are, then the newest candle of the channel once more. What is older is
//!   dropped and counted ([`Market::late_candle_count`](super::Market::late_candle_count)): longer candles,
//!   running ones too, stay without it.
//! - **A kline replaces the minute that it names**, whoever told it before, and trades of such a minute count no
//!   more: the kline has them. Dropped as known is a running kline with less volume than its own provider has
//!   told already, one of another provider that is not newer, by the clocks of the two, than what it would replace, any
//!   running kline of a minute that a closed one told, and a closed one of another provider there. So who takes the lead
//!   tells nothing older than what was told, and one whose clock is slow has the lead from the next minute on.
//! - **A ticker tells what a pair costs where nobody tells what is traded**: its minute has no volume, and the quote
//!   volume of every candle that holds it is unknown. It says nothing of a minute that a trade or kline told, nor of the
//!   two after that: who told one tells the next, and candles would flicker. A trade or kline of a ticker's minute replaces
//!   it whole. A minute is told by the provider that began it; a ticker of an earlier minute than the newest is late.
//!   Only pairs that have candles or are named by the settings
//!   ([`MarketConfig::candle_pairs`](super::MarketConfig::candle_pairs)) take tickers.
//! - **A candle closes** with the first data of a later one, with a closed kline of its last minute, or
//!   [`CLOSE_GRACE_MS`] after its end. Its final state is told once, before the next candle's first; only an
//!   amendment tells it again.
//! - **History** builds a pair's candles anew, at the first start and after a gap that amending cannot close: from
//!   hours, so that running days and weeks are whole, and minutes. Minutes that streams told since stay. Only the
//!   newest candles are told; those of the past are in the store.
//! - **What cannot be true is refused and counted**: prices or amounts that are not above zero, a low above the
//!   high, minutes that begin within a minute, and what is dated more than a minute ahead.
//! - **Memory is bounded**: at most [`MAX_PAIRS`] pairs, of each 15 minutes and 6 longer candles. A pair beyond
//!   that takes the place of one that was silent for an hour, or gets none.

mod bar;
mod minute;
mod news;
mod seed;
mod series;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::news::News;
use self::series::{Series, Verdict};
use crate::model::{Candle, Interval, Kline, MarketEvent, Pair, Source, Ticker, Trade, UnixMillis};

/// Candles of more pairs than this are not kept.
pub const MAX_PAIRS: usize = 20;
/// A minute closes by the clock so long after its end, milliseconds: its last trades are still on their way.
pub const CLOSE_GRACE_MS: u64 = 2_000;
/// A pair that had no data for so long, milliseconds, gives way to another.
const SILENT_MS: u64 = 3_600_000;

/// Who told minutes, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Teller {
    /// Who.
    pub source: Source,
    /// When, by its own clock, but never after it was received; of what was asked for, when it was asked.
    pub observed_at: UnixMillis,
}

/// The candles of every pair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Candles {
    pairs: BTreeMap<Pair, Series>,
    late: u64,
    refused: u64,
}

impl Candles {
    /// Takes in trades of one pair.
    pub(super) fn trades(
        &mut self,
        pair: &Pair,
        source: Source,
        mut trades: Vec<Trade>,
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        trades.sort_by_key(|trade| trade.id);
        self.take(pair, now, &trades, |series, trade, news| {
            series.trade(trade, source, now, news)
        })
    }

    /// Takes in minutes of one pair.
    pub(super) fn klines(
        &mut self,
        pair: &Pair,
        teller: Teller,
        klines: &[Kline],
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        self.take(pair, now, klines, |series, kline, news| {
            series.kline(kline, teller, now, news)
        })
    }

    /// Builds the candles of one pair anew from hours and minutes of the past, and tells the newest of them.
    pub(super) fn seed(
        &mut self,
        pair: &Pair,
        teller: Teller,
        hours: &[Candle],
        minutes: &[Kline],
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        let empty = Series::default();
        let live = self.pairs.get(pair).unwrap_or(&empty);
        let Some(series) = Series::seeded(pair, hours, minutes, teller, live, now) else {
            return Vec::new();
        };
        if !self.pairs.contains_key(pair) && !self.make_room(now) {
            return Vec::new();
        }
        let mut news = News::new(pair);
        if let Some(newest) = series.newest() {
            news.touch(newest);
        }
        let events = news.finish(&series);
        self.pairs.insert(pair.clone(), series);
        events
    }

    /// When the newest minute of that pair begins; `None` while it has no candle.
    pub(super) fn newest(&self, pair: &Pair) -> Option<UnixMillis> {
        self.pairs.get(pair).and_then(Series::newest)
    }

    /// Takes in what pairs cost; of pairs that have no candles, only those `wanted`.
    pub(super) fn tickers(
        &mut self,
        tickers: &[Ticker],
        wanted: &[Pair],
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        let mut events = Vec::new();
        for ticker in tickers {
            let pair = &ticker.pair;
            if self.pairs.contains_key(pair) || wanted.contains(pair) {
                let one = std::slice::from_ref(ticker);
                events.extend(self.take(pair, now, one, |series, ticker, news| {
                    series.ticker(ticker, now, news)
                }));
            }
        }
        events
    }

    /// Closes what has ended by the clock.
    pub(super) fn close(&mut self, now: UnixMillis) -> Vec<MarketEvent> {
        let until = Interval::M1.floor(UnixMillis::new(now.get().saturating_sub(CLOSE_GRACE_MS)));
        let mut events = Vec::new();
        for (pair, series) in &mut self.pairs {
            let mut news = News::new(pair);
            series.close_until(until, &mut news);
            events.extend(news.finish(series));
        }
        events
    }

    /// The newest candle of every pair and interval.
    pub(super) fn latest(&self) -> impl Iterator<Item = MarketEvent> + '_ {
        self.pairs.iter().flat_map(|(pair, series)| {
            let newest = series.newest().into_iter();
            let updates = newest.flat_map(move |minute| {
                Interval::ALL
                    .into_iter()
                    .filter_map(move |interval| news::update(pair, series, interval, interval.floor(minute)))
            });
            updates.map(MarketEvent::Candle)
        })
    }

    /// Forgets the pairs that `keep` does not name.
    pub(super) fn retain(&mut self, keep: &[Pair]) {
        self.pairs.retain(|pair, _| keep.contains(pair));
    }

    /// No candles; what was counted stays.
    pub(super) fn emptied(&self) -> Self {
        Self {
            pairs: BTreeMap::new(),
            ..*self
        }
    }

    /// Trades, klines and tickers whose minute could no longer be amended.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    /// Minutes that longer candles are made of and that may still be amended.
    pub(super) fn minutes(&self) -> usize {
        self.pairs.values().map(Series::minutes).sum()
    }

    /// Trades, klines and tickers that could not be true.
    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        self.pairs.len() <= MAX_PAIRS && self.pairs.values().all(Series::is_sane)
    }

    fn take<T>(
        &mut self,
        pair: &Pair,
        now: UnixMillis,
        rows: &[T],
        take: impl Fn(&mut Series, &T, &mut News) -> Verdict,
    ) -> Vec<MarketEvent> {
        let known = self.pairs.get_mut(pair);
        let is_new = known.is_none();
        let mut newcomer = Series::default();
        let series = known.unwrap_or(&mut newcomer);
        let mut news = News::new(pair);
        for row in rows {
            match take(series, row, &mut news) {
                Verdict::Taken | Verdict::Known => {}
                Verdict::Late => self.late = self.late.saturating_add(1),
                Verdict::Refused => self.refused = self.refused.saturating_add(1),
            }
        }
        let events = news.finish(series);
        if is_new && (newcomer.newest().is_none() || !self.make_room(now)) {
            return Vec::new();
        }
        if is_new {
            self.pairs.insert(pair.clone(), newcomer);
        }
        events
    }

    /// Whether there is room for one more pair, after the most silent one was given up if need be.
    fn make_room(&mut self, now: UnixMillis) -> bool {
        if self.pairs.len() < MAX_PAIRS {
            return true;
        }
        let silent = self.pairs.iter().min_by_key(|(_, series)| series.newest());
        let silent = silent
            .filter(|(_, series)| series.newest().is_none_or(|newest| now.since(newest) > SILENT_MS))
            .map(|(pair, _)| pair.clone());
        silent.is_some_and(|pair| self.pairs.remove(&pair).is_some())
    }
}

#[cfg(test)]
mod tests;
