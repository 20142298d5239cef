use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::feed::{FeedFault, Poll, Schedule};
use crate::hub::Roster;
use crate::market::{Market, MarketConfig};
use crate::model::{MarketEvent, UnixMillis};
use crate::settings::{FeedSettings, FeedSource};

/// The first byte of a stored state; another version is begun anew.
const VERSION: u8 = 1;

/// Signals that wait for D1 to answer again; beyond that the oldest is given up.
const MAX_UNSAVED: usize = 500;

/// All that the feed knows: one value in the object's storage, written once a cycle and read at the first
/// event of a life, so that an eviction between two cycles changes nothing.
pub struct FeedState {
    pub market: Market,
    pub ledger: Ledger,
}

/// What the feed knows besides the market.
#[derive(Serialize, Deserialize)]
pub struct Ledger {
    /// Where the market came from: the simulated one, or a provider's address. Another origin begins a new market.
    origin: String,
    /// The pace of each question to the provider, by the question's name.
    pub polls: BTreeMap<String, Poll>,
    pub schedule: Schedule,
    pub roster: Roster,
    /// Signals that D1 has not taken yet, oldest first.
    pub unsaved: Vec<MarketEvent>,
    pub storage_faults: u64,
    /// When the hub first ran.
    pub since: UnixMillis,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    market: Vec<u8>,
    ledger: Ledger,
}

impl FeedState {
    /// Nothing known yet.
    pub fn new(now: UnixMillis, settings: &FeedSettings) -> Self {
        let ledger = Ledger {
            origin: origin(settings),
            polls: BTreeMap::new(),
            schedule: Schedule::default(),
            roster: Roster::default(),
            unsaved: Vec::new(),
            storage_faults: 0,
            since: now,
        };
        Self {
            market: Market::new(config(settings)),
            ledger,
        }
    }

    /// What was stored, under the settings of today; `None` if it is of another version.
    pub fn decode(bytes: &[u8], settings: &FeedSettings) -> Option<Self> {
        let (&VERSION, body) = bytes.split_first()? else {
            return None;
        };
        let Stored { market, mut ledger } = postcard::from_bytes(body).ok()?;
        if ledger.origin != origin(settings) {
            // Neither prices nor back-off of one origin say anything about another.
            ledger.origin = origin(settings);
            ledger.polls.clear();
            return Some(Self {
                market: Market::new(config(settings)),
                ledger,
            });
        }
        for poll in ledger.polls.values_mut() {
            poll.set_interval(settings.poll_interval_ms);
        }
        // A market of another version begins anew; how the providers were doing is still worth knowing.
        let restored = Market::restore(&market, config(settings));
        let mut market = restored.unwrap_or_else(|_| Market::new(config(settings)));
        market.retain_pairs(&settings.candle_pairs);
        Some(Self { market, ledger })
    }

    /// To be stored.
    pub fn encode(&self) -> Option<Vec<u8>> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            market: Vec<u8>,
            ledger: &'a Ledger,
        }
        let stored = Borrowed {
            market: self.market.snapshot(),
            ledger: &self.ledger,
        };
        postcard::to_extend(&stored, vec![VERSION]).ok()
    }

    /// The latest value of every state channel.
    pub fn latest(&self) -> Vec<MarketEvent> {
        self.market.latest().collect()
    }
}

impl Ledger {
    /// The pace of that question; begun when it is first asked for.
    pub fn poll(&mut self, name: &str, settings: &FeedSettings) -> &mut Poll {
        self.polls
            .entry(name.to_owned())
            .or_insert_with(|| Poll::new(settings.poll_interval_ms))
    }

    /// A question failed. A provider that wants to be left alone is asked nothing else either.
    pub fn poll_failed(&mut self, name: &str, asked_at: UnixMillis, fault: &FeedFault) {
        // The seed is what differs from deployment to deployment: when it first ran.
        let seed = self.since.get();
        let Some(poll) = self.polls.get_mut(name) else {
            return;
        };
        poll.failed(asked_at, fault, seed);
        let due_at = poll.due_at();
        if matches!(fault, FeedFault::RateLimited { .. }) {
            self.polls.values_mut().for_each(|poll| poll.hold_back(due_at));
        }
    }

    /// When the provider may be asked next; `None` for the simulated market, which may always be.
    pub fn source_due(&self, settings: &FeedSettings) -> Option<UnixMillis> {
        match settings.source {
            FeedSource::Simulated => None,
            FeedSource::Live => self.polls.values().map(Poll::due_at).min(),
        }
    }

    /// Keeps signals until D1 takes them.
    pub fn keep_unsaved(&mut self, mut signals: Vec<MarketEvent>) {
        signals.drain(..signals.len().saturating_sub(MAX_UNSAVED));
        self.unsaved = signals;
    }
}

fn origin(settings: &FeedSettings) -> String {
    match settings.source {
        FeedSource::Simulated => format!("simulated:{}", settings.simulation_seed),
        FeedSource::Live => settings.coingecko_url.clone(),
    }
}

fn config(settings: &FeedSettings) -> MarketConfig {
    MarketConfig {
        signal_high_confidence: settings.high_confidence,
        poll_interval_ms: settings.poll_interval_ms,
        candle_pairs: settings.candle_pairs.clone(),
        ..MarketConfig::default()
    }
}
