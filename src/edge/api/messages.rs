//! What was published on channels, for who asks now and then.

use worker::Env;

use super::{Outcome, catalog};
use crate::api::{Messages, Problem};
use crate::auth::Claims;
use crate::edge::{clock, shards, wire};
use crate::model::CaughtUp;
use crate::settings::Settings;

/// Answers a client with these claims.
pub async fn answer(messages: &Messages, claims: Option<&Claims>, env: &Env, settings: &Settings) -> Outcome {
    let wanted = catalog::read(env, settings, |known| messages.wanted(claims, known)).await?;
    let question = wire::encode(&wanted.question()).map_err(|_| Problem::Unavailable("The hub"))?;
    let caught_up: Vec<CaughtUp> = shards::ask_broker(env, wire::CATCH_UP, &question).await?;
    Ok(wanted.answer(&caught_up, clock::now()))
}
