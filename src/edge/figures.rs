//! What the feed and the broker say of themselves: no sleeping shard wakes for it.
//!
//! Who may ask is not limited, and each of the two is the only one of its kind: an isolate asks them once a second,
//! however many ask it.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join;
use serde_json::json;
use worker::{Env, Error, Result};

use super::outbound::within;
use super::recent::Recent;
use super::{clock, log, wire};

/// Scrapers give up after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a part says; `None` if it does not answer.
pub type Said = Option<Rc<str>>;

thread_local! {
    static RECENT: Recent<(&'static str, &'static str), Said> = const { Recent::new() };
}

/// What the feed and what the broker say to `path`.
pub async fn ask(env: &Env, path: &'static str) -> (Said, Said) {
    let feed = ask_part("feed", wire::feed(env), path);
    join(feed, ask_part("broker", wire::broker(env), path)).await
}

async fn ask_part(name: &'static str, object: Result<wire::Stub>, path: &'static str) -> Said {
    if let Some(said) = RECENT.with(|recent| recent.get_or_ask(&(name, path))) {
        return said;
    }
    let asked_at = clock::now();
    let (at, said) = match answer(object, path).await {
        Ok(text) => (asked_at, Some(text.into())),
        Err(error) => {
            let error = error.to_string();
            log::event(
                "figures_failed",
                json!({"part": name, "path": path, "error": error}),
            );
            (clock::now(), None)
        }
    };
    RECENT.with(|recent| recent.put((name, path), at, said.clone()));
    said
}

async fn answer(object: Result<wire::Stub>, path: &str) -> Result<String> {
    let object = object?;
    let exchange = async { object.post(path, &[]).await?.text() };
    let answer = within(TIMEOUT, exchange).await;
    answer.unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())))
}
