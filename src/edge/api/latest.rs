//! What the feed knows now.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use worker::{Env, Error, Result};

use crate::api::{Part, Problem};
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::model::{MarketEvent, UnixMillis};

/// The feed is asked for a part at most this often by an isolate, milliseconds: thousands of requests are one.
const FRESH_MS: u64 = 1_000;

/// A feed that says nothing for so long is not there.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Events as they came, shared by all who ask.
pub type Events = Rc<Vec<MarketEvent>>;

thread_local! {
    static KNOWN: RefCell<BTreeMap<Part, (UnixMillis, Events)>> = const { RefCell::new(BTreeMap::new()) };
}

/// This part of the latest events, at most a second old.
///
/// # Errors
/// The feed does not answer.
pub async fn part(env: &Env, part: Part) -> std::result::Result<Events, Problem> {
    if let Some(events) = known(part) {
        return Ok(events);
    }
    let asked_at = clock::now();
    let answer = within(TIMEOUT, ask(env, part)).await;
    match answer.unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned()))) {
        Ok(events) => {
            let events = Rc::new(events);
            KNOWN.with_borrow_mut(|known| known.insert(part, (asked_at, Rc::clone(&events))));
            Ok(events)
        }
        Err(error) => {
            log::event("latest_failed", json!({"error": error.to_string()}));
            Err(Problem::Unavailable("The feed"))
        }
    }
}

fn known(part: Part) -> Option<Events> {
    let now = clock::now();
    KNOWN.with_borrow(|known| {
        let (asked_at, events) = known.get(&part)?;
        (now.since(*asked_at) < FRESH_MS).then(|| Rc::clone(events))
    })
}

async fn ask(env: &Env, part: Part) -> Result<Vec<MarketEvent>> {
    let question = wire::encode(&part)?;
    wire::feed(env)?.post(wire::LATEST, &question).await?.decode()
}
