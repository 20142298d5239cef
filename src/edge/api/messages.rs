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
    let asked = catalog::read(env, settings, |known| messages.wanted(claims, known, false)).await;
    let wanted = match asked {
        Err(Problem::Unavailable(_)) => {
            catalog::read_here(settings, |known| messages.wanted(claims, known, true))?
        }
        other => other?,
    };
    let question = wanted.question();
    let caught_up: Vec<CaughtUp> = match question.is_empty() {
        true => Vec::new(),
        false => {
            let question = wire::encode(&question).map_err(|_| Problem::Unavailable("The hub"))?;
            shards::ask_broker(env, wire::CATCH_UP, &question).await?
        }
    };
    Ok(wanted.answer(&caught_up, clock::now()))
}
