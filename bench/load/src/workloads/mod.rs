//! One file per workload: what is done and what is measured.

mod broadcast;
mod heap;
mod publish;
mod storm;
mod tick;
mod wake;

use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;

use crate::server::Server;

/// How long a server works before it is measured. All but the load itself run on V8, which compiles what is called often
/// anew, and Wasm of some size for seconds: what is measured is what lasts.
const WARM_UP: Duration = Duration::from_secs(5);

/// What to do to a server, with its sizes.
#[derive(Debug, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Workload {
    /// One channel to many sockets.
    Broadcast(broadcast::Broadcast),
    /// Prices of many coins at once, of which each socket gets some.
    Tick(tick::Tick),
    /// Many clients that connect, authenticate and subscribe.
    Storm(storm::Storm),
    /// What connections cost in the Wasm heap.
    Heap(heap::Heap),
    /// The first broadcast after a pause.
    Wake(wake::Wake),
    /// A steady rate of messages over the publish API.
    Publish(publish::Publish),
}

impl Workload {
    /// Does it and returns the figures.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        match self {
            Self::Broadcast(workload) => workload.run(server).await,
            Self::Tick(workload) => workload.run(server).await,
            Self::Storm(workload) => workload.run(server).await,
            Self::Heap(workload) => workload.run(server).await,
            Self::Wake(workload) => workload.run(server).await,
            Self::Publish(workload) => workload.run(server).await,
        }
    }
}
