//! `GET /sse`: a stream of events. The Worker holds it, and reads a socket of a shard for it as a client would: the shard knows no stream,
//! and sleeps while there is nothing to tell.
//!
//! - [`bridge`]: from the socket to the body of the answer

mod bridge;

use worker::{Context, Env, Headers, Response, ResponseBuilder, Result};

use self::bridge::Outcome;
use super::offer::Offered;
use super::refusal::RefusedRequest;
use super::url::Url;
use super::wire::Connect;
use super::{clock, config, cors, offer, visitor};
use crate::protocol::Dialect;
use crate::settings::Settings;
use crate::sse::{Refused, Wish};

/// Where streams are.
pub const PATH: &str = "/sse";

/// What is served here.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// What a page of another origin may read of a refusal.
const EXPOSED_HEADERS: &str = "Retry-After, WWW-Authenticate";

type Served = std::result::Result<Response, RefusedRequest>;

/// Answers a request for a stream.
pub async fn serve(
    request: &web_sys::Request,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<Response> {
    let headers = Headers(request.headers());
    if !visitor::origin_allowed(&headers, url, settings)? {
        let mut refused = RefusedRequest::OriginNotAllowed.respond()?;
        cors::allow(&mut refused, None)?;
        return Ok(refused);
    }
    let origin = headers.get("origin")?;
    let method = request.method();
    let served = match method.as_str() {
        "OPTIONS" => return cors::preflight(METHODS, &headers, origin.as_deref()),
        "GET" | "HEAD" => read(request, url, env, context, settings).await?,
        _ => Err(RefusedRequest::MethodNotAllowed),
    };
    let mut response = match served {
        Ok(response) => response,
        Err(refused) => refused.respond()?,
    };
    if response.status_code() == 405 {
        response.headers_mut().set("allow", METHODS)?;
    }
    response
        .headers_mut()
        .set("access-control-expose-headers", EXPOSED_HEADERS)?;
    cors::allow(&mut response, origin.as_deref())?;
    Ok(response)
}

async fn read(
    request: &web_sys::Request,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<Served> {
    let headers = Headers(request.headers());
    let last_event_id = headers.get("last-event-id")?;
    let wish = match Wish::read(
        url.query(),
        last_event_id.as_deref(),
        settings.limits.max_channels,
    ) {
        Ok(wish) => wish,
        Err(refused) => return Ok(Err(RefusedRequest::NoStream(refused))),
    };
    let is_head = request.method() == "HEAD";
    if !is_head && !visitor::may_connect(&headers, env, settings).await? {
        return Ok(Err(RefusedRequest::TooManyConnections));
    }
    let token = match token(&headers, url, settings)? {
        Ok(token) => token,
        Err(refused) => return Ok(Err(RefusedRequest::NoStream(refused))),
    };
    if is_head {
        return Ok(Ok(streaming()?.empty()));
    }
    connect(request, wish, token.as_deref(), env, context, settings).await
}

/// The client's token, if it has a good one, or none is needed.
fn token(
    headers: &Headers,
    url: &Url,
    settings: &Settings,
) -> Result<std::result::Result<Option<String>, Refused>> {
    let token = match headers.get("authorization")? {
        Some(credentials) => match credentials.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
            _ => return Ok(Err(Refused::not_bearer())),
        },
        None => {
            let given = url.query_pairs().find(|(name, _)| name == "token");
            let token = given.map(|(_, token)| token.into_owned());
            token.filter(|token| !token.is_empty())
        }
    };
    Ok(match token {
        Some(token) => match config::verifier(settings)?.verify(&token, clock::now()) {
            Ok(_) => Ok(Some(token)),
            Err(error) => Err(Refused::token(error)),
        },
        None if settings.auth.public_read => Ok(None),
        None => Err(Refused::no_token()),
    })
}

/// Has a shard take the connection, and waits until the hub has said what its client holds.
async fn connect(
    request: &web_sys::Request,
    wish: Wish,
    token: Option<&str>,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<Served> {
    let asked = Connect {
        dialect: Dialect::CryptoIntel,
        by_name: false,
        claims: None,
    };
    let shard = match offer::connection(&asked, env, context, &settings.shards).await? {
        Offered::Taken(shard) => shard,
        Offered::Full => return Ok(Err(RefusedRequest::NoStream(Refused::full()))),
        Offered::Unanswered => return Ok(Err(RefusedRequest::NoShard)),
    };
    let hello = wish.hello(token, settings.limits.max_message_bytes);
    let stream = wish.stream(token.is_some());
    Ok(match bridge::open(&shard, request, hello, stream).await? {
        Outcome::Body(body) => Ok(streaming()?.stream(body)),
        Outcome::Refused(refused) => Err(RefusedRequest::NoStream(refused)),
        Outcome::Silent => Err(RefusedRequest::NoShard),
    })
}

/// The headers of a stream: nothing between may keep it, or wait until there is more of it.
fn streaming() -> Result<ResponseBuilder> {
    ResponseBuilder::new()
        .with_header("content-type", "text/event-stream")?
        .with_header("cache-control", "no-store")?
        .with_header("x-accel-buffering", "no")
}
