//! The one way from the feed to the shards.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use worker::wasm_bindgen_futures::spawn_local;
use worker::{Delay, Env, Error, Result};

use super::Object;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::Deliveries;
use crate::hub::stats::ShardReport;
use crate::model::Batch;

/// A shard that does not acknowledge within this has missed the batch and gets it with the next one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Frames of one second come in a burst: they wait this long for each other, and leave in one batch.
const GATHER: Duration = Duration::from_millis(20);

/// Somebody is publishing, until this is dropped: also when the runtime breaks him off.
struct Turn<'a>(&'a Cell<bool>);

impl Object {
    /// Publishes what waits, as one batch. While another is under way, whoever holds the turn sees to the rest: no shard
    /// gets two at a time.
    pub(super) async fn flush(self: &Rc<Self>) -> Result<()> {
        let Some(turn) = Turn::take(&self.publishing) else {
            return Ok(());
        };
        if let Some(batch) = self.next_batch()? {
            self.publish(&batch).await?;
        }
        drop(turn);
        if !self.read(|feed| feed.outbox.is_empty())? {
            // A task of its own: nobody who flushes has to wait for frames that keep coming.
            self.flush_soon();
        }
        Ok(())
    }

    /// Publishes, a moment later, what waits by then: frames of one burst leave together.
    pub(super) fn flush_soon(self: &Rc<Self>) {
        if self.flush_is_due.replace(true) {
            return;
        }
        let object = Rc::clone(self);
        spawn_local(async move {
            Delay::from(GATHER).await;
            object.flush_is_due.set(false);
            if object.read(|feed| feed.is_unsaved).unwrap_or_default() {
                object.save().await;
            }
            if let Err(error) = object.flush().await {
                log::event("publish_failed", json!({"error": error.to_string()}));
            }
        });
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
