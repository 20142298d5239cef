//! The product's own dialect: JSON with a `type`, documented in `docs/websocket-api.md`.

mod decode;
mod event;
mod json;
mod reply;

pub(super) use decode::decode;
pub(super) use event::{batch, data, event, status};
pub(super) use reply::{error_code, reply};
