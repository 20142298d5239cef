//! The Candles dialect: a chart's bars by symbol and interval; documented in `docs/candles-api.md`.

mod decode;
mod event;
mod reply;

pub(super) use decode::{decode, unknown_symbol};
pub(super) use event::event;
pub(super) use reply::{error_code, reply};

use super::json::to_json;
use super::rules::{Again, Allowance, Entry, Heartbeat, Rules};
use crate::model::Channel;

/// As the document has them. It knows no limit of messages: this one is far above what a chart needs.
pub(super) const RULES: Rules = Rules {
    family: "candles",
    entry: Entry::Open,
    heartbeat: Heartbeat::Welcome,
    listeners_stay: true,
    allowance: Allowance::Messages(600),
    ping: Some((r#"{"type":"ping"}"#, r#"{"type":"pong"}"#)),
    again: Again::First,
    choices_add_up: false,
    given: &[],
};

/// Most often that a running candle is told, milliseconds.
const CANDLE_PACE: u64 = 1_000;

/// How often at most a subscriber of that channel is told of it.
pub(super) const fn pace(channel: &Channel) -> Option<u64> {
    match channel {
        Channel::Candles(..) => Some(CANDLE_PACE),
        _ => None,
    }
}
