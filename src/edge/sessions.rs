//! Clients of Socket.IO: from their requests to the shard that has the session.

use std::time::Duration;

use serde_json::json;
use worker::{Context, Env, Headers, Request, Response, Result, WebSocketPair};

use super::outbound::within;
#[cfg(feature = "echo")]
use super::shard::echo::{family_of_path, max_payload};
#[cfg(not(feature = "echo"))]
use super::shard::sessions::{family_of_path, max_payload};
use super::url::Url;
use super::wire::sessions::TAKEN;
use super::wire::{self, Ask, Said};
use super::{bounded, clock, cors, log, offer, seal, tally, upgrade, visitor};
use crate::settings::Settings;
use crate::socketio::{Refusal, Sid};

/// A shard that does not begin a session within this is taken for one that hangs, and the next is asked.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a page may use.
const METHODS: &str = "GET, POST, OPTIONS";

/// What a client asks for, by its query.
struct Asked<'a> {
    family: &'static str,
    sid: Option<&'a str>,
    is_polling: bool,
    is_upgrade: bool,
}

/// The family of shards that a request is for, if its client speaks Engine.IO. `/ws` has other dialects, too.
pub fn family(url: &Url, headers: &Headers) -> Result<Option<&'static str>> {
    let family = family_of_path(url.path());
    if !url.path().starts_with("/ws") {
        return Ok(family);
    }
    let is_named = headers.has("sec-websocket-protocol")?;
    Ok(family.filter(|_| !is_named && parameter(url, "EIO").is_some()))
}

/// Answers a request of the clients of that family.
pub async fn serve(
    request: web_sys::Request,
    family: &'static str,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<web_sys::Response> {
    let headers = Headers(request.headers());
    let origin = headers.get("origin")?;
    if !visitor::origin_allowed(&headers, url, settings)? {
        return refuse(Refusal::Forbidden, None);
    }
    let origin = origin.as_deref();
    if request.method() == "OPTIONS" {
        return Ok(cors::preflight(METHODS, &headers, origin)?.into());
    }
    let is_polling = match parameter(url, "transport").as_deref() {
        Some("polling") => true,
        Some("websocket") => false,
        _ => return refuse(Refusal::UnknownTransport, origin),
    };
    let sid = parameter(url, "sid");
    let asked = Asked {
        family,
        sid: sid.as_deref(),
        is_polling,
        is_upgrade: upgrade::is_upgrade(&headers)?,
    };
    let outcome = match asked.sid {
        Some(sid) => go_on(request, &asked, sid, env, context, settings).await?,
        None => begin(&request, &asked, url, env, context, settings).await?,
    };
    match outcome {
        Ok(Reached::Socket(response)) => Ok(response),
        Ok(Reached::Said((status, body))) => said(status, &body, origin),
        Err(refusal) => refuse(refusal, origin),
    }
}

/// What a shard answered.
enum Reached {
    /// The client's to read.
    Socket(web_sys::Response),
    Said(Said),
}

type Outcome = std::result::Result<Reached, Refusal>;

