//! Paths, and what holds for every request: TLS, security headers, settings.

use serde_json::{Value, json};
use worker::{Env, Request, Response, Result, Url};

use super::refusal::RefusedRequest;
use super::{clock, config, log, upgrade, wire};

/// A year, as browsers expect it.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Answers a request from outside.
pub async fn route(request: Request, env: &Env) -> Result<Response> {
    let url = request.url()?;
    let encrypted = url.scheme() == "https";
    if !encrypted && !is_loopback(&url) {
        return with_headers(RefusedRequest::NotEncrypted.respond()?, true);
    }
    let settings = match config::settings(env) {
        Ok(settings) => settings,
        Err(error) => {
            return with_headers(
                RefusedRequest::BadSetting(error.to_string()).respond()?,
                encrypted,
            );
        }
    };
    let response = match url.path() {
        "/ws" | "/ws/" => upgrade::websocket(&request, &url, env, &settings).await?,
        "/" => front_door(&request)?,
        "/ws/stats" => stats(env).await?,
        "/health" => health(env).await?,
        _ => RefusedRequest::NotFound.respond()?,
    };
    // The answer to an upgrade is the socket's and is passed on as it is.
    if response.status_code() == 101 {
        Ok(response)
    } else {
        with_headers(response, encrypted)
    }
}

/// `GET /`: says what this is to whoever opens it in a browser.
fn front_door(request: &Request) -> Result<Response> {
    if request.headers().has("upgrade")? {
        return RefusedRequest::UnknownDialect("A WebSocket at /").respond();
    }
    Response::ok(concat!(
        "CryptoIntel ",
        env!("CARGO_PKG_VERSION"),
        "\n\nWebSocket   /ws\nStatistics  /ws/stats\nHealth      /health\n"
    ))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn with_headers(mut response: Response, encrypted: bool) -> Result<Response> {
    let headers = response.headers_mut();
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("cache-control", "no-store")?;
    if encrypted {
        headers.set("strict-transport-security", HSTS)?;
    }
    Ok(response)
}

/// `GET /ws/stats`: asks the feed alone, so that no sleeping shard wakes.
async fn stats(env: &Env) -> Result<Response> {
    Response::from_json(&ask_feed(env).await?)
}

/// `GET /health`: 503 while cycles bring no data or the feed does not answer, else 200.
async fn health(env: &Env) -> Result<Response> {
    let stats = match ask_feed(env).await {
        Ok(stats) => stats,
        Err(error) => {
            log::event("health_failed", json!({"error": error.to_string()}));
            json!({"status": "down"})
        }
    };
    let status = stats.get("status").cloned().unwrap_or_default();
    let code = if status == "down" { 503 } else { 200 };
    let body = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "feed_age_ms": stats.pointer("/feed/age_ms"),
        "timestamp": clock::now().to_string(),
    });
    Ok(Response::from_json(&body)?.with_status(code))
}

async fn ask_feed(env: &Env) -> Result<Value> {
    wire::post(&wire::feed(env)?, wire::STATS, &[])
        .await?
        .json()
        .await
}
