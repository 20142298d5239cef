//! How many requests a network may make.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use worker::{Env, Error, Result};

use crate::api::Standing;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::model::{Network, UnixMillis};

/// Over so many objects the networks are spread: one answers some hundred requests a second.
const LIMITERS: u32 = 16;

/// Whoever waits for a limiter waits for an answer: it is not worth more.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Refused networks that an isolate remembers; more of them than this are asked about anew.
const MAX_REFUSED: usize = 1_000;

thread_local! {
    /// Until when which networks are refused: a flood of their requests reaches no object.
    static REFUSED: RefCell<BTreeMap<Network, UnixMillis>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts a request. `None` if it cannot be counted: then it goes on, for the limit is there to serve, not to fail.
pub async fn count(env: &Env, network: Network, limit: u32) -> Option<Standing> {
    if let Some(standing) = refused(network) {
        return Some(standing);
    }
    let answer = within(TIMEOUT, ask(env, network, limit)).await;
    match answer.unwrap_or_else(|| Err(Error::RustError("no answer in 1 s".to_owned()))) {
        Ok(standing) => {
            if !standing.admitted {
                remember(network, clock::now().plus(standing.reset_s.saturating_mul(1000)));
            }
            Some(standing)
        }
        Err(error) => {
            log::event("limiter_failed", json!({"error": error.to_string()}));
            None
        }
    }
}

async fn ask(env: &Env, network: Network, limit: u32) -> Result<Standing> {
    let limiter = wire::limiter(env, network.shard(LIMITERS))?;
    let question = wire::encode(&(network, limit))?;
    limiter.post(wire::COUNT, &question).await?.decode()
}

fn refused(network: Network) -> Option<Standing> {
    let until = REFUSED.with_borrow(|refused| refused.get(&network).copied())?;
    let left = until.since(clock::now());
    (left > 0).then(|| Standing {
        admitted: false,
        remaining: 0,
        reset_s: left.div_ceil(1000),
    })
}

fn remember(network: Network, until: UnixMillis) {
    REFUSED.with_borrow_mut(|refused| {
        if refused.len() >= MAX_REFUSED {
            refused.clear();
        }
        refused.insert(network, until);
    });
}
