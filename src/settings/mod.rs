//! The typed settings of a deployment, checked once; a bad value is an error that names it.
//!
//! [`Settings::read`] takes a lookup function, so that the core knows nothing of where variables
//! come from. Durations become milliseconds here, whatever the variable's unit; `0` for "off"
//! becomes `None`.

mod origins;
mod providers;
mod reader;
mod secret;

#[cfg(test)]
mod tests;

pub use origins::Origins;
pub use providers::ProviderSettings;
pub use reader::SettingError;
pub use secret::Secret;

use reader::Reader;

use crate::model::Pair;

/// Shortest `JWT_SECRET`, in bytes.
const MIN_SECRET_BYTES: usize = 32;

/// The seed of the simulated market unless `SIMULATION_SEED` says otherwise: any fixed number.
const DEFAULT_SEED: u64 = 20_251_202;

/// The market model keeps the candles of no more pairs.
const MAX_PAIRS: usize = 20;

/// Sockets that the runtime lets one Durable Object hold.
const SOCKETS_PER_SHARD: u32 = 32_768;

/// All settings. `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who may connect and read.
    pub auth: AuthSettings,
    /// Where market data comes from.
    pub feed: FeedSettings,
    /// What one client may do.
    pub limits: LimitSettings,
    /// How connections spread over objects.
    pub shards: ShardSettings,
    /// `ALLOWED_ORIGINS`: whose browser pages may connect.
    pub origins: Origins,
    /// `DASHBOARD_TOKEN`: what the dashboard opens with in development.
    pub dashboard_token: Option<Secret>,
}

/// Who may connect and read.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthSettings {
    /// `JWT_SECRET`: the HS256 key, at least 32 bytes.
    pub secret: Secret,
    /// `JWT_ISSUER`: the `iss` that tokens must carry, if any.
    pub issuer: Option<String>,
    /// `JWT_AUDIENCE`: the `aud` that tokens must carry, if any.
    pub audience: Option<String>,
    /// `PUBLIC_READ`: channels that any token may read need no token at all.
    pub public_read: bool,
}

/// `FEED_SOURCE`: what the market data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedSource {
    /// `live`: the public providers.
    Live,
    /// `simulated`: the embedded simulated market.
    Simulated,
}

/// Where market data comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedSettings {
    /// `FEED_SOURCE`
    pub source: FeedSource,
    /// `FEED_INTERVAL_MS`: from cycle to cycle while somebody is connected, 250 to 3,600,000 ms.
    pub interval_ms: u64,
    /// `POLL_INTERVAL_S`: a polled provider is asked at most this often, 1,000 to 86,400,000 ms.
    pub poll_interval_ms: u64,
    /// `TRACKED_COINS`: how many of the top coins, 1 to 500.
    pub tracked_coins: u32,
    /// `CANDLE_PAIRS`: what has candles, 1 to 20 different pairs.
    pub candle_pairs: Vec<Pair>,
    /// Where the providers are, and in which order they are believed.
    pub providers: ProviderSettings,
    /// `SIGNAL_HIGH_CONFIDENCE`: confidence from which a signal is on `signals:high`, 0 to 1.
    pub high_confidence: f64,
    /// `SIMULATION_SEED`: the same seed, the same market.
    pub simulation_seed: u64,
}

/// What one client may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// `CONNECTIONS_PER_MINUTE`, per IP; `None` for no limit.
    pub connections_per_minute: Option<u32>,
    /// `API_REQUESTS_PER_15_MIN`, per IP; `None` for no limit.
    pub api_requests_per_15_min: Option<u32>,
    /// `MESSAGES_PER_MINUTE`, per connection; `None` for no limit.
    pub messages_per_minute: Option<u32>,
    /// `MAX_CHANNELS`, per connection, 1 to 100: more of the longest names do not fit an attachment.
    pub max_channels: usize,
    /// `MAX_MESSAGE_BYTES`: the largest message of a client, 1,024 to 1,048,576 bytes.
    pub max_message_bytes: usize,
    /// `IDLE_TIMEOUT_S`: without a frame in either direction, 1,000 to 86,400,000 ms.
    pub idle_timeout_ms: u64,
    /// `HEARTBEAT_INTERVAL_S`: how often clients that send heartbeats do, 1,000 to 3,600,000 ms.
    pub heartbeat_interval_ms: u64,
    /// `AUTH_TIMEOUT_S`: from connecting to a valid token, 1,000 to 3,600,000 ms.
    pub auth_timeout_ms: u64,
}

