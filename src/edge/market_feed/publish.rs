//! The one way from the feed to the broker.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use worker::wasm_bindgen_futures::spawn_local;
use worker::{Delay, Error, Result};

use super::Object;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::broker::Taken;

/// A broker that does not answer within this gets the same again with the next flush.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Frames of one second come in a burst: they wait this long for each other, and leave together.
const GATHER: Duration = Duration::from_millis(20);

/// How the broker knows the feed.
const SENDER: &str = "feed";

/// Somebody is publishing, until this is dropped: also when the runtime breaks him off.
struct Turn<'a>(&'a Cell<bool>);

impl Object {
    /// Publishes what waits. While something is under way, whoever holds the turn sees to the rest: the broker gets
    /// one publication after the other.
    pub(super) async fn flush(self: &Rc<Self>) -> Result<()> {
        let Some(turn) = Turn::take(&self.publishing) else {
            return Ok(());
        };
        let sealed = self.write(|feed| {
            let sealed = feed.ledger.outbox.seal(SENDER, clock::now());
            sealed.map(wire::encode).transpose()
        })??;
        let Some(publication) = sealed else {
            return Ok(());
        };
        if self.read(|feed| feed.is_unsaved)? {
            // What is told once must not be told otherwise after an eviction.
            self.save().await;
        }
        if let Err(error) = self.publish(&publication).await {
            log::event("publish_failed", json!({"error": error.to_string()}));
            return Ok(());
        }
        drop(turn);
        if !self.read(|feed| feed.ledger.outbox.is_empty())? {
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
            if let Err(error) = object.flush().await {
                log::event("publish_failed", json!({"error": error.to_string()}));
            }
        });
    }

    async fn publish(&self, publication: &[u8]) -> Result<()> {
        let broker = wire::broker(&self.env)?;
        let exchange = async { broker.post(wire::PUBLISH, publication).await?.decode() };
        let taken: Taken = within(TIMEOUT, exchange)
            .await
            .unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())))?;
        self.write(|feed| feed.taken(&taken, clock::now()))
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
