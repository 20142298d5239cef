//! Requests to providers.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
    ResponseBody, Result, WebSocket,
};

use super::clock;
use crate::feed::{self, Answer, Call, FeedFault, Parsed};

/// A provider that says nothing for so long is asked again next time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks a provider and reads its answer.
pub async fn ask<T>(call: &Call<T>) -> std::result::Result<Parsed<T>, FeedFault> {
    let open = Open::default();
    let exchange = async {
        let mut response = send(&call.request.url, &call.request.headers, &open).await?;
        let retry_after = response.headers().get("retry-after")?;
        let Some(body) = whole(&mut response).await? else {
            return Ok(Err(FeedFault::TooLarge));
        };
        Ok(call.read(&Answer {
            status: response.status_code(),
            retry_after: retry_after.as_deref(),
            body: &body,
            received_at: clock::now(),
        }))
    };
    in_time(exchange).await
}

/// The body, unpacked; `None` if it is longer than an answer may be: the rest is not read.
async fn whole(response: &mut Response) -> Result<Option<Vec<u8>>> {
    if matches!(response.body(), ResponseBody::Empty) {
        return Ok(Some(Vec::new()));
    }
    let mut chunks = response.stream()?;
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if chunk.len() > feed::MAX_ANSWER - body.len() {
            return Ok(None);
        }
        body.extend(chunk);
    }
    Ok(Some(body))
}

/// Opens a WebSocket to `url` (`wss://`, or `ws://`), which is not accepted yet.
pub async fn connect(url: &str) -> std::result::Result<WebSocket, FeedFault> {
    let url = url.replacen("ws", "http", 1); // the runtime upgrades plain requests
    let open = Open::default();
    let exchange = async {
        let headers = [("upgrade", "websocket".to_owned()), feed::user_agent()];
        let response = send(&url, &headers, &open).await?;
        let refused = FeedFault::HttpStatus {
            status: response.status_code(),
            retry_after_ms: None,
        };
        Ok(response.websocket().ok_or(refused))
    };
    let outcome = in_time(exchange).await;
    if outcome.is_ok() {
        open.stays();
    }
    outcome
}

/// A request under way. Whatever is left of it when this is dropped is broken off: the runtime gives an event six
/// connections, and one that hangs, or whose answer nobody reads, would hold one of them for good.
struct Open(Option<AbortController>);

impl Default for Open {
    fn default() -> Self {
        Self(Some(AbortController::default()))
    }
}

impl Open {
    /// It is no request any more, but a connection.
    fn stays(mut self) {
        self.0 = None;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn send(url: &str, headers: &[(&'static str, String)], open: &Open) -> Result<Response> {
    let sent = Headers::new();
    for (name, value) in headers {
        sent.set(name, value)?;
    }
    let mut init = RequestInit::new();
    // A redirect could carry the key elsewhere: it is a fault like any other status.
    init.with_method(Method::Get)
        .with_headers(sent)
        .with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(url, &init)?;
    let signal = open.0.as_ref().map(AbortController::signal);
    match signal {
        Some(signal) => Fetch::Request(request).send_with_signal(&signal).await,
        None => Fetch::Request(request).send().await,
    }
}

async fn in_time<T>(
    exchange: impl Future<Output = Result<std::result::Result<T, FeedFault>>>,
) -> std::result::Result<T, FeedFault> {
    match within(TIMEOUT, exchange).await {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) => Err(FeedFault::Unreachable),
        None => Err(FeedFault::Timeout),
    }
}

/// What `future` gives, if it does within `time`.
pub async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(Delay::from(time))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
