use worker::{Headers, Response, ResponseBody, Result};

use crate::api::{Answer, Problem, Standing, WINDOW_S, matches_etag};
use crate::edge::cors::PREFLIGHT_MAX_AGE;

/// The methods of a path that is asked.
pub const GET: &str = "GET, HEAD, OPTIONS";
/// The methods of a path that is told something.
pub const POST: &str = "POST, OPTIONS";

/// What a page of another origin may send besides what every page may.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, If-None-Match";

/// What such a page may read.
const EXPOSED_HEADERS: &str = "ETag, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate";

/// 200, or 304 if the client has this very answer already. The runtime leaves the body out where `HEAD` was asked.
pub fn answer(answer: &Answer, asked: &Headers) -> Result<Response> {
    let etag = answer.etag();
    let known = asked
        .get("if-none-match")?
        .is_some_and(|tags| matches_etag(&tags, &etag));
    let mut response = if known {
        Response::empty()?.with_status(304)
    } else {
        body(&answer.body, "application/json")?
    };
    let headers = response.headers_mut();
    headers.set("etag", &etag)?;
    headers.set("cache-control", &format!("private, max-age={}", answer.max_age_s))?;
    Ok(response)
}

/// 200, for this moment alone.
pub fn unkept(answer: &Answer) -> Result<Response> {
    body(&answer.body, "application/json")
}

/// RFC 9457.
pub fn problem(problem: &Problem) -> Result<Response> {
    let mut response = body(&problem.to_json(), "application/problem+json")?.with_status(problem.status());
    let headers = response.headers_mut();
    if let Some(seconds) = problem.retry_after_s() {
        headers.set("retry-after", &seconds.to_string())?;
    }
    if let Some(challenge) = problem.challenge() {
        headers.set("www-authenticate", &challenge)?;
    }
    if let Problem::MethodNotAllowed(methods) = problem {
        headers.set("allow", methods)?;
    }
    Ok(response)
}

/// The answer to `OPTIONS`, a browser's preflight or not.
pub fn preflight(methods: &str) -> Result<Response> {
    let mut response = Response::empty()?.with_status(204);
    let headers = response.headers_mut();
    headers.set("allow", methods)?;
    headers.set("access-control-allow-methods", methods)?;
    headers.set("access-control-allow-headers", ALLOWED_HEADERS)?;
    headers.set("access-control-max-age", PREFLIGHT_MAX_AGE)?;
    Ok(response)
}

/// Lets the page of this origin read the answer. Never `*`, and never with credentials of the browser's.
pub fn add_cors(response: &mut Response, origin: Option<&str>) -> Result<()> {
    let headers = response.headers_mut();
    headers.set("vary", "Origin, Authorization")?;
    if let Some(origin) = origin {
        headers.set("access-control-allow-origin", origin)?;
        headers.set("access-control-expose-headers", EXPOSED_HEADERS)?;
    }
    Ok(())
}

/// draft-ietf-httpapi-ratelimit-headers
pub fn add_limits(response: &mut Response, limit: u32, standing: Standing) -> Result<()> {
    let headers = response.headers_mut();
    let Standing {
        remaining, reset_s, ..
    } = standing;
    headers.set(
        "ratelimit-policy",
        &format!(r#""network";q={limit};w={WINDOW_S}"#),
    )?;
    headers.set("ratelimit", &format!(r#""network";r={remaining};t={reset_s}"#))
}

fn body(text: &str, content_type: &str) -> Result<Response> {
    let mut response = Response::from_body(ResponseBody::Body(text.as_bytes().to_vec()))?;
    response.headers_mut().set("content-type", content_type)?;
    Ok(response)
}
