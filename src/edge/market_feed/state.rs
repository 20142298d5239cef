use serde::{Deserialize, Serialize};
use worker::{Error, Result};

use crate::api::Part;
use crate::feed::providers::{Providers, Supply};
use crate::feed::{Archive, Schedule};
use crate::history::History;
use crate::hub::Outbox;
use crate::hub::broker::{Audience, Taken};
use crate::market::{Market, MarketConfig};
use crate::model::{MarketEvent, Observation, Pair, Source, SystemHealth, UnixMillis};
use crate::settings::{FeedSettings, FeedSource};

/// The first byte of a stored state; another version is begun anew.
const VERSION: u8 = 7;

/// All that the feed knows: one value in the object's storage, written once a cycle and read at the first
/// event of a life, so that an eviction between two cycles changes nothing.
pub struct FeedState {
    pub market: Market,
    pub ledger: Ledger,
    /// What was told since the last cycle, for its line in the log.
    pub told: Told,
    /// Something was told that is told once: a signal, or a final candle. It is to be stored before it goes out.
    pub is_unsaved: bool,
}

/// How much was told.
#[derive(Debug, Default)]
pub struct Told {
    pub events: usize,
    pub signals: usize,
}

/// What the feed knows besides the market.
#[derive(Serialize, Deserialize)]
pub struct Ledger {
    /// Where the market came from: the simulated one, or a provider's address. Another origin begins a new market.
    origin: String,
    /// How all providers are doing.
    pub providers: Providers,
    pub schedule: Schedule,
    /// Who listens, as the broker said last.
    pub audience: Audience,
    /// When the broker began that the feed speaks to.
    pub broker: Option<UnixMillis>,
    /// What is on its way to the broker.
    pub outbox: Outbox,
    /// What is on its way to D1.
    pub history: History,
    /// How the hub is, as it was last told.
    health: Option<SystemHealth>,
    /// When the hub first ran.
    pub since: UnixMillis,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "serde_bytes")]
    market: Vec<u8>,
    ledger: Ledger,
}

impl FeedState {
    /// Nothing known yet.
    pub fn new(now: UnixMillis, settings: &FeedSettings) -> Self {
        let ledger = Ledger {
            origin: origin(settings),
            providers: Providers::default(),
            schedule: Schedule::default(),
            audience: Audience::default(),
            broker: None,
            outbox: Outbox::default(),
            history: History::default(),
            health: None,
            since: now,
        };
        Self {
            market: Market::new(config(settings)),
            ledger,
            told: Told::default(),
            is_unsaved: false,
        }
    }

    /// What was stored, under the settings of today; `None` if it is of another version.
    pub fn decode(bytes: &[u8], settings: &FeedSettings, now: UnixMillis) -> Option<Self> {
        let (&VERSION, body) = bytes.split_first()? else {
            return None;
        };
        let Stored { market, mut ledger } = postcard::from_bytes(body).ok()?;
        if ledger.origin != origin(settings) {
            // Neither prices nor back-off of one origin say anything about another.
            ledger.origin = origin(settings);
            ledger.providers = Providers::default();
            return Some(Self {
                market: Market::new(config(settings)),
                ledger,
                told: Told::default(),
                is_unsaved: false,
            });
        }
        // No connection outlives the object that held it.
        ledger.providers.streams.closed(now);
        ledger.providers.backfill.retain(&settings.candle_pairs);
        // A market of another version begins anew; how the providers were doing is still worth knowing.
        let restored = Market::restore(&market, config(settings));
        let mut market = restored.unwrap_or_else(|_| Market::new(config(settings)));
        market.retain_pairs(&settings.candle_pairs);
        Some(Self {
            market,
            ledger,
            told: Told::default(),
            is_unsaved: false,
        })
    }

