//! What operators ask of the broker, and of each shard that has sockets.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::json;
use worker::{Env, Error, Result};

use super::{Outcome, catalog};
use crate::api::{self, Problem, Standings};
use crate::edge::outbound::within;
use crate::edge::{log, wire};
use crate::hub::exchange::Places;
use crate::model::{Channel, Presence, Target};
use crate::settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Closes a user's connections, or one connection, wherever they are.
pub async fn disconnect(target: &Target, env: &Env, settings: &Settings) -> Outcome {
    let mut shards: BTreeSet<String> = listed(env).await?.into_iter().collect();
    // Also those that the broker does not know yet, or has given up: who is to go may be there.
    for family in wire::FAMILIES {
        shards.extend((0..settings.shards.max_shards).map(|n| wire::shard_name(family, n)));
    }
    let all = ask_shards::<u64>(env, shards, wire::DISCONNECT, &encoded(target)?).await?;
    Ok(api::closed(all.iter().sum()))
}

/// Every channel, with who holds it and where it stands.
pub async fn channels(env: &Env) -> Outcome {
    let places: Places = ask_broker(env, wire::PLACES).await?;
    let mut standings = Standings::new(places.channels, places.fresh);
    let shards = listed(env).await?;
    for held in ask_shards::<Vec<(Channel, u64)>>(env, shards, wire::CHANNELS, &[]).await? {
        standings.add(held);
    }
    Ok(standings.answer())
}

/// Who holds one channel.
pub async fn presence(query: Vec<(String, String)>, env: &Env, settings: &Settings) -> Outcome {
    let (channel, name) = catalog::read(env, settings, |known| api::which(query.clone(), known)).await?;
    let mut presence = Presence::default();
    let (shards, asked) = (listed(env).await?, encoded(&channel)?);
    for here in ask_shards::<Presence>(env, shards, wire::PRESENCE, &asked).await? {
        presence.add(here);
    }
    Ok(api::present(&name, &presence))
}

fn encoded(value: &impl serde::Serialize) -> std::result::Result<Vec<u8>, Problem> {
    wire::encode(value).map_err(|error| silent("The hub", &error))
}

/// The shards that get every message, by name: those with connections.
async fn listed(env: &Env) -> std::result::Result<Vec<String>, Problem> {
    ask_broker(env, wire::SHARD_NAMES).await
}

async fn ask_shards<T: DeserializeOwned>(
    env: &Env,
    names: impl IntoIterator<Item = String>,
    path: &str,
    body: &[u8],
) -> std::result::Result<Vec<T>, Problem> {
    let answers = names
        .into_iter()
        .map(async |name| ask(wire::shard(env, &name), path, body).await);
    let answers = join_all(answers).await.into_iter();
    answers
        .map(|answer| answer.map_err(|error| silent("A shard", &error)))
        .collect()
}

async fn ask_broker<T: DeserializeOwned>(env: &Env, path: &str) -> std::result::Result<T, Problem> {
    let answer = ask(wire::broker(env), path, &[]).await;
    answer.map_err(|error| silent("The broker", &error))
}

async fn ask<T: DeserializeOwned>(whom: Result<wire::Stub>, path: &str, body: &[u8]) -> Result<T> {
    let whom = whom?;
    let exchange = async { whom.post(path, body).await?.decode() };
    let answer = within(TIMEOUT, exchange).await;
    answer.unwrap_or_else(|| Err(Error::RustError("no answer in 10 s".to_owned())))
}

fn silent(who: &'static str, error: &Error) -> Problem {
    log::event("operator_failed", json!({"who": who, "error": error.to_string()}));
    Problem::Unavailable(who)
}
