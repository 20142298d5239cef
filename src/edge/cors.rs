//! What lets the page of another origin ask, and read the answer.

use worker::{Headers, Response, Result};

/// So long a browser may remember what a preflight said, seconds: two hours, more than which Chromium does not.
pub const PREFLIGHT_MAX_AGE: &str = "7200";

/// The answer to a browser that asks what a page may send.
pub fn preflight(methods: &str, asked: &Headers, origin: Option<&str>) -> Result<Response> {
    let mut response = Response::empty()?.with_status(204);
    let headers = response.headers_mut();
    headers.set("access-control-allow-methods", methods)?;
    if let Some(names) = asked.get("access-control-request-headers")? {
        headers.set("access-control-allow-headers", &names)?;
    }
    headers.set("access-control-max-age", PREFLIGHT_MAX_AGE)?;
    allow(&mut response, origin)?;
    Ok(response)
}

/// Lets the page of this origin read the answer, and the browser send its credentials: never `*`.
pub fn allow(response: &mut Response, origin: Option<&str>) -> Result<()> {
    let headers = response.headers_mut();
    headers.set("vary", "Origin")?;
    if let Some(origin) = origin {
        headers.set("access-control-allow-origin", origin)?;
        headers.set("access-control-allow-credentials", "true")?;
    }
    Ok(())
}
