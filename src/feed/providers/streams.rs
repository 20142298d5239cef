use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Supply;
use super::connection::{Connection, last_price};
use crate::feed::FeedFault;
use crate::feed::stream::{Klines, StreamHealth, StreamMessage, Venue};
use crate::model::{Interval, Observation, Pair, Source, UnixMillis};

/// A frame beyond this, bytes, is not read: the largest that is expected, 500 candles at once, has some 60,000.
const MAX_FRAME: usize = 1024 * 1024;

/// The exchange streams: which are open, and what they say. Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Streams(BTreeMap<Source, Connection>);

/// A connection to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// To whom.
    pub source: Source,
    /// Where.
    pub url: String,
    /// What to say first, in order.
    pub hello: Vec<String>,
}

/// What one frame was good for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heard {
    /// What it says of the market.
    pub observations: Vec<Observation>,
    /// What is wrong with it, or what it left out.
    pub fault: Option<FeedFault>,
    /// Trades or minutes of this pair are missing before it, or in it.
    pub gap: Option<Pair>,
    /// The exchange does not trade this pair.
    pub unlisted: Option<Pair>,
    /// It is the first of its connection.
    pub first: bool,
}

/// What open connections need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    /// To be sent.
    Say(Source, String),
    /// It has gone silent: to be closed, and it is lost.
    HangUp(Source),
}

impl Streams {
    /// The connections that are to be opened now, for the prices of `pairs` and the candles of the supply's.
    /// They count as being opened: what follows is [`opened`](Self::opened) or [`lost`](Self::lost).
    pub fn take_due(&mut self, supply: &Supply, pairs: &[Pair], now: UnixMillis) -> Vec<Opening> {
        let mut openings = Vec::new();
        for streamed in supply.streams() {
            let source = streamed.venue.source;
            let stream = self.0.entry(source).or_default();
            if !stream.opening && stream.health.due(now) {
                let wanted = supply.wanted(source, pairs);
                openings.push(stream.open(streamed.venue, &streamed.base_url, &wanted));
            }
        }
        openings
    }

    /// The connection stands.
    pub fn opened(&mut self, source: Source, now: UnixMillis) {
        let stream = self.0.entry(source).or_default();
        stream.opening = false;
        stream.health.connected(now);
        stream.pinged_at = now;
    }

    /// The connection is gone, or could not be opened.
    pub fn lost(&mut self, source: Source, now: UnixMillis, fault: &FeedFault, seed: u64) {
        let stream = self.0.entry(source).or_default();
        stream.opening = false;
        stream.health.lost(now, seed);
        stream.count(fault);
        stream.cause = fault.cause();
    }

    /// Nobody is connected any more, and every connection was closed.
    pub fn closed(&mut self, now: UnixMillis) {
        for stream in self.0.values_mut().filter(|stream| stream.health.is_connected()) {
            stream.health.closed(now);
        }
    }

    /// Takes in a frame. Candles count only if `source` leads in them, so that those of two exchanges never mix.
    pub fn hear(&mut self, supply: &Supply, source: Source, text: &str, now: UnixMillis) -> Heard {
        let Some(venue) = supply.venue(source) else {
            return Heard::default();
        };
        let mut heard = Heard {
            first: !self.is_live(source, now),
            ..Heard::default()
        };
        let stream = self.0.entry(source).or_default();
        stream.health.message(now);
        match read(venue, text, now) {
            Ok(StreamMessage::Ticker(ticker)) => {
                stream.health.delivered();
                heard.observations.push(Observation::Tickers(vec![ticker]));
            }
            // Candles of a pair that nobody asked for would take another's place.
            Ok(StreamMessage::Klines(klines)) if supply.candle_pairs.contains(&klines.pair) => {
                if stream.follow(venue, &klines) {
                    heard.gap = Some(klines.pair.clone());
                }
                heard.fault = klines.refused.first().cloned();
                if klines.interval == Interval::M1 {
                    self.minutes(supply, venue, klines, now, &mut heard);
                }
            }
            Ok(StreamMessage::Refused { code, unlisted, .. }) => {
                heard.fault = Some(FeedFault::ProviderError { code: Some(code) });
                heard.unlisted = unlisted;
            }
            Ok(
                StreamMessage::Klines(_)
                | StreamMessage::Subscribed { .. }
                | StreamMessage::Pong
                | StreamMessage::Other,
            ) => {}
            Err(fault) => heard.fault = Some(fault),
        }
        if let (Some(fault), Some(stream)) = (&heard.fault, self.0.get_mut(&source)) {
            stream.count(fault);
        }
        heard
    }

