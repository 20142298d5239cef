//! `GET /metrics`: asks the feed and the broker, so that no sleeping shard wakes.

use std::time::Duration;

use futures_util::future::join;
use serde_json::json;
use worker::{Env, Error, Response, ResponseBody, Result};

use super::outbound::within;
use super::{log, wire};
use crate::metrics::{self, CONTENT_TYPE};

/// Scrapers give up after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The hub's figures. A part that does not answer is said to be down, and leaves the other one as it is.
pub async fn serve(env: &Env) -> Result<Response> {
    let (broker, feed) = join(ask(wire::broker(env)), ask(wire::feed(env))).await;
    let mut parts = Vec::new();
    for (name, text) in [("broker", broker), ("feed", feed)] {
        if let Err(error) = &text {
            log::event(
                "metrics_failed",
                json!({"part": name, "error": error.to_string()}),
            );
        }
        parts.push((name, text.ok()));
    }
    let text = metrics::join(&parts);
    let mut response = Response::from_body(ResponseBody::Body(text.into_bytes()))?;
    response.headers_mut().set("content-type", CONTENT_TYPE)?;
    Ok(response)
}

async fn ask(object: Result<wire::Stub>) -> Result<String> {
    let object = object?;
    let exchange = async { object.post(wire::METRICS, &[]).await?.text() };
    let answer = within(TIMEOUT, exchange).await;
    answer.unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())))
}