/// How the connections of one family spread over objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardSettings {
    /// `SHARDS`: shards that are always used, 1 to `max_shards`.
    pub shards: u32,
    /// `MAX_SHARDS`: shards that may be used when those are full, 1 to 256.
    pub max_shards: u32,
    /// `MAX_CONNECTIONS`: connections on all shards together.
    pub max_connections: u32,
}

impl Settings {
    /// Reads and checks every setting; `lookup` returns a variable's text. An empty or blank one
    /// counts as unset.
    ///
    /// Fails on the first variable that is missing or out of range.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let vars = Reader::new(&lookup);
        Ok(Self {
            auth: AuthSettings::read(&vars)?,
            feed: FeedSettings::read(&vars)?,
            limits: LimitSettings::read(&vars)?,
            shards: ShardSettings::read(&vars)?,
            origins: vars.parsed(
                "ALLOWED_ORIGINS",
                Origins::EXPECTED,
                Origins::SameOrigin,
                Origins::parse,
            )?,
            dashboard_token: vars.text("DASHBOARD_TOKEN").map(Secret::new),
        })
    }
}

impl AuthSettings {
    fn read(vars: &Reader<'_>) -> Result<Self, SettingError> {
        Ok(Self {
            secret: vars.required_secret("JWT_SECRET", MIN_SECRET_BYTES)?,
            issuer: vars.text("JWT_ISSUER"),
            audience: vars.text("JWT_AUDIENCE"),
            public_read: vars.choice("PUBLIC_READ", &[("0", false), ("1", true)], false)?,
        })
    }
}

impl FeedSettings {
    fn read(vars: &Reader<'_>) -> Result<Self, SettingError> {
        let sources = [("live", FeedSource::Live), ("simulated", FeedSource::Simulated)];
        Ok(Self {
            source: vars.choice("FEED_SOURCE", &sources, FeedSource::Live)?,
            interval_ms: vars.whole("FEED_INTERVAL_MS", 250, 3_600_000, 5_000)?,
            poll_interval_ms: vars.seconds("POLL_INTERVAL_S", 86_400, 60)?,
            tracked_coins: vars.whole("TRACKED_COINS", 1, 500, 100)?,
            candle_pairs: vars.pairs("CANDLE_PAIRS", MAX_PAIRS, "BTC/USDT,ETH/USDT,SOL/USDT")?,
            providers: ProviderSettings::read(vars)?,
            high_confidence: vars.fraction("SIGNAL_HIGH_CONFIDENCE", 0.8)?,
            simulation_seed: vars.whole("SIMULATION_SEED", 0, u64::MAX, DEFAULT_SEED)?,
        })
    }
}

impl LimitSettings {
    fn read(vars: &Reader<'_>) -> Result<Self, SettingError> {
        Ok(Self {
            connections_per_minute: off_at_zero(vars.whole("CONNECTIONS_PER_MINUTE", 0, 1_000_000, 10)?),
            api_requests_per_15_min: off_at_zero(vars.whole("API_REQUESTS_PER_15_MIN", 0, 1_000_000, 100)?),
            messages_per_minute: off_at_zero(vars.whole("MESSAGES_PER_MINUTE", 0, 1_000_000, 100)?),
            max_channels: vars.whole("MAX_CHANNELS", 1, 100, 50)?,
            max_message_bytes: vars.whole("MAX_MESSAGE_BYTES", 1_024, 1_048_576, 65_536)?,
            idle_timeout_ms: vars.seconds("IDLE_TIMEOUT_S", 86_400, 300)?,
            heartbeat_interval_ms: vars.seconds("HEARTBEAT_INTERVAL_S", 3_600, 30)?,
            auth_timeout_ms: vars.seconds("AUTH_TIMEOUT_S", 3_600, 10)?,
        })
    }
}

impl ShardSettings {
    fn read(vars: &Reader<'_>) -> Result<Self, SettingError> {
        let max_shards: u32 = vars.whole("MAX_SHARDS", 1, 256, 16)?;
        let held_at_most = max_shards.saturating_mul(SOCKETS_PER_SHARD);
        Ok(Self {
            shards: vars.whole("SHARDS", 1, max_shards, 1)?,
            max_shards,
            max_connections: vars.whole("MAX_CONNECTIONS", 1, held_at_most, 10_000)?,
        })
    }

    /// How many connections shard `n` (from 0) takes: the parts of all shards add up to
    /// `max_connections`, and the first shards take what does not divide.
    pub fn part_of(&self, n: u32) -> u32 {
        if n >= self.max_shards {
            return 0;
        }
        let (each, rest) = (
            self.max_connections / self.max_shards,
            self.max_connections % self.max_shards,
        );
        each + u32::from(n < rest)
    }
}

fn off_at_zero(limit: u32) -> Option<u32> {
    (limit > 0).then_some(limit)
}
