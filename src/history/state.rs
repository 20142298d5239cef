use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::pace::Pace;
use super::retention::{Expiry, Kept, Retention, is_kept};
use super::rows::{HourlyPrice, MAX_ROWS, Rows, Table};
use super::waiting::Waiting;
use crate::model::{
    CandleUpdate, CoinId, DatabaseState, Interval, MarketEvent, Pair, Price, Signal, UnixMillis,
};

/// Latest prices are stored so often, milliseconds, while somebody is connected ...
pub const PRICES_EVERY_MS: u64 = 60_000;
/// ... and so often while nobody is: rows written are billed.
pub const IDLE_PRICES_EVERY_MS: u64 = 300_000;

/// Closed candles wait so long, milliseconds, for others that close with them and for amendments ...
const GATHER_MS: u64 = 10_000;
/// ... unless there are so many.
const GATHERED: usize = 500;

/// What waits for D1 at most. A day of hours of 50 coins, and half a day of candles of 3 pairs; all of it together
/// stays far below the 2 MB that a value of an object's storage may have.
const MAX_SIGNALS: usize = 500;
const MAX_HOURS: usize = 1_200;
const MAX_CANDLES: usize = 3_000;

/// So many writes in a row that were not taken are no accident.
const DOWN_AFTER: u32 = 3;

type SignalKey = (UnixMillis, String);
type HourKey = (UnixMillis, CoinId);
/// By end: the longer candles are not the oldest.
type CandleKey = (UnixMillis, Interval, Pair);

/// All that history remembers between cycles. Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    signals: Waiting<SignalKey, Signal>,
    candles: Waiting<CandleKey, CandleUpdate>,
    /// Since when candles wait.
    candles_since: UnixMillis,
    hours: Hours,
    hours_over: Waiting<HourKey, HourlyPrice>,
    /// When latest prices were last offered.
    prices_at: UnixMillis,
    paces: BTreeMap<Table, Pace>,
    retention: Retention,
    faults: u64,
    /// Writes that D1 did not take, of whatever table, since it took one; `None` before the first write.
    refused: Option<u32>,
}

impl History {
    /// Takes in what was told at `now`: signals, closed candles and prices. Call it where the events come to be,
    /// so that what the market has told and what is stored cannot part.
    pub fn note(&mut self, events: &[MarketEvent], now: UnixMillis) {
        self.end_hour(now);
        for event in events {
            match event {
                MarketEvent::Signal(signal) => {
                    let key = signal_key(signal);
                    self.signals.add(key, signal.clone(), MAX_SIGNALS);
                }
                MarketEvent::Candle(update) => self.note_candle(update, now),
                MarketEvent::Price(price) => self.hours.see(price),
                _ => {}
            }
        }
    }

    /// What is to be written now. `latest` gives the latest values; it is asked only when they are due. Say of
    /// each of [`Rows`] how it went: [`stored`](Self::stored) or [`failed`](Self::failed).
    pub fn due(
        &mut self,
        now: UnixMillis,
        somebody: bool,
        latest: impl FnOnce() -> Vec<MarketEvent>,
    ) -> Vec<Rows> {
        self.end_hour(now);
        let mut due = Vec::new();
        if self.allows(Table::Signals, now) {
            due.push(Rows::Signals(self.signals.all()));
        }
        if self.allows(Table::PricesLatest, now) && self.take_prices(now, somebody) {
            let prices: Vec<Price> = latest().into_iter().filter_map(price).collect();
            // A price that is merely confirmed is no event, but belongs to the hour.
            prices.iter().for_each(|price| self.hours.see(price));
            due.extend(
                prices
                    .chunks(MAX_ROWS)
                    .map(|rows| Rows::PricesLatest(rows.to_vec())),
            );
        }
        if self.allows(Table::PricesHourly, now) {
            let hours = self.hours_over.all();
            due.extend(
                hours
                    .chunks(MAX_ROWS)
                    .map(|rows| Rows::PricesHourly(rows.to_vec())),
            );
        }
        if self.allows(Table::Candles, now) && self.candles_are_due(now, somebody) {
            let candles = self.candles.all();
            due.extend(candles.chunks(MAX_ROWS).map(|rows| Rows::Candles(rows.to_vec())));
        }
        due.retain(|rows| !rows.is_empty());
        due
    }

