//! Paths, and what holds for every request: TLS, security headers, settings.

use std::rc::Rc;

use worker::{Context, Env, Headers, Method, Request, Response, Result};

use super::refusal::RefusedRequest;
use super::url::Url;
use super::{api, charts, config, dashboard, metrics, sessions, sse, stats, upgrade};
use crate::settings::Settings;

/// A year, as browsers expect it.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Answers a request from outside.
pub async fn route(request: web_sys::Request, env: &Env, context: &Context) -> Result<web_sys::Response> {
    let url = Url::read(&request.url())?;
    let for_api = url.path().starts_with(api::PREFIX);
    let for_sessions = sessions::family(&url, &Headers(request.headers()))?;
    let response = match (admit(&url, env), for_sessions) {
        (Ok(settings), Some(family)) => {
            let answered = sessions::serve(request, family, &url, env, context, &settings).await?;
            if answered.status() == 101 {
                return Ok(answered);
            }
            answered.into()
        }
        (Ok(settings), None) if for_api => api::serve(&mut request.into(), &url, env, &settings).await?,
        (Ok(settings), None) if url.path() == sse::PATH => {
            sse::serve(&request, &url, env, context, &settings).await?
        }
        (Ok(settings), None) if is_upgrade(&url, &request)? => {
            match upgrade::websocket(&Headers(request.headers()), &url, env, context, &settings).await? {
                // The answer to an upgrade is the socket's.
                Ok(response) => return Ok(response),
                Err(refused) => refused.respond()?,
            }
        }
        (Ok(settings), None) => answer(&request.into(), &url, env, &settings).await?,
        (Err(refused), _) if for_api => api::refuse(&refused)?,
        (Err(refused), _) => refused.respond()?,
    };
    Ok(with_headers(response, !is_plain_loopback(&url))?.into())
}

/// Whether a request is for a WebSocket: `/ws` is for nothing else, and `/` has a page, too.
fn is_upgrade(url: &Url, request: &web_sys::Request) -> Result<bool> {
    match url.path() {
        "/ws" | "/ws/" => Ok(true),
        "/" => upgrade::is_upgrade(&Headers(request.headers())),
        _ => Ok(false),
    }
}

/// What every request needs: TLS, unless it stays on this machine, and settings.
fn admit(url: &Url, env: &Env) -> std::result::Result<Rc<Settings>, RefusedRequest> {
    if url.scheme() != "https" && !url.is_loopback() {
        return Err(RefusedRequest::NotEncrypted);
    }
    config::settings(env).map_err(|error| RefusedRequest::BadSetting(error.to_string()))
}

async fn answer(request: &Request, url: &Url, env: &Env, settings: &Settings) -> Result<Response> {
    match url.path() {
        "/" | "/ws/stats" | "/metrics" | "/health" | "/health/ws-stats" if !is_read(request) => {
            RefusedRequest::MethodNotAllowed.respond()
        }
        "/ws/stats" => stats::serve(env).await,
        "/metrics" => metrics::serve(env).await,
        "/health" => stats::health(env).await,
        "/health/ws-stats" => charts::serve(env).await,
        dashboard::SESSION => dashboard::session(request, url, settings),
        _ if is_read(request) => match dashboard::page(request, url, env).await? {
            Some(page) => Ok(page),
            None => RefusedRequest::NotFound.respond(),
        },
        _ => RefusedRequest::NotFound.respond(),
    }
}

fn is_read(request: &Request) -> bool {
    matches!(request.method(), Method::Get | Method::Head)
}

fn is_plain_loopback(url: &Url) -> bool {
    url.scheme() != "https" && url.is_loopback()
}

/// The headers that every answer has. One that says nothing about its age is not to be kept.
fn with_headers(mut response: Response, public: bool) -> Result<Response> {
    let headers = response.headers_mut();
    headers.set("x-content-type-options", "nosniff")?;
    if !headers.has("cache-control")? {
        headers.set("cache-control", "no-store")?;
    }
    if public {
        headers.set("strict-transport-security", HSTS)?;
    }
    Ok(response)
}
