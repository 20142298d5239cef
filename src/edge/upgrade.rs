//! From an upgrade request to a shard that accepts it.

use std::time::Duration;

use serde_json::json;
use worker::{Context, Env, Headers, Response, Result, WebSocketPair};

use super::refusal::RefusedRequest;
use super::url::Url;
use super::wire::{self, Connect};
use super::{clock, log, offer, tally, visitor};
use crate::hub::CloseReason;
use crate::protocol::{Dialect, Refusal, Reply};
use crate::settings::Settings;

/// A shard that does not answer within this is taken for one that hangs, and the next is asked.
const TIMEOUT: Duration = Duration::from_secs(3);

/// No further shard is asked after so long, milliseconds: the client would not wait for it.
const PATIENCE_MS: u64 = 9_000;

/// `GET /ws`. What a shard answers is passed on as it comes: a `Response` of `worker` would be made anew.
pub async fn websocket(
    headers: &Headers,
    url: &Url,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<std::result::Result<web_sys::Response, RefusedRequest>> {
    match admit(headers, url, env, settings).await? {
        Ok(asked) => connect(asked, env, context, settings).await,
        Err(refused) => Ok(Err(refused)),
    }
}

async fn admit(
    headers: &Headers,
    url: &Url,
    env: &Env,
    settings: &Settings,
) -> Result<std::result::Result<Connect, RefusedRequest>> {
    if !headers
        .get("upgrade")?
        .is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
    {
        return Ok(Err(RefusedRequest::NotAnUpgrade));
    }
    if !visitor::origin_allowed(headers, url, settings)? {
        return Ok(Err(RefusedRequest::OriginNotAllowed));
    }
    let asked = match dialect(headers, url)? {
        Ok(asked) => asked,
        Err(refused) => return Ok(Err(refused)),
    };
    if settings.limits.connections_per_minute.is_some() {
        let network = visitor::network(headers)?.to_string();
        if !env
            .rate_limiter("CONNECTION_LIMIT")?
            .limit(network)
            .await?
            .success
        {
            return Ok(Err(RefusedRequest::TooManyConnections));
        }
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
            }));
        }
        // Not shown: some clients put tokens there.
        return Ok(Err(RefusedRequest::UnknownDialect("that Sec-WebSocket-Protocol")));
    }
    let foreign = [("EIO", "Socket.IO"), ("token", "Wallet")];
    for (key, system) in foreign {
        if url.query_pairs().any(|(name, _)| name == key) {
            return Ok(Err(RefusedRequest::UnknownDialect(system)));
        }
    }
    Ok(Ok(Connect {
        dialect: Dialect::CryptoIntel,
        by_name: false,
    }))
}

/// Offers the connection to one shard after the other, until one takes it.
async fn connect(
    asked: Connect,
    env: &Env,
    context: &Context,
    settings: &Settings,
) -> Result<std::result::Result<web_sys::Response, RefusedRequest>> {
    let began = clock::now();
    let path = asked.path();
    let mut is_full = false;
    for n in offer::order(&settings.shards) {
        let name = wire::shard_name(wire::JSON, n);
        let failed = |error: String| log::event("shard_failed", json!({"shard": name, "error": error}));
        match wire::shard(env, &name)?.upgrade(&path, TIMEOUT, context).await {
            Ok(Some(response)) if response.status() == 101 => {
                offer::taken(n, &settings.shards);
                return Ok(Ok(response));
            }
            Ok(Some(response)) if response.status() == 503 => {
                is_full = true;
                offer::pass_over(n);
            }
            Ok(Some(response)) => failed(format!("status {}", response.status())),
            Ok(None) => {
                failed(format!("no answer in {} s", TIMEOUT.as_secs()));
                offer::pass_over(n);
            }
            Err(error) => failed(error.to_string()),
        }
        if clock::now().since(began) >= PATIENCE_MS {
            break;
        }
    }
    if is_full {
        refuse(asked).map(|response| Ok(response.into()))
    } else {
        Ok(Err(RefusedRequest::NoShard))
    }
}

/// A browser cannot read the status of a failed upgrade: the refusal is a message and a close code.
fn refuse(asked: Connect) -> Result<Response> {
    let dialect = asked.dialect;
    tally::count(dialect.error_code(&Refusal::Full));
    log::event(
        "refused",
        json!({"code": dialect.error_code(&Refusal::Full), "status": 101}),
    );
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    pair.server
        .send_with_str(dialect.reply(&Reply::Refused(&Refusal::Full), clock::now()))?;
    pair.server
        .close(Some(CloseReason::Full.code()), Some(CloseReason::Full.as_str()))?;
    let mut response = Response::from_websocket(pair.client)?;
    if asked.by_name {
        // Without it a browser drops the connection before it reads why.
        response
            .headers_mut()
            .set("sec-websocket-protocol", dialect.subprotocol())?;
    }
    Ok(response)
}
