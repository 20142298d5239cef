//! The one way from the feed to the shards.

use std::time::Duration;

use futures_util::future::join_all;
use worker::{Env, Error, Result};

use crate::edge::outbound::within;
use crate::edge::wire;
use crate::hub::Deliveries;
use crate::hub::stats::ShardReport;
use crate::model::Batch;

/// A shard that does not acknowledge within this has missed the batch and gets it with the next one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Hands the batch to every shard at once: encoded once for all that are on time, sent in parallel.
pub async fn publish(env: &Env, batch: &Batch, to: Deliveries) -> Result<Vec<(String, Result<ShardReport>)>> {
    let shared = wire::encode(batch)?;
    let mut bodies = Vec::new();
    for (shard, batch) in to.behind {
        bodies.push((shard, wire::encode(&batch)?));
    }
    let on_time = to.on_time.iter().map(|shard| (shard, &shared));
    let behind = bodies.iter().map(|(shard, body)| (shard, body));
    let deliveries = on_time
        .chain(behind)
        .map(async |(shard, body)| (shard.clone(), deliver(env, shard, body).await));
    Ok(join_all(deliveries).await)
}

async fn deliver(env: &Env, shard: &str, body: &[u8]) -> Result<ShardReport> {
    let attempt = async {
        let mut answer = wire::post(&wire::shard(env, shard)?, wire::DELIVER, body).await?;
        wire::decode(&answer.bytes().await?)
    };
    within(TIMEOUT, attempt)
        .await
        .unwrap_or_else(|| Err(Error::RustError("no acknowledgement in 5 s".to_owned())))
}
