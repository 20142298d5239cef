//! What a shard asks the broker, and what it tells it of itself.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;
use worker::{Error, Result};

use super::{Object, asleep};
use crate::edge::outbound::within;
use crate::edge::{log, past, wire};
use crate::hub::Input;
use crate::hub::exchange::{Ack, Question, Welcome, decode_ticks};
use crate::model::{Interval, Pair};

/// A broker that does not answer within this is asked again later.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Object {
    pub(super) fn in_background<F>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> F + 'static)
    where
        F: Future<Output = Result<()>> + 'static,
    {
        let object = Rc::clone(self);
        let name = self.name();
        self.state.wait_until(async move {
            if let Err(error) = work(object).await {
                log::event("shard_failed", json!({"shard": name, "error": error.to_string()}));
            }
        });
    }

    pub(super) async fn attach(self: Rc<Self>) -> Result<()> {
        let body = wire::encode(&(self.name(), self.acknowledge()?))?;
        let answer = self.ask_broker::<Welcome>(wire::ATTACH, &body).await;
        let ticks = answer.and_then(|welcome| {
            let missed = decode_ticks(&welcome.missed).ok_or_else(unreadable)?;
            Ok((welcome, missed))
        });
        match ticks {
            Ok((welcome, missed)) => self.feed(Input::Welcome { welcome, missed }).await,
            Err(error) => {
                log::event(
                    "attach_failed",
                    json!({"shard": self.name(), "error": error.to_string()}),
                );
                self.feed(Input::AttachFailed).await
            }
        }
    }

    pub(super) async fn recover(self: Rc<Self>, wanted: &Question) -> Result<()> {
        let body = wire::encode(wanted)?;
        match self.ask_broker(wire::RECOVER, &body).await {
            Ok(recovery) => self.feed(Input::Recovered(recovery)).await,
            Err(error) => {
                log::event(
                    "recover_failed",
                    json!({"shard": self.name(), "error": error.to_string()}),
                );
                self.feed(Input::RecoverFailed).await
            }
        }
    }

    /// What a chart begins with.
    pub(super) async fn read_candles(
        self: Rc<Self>,
        pair: Pair,
        interval: Interval,
        bars: u16,
    ) -> Result<()> {
        let read = past::newest(&self.env, pair.clone(), interval, bars).await;
        let input = Input::Candles {
            pair,
            interval,
            candles: read.ok(),
        };
        self.feed(input).await
    }

    async fn ask_broker<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T> {
        let broker = wire::broker(&self.env)?;
        let exchange = async { broker.post(path, body).await?.decode() };
        within(TIMEOUT, exchange)
            .await
            .unwrap_or_else(|| Err(Error::RustError("no answer in 10 s".to_owned())))
    }

    /// How far the sockets are, and what was counted.
    pub(super) fn acknowledge(&self) -> Result<Ack> {
        let mut shard = self.shard.borrow_mut();
        let shard = shard.as_mut().ok_or_else(asleep)?;
        let mut report = shard.hub.stats();
        report.gauges.wasm_heap_bytes = wasm_heap_bytes();
        let seen = shard.hub.seen();
        Ok(Ack { seen, report })
    }
}

/// Another version of this program wrote it: a deployment is under way.
pub(super) fn unreadable() -> Error {
    Error::RustError("ticks of another version".to_owned())
}

/// The Wasm memory of this isolate; shards of one isolate share it.
fn wasm_heap_bytes() -> u64 {
    core::arch::wasm32::memory_size(0) as u64 * 65_536
}
