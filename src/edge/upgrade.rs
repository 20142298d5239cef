//! From an upgrade request to a shard that accepts it.

use serde_json::json;
use worker::{Context, Env, Headers, Response, Result, WebSocketPair};

use super::offer::Offered;
use super::refusal::RefusedRequest;
use super::url::Url;
use super::wire::Connect;
use super::{clock, config, log, offer, tally, visitor};
use crate::auth::Claims;
use crate::hub::{self, CloseReason};
use crate::protocol::{Dialect, Entry, Refusal, Reply};
use crate::settings::Settings;

/// What only the query of wallets has.
const TOKEN: &str = "token";

/// `GET /ws`, `GET /`. What a shard answers is passed on as it comes: a `Response` of `worker` would be made anew.
pub async fn websocket(
    headers: &Headers,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<std::result::Result<web_sys::Response, RefusedRequest>> {
    let mut asked = match admit(headers, url, env, settings).await? {
        Ok(asked) => asked,
        Err(refused) => return Ok(Err(refused)),
    };
    match identify(asked.dialect, url, settings)? {
        Ok(claims) => asked.claims = claims,
        Err(refusal) => {
            let reason = CloseReason::of_token(&refusal);
            return refuse(&asked, &refusal, reason).map(|response| Ok(response.into()));
        }
    }
    connect(asked, env, context, settings).await
}

/// Whether a request wants a WebSocket.
pub fn is_upgrade(headers: &Headers) -> Result<bool> {
    let upgrade = headers.get("upgrade")?;
    Ok(upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")))
}

async fn admit(
    headers: &Headers,
    url: &Url,
    env: &Env,
    settings: &Settings,
) -> Result<std::result::Result<Connect, RefusedRequest>> {
    if !is_upgrade(headers)? {
        return Ok(Err(RefusedRequest::NotAnUpgrade));
    }
    if !visitor::origin_allowed(headers, url, settings)? {
        return Ok(Err(RefusedRequest::OriginNotAllowed));
    }
    let asked = match dialect(headers, url)? {
        Ok(asked) => asked,
        Err(refused) => return Ok(Err(refused)),
    };
    let is_counted = asked.dialect.rules().entry != Entry::Open;
    if is_counted && !visitor::may_connect(headers, env, settings).await? {
        return Ok(Err(RefusedRequest::TooManyConnections));
    }
    Ok(Ok(asked))
}

/// The dialect by `Sec-WebSocket-Protocol`, else by what only other systems' clients have in their query.
fn dialect(headers: &Headers, url: &Url) -> Result<std::result::Result<Connect, RefusedRequest>> {
    if let Some(protocols) = headers.get("sec-websocket-protocol")? {
        let mut names = protocols.split(',').map(str::trim);
        if let Some(dialect) = names.find_map(Dialect::by_subprotocol) {
            return Ok(Ok(Connect {
                dialect,
                by_name: true,
                claims: None,
            }));
        }
        // Not shown: some clients put tokens there.
        return Ok(Err(RefusedRequest::UnknownDialect("that Sec-WebSocket-Protocol")));
    }
    let has = |key: &str| url.query_pairs().any(|(name, _)| name == key);
    let dialect = match url.path() {
        "/" => Dialect::Candles,
        _ if has(TOKEN) => Dialect::Wallet,
        _ => Dialect::Undecided,
    };
    Ok(Ok(Connect {
        dialect,
        by_name: false,
        claims: None,
    }))
}

/// Who the client is, where its dialect says so before the upgrade.
fn identify(
    dialect: Dialect,
    url: &Url,
    settings: &Settings,
) -> Result<std::result::Result<Option<Claims>, Refusal>> {
    if dialect.rules().entry != Entry::WithToken {
        return Ok(Ok(None));
    }
    let token = url.query_pairs().find(|(name, _)| name == TOKEN);
    let token = token.map(|(_, token)| token).filter(|token| !token.is_empty());
    Ok(match token {
        Some(token) => {
            let verified = config::verifier(settings)?.verify(&token, clock::now());
            verified.map(Some).map_err(hub::refused_token)
        }
        None => Err(Refusal::NoToken),
    })
}

/// Offers the connection to one shard after the other, until one takes it.
async fn connect(
    asked: Connect,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<std::result::Result<web_sys::Response, RefusedRequest>> {
    match offer::connection(&asked, env, context, &settings.shards).await? {
        Offered::Taken(response) => Ok(Ok(response)),
        Offered::Full => {
            refuse(&asked, &Refusal::Full, CloseReason::Full).map(|response| Ok(response.into()))
        }
        Offered::Unanswered => Ok(Err(RefusedRequest::NoShard)),
    }
}

/// A browser cannot read the status of a failed upgrade: the refusal is a message and a close code.
fn refuse(asked: &Connect, refusal: &Refusal, reason: CloseReason) -> Result<Response> {
    let dialect = asked.dialect;
    let code = dialect.error_code(refusal);
    tally::count(code);
    log::event("refused", json!({"code": code, "status": 101}));
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    if let Some(answer) = dialect.reply(&Reply::Refused(refusal), None, clock::now()) {
        pair.server.send_with_str(answer.text)?;
    }
    pair.server.close(Some(reason.code()), Some(reason.as_str()))?;
    let mut response = Response::from_websocket(pair.client)?;
    if let Some(name) = dialect.subprotocol().filter(|_| asked.by_name) {
        // Without it a browser drops the connection before it reads why.
        response.headers_mut().set("sec-websocket-protocol", name)?;
    }
    Ok(response)
}
