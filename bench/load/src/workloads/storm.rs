use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cpu;
use crate::crowd::Crowd;
use crate::market;
use crate::quantiles::quantile_ms;
use crate::server::Server;

/// The first ones find a server that has compiled nothing yet; so many take it some seconds.
const WARM_UP: usize = 4_000;

/// Clients that connect, authenticate and subscribe to 10 channels, 64 at a time.
#[derive(Debug, Deserialize)]
pub struct Storm {
    connections: usize,
}

impl Storm {
    /// `p50_ms` and `p99_ms` of one client, `per_s` of all, `cpu_us` of the server for each.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let prices = market::price_channels();
        let channels = |number| market::choose(&prices, number, 10);
        let _first = Crowd::gather(server, WARM_UP, channels).await?;
        let cpu = cpu::used_by(server.process);
        let began = Instant::now();
        let mut crowd = Crowd::gather(server, self.connections, channels).await?;
        let took = began.elapsed();
        Ok(json!({
            "p50_ms": quantile_ms(&mut crowd.joins, 0.5),
            "p99_ms": quantile_ms(&mut crowd.joins, 0.99),
            "per_s": self.connections as f64 / took.as_secs_f64(),
            "cpu_us": cpu::us_each(server.process, cpu, self.connections as u64),
        }))
    }
}
