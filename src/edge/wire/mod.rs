//! What the objects say to each other: postcard in the bodies of internal requests.
//!
//! Internal requests are made fresh by the Worker or by an object; no header of a client is passed
//! through, and no path here is reachable from outside.

mod connect;
pub mod sessions;
mod stub;

use std::collections::BTreeSet;

use js_sys::Uint8Array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{Env, Response, Result};

pub use connect::Connect;
pub use sessions::{Ask, Said};
pub use stub::Stub;

use crate::protocol::Dialect;

/// What stands before the path in the URL of an internal request. Objects have no hosts: it reaches nobody.
pub const HOST: &str = "http://o";

/// Binding of the sockets' objects.
pub const SHARDS: &str = "WEBSOCKET_CONNECTIONS";
/// Binding of the feed's object.
const FEED: &str = "MARKET_FEED";
/// Binding of the object that gives messages their order.
const BROKER: &str = "BROKER";
/// Binding of the objects that count requests.
const LIMITERS: &str = "REQUEST_LIMITERS";

/// A shard: here is a `Delivery`. Answers its `Ack`.
pub const DELIVER: &str = "/deliver";
/// The broker: the shard of this name has sockets, which have seen all up to this tick, and this `ShardReport`.
/// Answers a `Welcome`.
pub const ATTACH: &str = "/attach";
/// The broker: what was missed since these places? Answers a `Recovery`.
pub const RECOVER: &str = "/recover";
/// The broker: what came on these channels after these places, if any? Answers a `CaughtUp` to each.
pub const CATCH_UP: &str = "/catch-up";
/// The broker: this `Publication`. Answers `Taken` once it is stored.
pub const PUBLISH: &str = "/publish";
/// The broker: so many requests were refused before they reached a shard, by code.
pub const REFUSED: &str = "/refused";
/// The broker: which shards have sockets? Answers their names.
pub const SHARD_NAMES: &str = "/shards";
/// The broker: where does every channel stand? Answers `Places`.
pub const PLACES: &str = "/places";
/// A shard: close the connections that this `Target` means. Answers how many there were.
pub const DISCONNECT: &str = "/disconnect";
/// A shard: which channels are held? Answers a `Listing` of how many hold each.
pub const CHANNELS: &str = "/channels";
/// A shard: how many look at which charts? Answers a `Charts`.
pub const CHARTS: &str = "/charts";
/// A shard: who holds this `Channel`? Answers a `Presence`.
pub const PRESENCE: &str = "/presence";
/// The feed, the broker: its part of what Prometheus reads, as text.
pub const METRICS: &str = "/metrics";
/// The feed: this `Audience` listens.
pub const AUDIENCE: &str = "/audience";
/// The feed: the cron's minute has come.
pub const CYCLE: &str = "/cycle";
/// The feed, the broker: its part of the hub's statistics, as JSON.
pub const STATS: &str = "/stats";
/// The feed: this `Part` of the latest events. Starts no cycle and keeps nothing awake.
pub const LATEST: &str = "/latest";
/// A limiter: a request of this `Network`, under this limit. Answers its `Standing`.
pub const COUNT: &str = "/count";

/// The object that runs the feed.
pub fn feed(env: &Env) -> Result<Stub> {
    Stub::of(env, FEED, "feed")
}

/// The object that gives messages their order.
pub fn broker(env: &Env) -> Result<Stub> {
    Stub::of(env, BROKER, "broker-0")
}

/// The object that holds the sockets of the shard of that name.
pub fn shard(env: &Env, name: &str) -> Result<Stub> {
    Stub::of(env, SHARDS, name)
}

/// Every family of shards: the sockets of a shard are all of one.
pub fn families() -> BTreeSet<&'static str> {
    Dialect::ALL
        .into_iter()
        .map(|dialect| dialect.rules().family)
        .collect()
}

/// The name of a family's shard, from 0: `json-0`.
pub fn shard_name(family: &str, number: u32) -> String {
    format!("{family}-{number}")
}

/// The family of the shard of that name.
pub fn family_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(family, _)| family)
}

/// The number of the shard of that name.
pub fn number_of(name: &str) -> u32 {
    let number = name.rsplit('-').next().and_then(|number| number.parse().ok());
    number.unwrap_or_default()
}

/// The object that counts the requests of a share of all networks.
pub fn limiter(env: &Env, number: u32) -> Result<Stub> {
    Stub::of(env, LIMITERS, &format!("limiter-{number}"))
}

/// A body for an internal answer.
pub fn encoded(value: &impl Serialize) -> Result<Response> {
    Response::from_bytes(encode(value)?)
}

/// Postcard.
pub fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| worker::Error::RustError(error.to_string()))
}

/// Postcard.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|error| worker::Error::RustError(error.to_string()))
}

/// Bytes as one value of an object's storage.
pub fn stored(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
