//! `/api/v1/candles`: what a pair's price did, oldest first, by pages that go back in time.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::parameters::Parameters;
use super::{Answer, Problem};
use crate::model::{Candle, CandleUpdate, Interval, MarketEvent, Pair, Source, UnixMillis, ordered};
use crate::protocol;

/// Most that one page may hold.
const MAX_LIMIT: u16 = 1_000;
/// What it holds unless asked otherwise.
const LIMIT: u16 = 100;
/// The running candle changes with every trade.
const MAX_AGE_S: u32 = 2;
/// What is older than [`SETTLED_MS`] changes no more, unless its history is filled in.
const SETTLED_MAX_AGE_S: u32 = 300;
/// Candles are amended up to a quarter of an hour late; an hour is on the safe side.
const SETTLED_MS: u64 = 3_600_000;

/// Which candles are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candles {
    /// A pair of `CANDLE_PAIRS`.
    pub pair: Pair,
    /// How long each is.
    pub interval: Interval,
    /// At most so many on a page.
    pub limit: u16,
    /// Only those that begin before this; without it the page ends with the running candle.
    pub before: Option<UnixMillis>,
}

/// A row of the table `candles`, of the pair and interval asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the columns; see migrations/0002")]
pub struct CandleRow {
    pub open_at: u64,
    pub open: String,
    pub high: String,
    pub low: String,
    pub close: String,
    pub volume: String,
    pub quote_volume: Option<String>,
    pub source: String,
}

impl Candles {
    pub(super) fn read(parameters: &Parameters, pairs: &[Pair]) -> Result<Self, Problem> {
        let names: Vec<String> = pairs.iter().map(Pair::to_string).collect();
        let known = |text: &str| Pair::parse(text).filter(|pair| pairs.contains(pair));
        let intervals = Interval::ALL.map(Interval::as_str).join(", ");
        Ok(Self {
            pair: parameters.required("symbol", format_args!("one of {}", names.join(", ")), known)?,
            interval: parameters.required("interval", format_args!("one of {intervals}"), Interval::parse)?,
            limit: parameters.limit(MAX_LIMIT, LIMIT)?,
            before: parameters.time("before")?,
        })
    }

    /// The newest, the running one among them.
    pub fn newest(pair: Pair, interval: Interval, limit: u16) -> Self {
        Self {
            pair,
            interval,
            limit,
            before: None,
        }
    }

    /// How many rows to ask for: one more than a page, to know whether there is an earlier one.
    pub fn rows(&self) -> u32 {
        u32::from(self.limit) + 1
    }

    /// Whether the feed may know candles of this page that the store does not have yet: those that have just closed wait
    /// some seconds for it, or as long as it is out of order.
    pub fn asks_feed(&self, now: UnixMillis) -> bool {
        !self.is_settled(now)
    }

    /// The rows that were found, and what the feed had before they were looked for, oldest first: each candle once, in its
    /// newest state. A row that cannot be read is left out.
    pub fn joined(&self, rows: &[CandleRow], latest: &[MarketEvent]) -> Vec<CandleUpdate> {
        let stored = rows.iter().filter_map(|row| self.to_update(row));
        let mut candles: BTreeMap<UnixMillis, CandleUpdate> =
            ordered(stored.map(|update| (update.candle.open_at, update)));
        let newest = candles.last_key_value().map(|(open_at, _)| *open_at);
        for update in latest.iter().filter_map(|event| self.is_mine(event)) {
            let open_at = update.candle.open_at;
            let is_news = match newest {
                // A final state that is stored is newer than a running one.
                _ if candles.contains_key(&open_at) => update.closed,
                // An older one would stand beside a gap.
                Some(newest) => newest < open_at,
                None => true,
            };
            if is_news {
                candles.insert(open_at, update.clone());
            }
        }
        candles.into_values().collect()
    }

    /// A page of them.
    pub fn answer(&self, rows: &[CandleRow], latest: &[MarketEvent], now: UnixMillis) -> Answer {
        let candles = self.joined(rows, latest);
        let beyond = candles.len().saturating_sub(usize::from(self.limit));
        let page: Vec<CandleUpdate> = candles.into_iter().skip(beyond).collect();
        // Rows that cannot be read must not end the way back.
        let first = match page.first() {
            Some(first) if beyond > 0 => Some(first.candle.open_at),
            _ if rows.len() > usize::from(self.limit) => rows.last().map(|row| UnixMillis::new(row.open_at)),
            _ => None,
        };
        let next = first.map(|first| first.to_string());
        let items: Vec<String> = page
            .into_iter()
            .map(|update| protocol::data(&MarketEvent::Candle(update)))
            .collect();
        let max_age = if self.is_settled(now) {
            SETTLED_MAX_AGE_S
        } else {
            MAX_AGE_S
        };
        Answer::page(&items, next, max_age)
    }

    fn is_settled(&self, now: UnixMillis) -> bool {
        self.before.is_some_and(|before| now.since(before) >= SETTLED_MS)
    }

    fn is_mine<'a>(&self, event: &'a MarketEvent) -> Option<&'a CandleUpdate> {
        match event {
            MarketEvent::Candle(update) => {
                let asked = update.pair == self.pair && update.interval == self.interval;
                let in_time = self
                    .before
                    .is_none_or(|before| update.closed && update.candle.open_at < before);
                (asked && in_time).then_some(update)
            }
            _ => None,
        }
    }

    fn to_update(&self, row: &CandleRow) -> Option<CandleUpdate> {
        let quote_volume = row.quote_volume.as_ref().map(|text| text.parse());
        Some(CandleUpdate {
            pair: self.pair.clone(),
            interval: self.interval,
            candle: Candle {
                open_at: UnixMillis::new(row.open_at),
                open: row.open.parse().ok()?,
                high: row.high.parse().ok()?,
                low: row.low.parse().ok()?,
                close: row.close.parse().ok()?,
                volume: row.volume.parse().ok()?,
                quote_volume: quote_volume.transpose().ok()?,
            },
            closed: true,
            source: Source::parse(&row.source)?,
        })
    }
}

#[cfg(test)]
mod tests;
