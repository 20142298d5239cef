//! `GET /ws/stats`, `GET /health`: how the hub is.

use serde_json::{Map, Value, json};
use worker::{Env, Response, Result};

use super::refusal::RefusedRequest;
use super::{clock, figures, wire};

/// `GET /ws/stats`: what the feed and the broker know. Half of it would be read as the whole.
pub async fn serve(env: &Env) -> Result<Response> {
    let (feed, broker) = match figures::ask(env, wire::STATS).await {
        (Some(feed), Some(broker)) => (feed, broker),
        (None, _) => return RefusedRequest::Silent("The feed").respond(),
        (_, None) => return RefusedRequest::Silent("The broker").respond(),
    };
    let mut stats: Map<String, Value> = serde_json::from_str(&feed)?;
    let more: Map<String, Value> = serde_json::from_str(&broker)?;
    stats.extend(more);
    Response::from_json(&stats)
}

/// `GET /health`: 503 while cycles bring no data, or where the feed or the broker does not answer, else 200.
pub async fn health(env: &Env) -> Result<Response> {
    let (feed, broker) = figures::ask(env, wire::STATS).await;
    let stats: Value = match &feed {
        Some(feed) => serde_json::from_str(feed)?,
        None => Value::Null,
    };
    let status = match stats.get("status").and_then(Value::as_str) {
        Some(status) if broker.is_some() => status,
        _ => "down",
    };
    let code = if status == "down" { 503 } else { 200 };
    let body = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "feed_age_ms": stats.pointer("/feed/age_ms"),
        "timestamp": clock::now().to_string(),
    });
    Ok(Response::from_json(&body)?.with_status(code))
}
