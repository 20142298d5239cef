//! To every shard what it lacks, each at its own pace: one that hangs holds up nobody else.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::json;
use worker::{Delay, Env, Error, Result};

use super::Object;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::broker::Broker as Core;
use crate::hub::exchange::Ack;

/// A shard that does not acknowledge within this is late: it hangs, or sends to thousands of sockets. Until it is known
/// which, it gets nothing else, for that would only queue there.
const LATE: Duration = Duration::from_secs(5);
/// A shard that does not acknowledge within so much more has missed the delivery and gets it again.
const MISSED: Duration = Duration::from_secs(55);

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
                    object.settle();
                });
            }
        }
        Ok(())
    }

    /// Delivers until the shard has everything, or rests.
    async fn serve(&self, shard: &str) -> Result<()> {
        while let Some(body) = self.write(|core| core.next_delivery(shard))? {
            let outcome = self.attempt(shard, &body).await;
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

    /// Delivers, and waits for the answer, be it late.
    async fn attempt(&self, shard: &str, body: &[u8]) -> Result<Ack> {
        let attempt = pin!(deliver(&self.env, shard, body));
        let attempt = match select(attempt, pin!(Delay::from(LATE))).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(((), attempt)) => attempt,
        };
        self.write(Core::late)?;
        log::event("delivery_late", json!({"shard": shard}));
        within(MISSED, attempt)
            .await
            .unwrap_or_else(|| Err(Error::RustError("no acknowledgement in a minute".to_owned())))
    }
}

async fn deliver(env: &Env, shard: &str, body: &[u8]) -> Result<Ack> {
    let shard = wire::shard(env, shard)?;
    shard.post(wire::DELIVER, body).await?.decode()
}
