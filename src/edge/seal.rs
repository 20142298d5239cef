//! Names of sessions that nobody else can make: an invented one wakes no shard.

use worker::Result;

use super::config;
use crate::settings::Settings;
use crate::socketio::Sid;

/// The same name with this deployment's seal.
pub fn sealed(sid: Sid, settings: &Settings) -> Result<Sid> {
    let seal = config::verifier(settings)?.seal("sid", &sid.unsealed());
    Ok(sid.with_seal(seal))
}

/// Whether one of this deployment's shards gave that name.
pub fn is_genuine(sid: Sid, settings: &Settings) -> Result<bool> {
    Ok(sealed(sid, settings)? == sid)
}
