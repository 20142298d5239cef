use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Epoch, Position};

/// One message of the hub, as far as a stream must know it.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// What it is.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    epoch: Option<Cow<'a, str>>,
    offset: Option<u64>,
    /// Of `batch`: those that came together.
    #[serde(borrow, default)]
    pub messages: Vec<&'a RawValue>,
    #[serde(borrow)]
    channels: Option<&'a RawValue>,
    #[serde(borrow)]
    positions: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Where `subscribed` says that a channel stands.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// What was missed follows.
    #[serde(default)]
    pub recovered: bool,
    epoch: Option<String>,
    offset: Option<u64>,
}

/// What `error` says.
#[derive(Debug, Deserialize)]
pub struct Fault {
    /// The word of `docs/websocket-api.md`.
    pub code: String,
    /// A sentence for whoever reads it.
    pub message: String,
}

impl<'a> Message<'a> {
    /// Reads a message; `None` if it is none.
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Its channel, and its place there.
    pub fn place(&self) -> Option<(&str, Position)> {
        let position = position(self.epoch.as_deref()?, self.offset?)?;
        Some((self.channel.as_deref()?, position))
    }

    /// Of `subscribed`: whether the client holds any channel.
    pub fn holds_any(&self) -> bool {
        let held: Option<Vec<Cow<'_, str>>> =
            self.channels.and_then(|raw| serde_json::from_str(raw.get()).ok());
        held.is_some_and(|held| !held.is_empty())
    }

    /// Of `subscribed`: where channels stand, by name.
    pub fn positions(&self) -> BTreeMap<String, Standing> {
        let positions = self
            .positions
            .and_then(|raw| serde_json::from_str(raw.get()).ok());
        positions.unwrap_or_default()
    }

    /// Of `error`: what it says.
    pub fn fault(&self) -> Option<Fault> {
        serde_json::from_str(self.error?.get()).ok()
    }
}

impl Standing {
    /// The place; `None` if the hub could not tell.
    pub fn position(&self) -> Option<Position> {
        position(self.epoch.as_deref()?, self.offset?)
    }
}

/// A place as JSON has it.
pub fn position(epoch: &str, offset: u64) -> Option<Position> {
    let epoch = Epoch::parse(epoch)?;
    Some(Position { epoch, offset })
}
