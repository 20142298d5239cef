use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::{Epoch, Position};
use crate::query::place;

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

impl<'a> Message<'a> {
    /// Reads a message; `None` if it is none.
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Its channel, and its place there.
    pub fn place(&self) -> Option<(&str, Position)> {
        let epoch = Epoch::parse(self.epoch.as_deref()?)?;
        let offset = self.offset?;
        Some((self.channel.as_deref()?, Position { epoch, offset }))
    }

    /// Of `subscribed`: whether the client holds any channel.
    pub fn holds_any(&self) -> bool {
        let held = value(self.channels);
        held.as_array().is_some_and(|held| !held.is_empty())
    }

    /// Of `subscribed`: where channels stand, by name, as far as that is known. What was missed of a channel that is recovered is still
    /// to come: it is not among them.
    pub fn positions(&self) -> Vec<(String, Position)> {
        let Value::Object(standings) = value(self.positions) else {
            return Vec::new();
        };
        let reached = standings
            .into_iter()
            .filter(|(_, standing)| standing.get("recovered") != Some(&Value::Bool(true)));
        reached
            .filter_map(|(name, standing)| Some((name, place(&standing)?)))
            .collect()
    }

    /// Of `error`: its code and its sentence.
    pub fn fault(&self) -> Option<(String, String)> {
        let error = value(self.error);
        let word = |name: &str| error.get(name)?.as_str().map(str::to_owned);
        Some((word("code")?, word("message")?))
    }
}

/// What rarely comes is read without types of its own: they would cost more Wasm than it is worth.
fn value(raw: Option<&RawValue>) -> Value {
    let value = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    value.unwrap_or_default()
}
