//! Requests to providers.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Result};

use super::clock;
use crate::feed::{Answer, Call, FeedFault, Parsed};

/// A provider that says nothing for so long is asked again next time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks a provider and reads its answer.
pub async fn ask(call: &Call) -> std::result::Result<Parsed, FeedFault> {
    match within(TIMEOUT, exchange(call)).await {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) => Err(FeedFault::Unreachable),
        None => Err(FeedFault::Timeout),
    }
}

async fn exchange(call: &Call) -> Result<std::result::Result<Parsed, FeedFault>> {
    let headers = Headers::new();
    for (name, value) in &call.request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    // A redirect could carry the key elsewhere: it is a fault like any other status.
    init.with_method(Method::Get)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(&call.request.url, &init)?;
    let mut response = Fetch::Request(request).send().await?;
    let retry_after = response.headers().get("retry-after")?;
    let body = response.bytes().await?;
    Ok(call.read(&Answer {
        status: response.status_code(),
        retry_after: retry_after.as_deref(),
        body: &body,
        received_at: clock::now(),
    }))
}

/// What `future` gives, if it does within `time`.
pub async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(Delay::from(time))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
