use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::streams::Opening;
use crate::feed::FeedFault;
use crate::feed::stream::{Klines, StreamHealth, Venue, Wanted};
use crate::model::{Observation, Pair, Ticker, UnixMillis};

/// The newest candle of a message tells the price of now if it began at most this long ago, milliseconds ...
const CURRENT_MS: u64 = 65_000;
/// ... and if the message has no more candles than this: a snapshot may be of a while ago.
const AN_UPDATE: usize = 2;

/// One exchange's stream, from connection to connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Connection {
    pub(super) health: StreamHealth,
    pub(super) faults: BTreeMap<String, u64>,
    /// Why it was lost last, in words.
    pub(super) cause: String,
    /// When it was last told that we are there.
    pub(super) pinged_at: UnixMillis,
    /// It is being opened; so much is forgotten with the life that does it.
    #[serde(skip)]
    pub(super) opening: bool,
    /// What this connection was asked for, and whose candles it has told; both die with the connection.
    #[serde(skip)]
    asked: BTreeSet<String>,
    #[serde(skip)]
    tells: BTreeSet<Pair>,
}

impl Connection {
    /// It is opened anew: where, and what to say first.
    pub(super) fn open(&mut self, venue: &Venue, base_url: &str, wanted: &Wanted<'_>) -> Opening {
        self.opening = true;
        self.asked.clear();
        self.tells.clear();
        let names = self.not_asked(venue, wanted);
        let in_url = names.len().min(venue.limits.streams_in_url);
        let (first, rest) = names.split_at_checked(in_url).unwrap_or((&names, &[]));
        self.asked.extend(first.iter().cloned());
        let hello = rest.chunks(venue.limits.streams_a_message);
        let hello = hello.map(|names| self.subscribe(venue, names)).collect();
        Opening {
            source: venue.source,
            url: (venue.url)(base_url, first),
            hello,
        }
    }

    /// The message that asks for what is wanted and was not asked for yet. Servers read few messages a second: what is
    /// too much for one waits for the next time.
    pub(super) fn ask_for_more(&mut self, venue: &Venue, wanted: &Wanted<'_>) -> Option<String> {
        let names = self.not_asked(venue, wanted);
        let news = names.chunks(venue.limits.streams_a_message).next()?;
        Some(self.subscribe(venue, news))
    }

    /// The text that shows that we are there, if it is due.
    pub(super) fn ping(&mut self, venue: &Venue, now: UnixMillis) -> Option<String> {
        let ping = venue
            .ping
            .filter(|ping| now.since(self.pinged_at) >= ping.every_ms)?;
        self.pinged_at = now;
        Some(ping.text.to_owned())
    }

    /// Takes in that these candles were told. Gives whether some are missing before them, or in them.
    pub(super) fn follow(&mut self, venue: &Venue, klines: &Klines) -> bool {
        self.health.delivered();
        self.tells.insert(klines.pair.clone());
        let spans = (venue.numbered)(klines).into_iter();
        // All of them are to be followed, also after a gap.
        spans
            .filter(|span| self.health.follow(&klines.pair, *span) > 0)
            .count()
            > 0
    }

    /// Whether it has told candles of `pair`.
    pub(super) fn tells(&self, pair: &Pair) -> bool {
        self.tells.contains(pair)
    }

    pub(super) fn count(&mut self, fault: &FeedFault) {
        let count = self.faults.entry(fault.as_str().to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// The streams that are wanted and that this connection was not asked for, each once, within the exchange's limit.
    fn not_asked(&self, venue: &Venue, wanted: &Wanted<'_>) -> Vec<String> {
        let room = venue.limits.streams.saturating_sub(self.asked.len());
        let mut seen = BTreeSet::new();
        let names = (venue.streams)(wanted).into_iter();
        let news = names.filter(|name| !self.asked.contains(name) && seen.insert(name.clone()));
        news.take(room).collect()
    }

    fn subscribe(&mut self, venue: &Venue, names: &[String]) -> String {
        self.asked.extend(names.iter().cloned());
        (venue.subscribe)(names, self.asked.len() as u64)
    }
}

/// The close of a candle that runs, which is the price of now where nothing else tells it.
pub(super) fn last_price(venue: &Venue, klines: &Klines, now: UnixMillis) -> Option<Observation> {
    let is_update = venue.candles_tell_prices && klines.klines.len() <= AN_UPDATE;
    let newest = klines.klines.last().filter(|_| is_update)?;
    let current = now.since(newest.candle.open_at) < CURRENT_MS && !newest.candle.volume.is_zero();
    current.then(|| {
        Observation::Tickers(vec![Ticker {
            pair: klines.pair.clone(),
            price: newest.candle.close,
            open_24h: None,
            base_volume_24h: None,
            quote_volume_24h: None,
            source: venue.source,
            // What it costs in a minute was not so before that minute.
            observed_at: klines.observed_at.max(newest.candle.open_at).min(now),
        }])
    })
}
