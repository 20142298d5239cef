//! The shell: the only code that knows `worker`. It carries out what the core decided.
//!
//! - [`entry`]: what the runtime calls; [`router`]: paths; [`upgrade`]: from a request to a shard; [`offer`]: to which
//! - [`shard`]: the `WebSocketConnection` object, one [`crate::hub::Hub`] with sockets
//! - [`broker`]: the `Broker` object, which gives messages their order and shards what they lack
//! - [`market_feed`]: the `MarketFeed` object, which runs the feed's cycle
//! - [`api`]: the REST API; [`request_limiter`]: the `RequestLimiter` object, which counts its requests
//! - [`wire`]: what the objects say to each other; [`figures`]: what they say of themselves, for [`metrics`] and [`stats`];
//!   [`shards`]: questions to all shards, for operators and for [`charts`]
//! - [`sessions`]: requests of Socket.IO's clients, to the shard that has their session; [`seal`]: names of sessions that nobody else can make
//! - [`sse`]: streams of events, each bridged to a socket of a shard; [`cors`]: pages of other origins
//! - [`dashboard`]: its pages, and the headers that they have
//! - [`visitor`]: where a request comes from; [`url`]: what it asks for; [`tally`]: refusals on their way into the statistics
//! - [`past`]: the candles that charts begin with; [`store`]: D1; [`outbound`]: requests to providers; [`bounded`]: bodies of clients; [`recent`]: answers that many share; [`config`]: settings; [`log`]: logs

mod api;
mod bounded;
mod broker;
mod charts;
mod clock;
mod config;
mod cors;
mod dashboard;
mod entry;
mod figures;
mod log;
mod market_feed;
mod metrics;
mod offer;
mod outbound;
mod past;
mod recent;
mod refusal;
mod request_limiter;
mod router;
mod seal;
mod sessions;
mod shard;
mod shards;
mod sse;
mod stats;
mod store;
mod tally;
mod upgrade;
mod url;
mod visitor;
mod wire;
