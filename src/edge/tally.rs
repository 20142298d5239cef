//! Refusals that no shard ever saw, on their way into the statistics.
//!
//! A flood of refused requests must not become a flood of internal ones: each isolate counts for itself
//! and tells the broker at most once a second.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use worker::{Context, Delay, Env, Result};

use super::{log, wire};

/// Refusals of this long go together.
const GATHER: Duration = Duration::from_secs(1);

/// How often each code was given.
pub type Tally = BTreeMap<String, u64>;

thread_local! {
    static TALLY: RefCell<Tally> = const { RefCell::new(Tally::new()) };
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// Counts a refusal.
pub fn count(code: &str) {
    TALLY.with_borrow_mut(|tally| *tally.entry(code.to_owned()).or_default() += 1);
}

/// Sees to it that what was counted is told, after the answer to this request has gone out.
pub fn flush_later(env: &Env, context: &Context) {
    if TALLY.with_borrow(Tally::is_empty) || SCHEDULED.replace(true) {
        return;
    }
    let env = env.clone();
    context.wait_until(async move {
        Delay::from(GATHER).await;
        SCHEDULED.set(false);
        let tally = TALLY.take();
        if let Err(error) = tell(&env, &tally).await {
            log::event("tally_lost", json!({"tally": tally, "error": error.to_string()}));
        }
    });
}

async fn tell(env: &Env, tally: &Tally) -> Result<()> {
    wire::broker(env)?
        .post(wire::REFUSED, &wire::encode(tally)?)
        .await?;
    Ok(())
}
