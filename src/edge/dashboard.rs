//! The dashboard: static assets, under headers that let a page do no more than it must, and the token of a page in development.

use serde_json::json;
use worker::{Env, Headers, Method, Request, RequestInit, Response, Result};

use super::refusal::RefusedRequest;
use super::url::Url;
use crate::settings::Settings;

/// Where a page asks for a token.
pub const SESSION: &str = "/dashboard/session";

/// The binding of what `[assets]` in wrangler.toml names.
const ASSETS: &str = "ASSETS";

/// Names below it carry a hash of what is in the file.
const HASHED: &str = "/assets/";

/// The client library in one file: a page of whatever origin may import it.
const LIBRARY: &str = "/websocket-client.js";

/// A page, or a part of one; `None` where there is none at this path.
pub async fn page(request: &Request, url: &Url, env: &Env) -> Result<Option<Response>> {
    let Ok(assets) = env.assets(ASSETS) else {
        return Ok(None); // a hub without pages, as the benchmarks have it
    };
    let mut asked = RequestInit::new();
    asked.with_method(request.method());
    if let Some(tag) = request.headers().get("if-none-match")? {
        let headers = Headers::new();
        headers.set("if-none-match", &tag)?;
        asked.with_headers(headers);
    }
    let found = assets
        .fetch(format!("https://assets{}", url.path()), Some(asked))
        .await?;
    if found.status_code() == 404 {
        return Ok(None);
    }
    // Headers of what was fetched cannot be changed, those of a copy can.
    let headers: Headers = found.headers().entries().collect();
    let is_hashed = url.path().starts_with(HASHED);
    headers.set(
        "cache-control",
        if is_hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        },
    )?;
    headers.set("content-security-policy", &policy(url))?;
    headers.set("cross-origin-opener-policy", "same-origin")?;
    if url.path() == LIBRARY {
        headers.set("access-control-allow-origin", "*")?;
        headers.set("cross-origin-resource-policy", "cross-origin")?;
    }
    headers.set("referrer-policy", "no-referrer")?;
    headers.set("x-frame-options", "DENY")?; // for browsers that do not know `frame-ancestors`
    Ok(Some(found.with_headers(headers)))
}

/// What a page may load and do: what comes from here, no inline code or style, and no text as HTML. `'self'` of an `https`
/// page does not cover `wss` everywhere.
fn policy(url: &Url) -> String {
    let socket = if url.scheme() == "https" { "wss" } else { "ws" };
    let host = url.authority();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {socket}://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// `GET /dashboard/session`: the token of development, to a page of this hub on this machine. Elsewhere there is none.
pub fn session(request: &Request, url: &Url, settings: &Settings) -> Result<Response> {
    let is_own_page = request.headers().get("sec-fetch-site")?.as_deref() == Some("same-origin");
    match &settings.dashboard_token {
        Some(token) if url.is_loopback() && is_own_page && request.method() == Method::Get => {
            let mut response = Response::from_json(&json!({"token": token.expose()}))?;
            response.headers_mut().set("cache-control", "no-store")?;
            Ok(response)
        }
        _ => RefusedRequest::NotFound.respond(),
    }
}
