//! To every shard what it lacks, each at its own pace: one that hangs holds up nobody else.

use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use worker::{Delay, Env, Error, Result};

use super::Object;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::exchange::Ack;

/// A shard that does not acknowledge within this has missed the delivery and gets it again.
const TIMEOUT: Duration = Duration::from_secs(5);

impl Object {
    /// Sees to it that somebody delivers to every shard that lacks something.
    pub(super) fn serve_all(self: &Rc<Self>) -> Result<()> {
        for shard in self.read(|core| core.due(clock::now()))? {
            if self.served.borrow_mut().insert(shard.clone()) {
                let object = Rc::clone(self);
                self.state.wait_until(async move {
                    if let Err(error) = object.serve(&shard).await {
                        log::event(
                            "delivery_failed",
                            json!({"shard": shard, "error": error.to_string()}),
                        );
                    }
                    object.served.borrow_mut().remove(&shard);
                    object.tell_feed();
                });
            }
        }
        Ok(())
    }

    /// Delivers until the shard has everything, or rests.
    async fn serve(&self, shard: &str) -> Result<()> {
        while let Some(body) = self.write(|core| core.next_delivery(shard))? {
            let outcome = deliver(&self.env, shard, &body).await;
            let now = clock::now();
            match outcome {
                Ok(ack) => self.write(|core| {
                    core.acknowledged(shard, ack);
                    core.tick(now);
                })?,
                Err(error) => {
                    log::event(
                        "delivery_failed",
                        json!({"shard": shard, "error": error.to_string()}),
                    );
                    match self.write(|core| core.failed(shard, now))? {
                        Some(wait_ms) => Delay::from(Duration::from_millis(wait_ms)).await,
                        None => return Ok(()),
                    }
                }
            }
        }
        Ok(())
    }
}

async fn deliver(env: &Env, shard: &str, body: &[u8]) -> Result<Ack> {
    let shard = wire::shard(env, shard)?;
    let attempt = async { shard.post(wire::DELIVER, body).await?.decode() };
    within(TIMEOUT, attempt)
        .await
        .unwrap_or_else(|| Err(Error::RustError("no acknowledgement in 5 s".to_owned())))
}
