//! What a day takes of Cloudflare's plans.

use super::rows::{DAY_MS, deleted_a_day, rows_a_day, settings, total};

/// What is assumed of whoever is connected: how many, and on how many shards.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub clients: u64,
    pub shards: u64,
}

/// A day of a hub.
pub struct Day {
    pub worker_requests: u64,
    pub feed_requests: u64,
    pub publications: u64,
    pub batches: u64,
    pub shard_alarms: u64,
    pub client_requests: u64,
    pub feed_seconds: f64,
    pub broker_seconds: f64,
    pub shard_seconds: f64,
    pub object_rows_written: u64,
    pub rows_written: u64,
    pub rows_read: u64,
}

/// The document's assumptions.
const CRON: u64 = 1_440;
/// The state is written once a minute before questions leave; for candles with nobody connected every 10 minutes.
const ASKS: u64 = 1_440;
const CANDLE_ASKS: u64 = 144;
const BATCHES_A_SECOND: u64 = 3;
const CONNECTIONS: u64 = 5;
const PINGS: u64 = 2_880;
pub const PINGS_A_REQUEST: u64 = 20;
/// Shards of Socket.IO ping their clients so often: what they tell them in the handshake.
pub const SESSION_PING_MS: u64 = 25_000;
/// A shard whose clients send pings looks after them at most so often, seconds.
const LOOKS_EVERY: u64 = 45;
const CYCLE_SECONDS: f64 = 2.0;
const BATCH_SECONDS: f64 = 0.002;
const PUBLICATION_SECONDS: f64 = 0.01;
/// The broker writes one a minute at most.
const CHECKPOINTS: u64 = 1_440;
const SOCKET_SECONDS: f64 = 0.0001;
const ROWS_READ_A_DELETE: u64 = 8;
pub const GB: f64 = 0.128;

impl Day {
    pub fn of(Crowd { clients, shards }: Crowd) -> Self {
        let somebody = clients > 0;
        let cycle_ms = settings().feed.interval_ms;
        let cycles = if somebody { DAY_MS / cycle_ms } else { 0 };
        let written = total(rows_a_day(somebody));
        let publications = if somebody {
            BATCHES_A_SECOND * DAY_MS / 1_000
        } else {
            CRON
        };
        let batches = if somebody { publications * shards } else { 0 };
        let seconds = DAY_MS as f64 / 1e3;
        let looks = if somebody { DAY_MS / 1_000 / LOOKS_EVERY } else { 0 };
        let shard_alarms = looks * shards;
        Self {
            worker_requests: CRON + CONNECTIONS * clients,
            feed_requests: CRON + cycles,
            publications,
            batches,
            shard_alarms,
            client_requests: (CONNECTIONS + PINGS / PINGS_A_REQUEST) * clients,
            feed_seconds: if somebody {
                seconds
            } else {
                CRON as f64 * CYCLE_SECONDS
            },
            broker_seconds: publications as f64 * PUBLICATION_SECONDS,
            shard_seconds: batches as f64 * BATCH_SECONDS + clients as f64 * seconds * SOCKET_SECONDS,
            object_rows_written: ASKS
                + publications
                + CHECKPOINTS
                + shard_alarms
                + if somebody { 2 * cycles } else { CRON + CANDLE_ASKS },
            rows_written: written,
            rows_read: written - deleted_a_day() + ROWS_READ_A_DELETE * deleted_a_day(),
        }
    }

    pub fn object_requests(&self) -> u64 {
        self.feed_requests + self.publications + self.batches + self.shard_alarms + self.client_requests
    }

    pub fn gb_seconds(&self) -> f64 {
        (self.feed_seconds + self.broker_seconds + self.shard_seconds) * GB
    }

    /// Dollars of 30 days on the paid plan beyond the five: of requests to objects, of their time.
    pub fn beyond(&self) -> [f64; 2] {
        let over =
            |used: f64, included: f64, a_million: f64| (used * 30.0 - included).max(0.0) / 1e6 * a_million;
        let requests = over(self.object_requests() as f64, 1e6, 0.15);
        [requests, over(self.gb_seconds(), 400_000.0, 12.5)]
    }
}

/// The document's three columns: nobody, ten, and ten thousand on as many shards as there may be.
pub fn days() -> [Day; 3] {
    let crowds = [(0, 1), (10, 1), (10_000, settings().shards.max_shards.into())];
    crowds.map(|(clients, shards)| Day::of(Crowd { clients, shards }))
}
