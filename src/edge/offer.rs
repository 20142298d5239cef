//! To which shards a connection is offered, and in which order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde_json::json;
use worker::{Context, Env, Result};

use super::wire::{self, Connect};
use super::{clock, log};
use crate::model::UnixMillis;
use crate::settings::ShardSettings;

/// A shard that does not answer within this is taken for one that hangs, and the next is asked.
const TIMEOUT: Duration = Duration::from_secs(3);

/// No further shard is asked after so long, milliseconds: the client would not wait for it.
pub const PATIENCE_MS: u64 = 9_000;

/// Shards asked for one connection: each is a subrequest, and the free plan has 50.
const MAX_TRIES: usize = 32;

/// A shard that was full, or hung, is asked after the others for so long, milliseconds.
const PASSED_OVER_MS: u64 = 10_000;

thread_local! {
    /// Which shards were full, or hung, when. Without it every connection would ask these first.
    static PASSED_OVER: RefCell<BTreeMap<Shard, UnixMillis>> = const { RefCell::new(BTreeMap::new()) };
    /// The shard of each family that last had room, of those that are not always used.
    static LAST: RefCell<BTreeMap<&'static str, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// A shard's family and number.
type Shard = (&'static str, u32);

/// What became of an offer.
pub enum Offered {
    /// A shard's answer, with its socket.
    Taken(web_sys::Response),
    /// Who answered has no room.
    Full,
    /// Nobody answered, so that nobody knows whether there is room.
    Unanswered,
}

/// Offers a connection to one shard after the other, until one takes it.
pub async fn connection(
    asked: &Connect,
    env: &Env,
    context: &Context,
    shards: &ShardSettings,
) -> Result<Offered> {
    let began = clock::now();
    let path = asked.path();
    let family = asked.dialect.rules().family;
    let mut is_full = false;
    for n in order(family, shards) {
        let name = wire::shard_name(family, n);
        let failed = |error: String| log::event("shard_failed", json!({"shard": name, "error": error}));
        match wire::shard(env, &name)?.upgrade(&path, TIMEOUT, context).await {
            Ok(Some(response)) if response.status() == 101 => {
                taken(family, n, shards);
                return Ok(Offered::Taken(response));
            }
            Ok(Some(response)) if response.status() == 503 => {
                is_full = true;
                pass_over(family, n);
            }
            Ok(Some(response)) => failed(format!("status {}", response.status())),
            Ok(None) => {
                failed(format!("no answer in {} s", TIMEOUT.as_secs()));
                pass_over(family, n);
            }
            Err(error) => failed(error.to_string()),
        }
        if clock::now().since(began) >= PATIENCE_MS {
            break;
        }
    }
    Ok(if is_full {
        Offered::Full
    } else {
        Offered::Unanswered
    })
}

/// The shards that are always used, beginning with any of them, then the rest, beginning where there was room last;
/// those that were full or hung a moment ago come at the end.
pub fn order(family: &'static str, shards: &ShardSettings) -> impl Iterator<Item = u32> + use<> {
    let now = clock::now();
    let always = rotated(0..shards.shards, random(shards.shards));
    let last = LAST.with_borrow(|last| last.get(family).copied());
    let rest = rotated(shards.shards..shards.max_shards, last.unwrap_or(0));
    let (passed_over, mut open): (Vec<u32>, Vec<u32>) = always
        .chain(rest)
        .filter(|n| shards.part_of(*n) > 0)
        .partition(|n| is_passed_over((family, *n), now));
    // In an isolate that does not know which are full, any number of these may stand at the beginning: the second half
    // of the tries is anywhere.
    let count = open.len() as u32; // at most 256
    if open.len() > MAX_TRIES {
        for at in MAX_TRIES / 2..MAX_TRIES {
            open.swap(at, at + random(count - at as u32) as usize);
        }
    }
    open.into_iter().chain(passed_over).take(MAX_TRIES)
}

/// That shard took a connection.
pub fn taken(family: &'static str, n: u32, shards: &ShardSettings) {
    PASSED_OVER.with_borrow_mut(|passed_over| passed_over.remove(&(family, n)));
    if n >= shards.shards {
        LAST.with_borrow_mut(|last| last.insert(family, n));
    }
}

/// That shard was full, or hung.
pub fn pass_over(family: &'static str, n: u32) {
    PASSED_OVER.with_borrow_mut(|shards| shards.insert((family, n), clock::now()));
}

fn is_passed_over(shard: Shard, now: UnixMillis) -> bool {
    let at = PASSED_OVER.with_borrow(|shards| shards.get(&shard).copied());
    at.is_some_and(|at| now.since(at) < PASSED_OVER_MS)
}

/// All of `range`, beginning with `first` or as near to it as it goes.
fn rotated(range: Range<u32>, first: u32) -> impl Iterator<Item = u32> {
    let first = first.max(range.start).min(range.end);
    (first..range.end).chain(range.start..first)
}

/// Any number below `end`.
fn random(end: u32) -> u32 {
    (js_sys::Math::random() * f64::from(end)) as u32
}
