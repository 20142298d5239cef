use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::feed::Poll;
use crate::hub::stats::{Punctuality, Totals};
use crate::market::{Market, MarketConfig};
use crate::model::UnixMillis;
use crate::settings::{FeedSettings, FeedSource};

/// The first byte of a stored state; another version is begun anew.
const VERSION: u8 = 1;

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
    /// Shards that had sockets when last heard of.
    pub shards: BTreeSet<String>,
    pub poll: Poll,
    pub totals: Totals,
    pub punctuality: Punctuality,
    /// When the next cycle is due, while somebody is connected.
    pub next_cycle: Option<UnixMillis>,
    pub last_cycle: Option<UnixMillis>,
    pub last_status: UnixMillis,
    pub last_prices_stored: UnixMillis,
    pub storage_faults: u64,
    pub delivery_faults: u64,
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
            shards: BTreeSet::new(),
            poll: Poll::new(settings.poll_interval_ms),
            totals: Totals::default(),
            punctuality: Punctuality::default(),
            next_cycle: None,
            last_cycle: None,
            last_status: UnixMillis::default(),
            last_prices_stored: UnixMillis::default(),
            storage_faults: 0,
            delivery_faults: 0,
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
        let stored: Stored = postcard::from_bytes(body).ok()?;
        let mut ledger = stored.ledger;
        if ledger.origin != origin(settings) {
            // Neither prices nor back-off of one origin say anything about another.
            ledger.origin = origin(settings);
            ledger.poll = Poll::new(settings.poll_interval_ms);
            return Some(Self {
                market: Market::new(config(settings)),
                ledger,
            });
        }
        ledger.poll.set_interval(settings.poll_interval_ms);
        // A market of another version begins anew; how the providers were doing is still worth knowing.
        let market = Market::restore(&stored.market, config(settings));
        let market = market.unwrap_or_else(|_| Market::new(config(settings)));
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
    }
}
