//! The product's own dialect: JSON with a `type`, documented in `docs/websocket-api.md`.

mod decode;
mod event;
mod reply;

pub(super) use decode::{decode, is_its_own};
pub(super) use event::{batch, data, event, status};
pub(super) use reply::{error_code, reply};

use super::json::{Rfc3339, to_json};
use super::rules::{Again, Allowance, Entry, Heartbeat, Rules};

/// Those of `docs/websocket-api.md`; what is set by the operator is not here.
pub(super) const RULES: Rules = Rules {
    family: "json",
    entry: Entry::Later,
    heartbeat: Heartbeat::Welcome,
    listeners_stay: false,
    allowance: Allowance::AsSet,
    ping: Some((r#"{"type":"ping"}"#, r#"{"type":"pong"}"#)),
    again: Again::Nothing,
    choices_add_up: false,
    given: &[],
};
