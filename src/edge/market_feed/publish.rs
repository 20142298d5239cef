//! The one way from the feed to the shards.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use worker::{Env, Error, Result};

use super::Object;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::Deliveries;
use crate::hub::stats::ShardReport;
use crate::model::Batch;

/// A shard that does not acknowledge within this has missed the batch and gets it with the next one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Somebody is publishing, until this is dropped: also when the runtime breaks him off.
struct Turn<'a>(&'a Cell<bool>);

impl Object {
    /// Publishes all that waits, one batch after the other, so that no shard gets two at a time. Whoever
    /// comes while that is under way leaves what he has to it.
    pub(super) async fn flush(&self) -> Result<()> {
        let Some(_turn) = Turn::take(&self.publishing) else {
            return Ok(());
        };
        while let Some(batch) = self.next_batch()? {
            self.publish(&batch).await?;
        }
        Ok(())
    }

    /// As [`flush`](Self::flush), for whom nobody waits for.
    pub(super) async fn flush_or_log(&self) {
        if let Err(error) = self.flush().await {
            log::event("publish_failed", json!({"error": error.to_string()}));
        }
    }

    fn next_batch(&self) -> Result<Option<Batch>> {
        self.write(|feed| {
            let (published_at, events, status) = feed.outbox.take()?;
            Some(Batch {
                number: feed.ledger.roster.next_number(clock::now()),
                published_at,
                events,
                status,
                ..Batch::default()
            })
        })
    }

    /// Hands the batch to every shard at once and takes in what they answer.
    async fn publish(&self, batch: &Batch) -> Result<()> {
        let deliveries = self.read(|feed| feed.ledger.roster.deliveries(batch))?;
        let outcomes = deliver_all(&self.env, batch, deliveries).await?;
        let now = clock::now();
        self.write(|feed| {
            let roster = &mut feed.ledger.roster;
            for (shard, outcome) in outcomes {
                match outcome {
                    Ok(report) => roster.acknowledged(&shard, report),
                    Err(error) => {
                        log::event(
                            "delivery_failed",
                            json!({"shard": shard, "error": error.to_string()}),
                        );
                        roster.failed(&shard, batch);
                    }
                }
            }
            roster.tick(now);
        })
    }
}

impl<'a> Turn<'a> {
    fn take(taken: &'a Cell<bool>) -> Option<Self> {
        (!taken.replace(true)).then_some(Self(taken))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Encoded once for all that are on time, sent in parallel.
async fn deliver_all(env: &Env, batch: &Batch, to: Deliveries) -> Result<Vec<(String, Result<ShardReport>)>> {
    if to.on_time.is_empty() && to.behind.is_empty() {
        return Ok(Vec::new());
    }
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
