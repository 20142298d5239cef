//! Questions to all shards that have sockets, and to the broker, which knows their names.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde::de::DeserializeOwned;
use serde_json::json;
use worker::{Env, Error, Result};

use super::outbound::within;
use super::{log, wire};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Shards that are asked at once: each may have a megabyte to say.
const AT_ONCE: usize = 16;

/// Who did not answer.
#[derive(Debug, Clone, Copy)]
pub struct Silent(pub &'static str);

/// The shards that get every message, by name: those with connections.
///
/// # Errors
/// The broker did not answer.
pub async fn listed(env: &Env) -> std::result::Result<Vec<String>, Silent> {
    ask_broker(env, wire::SHARD_NAMES, &[]).await
}

/// Asks each of these shards, and adds up what they say as it comes.
///
/// # Errors
/// One of them did not answer; all have been asked.
pub async fn ask<T: DeserializeOwned>(
    env: &Env,
    names: impl IntoIterator<Item = String>,
    path: &str,
    body: &[u8],
    mut add: impl FnMut(T),
) -> std::result::Result<(), Silent> {
    let questions = names
        .into_iter()
        .map(|name| async move { exchange(wire::shard(env, &name), path, body).await });
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

/// Asks the broker.
///
/// # Errors
/// It did not answer.
pub async fn ask_broker<T: DeserializeOwned>(
    env: &Env,
    path: &str,
    body: &[u8],
) -> std::result::Result<T, Silent> {
    let answer = exchange(wire::broker(env), path, body).await;
    answer.map_err(|error| silent("The broker", &error))
}

async fn exchange<T: DeserializeOwned>(whom: Result<wire::Stub>, path: &str, body: &[u8]) -> Result<T> {
    let whom = whom?;
    let exchange = async { whom.post(path, body).await?.decode() };
    let answer = within(TIMEOUT, exchange).await;
    answer.unwrap_or_else(|| Err(Error::RustError("no answer in 10 s".to_owned())))
}

fn silent(who: &'static str, error: &Error) -> Silent {
    log::event("question_failed", json!({"who": who, "error": error.to_string()}));
    Silent(who)
}
