//! What the feed knows now.

use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use worker::{Env, Error, Result};

use crate::api::{Part, Problem};
use crate::edge::outbound::within;
use crate::edge::recent::Recent;
use crate::edge::{clock, log, wire};
use crate::model::MarketEvent;

/// A feed that says nothing for so long is not there.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Events as they came, shared by all who ask.
pub type Events = Rc<Vec<MarketEvent>>;

thread_local! {
    /// Also that there was no answer: not everybody has to find out.
    static RECENT: Recent<Part, std::result::Result<Events, Problem>> = const { Recent::new() };
}

/// This part of the latest events, at most a second old.
///
/// # Errors
/// The feed does not answer.
pub async fn part(env: &Env, part: Part) -> std::result::Result<Events, Problem> {
    if let Some(outcome) = RECENT.with(|recent| recent.get(&part)) {
        return outcome;
    }
    let asked_at = clock::now();
    let outcome = now(env, part).await.map(Rc::new);
    let at = if outcome.is_ok() { asked_at } else { clock::now() };
    RECENT.with(|recent| recent.put(part, at, outcome.clone()));
    outcome
}

/// The same, of this moment.
///
/// # Errors
/// The feed does not answer.
pub async fn now(env: &Env, part: Part) -> std::result::Result<Vec<MarketEvent>, Problem> {
    let answer = within(TIMEOUT, ask(env, part)).await;
    let answer = answer.unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())));
    answer.map_err(|error| {
        log::event("latest_failed", json!({"error": error.to_string()}));
        Problem::Unavailable("The feed")
    })
}

async fn ask(env: &Env, part: Part) -> Result<Vec<MarketEvent>> {
    let question = wire::encode(&part)?;
    wire::feed(env)?.post(wire::LATEST, &question).await?.decode()
}