/// A request of a session: to the shard that has it.
async fn go_on(
    request: web_sys::Request,
    asked: &Asked<'_>,
    sid: &str,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<Outcome> {
    let here = |sid: &Sid| u32::from(sid.shard()) < settings.shards.max_shards;
    let Some(sid) = Sid::parse(sid).filter(here) else {
        return Ok(Err(Refusal::UnknownSid));
    };
    if !seal::is_genuine(sid, settings)? {
        return Ok(Err(Refusal::UnknownSid));
    }
    let shard = wire::shard(env, &wire::shard_name(asked.family, sid.shard().into()))?;
    let (ask, body) = match (asked.is_polling, asked.is_upgrade, request.method().as_str()) {
        (false, true, _) => {
            let path = Ask::Socket(Some(sid)).path();
            return Ok(match shard.upgrade(&path, TIMEOUT, context).await? {
                Some(response) if response.status() == 101 => Ok(Reached::Socket(response)),
                Some(response) if response.status() == TAKEN => Ok(Reached::Socket(closed()?)),
                _ => Err(Refusal::UnknownSid),
            });
        }
        (true, false, "GET") => (Ask::Poll(sid), Vec::new()),
        (true, false, "POST") => {
            let mut request = Request::from(request);
            match bounded::read(&mut request, max_payload(settings)).await? {
                Some(body) => (Ask::Post(sid), body),
                None => return Ok(Err(Refusal::TooLarge)),
            }
        }
        _ => return Ok(Err(Refusal::BadRequest)),
    };
    // An object that was evicted while a request waited has no polling sessions any more.
    Ok(match shard.post(&ask.path(), &body).await {
        Ok(answer) => Ok(Reached::Said(answer.decode()?)),
        Err(error) => {
            log::event("session_lost", json!({"error": error.to_string()}));
            Err(Refusal::UnknownSid)
        }
    })
}

/// A request without a session: to a shard that has room for one.
async fn begin(
    request: &web_sys::Request,
    asked: &Asked<'_>,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<Outcome> {
    if request.method() != "GET" {
        return Ok(Err(Refusal::BadHandshakeMethod));
    }
    if parameter(url, "EIO").as_deref() != Some("4") {
        return Ok(Err(Refusal::UnsupportedVersion));
    }
    if asked.is_polling == asked.is_upgrade {
        return Ok(Err(Refusal::BadRequest));
    }
    if !visitor::may_connect(&Headers(request.headers()), env, settings).await? {
        return Ok(Err(Refusal::TooManyConnections));
    }
    let began = clock::now();
    for n in offer::order(asked.family, &settings.shards) {
        let name = wire::shard_name(asked.family, n);
        match ask_to_begin(&name, asked.is_polling, env, context).await {
            Ok(Some(reached)) => {
                offer::taken(asked.family, n, &settings.shards);
                return Ok(Ok(reached));
            }
            Ok(None) => offer::pass_over(asked.family, n),
            Err(error) => log::event("shard_failed", json!({"shard": name, "error": error.to_string()})),
        }
        if clock::now().since(began) >= offer::PATIENCE_MS {
            break;
        }
    }
    Ok(Err(Refusal::Full))
}

/// `None` if that shard is full, or hangs.
async fn ask_to_begin(name: &str, is_polling: bool, env: &Env, context: &Context) -> Result<Option<Reached>> {
    let shard = wire::shard(env, name)?;
    if !is_polling {
        let answer = shard.upgrade(&Ask::Socket(None).path(), TIMEOUT, context).await?;
        let accepted = answer.filter(|response| response.status() == 101);
        return Ok(accepted.map(Reached::Socket));
    }
    let path = Ask::Open.path();
    let Some(answer) = within(TIMEOUT, shard.post(&path, &[])).await else {
        return Ok(None);
    };
    let said: Said = answer?.decode()?;
    Ok((said.0 == 200).then_some(Reached::Said(said)))
}

/// A socket that is closed at once, as the reference server does it. Here, not in the shard: the runtime keeps the
/// connection of one that hibernates for ten seconds more.
fn closed() -> Result<web_sys::Response> {
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    pair.server.close(Some(1000), Some(""))?;
    Ok(Response::from_websocket(pair.client)?.into())
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn refuse(refusal: Refusal, origin: Option<&str>) -> Result<web_sys::Response> {
    let status = refusal.status();
    let code = match refusal {
        Refusal::Forbidden => Some("ORIGIN_NOT_ALLOWED"),
        Refusal::TooManyConnections => Some("RATE_LIMITED"),
        Refusal::Full => Some("CONNECTION_FULL"),
        // What strangers try out costs neither a line nor a count.
        _ => None,
    };
    if let Some(code) = code {
        tally::count(code);
        log::event("refused", json!({"code": code, "status": status}));
    }
    said(status, refusal.body(), origin)
}

fn said(status: u16, body: &str, origin: Option<&str>) -> Result<web_sys::Response> {
    let mut response = Response::ok(body)?.with_status(status);
    let is_json = status != 200;
    let kind = if is_json {
        "application/json"
    } else {
        "text/plain; charset=UTF-8"
    };
    response.headers_mut().set("content-type", kind)?;
    cors::allow(&mut response, origin)?;
    Ok(response.into())
}
