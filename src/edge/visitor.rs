//! Who asks: what a request says about where it comes from.

use worker::{Env, Headers, Result};

use super::url::Url;
use crate::model::Network;
use crate::settings::Settings;

/// Whether the page that asks may; what is no browser page always may.
pub fn origin_allowed(headers: &Headers, url: &Url, settings: &Settings) -> Result<bool> {
    let origin = headers.get("origin")?;
    let host = headers.get("host")?.unwrap_or_else(|| url.authority().to_owned());
    Ok(settings.origins.allows(origin.as_deref(), &host))
}

/// Whom limits count; the runtime sets the header, whatever the client writes there.
pub fn network(headers: &Headers) -> Result<Network> {
    let address = headers.get("cf-connecting-ip")?.unwrap_or_default();
    Ok(Network::of(&address))
}

/// Whether one more connection is within what its network may open in a minute; counts it.
pub async fn may_connect(headers: &Headers, env: &Env, settings: &Settings) -> Result<bool> {
    if settings.limits.connections_per_minute.is_none() {
        return Ok(true);
    }
    let limiter = env.rate_limiter("CONNECTION_LIMIT")?;
    Ok(limiter.limit(network(headers)?.to_string()).await?.success)
}
