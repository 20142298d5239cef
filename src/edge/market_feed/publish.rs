//! The one way from the feed to the shards.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use worker::{Env, Error, Result};

use crate::edge::outbound::within;
use crate::edge::{log, wire};
use crate::model::Batch;

/// A shard that does not acknowledge within this is given up for this batch.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What became of a batch.
pub struct Outcome {
    /// By shard.
    pub acknowledged: Vec<(String, wire::Acknowledgement)>,
    /// Shards that did not answer, or not well.
    pub failed: Vec<String>,
}

/// Hands the whole batch to every shard at once: encoded once, sent in parallel, one more try each.
pub async fn publish(env: &Env, batch: &Batch, shards: BTreeSet<String>) -> Result<Outcome> {
    let body = wire::encode(batch)?;
    let deliveries = shards.iter().map(|shard| deliver(env, shard, &body));
    let answers = join_all(deliveries).await;
    let mut outcome = Outcome {
        acknowledged: Vec::new(),
        failed: Vec::new(),
    };
    for (shard, answer) in shards.into_iter().zip(answers) {
        match answer {
            Ok(acknowledgement) => outcome.acknowledged.push((shard, acknowledgement)),
            Err(error) => {
                log::event(
                    "delivery_failed",
                    json!({"shard": shard, "error": error.to_string()}),
                );
                outcome.failed.push(shard);
            }
        }
    }
    Ok(outcome)
}

async fn deliver(env: &Env, shard: &str, body: &[u8]) -> Result<wire::Acknowledgement> {
    let attempt = async {
        let mut answer = wire::post(&wire::shard(env, shard)?, wire::DELIVER, body).await?;
        wire::decode(&answer.bytes().await?)
    };
    within(TIMEOUT, attempt)
        .await
        .unwrap_or_else(|| Err(Error::RustError("no acknowledgement in 5 s".to_owned())))
}
