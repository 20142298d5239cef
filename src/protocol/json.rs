use serde::{Serialize, Serializer};

use crate::model::UnixMillis;

/// A time as the document prints it: RFC 3339, UTC.
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Rfc3339(#[cfg_attr(test, schemars(with = "String"))] pub UnixMillis);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time as milliseconds since 1970.
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Millis(#[cfg_attr(test, schemars(with = "u64"))] pub UnixMillis);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.get())
    }
}

/// Writes a structure of this dialect, which cannot fail: none has a map with odd keys or a fallible field.
pub(super) fn to_json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

/// What follows the first field of an object: these fields and its end.
pub(super) fn further_fields(others: &impl Serialize) -> String {
    to_json(others).replacen('{', ",", 1)
}
