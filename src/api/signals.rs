//! `/api/v1/signals`: what was alerted, newest first, by pages.

use serde::Deserialize;

use super::coins::item;
use super::parameters::{Parameters, whole};
use super::{Answer, Problem};
use crate::model::{CoinId, MarketEvent, Signal, SignalMetadata, SignalType, Source, Symbol, UnixMillis};

/// Most that one page may hold.
const MAX_LIMIT: u16 = 500;
/// What it holds unless asked otherwise.
const LIMIT: u16 = 50;
/// Longest id of a signal in a cursor, in bytes.
const MAX_ID: usize = 200;
/// A new signal is no more urgent here: those who cannot wait have the WebSocket.
const MAX_AGE_S: u32 = 5;

/// Which signals are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    /// Of one type, or of all.
    pub kind: Option<SignalType>,
    /// At least so sure, 0 to 1.
    pub min_confidence: f64,
    /// Not before this.
    pub since: UnixMillis,
    /// At most so many on a page.
    pub limit: u16,
    /// Only what comes after this one: the last of the page before.
    pub after: Option<Cursor>,
}

/// Where a page ends: signals come newest first, and by id where they are of the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the last signal was seen.
    pub created_at: UnixMillis,
    /// Which one it was.
    pub id: String,
}

/// A row of the table `signals`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the columns; see migrations/0001")]
pub struct SignalRow {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub coin: String,
    pub symbol: String,
    pub confidence: f64,
    pub description: String,
    pub price_change: f64,
    pub volume_spike: f64,
    pub sources: String,
    pub created_at: u64,
}

impl Signals {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        let types = SignalType::ALL.map(SignalType::as_str).join(", ");
        Ok(Self {
            kind: parameters.parsed("type", format_args!("one of {types}"), SignalType::parse)?,
            min_confidence: parameters.fraction("min_confidence")?.unwrap_or(0.0),
            since: parameters.time("since")?.unwrap_or_default(),
            limit: parameters.limit(MAX_LIMIT, LIMIT)?,
            after: parameters.parsed("cursor", "the 'next' of an earlier answer", Cursor::parse)?,
        })
    }

    /// How many rows to ask for: one more than a page, to know whether there is a next one.
    pub fn rows(&self) -> u32 {
        u32::from(self.limit) + 1
    }

    /// A page of the rows that were found, newest first. A row that cannot be read is left out.
    pub fn answer(&self, rows: &[SignalRow]) -> Answer {
        let page = rows.get(..usize::from(self.limit)).unwrap_or(rows);
        let more = rows.len() > page.len();
        let next = page.last().filter(|_| more).map(|row| {
            let last = Cursor {
                created_at: UnixMillis::new(row.created_at),
                id: row.id.clone(),
            };
            last.to_text()
        });
        let items: Vec<String> = page.iter().filter_map(SignalRow::to_item).collect();
        Answer::page(&items, next, MAX_AGE_S)
    }
}

impl Cursor {
    /// `{milliseconds}.{id}`: ids have no character that a query would have to escape.
    fn to_text(&self) -> String {
        format!("{}.{}", self.created_at.get(), self.id)
    }

    fn parse(text: &str) -> Option<Self> {
        let (created_at, id) = text.split_once('.')?;
        Some(Self {
            created_at: UnixMillis::new(whole(created_at)?),
            id: (1..=MAX_ID).contains(&id.len()).then(|| id.to_owned())?,
        })
    }
}

impl SignalRow {
    fn to_item(&self) -> Option<String> {
        let signal = self.to_signal()?;
        let coin = signal.coin.clone();
        Some(item(&coin, &MarketEvent::Signal(signal)))
    }

    fn to_signal(&self) -> Option<Signal> {
        let finite = [self.confidence, self.price_change, self.volume_spike]
            .iter()
            .all(|figure| figure.is_finite());
        let sources: Vec<String> = serde_json::from_str(&self.sources).ok()?;
        Some(Signal {
            id: self.id.clone(),
            kind: SignalType::parse(&self.kind).filter(|_| finite)?,
            coin: CoinId::new(&self.coin)?,
            symbol: Symbol::new(&self.symbol)?,
            confidence: self.confidence,
            // Not stored, and in no answer.
            high: false,
            description: self.description.clone(),
            timestamp: UnixMillis::new(self.created_at),
            metadata: SignalMetadata {
                price_change: self.price_change,
                volume_spike: self.volume_spike,
                sources: sources.iter().filter_map(|name| Source::parse(name)).collect(),
            },
        })
    }
}

#[cfg(test)]
mod tests;
