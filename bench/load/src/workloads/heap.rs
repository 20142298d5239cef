use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::crowd::Crowd;
use crate::market;
use crate::publisher::Publisher;
use crate::server::Server;

/// The figures of a shard ride on its acknowledgements.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections that hold 10 channels each and come again and again.
#[derive(Debug, Deserialize)]
pub struct Heap {
    connections: usize,
    /// How often all of them leave and come back.
    churn: usize,
}

impl Heap {
    /// `bytes_each` of a connection; `settling_bytes`, by which the whole heap grows in the first half of the churn, and
    /// `growth_bytes`, by which it grows in the second: memory that is only fragmented settles, a leak goes on.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let prices = market::price_channels();
        let gather = |size| Crowd::gather(server, size, |number| market::choose(&prices, number, 10));
        let mut stats = Publisher::connect(server).await?;
        let _first = gather(1).await?;
        let empty = heap(&mut stats, 1).await?;

        let everybody = self.connections as u64 + 1;
        let mut crowd = gather(self.connections).await?;
        let full = heap(&mut stats, everybody).await?;
        let mut settled = full;
        for round in 0..self.churn {
            if round == self.churn / 2 {
                settled = heap(&mut stats, everybody).await?;
            }
            crowd.leave().await;
            heap(&mut stats, 1).await?;
            crowd = gather(self.connections).await?;
        }
        let after = heap(&mut stats, everybody).await?;
        Ok(json!({
            "bytes_each": (full - empty) as f64 / self.connections as f64,
            "settling_bytes": settled - full,
            "growth_bytes": after - settled,
        }))
    }
}

/// The Wasm heap in bytes, once the figures show so many connections.
async fn heap(publisher: &mut Publisher, connections: u64) -> Result<i64> {
    let began = Instant::now();
    loop {
        // Nobody hears it, but every shard acknowledges it.
        let nothing = market::mention("nobody", "nothing".to_owned());
        publisher.publish(std::slice::from_ref(&nothing)).await?;
        let stats = publisher.stats().await?;
        if stats.pointer("/connections/active").and_then(Value::as_u64) == Some(connections) {
            let bytes = stats.get("wasm_heap_bytes").and_then(Value::as_i64);
            return bytes.context("no wasm_heap_bytes");
        }
        if began.elapsed() > PATIENCE {
            bail!("never {connections} connections in {stats}");
        }
        sleep(Duration::from_millis(250)).await;
    }
}