    /// To be stored.
    pub fn encode(&self) -> Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            #[serde(with = "serde_bytes")]
            market: Vec<u8>,
            ledger: &'a Ledger,
        }
        let stored = Borrowed {
            market: self.market.snapshot(),
            ledger: &self.ledger,
        };
        postcard::to_extend(&stored, vec![VERSION]).map_err(|error| Error::RustError(error.to_string()))
    }

    /// Takes in what was observed; what it makes of it is for the shards and for the store.
    pub fn take_in(&mut self, observations: Vec<Observation>, now: UnixMillis) {
        for observation in observations {
            let events = self.market.apply(observation, now);
            self.tell(events, now);
        }
    }

    /// Another stream's candles lead now: what was half told, and what is missing, is asked of history.
    pub fn resume_candles(&mut self, supply: &Supply, now: UnixMillis) {
        for pair in supply.candle_pairs.iter().filter(|_| supply.history().is_some()) {
            let newest = self.market.newest_minute(pair);
            self.ledger.providers.backfill.resume(pair, newest, now);
        }
    }

    /// Looks which candles are missing, though no stream said so.
    pub fn look_for_gaps(&mut self, supply: &Supply, now: UnixMillis) {
        if supply.history().is_none() {
            return;
        }
        let Providers {
            streams, backfill, ..
        } = &mut self.ledger.providers;
        let somebody = !self.ledger.audience.is_empty();
        let live = streams.candle_leader(supply, now).is_some();
        for pair in &supply.candle_pairs {
            let newest = self.market.newest_minute(pair);
            backfill.look(supply, pair, newest, live, somebody, now);
        }
    }

    /// Ends what has ended by the clock, and looks at the market as a whole.
    pub fn assess(&mut self, now: UnixMillis) {
        let mut events = self.market.close_minutes(now);
        events.extend(self.market.mark_stale(now));
        events.extend(self.market.assess(now));
        self.tell(events, now);
    }

    /// For the shards, and for the store.
    pub fn tell(&mut self, events: Vec<MarketEvent>, now: UnixMillis) {
        let signals = events.iter().filter(|it| matches!(it, MarketEvent::Signal(_)));
        self.told.signals += signals.count();
        self.told.events += events.len();
        self.is_unsaved |= events.iter().any(is_told_once);
        self.ledger.history.note(&events, now);
        self.ledger.outbox.extend(events, now);
    }

    /// The hub is so: news only if that differs from what was told last.
    pub fn tell_health(&mut self, health: SystemHealth, now: UnixMillis) {
        let known = self.ledger.health.as_ref();
        if known.is_none_or(|known| !health.says_the_same_as(known)) {
            self.ledger.health = Some(health.clone());
            self.ledger.outbox.set_health(health, now);
        }
    }

    /// Takes in a frame of a stream. Gives whether it is the first of its connection.
    pub fn hear(&mut self, supply: &Supply, source: Source, text: &str, now: UnixMillis) -> bool {
        let Providers {
            streams, backfill, ..
        } = &mut self.ledger.providers;
        let heard = streams.hear(supply, source, text, now);
        let newest = |pair| self.market.newest_minute(pair);
        if let (Some(pair), Some(archive)) = (&heard.gap, supply.history()) {
            backfill.gap(archive, pair, newest(pair), now);
        }
        let archived = |archive: &Archive| archive.source == source;
        if let Some(pair) = heard.unlisted.filter(|_| supply.history().is_some_and(archived)) {
            backfill.unlisted(&pair, now);
        }
        self.take_in(heard.observations, now);
        heard.first
    }

    /// The pairs that would price the coins that are known.
    pub fn ticker_pairs(&self) -> Vec<Pair> {
        self.market.ticker_pairs()
    }

    /// What REST may be told of one part.
    pub fn part(&self, part: Part) -> Vec<MarketEvent> {
        let waiting = self.ledger.history.waiting_candles().cloned();
        let known = waiting.map(MarketEvent::Candle).chain(self.market.latest());
        known.filter(|event| part.holds(event)).collect()
    }

    /// The broker took what was sent. One that has no past is told the latest value of everything.
    pub fn taken(&mut self, taken: &Taken, now: UnixMillis) {
        self.ledger.outbox.taken();
        self.ledger.audience.update(taken.audience);
        if self
            .ledger
            .broker
            .replace(taken.born)
            .is_some_and(|known| known != taken.born)
        {
            let latest = self.market.latest().collect();
            self.ledger.outbox.extend(latest, now);
            if let Some(health) = self.ledger.health.clone() {
                self.ledger.outbox.set_health(health, now);
            }
        }
    }
}

/// What nothing later makes up for: lost with a life, an alert might come again under another name, or never.
fn is_told_once(event: &MarketEvent) -> bool {
    match event {
        MarketEvent::Signal(_) => true,
        MarketEvent::Candle(update) => update.closed,
        _ => false,
    }
}

fn origin(settings: &FeedSettings) -> String {
    match settings.source {
        FeedSource::Simulated => format!("simulated:{}", settings.simulation_seed),
        FeedSource::Live => settings.providers.coingecko_url.clone(),
    }
}

fn config(settings: &FeedSettings) -> MarketConfig {
    MarketConfig {
        signal_high_confidence: settings.high_confidence,
        poll_interval_ms: settings.poll_interval_ms,
        confirm_interval_ms: settings.poll_interval_ms,
        market_interval_ms: settings.poll_interval_ms,
        prices_from: settings.providers.price_order.clone(),
        candle_pairs: settings.candle_pairs.clone(),
    }
}
