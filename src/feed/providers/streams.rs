use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Supply;
use crate::feed::stream::{Klines, StreamHealth, StreamMessage, TradeSpan};
use crate::feed::{FeedFault, binance, bitget};
use crate::model::{Interval, Observation, Pair, Source, Ticker, UnixMillis};

/// Streams that an URL names, so that it stays well below what servers take; the others are asked for after.
const STREAMS_IN_URL: usize = 100;
/// Streams that one message asks for.
const STREAMS_A_MESSAGE: usize = 250;
/// A frame beyond this, bytes, is not read: the largest that is expected, 500 candles at once, has some 60,000.
const MAX_FRAME: usize = 1024 * 1024;
/// The newest candle of a message tells the price of now if it began at most this long ago, milliseconds ...
const CURRENT_MS: u64 = 65_000;
/// ... and if the message has no more candles than this: a snapshot may be of a while ago.
const AN_UPDATE: usize = 2;

/// The exchange streams: which are open, and what they say. Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Streams(BTreeMap<Source, Stream>);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Stream {
    health: StreamHealth,
    faults: BTreeMap<String, u64>,
    /// When it was last told that we are there.
    pinged_at: UnixMillis,
    /// It is being opened; so much is forgotten with the life that does it.
    #[serde(skip)]
    opening: bool,
    /// What this connection was asked for, and whose candles it has told; both die with the connection.
    #[serde(skip)]
    asked: BTreeSet<String>,
    #[serde(skip)]
    tells: BTreeSet<Pair>,
}

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
        for source in supply.streams() {
            let stream = self.0.entry(source).or_default();
            if stream.opening || !stream.health.due(now) {
                continue;
            }
            stream.opening = true;
            stream.asked.clear();
            stream.tells.clear();
            openings.push(stream.opening(source, supply, pairs));
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
    }

    /// Nobody is connected any more, and every connection was closed.
    pub fn closed(&mut self, now: UnixMillis) {
        for stream in self.0.values_mut().filter(|stream| stream.health.is_connected()) {
            stream.health.closed(now);
        }
    }

    /// Takes in a frame. Candles count only if `source` leads in them, so that those of two exchanges never mix.
    pub fn hear(&mut self, supply: &Supply, source: Source, text: &str, now: UnixMillis) -> Heard {
        let was_live = self.is_live(source, now);
        let stream = self.0.entry(source).or_default();
        stream.health.message(now);
        let read = match source {
            _ if text.len() > MAX_FRAME => Err(FeedFault::TooLarge),
            Source::Bitget => bitget::read(text, now),
            _ => binance::read(text, now),
        };
        let mut heard = Heard {
            first: !was_live,
            ..Heard::default()
        };
        match read {
            Ok(StreamMessage::Ticker(ticker)) => {
                stream.health.delivered();
                heard.observations.push(Observation::Tickers(vec![ticker]));
            }
            Ok(StreamMessage::Klines(klines)) => self.klines(supply, source, klines, now, &mut heard),
            Ok(StreamMessage::Refused { code, .. }) => {
                heard.fault = Some(FeedFault::ProviderError { code: Some(code) });
            }
            Ok(StreamMessage::Subscribed { .. } | StreamMessage::Pong | StreamMessage::Other) => {}
            Err(fault) => heard.fault = Some(fault),
        }
        if let (Some(fault), Some(stream)) = (&heard.fault, self.0.get_mut(&source)) {
            stream.count(fault);
        }
        heard
    }

    fn klines(
        &mut self,
        supply: &Supply,
        source: Source,
        klines: Klines,
        now: UnixMillis,
        heard: &mut Heard,
    ) {
        let Some(stream) = self.0.get_mut(&source) else {
            return;
        };
        stream.health.delivered();
        stream.tells.insert(klines.pair.clone());
        let leads = self.leads(supply, source, &klines.pair, now);
        let Some(stream) = self.0.get_mut(&source) else {
            return;
        };
        let gaps = numbered(source, &klines)
            .into_iter()
            .filter(|span| stream.health.follow(&klines.pair, *span) > 0);
        if gaps.count() > 0 {
            heard.gap = Some(klines.pair.clone());
        }
        heard.fault = klines.refused.first().cloned();
        if klines.interval != Interval::M1 {
            return;
        }
        heard.observations.extend(last_price(source, &klines, now));
        if leads {
            let Klines { pair, klines, .. } = klines;
            heard
                .observations
                .push(Observation::Klines { pair, source, klines });
        }
    }

    /// What open connections need now: pings, subscriptions to `pairs` that are new, and the end of silent ones.
    pub fn upkeep(&mut self, supply: &Supply, pairs: &[Pair], now: UnixMillis) -> Vec<Upkeep> {
        let mut upkeep = Vec::new();
        for (source, stream) in &mut self.0 {
            if !stream.health.is_connected() {
                continue;
            }
            if stream.health.silent(now) {
                upkeep.push(Upkeep::HangUp(*source));
                continue;
            }
            let pings = *source == Source::Bitget;
            if pings && now.since(stream.pinged_at) >= bitget::PING_INTERVAL_MS / 2 {
                stream.pinged_at = now;
                upkeep.push(Upkeep::Say(*source, bitget::PING.to_owned()));
            }
            if *source == Source::Binance {
                let names = stream.not_asked(binance::stream_names(&wanted(supply, *source, pairs), false));
                // The server reads few messages a second: the rest waits for the next time.
                let news = names.chunks(STREAMS_A_MESSAGE).next();
                upkeep.extend(news.map(|names| Upkeep::Say(*source, stream.subscribe(names))));
            }
        }
        upkeep
    }

    /// When a connection is to be opened, or looked after, at the latest; `None` without any. One that is being
    /// opened needs nothing.
    pub fn next_due(&self, supply: &Supply) -> Option<UnixMillis> {
        let idle = |source: &Source| self.0.get(source).is_none_or(|stream| !stream.opening);
        let due = supply.streams().filter(idle).map(|source| {
            self.0
                .get(&source)
                .map_or(UnixMillis::default(), |stream| stream.health.deadline())
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

    /// Whether `source` is the first in the order that tells the candles of `pair`: not every exchange has every pair.
    fn leads(&self, supply: &Supply, source: Source, pair: &Pair, now: UnixMillis) -> bool {
        let mut order = supply.candle_order.iter();
        let tells = |source: &&Source| {
            self.0
                .get(source)
                .is_some_and(|stream| stream.tells.contains(pair))
        };
        order.find(|source| tells(source) && self.is_live(**source, now)) == Some(&source)
    }

    /// Whose candles lead: the first in the order that is live.
    pub fn candle_leader(&self, supply: &Supply, now: UnixMillis) -> Option<Source> {
        let mut order = supply.candle_order.iter().copied();
        order.find(|source| self.is_live(*source, now))
    }
}

impl Stream {
    fn opening(&mut self, source: Source, supply: &Supply, pairs: &[Pair]) -> Opening {
        let candles = supply.candle_order.contains(&source);
        if source == Source::Bitget {
            // Its candles tell its prices, too.
            return Opening {
                source,
                url: bitget::stream_url(&supply.bitget_ws),
                hello: vec![bitget::subscribe(&supply.candle_pairs, Interval::M1)],
            };
        }
        let of_candles = binance::stream_names(&supply.candle_pairs, candles);
        let of_prices = binance::stream_names(&wanted(supply, source, pairs), false);
        let names = self.not_asked(of_candles.into_iter().chain(of_prices).collect());
        let (first, rest) = names.split_at_checked(STREAMS_IN_URL).unwrap_or((&names, &[]));
        self.asked.extend(first.iter().cloned());
        let hello = rest.chunks(STREAMS_A_MESSAGE).map(|names| self.subscribe(names));
        let hello = hello.collect();
        Opening {
            source,
            url: binance::streams_url(&supply.binance_ws, first),
            hello,
        }
    }

    /// Those of `names` that this connection was not asked for, each once, within the exchange's limit.
    fn not_asked(&self, names: Vec<String>) -> Vec<String> {
        let room = binance::MAX_STREAMS.saturating_sub(self.asked.len());
        let mut seen = BTreeSet::new();
        let news = names
            .into_iter()
            .filter(|name| !self.asked.contains(name) && seen.insert(name.clone()));
        news.take(room).collect()
    }

    fn subscribe(&mut self, names: &[String]) -> String {
        self.asked.extend(names.iter().cloned());
        binance::subscribe(names, self.asked.len() as u64)
    }

    fn count(&mut self, fault: &FeedFault) {
        let count = self.faults.entry(fault.as_str().to_owned()).or_default();
        *count = count.saturating_add(1);
    }
}

/// The pairs whose prices a stream is asked for.
fn wanted(supply: &Supply, source: Source, pairs: &[Pair]) -> Vec<Pair> {
    let believed = supply.price_order.contains(&source);
    pairs.iter().filter(|_| believed).cloned().collect()
}

/// What is numbered without a hole: the trades of a minute at Binance, the minutes themselves at Bitget, which tells
/// those without a trade, too.
fn numbered(source: Source, klines: &Klines) -> Vec<TradeSpan> {
    if source != Source::Bitget {
        return klines.trades.into_iter().collect();
    }
    let minutes = klines.klines.iter().map(|kline| {
        let minute = kline.candle.open_at.get() / klines.interval.millis();
        TradeSpan {
            first: minute,
            last: minute,
        }
    });
    minutes.collect()
}

/// The close of a candle that runs is the price of now.
fn last_price(source: Source, klines: &Klines, now: UnixMillis) -> Option<Observation> {
    if source != Source::Bitget {
        return None; // Binance tells prices by themselves.
    }
    let newest = klines
        .klines
        .last()
        .filter(|_| klines.klines.len() <= AN_UPDATE)?;
    let current = now.since(newest.candle.open_at) < CURRENT_MS && !newest.candle.volume.is_zero();
    current.then(|| {
        Observation::Tickers(vec![Ticker {
            pair: klines.pair.clone(),
            price: newest.candle.close,
            open_24h: None,
            base_volume_24h: None,
            quote_volume_24h: None,
            source,
            observed_at: now,
        }])
    })
}
