//! The Wallet dialect: `action` in, `event` out, amounts as text; documented in `docs/wallet-api.md`.

mod decode;
mod event;
mod reply;

pub(super) use decode::decode;
pub(super) use event::{batch, event};
pub(super) use reply::{error_code, reply};

use super::json::{Rfc3339, to_json};
use super::rules::{Again, Allowance, Entry, Heartbeat, Rules};
use crate::model::{Channel, UnixMillis};

/// As the document has them.
pub(super) const RULES: Rules = Rules {
    family: "wallet",
    entry: Entry::WithToken,
    heartbeat: Heartbeat::Needed(60_000),
    listeners_stay: false,
    allowance: Allowance::Apart {
        pings: 60,
        requests: 100,
        suspension: 60_000,
    },
    // A pong says the time.
    ping: None,
    again: Again::First,
    choices_add_up: false,
    given: &[],
};

/// Most often that a price is told, milliseconds.
const PRICE_PACE: u64 = 5_000;

/// How often at most a subscriber of that channel is told of it.
pub(super) const fn pace(channel: &Channel) -> Option<u64> {
    match channel {
        Channel::Price(_) => Some(PRICE_PACE),
        _ => None,
    }
}

/// A message to a client: every one has these three fields. `data` is JSON.
fn message(event: &str, data: &str, now: UnixMillis) -> String {
    let timestamp = to_json(&Rfc3339(now));
    format!(r#"{{"event":"{event}","data":{data},"timestamp":{timestamp}}}"#)
}
