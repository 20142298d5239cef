//! CryptoIntel: a real-time market-data hub for Cloudflare Workers and Durable Objects.
//!
//! One message's way through the crate, left to right:
//!
//! ```text
//! feed ──observations──▶ market ──events──▶ hub ──frames──▶ sockets
//! (provider answers)     (prices, signals,   (subscriptions, groups,
//!                         statistics)         limits; encodes by `protocol`)
//! ```
//!
//! | module | is | may import |
//! |---|---|---|
//! | [`model`] | the nouns: coins, prices, signals, channels, time | nothing |
//! | [`settings`] | the typed settings of a deployment | `model` |
//! | [`feed`] | providers: request building and response parsing | `model` |
//! | [`market`] | observations in, market events out | `model` |
//! | [`history`] | what is kept in D1, when it is written, for how long | `model` |
//! | [`protocol`] | one folder per wire dialect: bytes to commands, events to bytes | `model` |
//! | [`query`] | channels in an address: which ones, and where a client is on them | `model` |
//! | [`auth`] | token verification and what a claim may do | `model` |
//! | [`api`] | the REST API: parameters, pages, problems, counted requests, what is published | `model`, `query`, `auth`, `protocol` |
//! | [`hub`] | connections, subscriptions, fan-out, limits | `model`, `auth`, `protocol` |
//! | [`metrics`] | the hub's figures as Prometheus reads them | `hub` |
//! | [`socketio`] | Engine.IO and Socket.IO: packets, sessions, namespaces | `model` |
//! | [`gateway`] | Socket.IO's sessions as the hub's connections | `model`, `auth`, `protocol`, `hub`, `socketio` |
//! | [`sse`] | Server-Sent Events: requests, events, how far a client is | `model`, `query`, `auth` |
//! | `edge` | the only code that knows `worker`: entry points, Durable Objects, D1 | everything |
//!
//! Everything but `edge` is sans-IO: time, randomness and settings come in as arguments, what
//! should happen goes out as data. `tests/layers.rs` holds the table against the code.

#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

pub mod api;
pub mod auth;
pub mod feed;
pub mod gateway;
pub mod history;
pub mod hub;
pub mod market;
pub mod metrics;
pub mod model;
pub mod protocol;
pub mod query;
pub mod settings;
pub mod socketio;
pub mod sse;

#[cfg(target_arch = "wasm32")]
mod edge;