    /// D1 has taken these rows.
    pub fn stored(&mut self, rows: &Rows, now: UnixMillis) {
        self.refused = Some(0);
        self.paces.entry(rows.table()).or_default().succeeded(now);
        match rows {
            Rows::PricesLatest(_) => {}
            Rows::Signals(rows) => rows
                .iter()
                .for_each(|row| self.signals.stored(&signal_key(row), row)),
            Rows::PricesHourly(rows) => rows
                .iter()
                .for_each(|row| self.hours_over.stored(&hour_key(row), row)),
            Rows::Candles(rows) => rows
                .iter()
                .for_each(|row| self.candles.stored(&candle_key(row), row)),
        }
    }

    /// D1 has not taken these rows: they wait, and their table is left alone for a while.
    pub fn failed(&mut self, rows: &Rows, now: UnixMillis) {
        self.faults = self.faults.saturating_add(1);
        self.refused = Some(self.refused.unwrap_or_default().saturating_add(1));
        self.paces.entry(rows.table()).or_default().failed(now);
    }

    /// The next step of deleting what is old: of one round a day. Call it with the cron's minute.
    pub fn expired(&mut self, now: UnixMillis) -> Vec<Expiry> {
        self.retention.due(now)
    }

    /// So many rows of an [`Expiry`] were deleted.
    pub fn deleted(&mut self, what: Kept, rows: u32) {
        self.retention.done(what, rows);
    }

    /// A step of deleting failed, and comes again with the next minute.
    pub fn not_deleted(&mut self) {
        self.faults = self.faults.saturating_add(1);
    }

    /// How often D1 did not take what it was given.
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// How D1 is: what it has not taken waits and is offered again, and a table that it refuses is no sign of another. It
    /// counts as down when it has refused two tables and nothing else was taken.
    pub fn database(&self) -> DatabaseState {
        let refusing = self.paces.values().filter(|pace| pace.is_failing()).count();
        match (self.refused, refusing) {
            (None, _) => DatabaseState::Unknown,
            (Some(_), 0) => DatabaseState::Healthy,
            (Some(refused), 2..) if refused >= DOWN_AFTER => DatabaseState::Down,
            _ => DatabaseState::Degraded,
        }
    }

    /// How many rows wait for D1.
    pub fn waiting(&self) -> usize {
        self.signals.len() + self.hours_over.len() + self.candles.len()
    }

    /// The closed candles that wait for D1, by end.
    pub fn waiting_candles(&self) -> impl Iterator<Item = &CandleUpdate> {
        self.candles.iter()
    }

    /// How many rows waited too long and were given up.
    pub fn dropped(&self) -> u64 {
        let signals = self.signals.dropped();
        signals
            .saturating_add(self.hours_over.dropped())
            .saturating_add(self.candles.dropped())
    }

    fn note_candle(&mut self, update: &CandleUpdate, now: UnixMillis) {
        if !update.closed || !is_kept(update.interval, update.candle.open_at, now) {
            return;
        }
        if self.candles.is_empty() {
            self.candles_since = now;
        }
        self.candles.add(candle_key(update), update.clone(), MAX_CANDLES);
    }

    fn candles_are_due(&self, now: UnixMillis, somebody: bool) -> bool {
        // While nobody is connected the next cycle is a minute away.
        !somebody
            || self.candles.len() >= GATHERED
            || now.since(self.candles_since) >= GATHER_MS
            || now < self.candles_since
    }

    fn take_prices(&mut self, now: UnixMillis, somebody: bool) -> bool {
        let every = if somebody {
            PRICES_EVERY_MS
        } else {
            IDLE_PRICES_EVERY_MS
        };
        let due = now.since(self.prices_at) >= every || now < self.prices_at;
        if due {
            self.prices_at = now;
        }
        due
    }

    fn allows(&self, table: Table, now: UnixMillis) -> bool {
        self.paces.get(&table).is_none_or(|pace| pace.allows(now))
    }

    fn end_hour(&mut self, now: UnixMillis) {
        for hour in self.hours.roll(now) {
            self.hours_over.add(hour_key(&hour), hour, MAX_HOURS);
        }
    }
}

fn signal_key(signal: &Signal) -> SignalKey {
    (signal.timestamp, signal.id.clone())
}

fn hour_key(hour: &HourlyPrice) -> HourKey {
    (hour.hour, hour.coin.clone())
}

fn candle_key(update: &CandleUpdate) -> CandleKey {
    let end = update.interval.end(update.candle.open_at);
    (end, update.interval, update.pair.clone())
}

fn price(event: MarketEvent) -> Option<Price> {
    match event {
        MarketEvent::Price(price) => Some(price),
        _ => None,
    }
}
