//! What operators ask of the broker, and of each shard that has sockets.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde::de::DeserializeOwned;
use serde_json::json;
use worker::{Env, Error, Result};

use super::{Outcome, catalog};
use crate::api::{self, Problem, Standings};
use crate::edge::outbound::within;
use crate::edge::{log, wire};
use crate::hub::exchange::Places;
use crate::model::{Listing, Presence, Target};
use crate::settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Shards that are asked at once: each may have a megabyte to say.
const AT_ONCE: usize = 16;

/// Closes a user's connections, or one connection, wherever they are.
pub async fn disconnect(target: &Target, env: &Env, settings: &Settings) -> Outcome {
    let mut shards = listed(env).await?;
    let known: BTreeSet<String> = shards.iter().cloned().collect();
    // Also those that the broker does not know yet, or has given up: who is to go may be there. They come last: where an
    // invocation has too few requests for all, those that are known to have connections are asked at least.
    for family in wire::FAMILIES {
        let names = (0..settings.shards.max_shards).map(|n| wire::shard_name(family, n));
        shards.extend(names.filter(|name| !known.contains(name)));
    }
    let mut closed = 0;
    let add = |here: u64| closed += here;
    ask_shards(env, shards, wire::DISCONNECT, &encoded(target)?, add).await?;
    Ok(api::closed(closed))
}

/// Every channel, with who holds it and where it stands.
pub async fn channels(env: &Env) -> Outcome {
    let places: Places = ask_broker(env, wire::PLACES).await?;
    let mut standings = Standings::new(places.channels, places.fresh);
    let add = |held: Listing<u64>| standings.add(held);
    ask_shards(env, listed(env).await?, wire::CHANNELS, &[], add).await?;
    Ok(standings.answer())
}

/// Who holds one channel.
pub async fn presence(query: Vec<(String, String)>, env: &Env, settings: &Settings) -> Outcome {
    let (channel, name) = catalog::read(env, settings, |known| api::which(query.clone(), known)).await?;
    let mut presence = Presence::default();
    let add = |here: Presence| presence.add(here);
    ask_shards(env, listed(env).await?, wire::PRESENCE, &encoded(&channel)?, add).await?;
    Ok(api::present(&name, &presence))
}

fn encoded(value: &impl serde::Serialize) -> std::result::Result<Vec<u8>, Problem> {
    wire::encode(value).map_err(|error| silent("The hub", &error))
}

/// The shards that get every message, by name: those with connections.
async fn listed(env: &Env) -> std::result::Result<Vec<String>, Problem> {
    ask_broker(env, wire::SHARD_NAMES).await
}

/// Asks each of these shards, and adds up what they say as it comes.
///
/// # Errors
/// One of them did not answer; all have been asked.
async fn ask_shards<T: DeserializeOwned>(
    env: &Env,
    names: impl IntoIterator<Item = String>,
    path: &str,
    body: &[u8],
    mut add: impl FnMut(T),
) -> std::result::Result<(), Problem> {
    let questions = names
        .into_iter()
        .map(|name| async move { ask(wire::shard(env, &name), path, body).await });
    let mut answers = stream::iter(questions).buffer_unordered(AT_ONCE);
    let mut outcome = Ok(());
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(said) => add(said),
            Err(error) => outcome = Err(silent("A shard", &error)),
        }
    }
    outcome
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
