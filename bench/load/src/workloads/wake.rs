use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::broadcast::Audience;
use crate::server::Server;

/// A broadcast after a pause in which the object went to sleep, and one right after it.
#[derive(Debug, Deserialize)]
pub struct Wake {
    sockets: usize,
    /// How long nothing happens.
    pause_s: u64,
}

impl Wake {
    /// `first_ms` and `next_ms`: until the last socket had it.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let mut audience = Audience::gather(server, self.sockets).await?;
        for _ in 0..5 {
            audience.tell_all().await?;
        }
        sleep(Duration::from_secs(self.pause_s)).await;
        let first = audience.tell_all().await?;
        let next = audience.tell_all().await?;
        Ok(json!({"first_ms": first.as_secs_f64() * 1000.0, "next_ms": next.as_secs_f64() * 1000.0}))
    }
}