    /// What minutes say: a price, and candles if their exchange leads.
    fn minutes(&self, supply: &Supply, venue: &Venue, minutes: Klines, now: UnixMillis, heard: &mut Heard) {
        heard.observations.extend(last_price(venue, &minutes, now));
        if self.leads(supply, venue.source, &minutes.pair, now) {
            heard.observations.push(Observation::Klines {
                pair: minutes.pair,
                source: venue.source,
                klines: minutes.klines,
                observed_at: minutes.observed_at,
            });
        }
    }

    /// What open connections need now: pings, subscriptions to `pairs` that are new, and the end of silent ones.
    pub fn upkeep(&mut self, supply: &Supply, pairs: &[Pair], now: UnixMillis) -> Vec<Upkeep> {
        let mut upkeep = Vec::new();
        for (source, stream) in &mut self.0 {
            let Some(venue) = supply.venue(*source).filter(|_| stream.health.is_connected()) else {
                continue;
            };
            if stream.health.silent(now) {
                upkeep.push(Upkeep::HangUp(*source));
                continue;
            }
            let wanted = supply.wanted(*source, pairs);
            let texts = [stream.ping(venue, now), stream.ask_for_more(venue, &wanted)];
            let texts = texts.into_iter().flatten();
            upkeep.extend(texts.map(|text| Upkeep::Say(*source, text)));
        }
        upkeep
    }

    /// When a connection is to be opened, or looked after, at the latest; `None` without any. One that is being
    /// opened needs nothing.
    pub fn next_due(&self, supply: &Supply) -> Option<UnixMillis> {
        let due = supply
            .streams()
            .filter_map(|streamed| match self.0.get(&streamed.venue.source) {
                None => Some(UnixMillis::default()),
                Some(stream) => (!stream.opening).then(|| stream.health.deadline()),
            });
        due.min()
    }

    /// How often it was lost in a row, and when it is to be opened again.
    pub fn reopens_at(&self, source: Source) -> (u32, UnixMillis) {
        let health = self.0.get(&source).map(|stream| &stream.health);
        health.map_or((0, UnixMillis::default()), |health| {
            (health.losses(), health.deadline())
        })
    }

    /// Whether any connection is open.
    pub fn any_open(&self) -> bool {
        self.0.values().any(|stream| stream.health.is_connected())
    }

    /// Whether its prices may be trusted.
    pub fn is_live(&self, source: Source, now: UnixMillis) -> bool {
        self.0
            .get(&source)
            .is_some_and(|stream| stream.health.is_live(now))
    }

    /// Each stream that was ever wanted: how it is doing, and how often each fault occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Source, &StreamHealth, &BTreeMap<String, u64>)> {
        self.0
            .iter()
            .map(|(source, stream)| (*source, &stream.health, &stream.faults))
    }

    /// The streams that are wanted and could not be opened again after they were lost, and why: a first loss is mended
    /// within seconds.
    pub fn failing<'a>(&'a self, supply: &'a Supply) -> impl Iterator<Item = (Source, &'a str)> {
        let wanted = |source: &Source| supply.streams().any(|it| it.venue.source == *source);
        let streams = self.0.iter().filter(move |(source, _)| wanted(source));
        let failing = streams.filter(|(_, stream)| stream.health.losses() > 1);
        failing.map(|(source, stream)| (*source, stream.cause.as_str()))
    }

    /// Whether `source` is the first in the order that tells the candles of `pair`: not every exchange has every pair.
    fn leads(&self, supply: &Supply, source: Source, pair: &Pair, now: UnixMillis) -> bool {
        let mut order = supply.candle_order.iter();
        let tells = |source: &&Source| self.0.get(source).is_some_and(|stream| stream.tells(pair));
        order.find(|source| tells(source) && self.is_live(**source, now)) == Some(&source)
    }

    /// Whose candles lead: the first in the order that is live.
    pub fn candle_leader(&self, supply: &Supply, now: UnixMillis) -> Option<Source> {
        let mut order = supply.candle_order.iter().copied();
        order.find(|source| self.is_live(*source, now))
    }
}

fn read(venue: &Venue, text: &str, now: UnixMillis) -> Result<StreamMessage, FeedFault> {
    if text.len() > MAX_FRAME {
        return Err(FeedFault::TooLarge);
    }
    (venue.read)(text, now)
}
